package study

import (
	"math"

	"masque/engine/model"
	"masque/masks"
)

// NeuronGroups is how many groups a census makes of a layer's FFN neurons: they have no
// order of their own, and more would be more than an eye can take in.
const NeuronGroups = 16

// A Census says where a mask's closed units are: how many of each layer's attention heads'
// value channels and of its groups of FFN neurons. A unit that is closed in part, as where
// masks are worn together, counts in part.
type Census struct {
	Heads       [][]float64 `json:"heads"` // [layers][heads]
	HeadSize    int         `json:"headSize"`
	Neurons     [][]float64 `json:"neurons"` // [layers][groups]; the last group may be smaller
	NeuronsEach int         `json:"neuronsEach"`
}

// Census counts the closed units of a mask. A mask that closes no units, but weights,
// has a census of zeros.
func (l *Lab) Census(m masks.Mask) (*Census, error) {
	w := l.engine.Weights()
	c := &Census{HeadSize: w.HeadDim, NeuronsEach: (w.FFN + NeuronGroups - 1) / NeuronGroups}
	groups := (w.FFN + c.NeuronsEach - 1) / c.NeuronsEach
	var gates []model.LayerGates
	if m.Kind() != masks.KindWeights {
		o, err := m.Overlay(w, 0)
		if err != nil {
			return nil, err
		}
		gates = o.Gates
	}
	for layer := range w.Layers {
		var g model.LayerGates
		if gates != nil {
			g = gates[layer]
		}
		c.Heads = append(c.Heads, closed(g.O, w.QDim()/w.HeadDim, w.HeadDim))
		c.Neurons = append(c.Neurons, closed(g.Down, groups, c.NeuronsEach))
	}
	return c, nil
}

// closed counts what gates close in each group, to hundredths.
func closed(gates []float32, groups, size int) []float64 {
	counts := make([]float64, groups)
	for i, g := range gates {
		counts[i/size] += 1 - float64(g)
	}
	for i, v := range counts {
		counts[i] = math.Round(100*v) / 100
	}
	return counts
}
