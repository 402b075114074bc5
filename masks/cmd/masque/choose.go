package main

import (
	"context"

	"masque/masks"
	"masque/masks/study"
)

// trial is one candidate on the development part.
type trial struct {
	study.Settings // with the factor of the persona's own strength

	AUC      float64      `json:"auc"`
	PPLRatio masks.Ratios `json:"ppl_ratio"` // on the development texts
	Loud     loud         `json:"loud"`
}

// loud is a candidate at the strengths at which replies are sampled. A reply shows a mask
// that a statement's likelihood shows long before, so more may be paid for it; and by each
// pole on its own, or the cheaper one would be as quiet as the dearer has to be.
type loud struct {
	Gamma    masks.Ratios `json:"gamma"`
	PPLRatio masks.Ratios `json:"ppl_ratio"`
	Drift    float64      `json:"drift"` // of the rehearsal
}

// choose tries the candidates on the development statements and on questions that are
// not those of the report.
func (b *librarian) choose(ctx context.Context, l *laboratory, calibration, development study.Statements, prompts study.Prompts, tell study.Progress) (chosen trial, tried []trial, err error) {
	list, err := candidates(&l.Engine().Weights().Config)
	if err != nil {
		return chosen, nil, err
	}
	src, err := l.Source(ctx, calibration, list[0], b.draws, b.seed, tell)
	if err != nil {
		return chosen, nil, err
	}
	rehearsal, err := l.Rehearse(ctx, prompts, b.seed, tell)
	if err != nil {
		return chosen, nil, err
	}
	for i, s := range list {
		own, err := src.Own(s)
		if err != nil {
			return chosen, nil, err
		}
		t := trial{Settings: s}
		if err := t.turnUp(ctx, l, own); err != nil {
			return chosen, nil, err
		}
		tell("trying masks", i+1, len(list))
		r, err := l.Separate(ctx, own, study.Same(t.Gamma), development, b.seed, tell)
		if err != nil {
			return chosen, nil, err
		}
		t.AUC = r.AUC.Value
		if t.Loud.Drift, err = rehearsal.Drift(ctx, own, t.Loud.Gamma); err != nil {
			return chosen, nil, err
		}
		tried = append(tried, t)
	}
	return choice(tried), tried, nil
}

// turnUp makes a candidate as strong as it may be for what it costs on the development
// texts, and each of its poles as strong as it may be while replies are sampled.
func (t *trial) turnUp(ctx context.Context, l *laboratory, own study.Masks) (err error) {
	costs := map[float64]masks.Ratios{}
	within := func(limit float64, of func(masks.Ratios) float64) (float64, error) {
		return strongest(limit, func(gamma float64) (float64, error) {
			r, known := costs[gamma]
			if !known {
				var err error
				if r, err = l.DevelopmentRatio(ctx, own, study.Same(gamma)); err != nil {
					return 0, err
				}
				costs[gamma] = r
			}
			return of(r), nil
		})
	}
	if t.Gamma, err = within(chosenPPL, cost); err != nil {
		return err
	}
	t.PPLRatio = costs[t.Gamma]
	loud := &t.Loud.Gamma
	if loud.Plus, err = within(repliesPPL, func(r masks.Ratios) float64 { return r.Plus }); err != nil {
		return err
	}
	if loud.Minus, err = within(repliesPPL, func(r masks.Ratios) float64 { return r.Minus }); err != nil {
		return err
	}
	t.Loud.PPLRatio = masks.Ratios{Plus: costs[loud.Plus].Plus, Minus: costs[loud.Minus].Minus}
	return nil
}

// strongest returns the least γ that costs no more than a limit: by halving, since a
// mask costs the more the stronger it is. The weakest strength is returned whatever it costs.
func strongest(limit float64, cost func(gamma float64) (float64, error)) (float64, error) {
	at := func(step int) float64 { return float64(step) / strengths }
	dear, good := -1, strengths-1
	for good-dear > 1 {
		middle := (dear + good) / 2
		c, err := cost(at(middle))
		switch {
		case err != nil:
			return 0, err
		case c <= limit:
			good = middle
		default:
			dear = middle
		}
	}
	_, err := cost(at(good))
	return at(good), err
}

// choice returns, of the candidates that cost little and separate the development
// statements about as well as the best of them, the one whose replies drift furthest
// apart; where all cost much, the cheapest.
func choice(tried []trial) trial {
	best, cheapest := 0.0, tried[0]
	for _, t := range tried {
		if cost(t.PPLRatio) <= chosenPPL {
			best = max(best, t.AUC)
		}
		if cost(t.PPLRatio) < cost(cheapest.PPLRatio) {
			cheapest = t
		}
	}
	chosen, found := cheapest, false
	for _, t := range tried {
		if cost(t.PPLRatio) <= chosenPPL && t.AUC >= best-nearlyBest && (!found || t.Loud.Drift > chosen.Loud.Drift) {
			chosen, found = t, true
		}
	}
	return chosen
}

// cost is the larger of the poles' perplexity ratios.
func cost(r masks.Ratios) float64 { return max(r.Plus, r.Minus) }
