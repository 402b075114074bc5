package masks

import (
	"math/rand/v2"

	"masque/engine/model"
)

// UnitRecipe are the parameters of a unit mask.
type UnitRecipe struct {
	Scope Scope
	// Own scores units by what they do where the statements' own tokens are predicted; else
	// by what they do at those before as well: see [Reading.Attribute].
	Own   bool
	N     int     // units that each pole closes
	Kappa float64 // weight of the guard
	// Ridge is λ of [Attribution.Discriminant], by which units are scored; 0 scores
	// them by [Attribution.Effects].
	Ridge float64
}

// DefaultUnits is the recipe that measured best on the default model, scaled to
// a model's depth: all units of the last two thirds of the layers.
func DefaultUnits(layers int) UnitRecipe {
	return UnitRecipe{
		Scope: Scope{First: layers / 3, Last: layers - 1, Channels: true, Neurons: true},
		Own:   true, N: 800, Kappa: 3, Ridge: 1,
	}
}

// Units selects the units of both poles from an attribution, with the
// statements' own labels (nil) or others.
func (r UnitRecipe) Units(a *Attribution, labels []bool) (*Units, error) {
	if r.Ridge == 0 {
		return pack(a, a.Effects(labels), Counts{r.N, r.N}, r.Kappa)
	}
	w, err := a.Discriminant(labels, r.Ridge)
	if err != nil {
		return nil, err
	}
	return pack(a, w, Counts{r.N, r.N}, r.Kappa)
}

// pack closes n units of each pole.
func pack(a *Attribution, effects []float64, n Counts, kappa float64) (*Units, error) {
	u := *a.units
	for _, pole := range []struct {
		set     *UnitSet
		effects []float64
		n       int
	}{{&u.Plus, effects, n.Plus}, {&u.Minus, Opposite(effects), n.Minus}} {
		units, err := a.Select(pole.effects, pole.n, kappa)
		if err != nil {
			return nil, err
		}
		if *pole.set, err = u.Pack(units); err != nil {
			return nil, err
		}
	}
	return &u, nil
}

// Random closes n units of each pole, drawn from the scope without looking at anything: a
// control.
func (s Scope) Random(c *model.Config, n Counts, rng *rand.Rand) (*Units, error) {
	units, err := s.numbering(c)
	if err != nil {
		return nil, err
	}
	a := &Attribution{units: units, guard: make([]float64, units.Scope())}
	effects := make([]float64, units.Scope())
	for i := range effects {
		effects[i] = rng.Float64() - 0.5
	}
	return pack(a, effects, n, 0)
}

// Clean trims statements and drops empty and repeated ones, keeping the order.
func Clean(lines []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range lines {
		if s = foldSpace(s); s != "" && !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}
