package model

import (
	"fmt"

	"masque/engine/quant"
)

// An Overlay changes how a session sees the weights. It is read-only while
// sessions use it. The zero overlay and nil change nothing.
type Overlay struct {
	// Gates close units: a factor for each input channel of the attention's
	// output matrix and of the feed-forward layer's down matrix, applied to
	// the activation before the matrix. One entry a layer, or nil for none.
	Gates []LayerGates
	// Matrices replace single matrices, by masked copies as a rule.
	Matrices map[MatrixID]*quant.Matrix

	told *Engine // whose followers know it
	name uint32  // by which they do
}

// LayerGates are the factors of one layer; nil leaves all units as they are.
type LayerGates struct {
	O    []float32 // [qDim], attention value channels, head·headDim+dim
	Down []float32 // [ffn], feed-forward neurons
}

// Check says whether the overlay fits the weights.
func (o *Overlay) Check(w *Weights) error {
	if o == nil {
		return nil
	}
	if o.Gates != nil && len(o.Gates) != len(w.Blocks) {
		return fmt.Errorf("model: an overlay of %d layers for a model of %d", len(o.Gates), len(w.Blocks))
	}
	for i, g := range o.Gates {
		if g.O != nil && len(g.O) != w.QDim() || g.Down != nil && len(g.Down) != w.FFN {
			return fmt.Errorf("model: gates of layer %d for %d and %d units, the model has %d and %d", i, len(g.O), len(g.Down), w.QDim(), w.FFN)
		}
	}
	for id, m := range o.Matrices {
		if id.Layer < 0 || id.Layer >= len(w.Blocks) || id.Kind >= matrixKinds {
			return fmt.Errorf("model: the overlay replaces %v, which the model does not have", id)
		}
		rows, cols := w.shape(id.Kind)
		if own := w.own(id); m.Rows != rows || m.Cols != cols || (m.Format == quant.F32) != (own.Format == quant.F32) {
			return fmt.Errorf("model: the overlay's %v is %d × %d %v, the model's %d × %d %v", id, m.Rows, m.Cols, m.Format, rows, cols, own.Format)
		}
	}
	return nil
}

// lowest returns the first of so many layers that the overlay changes, or their number.
func (o *Overlay) lowest(layers int) int {
	if o == nil {
		return layers
	}
	for l, g := range o.Gates {
		if g.O != nil || g.Down != nil {
			layers = min(layers, l)
		}
	}
	for id := range o.Matrices {
		layers = min(layers, id.Layer)
	}
	return layers
}

// gateO returns the factors of a layer's attention channels, or nil.
func (o *Overlay) gateO(layer int) []float32 {
	if o == nil || o.Gates == nil {
		return nil
	}
	return o.Gates[layer].O
}

// gateDown returns the factors of a layer's neurons, or nil.
func (o *Overlay) gateDown(layer int) []float32 {
	if o == nil || o.Gates == nil {
		return nil
	}
	return o.Gates[layer].Down
}

// matrix returns the matrix through which a session sees own.
func (o *Overlay) matrix(id MatrixID, own *quant.Matrix) *quant.Matrix {
	if o == nil || o.Matrices == nil {
		return own
	}
	if m, ok := o.Matrices[id]; ok {
		return m
	}
	return own
}
