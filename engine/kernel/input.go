package kernel

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"

	"masque/engine/quant"
)

// Layout of one quantised block of 32 activations. Everything is stored as the
// kernels load it: sixteen bytes wide, scalars four times over and each four
// activations four times over, once for each row of a tile.
//
//	 0  4 × f32   scale = max|x|/127
//	16  4 × f32   scale · Σq       (times the minimum of a K4 row)
//	32  4 × int32 −64 · Σq         (takes back the offset of K8)
//	48  8 × 16    int8 q, chunk c: q[4c…4c+3] four times
const (
	actBytes  = 176
	actSum    = 16
	actOffset = 32
	actQuants = 48
)

// An Input is a batch of activation vectors, ready to be multiplied. It is
// scratch: made once for the largest batch and loaded again and again.
type Input struct {
	rows, cols int
	floats     bool      // for matrices of format F32: keep x as it is
	x          []float32 // [rows][cols]; the caller's
	q          []byte    // [rows][blocks][actBytes]
}

// NewInput returns an Input for batches of up to rows vectors of up to cols
// values. With floats it feeds F32 matrices, else the tiled formats.
func NewInput(rows, cols int, floats bool) *Input {
	in := &Input{floats: floats}
	if !floats {
		in.q = make([]byte, rows*blocks(cols)*actBytes)
	}
	return in
}

func blocks(cols int) int { return (cols + quant.TileCols - 1) / quant.TileCols }

// Load takes rows vectors of cols values, x[r*cols:(r+1)*cols], and quantises
// them to int8 in blocks of 32. For an F32 input x is kept, not copied.
func (in *Input) Load(x []float32, rows, cols int) {
	if len(x) < rows*cols {
		panic(fmt.Sprintf("kernel: Load of %d × %d from %d values", rows, cols, len(x)))
	}
	in.rows, in.cols, in.x = rows, cols, x[:rows*cols]
	if in.floats {
		return
	}
	nb := blocks(cols)
	if len(in.q) < rows*nb*actBytes {
		panic(fmt.Sprintf("kernel: Load of %d × %d into an input of %d bytes", rows, cols, len(in.q)))
	}
	whole := cols / quant.TileCols
	for r := range rows {
		out := in.q[r*nb*actBytes:]
		row := x[r*cols : (r+1)*cols]
		if whole > 0 {
			quantize(&out[0], &row[0], whole)
		}
		if whole < nb {
			var tail [quant.TileCols]float32
			copy(tail[:], row[whole*quant.TileCols:])
			quantizeGeneric(&out[whole*actBytes], &tail[0], 1)
		}
	}
}

// rounder is 1.5·2²³: adding and taking it away rounds a float32 of magnitude
// below 2²² to the nearest integer, ties to even, as the vector instructions do.
const rounder = 3 << 22

// quantizeGeneric quantises n blocks of 32 values from src to the layout of an
// Input at dst.
func quantizeGeneric(dst *byte, src *float32, n int) {
	out := unsafe.Slice(dst, n*actBytes)
	in := unsafe.Slice(src, n*quant.TileCols)
	for b := range n {
		block, x := out[b*actBytes:][:actBytes], in[b*quant.TileCols:][:quant.TileCols]
		var peak float32
		for _, v := range x {
			peak = max(peak, float32(math.Abs(float64(v))))
		}
		scale := peak / 127
		var inv float32
		if peak > 0 {
			inv = 127 / peak
		}
		var sum int32
		for c := range quant.TileCols / 4 {
			var word uint32
			for i := range 4 {
				r := float32(x[4*c+i]*inv) + rounder
				q := int32(r - rounder)
				sum += q
				word |= uint32(uint8(int8(q))) << (8 * i)
			}
			splat(block[actQuants+16*c:], word)
		}
		splat(block, math.Float32bits(scale))
		splat(block[actSum:], math.Float32bits(scale*float32(sum)))
		splat(block[actOffset:], uint32(-quant.K8Offset*sum))
	}
}

// splat writes a 32-bit word four times.
func splat(b []byte, w uint32) {
	_ = b[15]
	for i := range 4 {
		binary.LittleEndian.PutUint32(b[4*i:], w)
	}
}
