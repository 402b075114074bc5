package model

import (
	"fmt"

	"masque/engine/quant"
)

// Precision chooses how weights are kept and multiplied.
type Precision uint8

const (
	Fast Precision = iota // tiles of package quant, int8 activations
	F32                   // floats throughout: the reference, four times the memory
)

func (p Precision) String() string {
	if p == F32 {
		return "f32"
	}
	return "fast"
}

// Weights are a model's parameters. They are read-only once loaded, and any
// number of engines share them.
type Weights struct {
	Config
	Precision Precision

	TokenEmbd  *quant.Matrix // [vocab][dim]
	OutputNorm []float32     // [dim]
	Output     *quant.Matrix // [vocab][dim]; TokenEmbd when tied
	RopeFactor []float32     // [ropeDims/2] divisors of the frequencies, or nil
	Blocks     []Layer

	share   Share // the rows that the matrices above hold
	collect func(MatrixID) *quant.Matrix
}

// Layer holds the parameters of one transformer block.
type Layer struct {
	AttnNorm []float32 // [dim]
	FFNNorm  []float32 // [dim]
	Matrices [matrixKinds]*quant.Matrix
}

// A Kind names one of the matrices of a layer.
type Kind uint8

// The matrices of a layer, with their shapes as [outputs][inputs].
const (
	Q    Kind = iota // [qDim][dim]
	K                // [kvDim][dim]
	V                // [kvDim][dim]
	O                // [dim][qDim]
	Gate             // [ffn][dim]
	Up               // [ffn][dim]
	Down             // [dim][ffn]

	matrixKinds = iota
)

// Kinds lists the matrices of a layer.
func Kinds() []Kind { return []Kind{Q, K, V, O, Gate, Up, Down} }

var kindNames = [matrixKinds]string{"attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"}

// String returns the name that GGUF files give the matrix.
func (k Kind) String() string {
	if k < matrixKinds {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// shape returns the outputs and inputs of a matrix.
func (c *Config) shape(k Kind) (rows, cols int) {
	switch k {
	case Q:
		return c.QDim(), c.Dim
	case K, V:
		return c.KVDim(), c.Dim
	case O:
		return c.Dim, c.QDim()
	case Gate, Up:
		return c.FFN, c.Dim
	}
	return c.Dim, c.FFN
}

// MatrixID names one matrix of a model.
type MatrixID struct {
	Layer int
	Kind  Kind
}

// String returns the tensor's name in a GGUF file.
func (id MatrixID) String() string { return fmt.Sprintf("blk.%d.%v.weight", id.Layer, id.Kind) }

// Matrix returns one matrix of a layer. Where these weights are a share of a
// team's, the rows of all members are brought together in a copy; only the
// leader can ask for that, and while no pass is under way.
func (w *Weights) Matrix(id MatrixID) *quant.Matrix {
	if w.share.whole() {
		return w.own(id)
	}
	return w.collect(id)
}

// Bytes returns the memory that the parameters take, those of this share.
func (w *Weights) Bytes() int {
	n := w.TokenEmbd.Bytes() + 4*len(w.OutputNorm)
	if !w.Tied {
		n += w.Output.Bytes()
	}
	for i := range w.Blocks {
		l := &w.Blocks[i]
		n += 4 * (len(l.AttnNorm) + len(l.FFNNorm))
		for _, m := range l.Matrices {
			n += m.Bytes()
		}
	}
	return n
}
