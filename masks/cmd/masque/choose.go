package main

import (
	"context"
	"math"

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
	near := trial{Loud: loud{Gamma: study.Same(.5)}}
	near.Gamma = .5
	for i, s := range list {
		own, err := src.Own(s)
		if err != nil {
			return chosen, nil, err
		}
		t := trial{Settings: s}
		if err := t.turnUp(ctx, l, own, near); err != nil {
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
		tried, near = append(tried, t), t
	}
	return choice(tried), tried, nil
}

// turnUp makes a candidate as strong as it may be for what it costs on the development
// texts, and each of its poles as strong as it may be while replies are sampled.
// A guess is where to look first.
func (t *trial) turnUp(ctx context.Context, l *laboratory, own study.Masks, guess trial) error {
	pole := func(m masks.Mask, gammaGuess, loudGuess float64) (cost func(float64) (float64, error), gamma, loud float64, err error) {
		known := map[float64]float64{}
		cost = func(gamma float64) (float64, error) {
			if r, found := known[gamma]; found {
				return r, nil
			}
			r, err := l.DevelopmentRatio(ctx, m, gamma)
			known[gamma] = r
			return r, err
		}
		if gamma, err = strongest(chosenPPL, gammaGuess, cost); err == nil {
			loud, err = strongest(repliesPPL, loudGuess, cost)
		}
		return cost, gamma, loud, err
	}
	plusCost, plusGamma, plusLoud, err := pole(own.Plus, guess.Gamma, guess.Loud.Gamma.Plus)
	if err != nil {
		return err
	}
	minusCost, minusGamma, minusLoud, err := pole(own.Minus, guess.Gamma, guess.Loud.Gamma.Minus)
	if err != nil {
		return err
	}
	costs := func(plus, minus float64) (r masks.Ratios, err error) {
		if r.Plus, err = plusCost(plus); err == nil {
			r.Minus, err = minusCost(minus)
		}
		return r, err
	}
	t.Gamma = max(plusGamma, minusGamma) // what the dearer pole can pay
	if t.PPLRatio, err = costs(t.Gamma, t.Gamma); err != nil {
		return err
	}
	t.Loud.Gamma = masks.Ratios{Plus: plusLoud, Minus: minusLoud}
	t.Loud.PPLRatio, err = costs(plusLoud, minusLoud)
	return err
}

// strongest returns the least γ that costs no more than a limit, taking it that a mask
// costs the more the stronger it is: from a guess in steps that double until the border lies
// between two, and then by halving. The weakest strength is returned whatever it costs.
func strongest(limit, guess float64, cost func(gamma float64) (float64, error)) (float64, error) {
	at := func(step int) float64 { return float64(step) / strengths }
	dear, good := -1, strengths-1
	next, stride := int(math.Round(guess*strengths)), 1
	for good-dear > 1 {
		next = min(max(next, dear+1), good-1)
		c, err := cost(at(next))
		if err != nil {
			return 0, err
		}
		if c <= limit {
			good = next
		} else {
			dear = next
		}
		switch {
		case dear >= 0 && good < strengths-1:
			next = (dear + good) / 2
		case c <= limit:
			next = good - stride
		default:
			next = dear + stride
		}
		stride *= 2
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
