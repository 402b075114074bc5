package study

import (
	"context"
	"fmt"

	"masque/masks"
)

// CrossShuffled is the label-shuffled control for a persona whose calibration
// statements are not at hand: the statements are halved, masks are made from one
// half under labels shuffled in balance and measured on the other, both ways round,
// and a draw's AUC is the mean of the two.
func (l *Lab) CrossShuffled(ctx context.Context, set Statements, s Settings, draws int, seed uint64, progress Progress) (masks.Test, error) {
	a, held := ByLine(set, Shares{Test: .5}, seed+1)
	b := held.Test
	t := masks.NewTest(ShuffledTopic)
	t.N, t.AUC = &masks.Counts{Plus: len(set.Plus), Minus: len(set.Minus)}, new(masks.Estimate)
	t.Note = "Made from one half of these statements and measured on the other, both ways round."
	sum := make([]float64, draws)
	for _, half := range []struct{ from, on Statements }{{a, b}, {b, a}} {
		src, err := l.Source(ctx, half.from, s, draws, seed, progress)
		if err != nil {
			return t, fmt.Errorf("half of the statements is too few for a label-shuffled control: %w", err)
		}
		for k := range draws {
			m, err := src.Shuffled(s, k)
			if err != nil {
				return t, err
			}
			o, err := l.overlays(m, Same(s.Gamma))
			if err != nil {
				return t, err
			}
			auc, err := l.masked(o).auc(ctx, half.on, func(done, total int) {
				progress.tell(fmt.Sprintf("control: %s, draw %d of %d", t.Name, k+1, draws), done, total)
			})
			if err != nil {
				return t, err
			}
			sum[k] += auc / 2
		}
	}
	for _, v := range sum {
		t.AUC.Draws = append(t.AUC.Draws, round(v))
	}
	t.AUC.Value = round(mean(t.AUC.Draws))
	return t, nil
}

// PlainWanda is a control: |w|·μ of each pole, the recipe that knows no contrast, made
// from some statements and measured on others.
func (l *Lab) PlainWanda(ctx context.Context, from, on Statements, seed uint64, progress Progress) (masks.Test, error) {
	s, err := DefaultSettings(masks.RecipeWanda, &l.engine.Weights().Config)
	if err != nil {
		return masks.Test{}, err
	}
	src, err := l.Source(ctx, from, s, 0, seed, progress)
	if err != nil {
		return masks.Test{}, err
	}
	m, err := src.Own(s)
	if err != nil {
		return masks.Test{}, err
	}
	o, err := l.overlays(m, Same(s.Gamma))
	if err != nil {
		return masks.Test{}, err
	}
	separation, err := l.masked(o).separate(ctx, on, seed, func(done, total int) { progress.tell("control: "+WandaTopic.Name(), done, total) })
	if err != nil {
		return masks.Test{}, err
	}
	t := separation.Test(WandaTopic)
	ratios, err := l.perplexity(ctx, o)
	t.PPLRatio = RoundRatios(ratios)
	return t, err
}

// SettingsOf returns the settings that a persona was made with, at a factor gamma, as
// far as they serve for controls; those of units that were combined are their parents', or the
// defaults. Masks that are worn together have no settings in common: they are an error.
func SettingsOf(p *masks.Persona, gamma float64) (Settings, error) {
	if p.Kind == masks.KindTogether {
		return Settings{}, fmt.Errorf("study: %s wears several masks at once, for which no one control has the same size; measure the controls of the personas that it was made of", p.Name)
	}
	s := Settings{
		Recipe: p.Recipe.Name, Phi: p.Recipe.Phi, Gamma: gamma, Own: p.Recipe.Parameters["own"],
		Kappa: p.Recipe.Parameters["kappa"], Ridge: p.Recipe.Parameters["ridge"], Rho: p.Recipe.Parameters["rho"],
		Lambda: p.Recipe.Parameters["lambda"], Tau: p.Recipe.Parameters["tau"],
	}
	if p.Kind == masks.KindWeights {
		s.Layers = p.Weights.Layers
		for i, name := range p.Weights.Matrices {
			if i > 0 {
				s.Scope += ","
			}
			s.Scope += name
		}
		return s, nil
	}
	s.Recipe = masks.RecipeUnits // whatever found them, the control closes as many
	if unscored(p) {
		s.scoreAs(masks.DefaultUnits(p.Units.Layers[1] + 1))
	}
	plus, minus := p.Size()
	s.N, s.Layers = max(plus, minus), p.Units.Layers
	switch u := p.Units; {
	case u.Channels > 0 && u.Neurons > 0:
		s.Scope = "both"
	case u.Neurons > 0:
		s.Scope = "neurons"
	default:
		s.Scope = "channels"
	}
	return s, nil
}

// unscored reports whether a unit mask's document does not say how its units were scored, as that
// of a combination whose parents' differ.
func unscored(p *masks.Persona) bool {
	_, known := p.Recipe.Parameters["kappa"]
	return p.Kind == masks.KindUnits && p.Recipe.Name != masks.RecipeUnits && !known
}

// unlikeness says in a sentence how masks that are made alike differ from a persona's own; ""
// where they do not.
func unlikeness(p *masks.Persona) string {
	switch {
	case p.Kind != masks.KindUnits || p.Recipe.Name == masks.RecipeUnits:
		return ""
	case unscored(p):
		return "Not quite like for like: each draw is one mask of as many units in place of a combination, with the default kappa, ridge and own."
	}
	return "Not quite like for like: each draw is one mask of as many units in place of a combination, with its kappa, ridge and own."
}
