package masks

import (
	"fmt"
	"strings"

	"masque/engine/model"
)

// Mask is one pole of a persona, ready to be laid over a model's weights.
type Mask interface {
	// Kind is KindUnits, KindWeights or KindTogether.
	Kind() string
	// Overlay returns what a session reads the weights through. gamma is the factor
	// of what the mask leaves out: 0 closes or prunes it, 1 is the dense model.
	// Weights of another shape than the mask's are an error.
	Overlay(w *model.Weights, gamma float32) (*model.Overlay, error)
}

// Pole is one end of a persona's trait.
type Pole string

// The two poles, as they are called in documents, flags and messages.
const (
	Plus  Pole = "plus"
	Minus Pole = "minus"
)

// Pole finds a pole by what people call it: "plus" or "+", "minus" or "-", or the
// pole's own name in any case.
func (p *Persona) Pole(name string) (Pole, error) {
	switch {
	case name == "+", strings.EqualFold(name, string(Plus)), strings.EqualFold(name, p.Poles.Plus.Name):
		return Plus, nil
	case name == "-", strings.EqualFold(name, string(Minus)), strings.EqualFold(name, p.Poles.Minus.Name):
		return Minus, nil
	}
	return "", fmt.Errorf("persona: %s has no pole %q; its poles are plus (%s) and minus (%s)",
		p.Name, name, p.Poles.Plus.Name, p.Poles.Minus.Name)
}

// Opposite returns the other pole.
func (p Pole) Opposite() Pole {
	if p == Minus {
		return Plus
	}
	return Minus
}

// Text returns what people read about a pole.
func (p *Persona) Text(pole Pole) PoleText {
	if pole == Minus {
		return p.Poles.Minus
	}
	return p.Poles.Plus
}

// Mask returns the mask of one pole of a valid persona.
func (p *Persona) Mask(pole Pole) (Mask, error) {
	if pole != Plus && pole != Minus {
		panic(fmt.Sprintf("masks: Mask of pole %q", pole))
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	switch p.Kind {
	case KindTogether:
		return p.Together.Mask(pole)
	case KindWeights:
		return &WeightMask{Pole: pole, Recipe: p.Recipe, Weights: p.Weights}, nil
	}
	return p.Units.Mask(pole)
}

// Mask returns the mask of one pole of a unit mask's document. Faults are named as they
// are in a persona's document.
func (u *Units) Mask(pole Pole) (*UnitMask, error) {
	if err := u.validate(); err != nil {
		return nil, err
	}
	set, field := u.Plus, "units.plus"
	if pole == Minus {
		set, field = u.Minus, "units.minus"
	}
	units, err := u.unpack(set, field)
	if err != nil {
		return nil, err
	}
	return &UnitMask{
		units:    units,
		ranked:   u.Order == OrderScore,
		channels: u.Channels,
		neurons:  u.Neurons,
	}, nil
}

// Size returns how many units the masks close at each pole, wholly or in part; 0 for
// weight masks. The persona must be valid.
func (p *Persona) Size() (plus, minus int) {
	switch {
	case p.Units != nil:
		return p.Units.Plus.N, p.Units.Minus.N
	case p.Together != nil:
		return p.Together.size(Plus), p.Together.size(Minus)
	}
	return 0, 0
}
