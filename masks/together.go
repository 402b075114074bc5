package masks

import (
	"fmt"
	"slices"

	"masque/engine/model"
	"masque/masks/jsondoc"
)

// maxParts bounds the masks that are worn at once.
const maxParts = 8

// Together is the document form of several masks at once, each at its own strength.
// At a factor γ of the whole, what part i leaves out is multiplied by
//
//	γ_i = 1 − strength_i·(1 − γ)
//
// and the factors of all parts are multiplied: a unit that one part closes at .7 and
// another at .4 has the gate .3·.6.
type Together struct {
	Parts []Part `json:"parts"`

	Unknown jsondoc.Raw `json:",embed"`
}

// Part is one of the masks: a recipe with its result, as a persona has them.
type Part struct {
	Strength float64 `json:"strength"` // above 0, at most 1
	// Swapped says that the part's minus mask is worn at the plus pole, and the other way
	// round.
	Swapped bool     `json:"swapped,omitzero"`
	Kind    string   `json:"kind"` // units or weights
	Recipe  Recipe   `json:"recipe"`
	Units   *Units   `json:"units,omitzero"`
	Weights *Weights `json:"weights,omitzero"`

	Unknown jsondoc.Raw `json:",embed"`
}

// Mask returns the masks of one pole. Faults are named as they are in a persona's
// document.
func (t *Together) Mask(pole Pole) (*TogetherMask, error) {
	if err := t.validate(); err != nil {
		return nil, err
	}
	m := new(TogetherMask)
	for i := range t.Parts {
		own, err := t.Parts[i].mask(pole)
		if err != nil {
			return nil, inside(partPath(i), err)
		}
		m.parts = append(m.parts, worn{own, t.Parts[i].Strength})
	}
	return m, nil
}

func (p *Part) mask(pole Pole) (Mask, error) {
	if p.Swapped {
		pole = pole.Opposite()
	}
	if p.Kind == KindWeights {
		return &WeightMask{Pole: pole, Recipe: p.Recipe, Weights: p.Weights}, nil
	}
	return p.Units.Mask(pole)
}

// size counts the units of a pole that any part closes.
func (t *Together) size(pole Pole) int {
	m, err := t.Mask(pole)
	if err != nil {
		panic("masks: the size of a persona that is not valid: " + err.Error())
	}
	closed := map[Unit]bool{}
	for _, part := range m.parts {
		if units, ok := part.mask.(*UnitMask); ok {
			for _, u := range units.units {
				closed[u] = true
			}
		}
	}
	return len(closed)
}

func (t *Together) validate() error {
	if len(t.Parts) < 1 || len(t.Parts) > maxParts {
		return fault("together.parts", "has %d entries; it must have 1 to %d", len(t.Parts), maxParts)
	}
	for i := range t.Parts {
		if err := t.Parts[i].validate(); err != nil {
			return inside(partPath(i), err)
		}
	}
	return nil
}

func partPath(i int) string { return fmt.Sprintf("together.parts.%d", i) }

func (p *Part) validate() error {
	if !(p.Strength > 0 && p.Strength <= 1) {
		return fault("strength", "is %v; it must be above 0 and at most 1", p.Strength)
	}
	if err := p.Recipe.validate(); err != nil {
		return err
	}
	switch {
	case p.Kind == KindUnits && p.Units != nil && p.Weights == nil:
		return p.Units.validate()
	case p.Kind == KindWeights && p.Weights != nil && p.Units == nil:
		if err := p.Recipe.validateWeights(); err != nil {
			return err
		}
		return p.Weights.validate()
	case p.Kind == KindUnits || p.Kind == KindWeights:
		return fault("kind", "is %q, so %s must be present and no other mask", p.Kind, p.Kind)
	}
	return fault("kind", "is %q; it must be %q or %q", p.Kind, KindUnits, KindWeights)
}

// TogetherMask is several masks at once; see [Together] for what they multiply to.
type TogetherMask struct{ parts []worn }

type worn struct {
	mask     Mask
	strength float64
}

// gamma is the factor of what the part leaves out.
func (w worn) gamma(whole float32) float32 { return float32(1 - w.strength*(1-float64(whole))) }

var _ Mask = (*TogetherMask)(nil)

// Kind returns KindTogether.
func (m *TogetherMask) Kind() string { return KindTogether }

// Overlay lays all parts over the weights.
func (m *TogetherMask) Overlay(w *model.Weights, gamma float32) (*model.Overlay, error) {
	if err := checkGamma(gamma); err != nil {
		return nil, err
	}
	o, b := new(model.Overlay), make(bakery)
	for _, part := range m.parts {
		own := part.gamma(gamma)
		switch mask := part.mask.(type) {
		case *WeightMask:
			jobs, err := mask.jobs(w)
			if err != nil {
				return nil, err
			}
			if own != 1 {
				b.add(jobs, own)
			}
		default:
			units, err := mask.Overlay(w, own)
			if err != nil {
				return nil, err
			}
			o.Gates = multiplyGates(o.Gates, units.Gates)
		}
	}
	if len(b) > 0 {
		o.Matrices = b.bake(w)
	}
	return o, nil
}

// multiplyGates multiplies the gates of two overlays, nil standing for ones. The
// arguments may be changed.
func multiplyGates(a, b []model.LayerGates) []model.LayerGates {
	if a == nil || b == nil {
		return slices.Concat(a, b)
	}
	for i := range a {
		a[i].O = multiplyFactors(a[i].O, b[i].O)
		a[i].Down = multiplyFactors(a[i].Down, b[i].Down)
	}
	return a
}

func multiplyFactors(a, b []float32) []float32 {
	if a == nil || b == nil {
		return slices.Concat(a, b)
	}
	for i, f := range b {
		a[i] *= f
	}
	return a
}
