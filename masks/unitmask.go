package masks

import (
	"fmt"
	"slices"

	"masque/engine/model"
)

// UnitMask closes units: the activation of each is multiplied by γ.
type UnitMask struct {
	units    []Unit
	ranked   bool
	channels int // width of a layer's attention value channels; 0 = none in scope
	neurons  int // width of a layer's FFN; 0 = none in scope
}

var _ Mask = (*UnitMask)(nil)

// Kind returns KindUnits.
func (m *UnitMask) Kind() string { return KindUnits }

// Len returns the number of units the mask closes.
func (m *UnitMask) Len() int { return len(m.units) }

// Ranked reports whether the units stand in the order of their scores, so that
// [UnitMask.Top] can choose among them.
func (m *UnitMask) Ranked() bool { return m.ranked }

// Units returns the units, in the order of the document.
func (m *UnitMask) Units() []Unit { return slices.Clone(m.units) }

// Top returns the mask of the n units with the highest scores, 0 ≤ n ≤ Len. A mask
// whose units are not ranked has no other part than itself.
func (m *UnitMask) Top(n int) (*UnitMask, error) {
	switch {
	case n < 0 || n > len(m.units):
		return nil, fmt.Errorf("masks: %d units asked for; the mask has %d", n, len(m.units))
	case n == len(m.units):
		return m, nil
	case !m.ranked:
		return nil, fmt.Errorf("masks: %w: only all %d units can be closed, not %d", ErrUnranked, len(m.units), n)
	}
	top := *m
	top.units = m.units[:n:n]
	return &top, nil
}

// Overlay returns gates that multiply the mask's units by gamma.
func (m *UnitMask) Overlay(w *model.Weights, gamma float32) (*model.Overlay, error) {
	if err := checkGamma(gamma); err != nil {
		return nil, err
	}
	channels, neurons := w.QDim(), w.FFN
	if m.channels != 0 && m.channels != channels {
		return nil, fmt.Errorf("masks: %w: the mask counts %d attention value channels a layer, the model has %d", ErrModel, m.channels, channels)
	}
	if m.neurons != 0 && m.neurons != neurons {
		return nil, fmt.Errorf("masks: %w: the mask counts %d FFN neurons a layer, the model has %d", ErrModel, m.neurons, neurons)
	}
	for _, u := range m.units {
		if u.Layer >= w.Layers {
			return nil, fmt.Errorf("masks: %w: the mask has a unit in layer %d, the model has %d layers", ErrModel, u.Layer, w.Layers)
		}
	}
	if gamma == 1 || len(m.units) == 0 {
		return &model.Overlay{}, nil // dense: no gate, no cost
	}
	gates := make([]model.LayerGates, w.Layers)
	for _, u := range m.units {
		g, width := &gates[u.Layer].O, channels
		if u.Family == Neuron {
			g, width = &gates[u.Layer].Down, neurons
		}
		if *g == nil {
			*g = slices.Repeat([]float32{1}, width)
		}
		(*g)[u.Index] = gamma
	}
	return &model.Overlay{Gates: gates}, nil
}

// checkGamma refuses what is no factor between closed and open; NaN fails both
// comparisons.
func checkGamma(gamma float32) error {
	if gamma >= 0 && gamma <= 1 {
		return nil
	}
	return fmt.Errorf("masks: γ is %v; it must be between 0 (closed) and 1 (dense)", gamma)
}
