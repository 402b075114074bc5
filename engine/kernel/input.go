package kernel

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"

	"masque/engine/quant"
)

// Layout of one quantised block of 32 activations, spread: everything is stored
// as the kernels of four rows load it, sixteen bytes wide, scalars four times over
// and each four activations four times over, once for each row of a tile.
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

// Layout of the same, packed, for the kernels of sixteen rows:
//
//	 0  f32   scale
//	 4  f32   scale · Σq
//	 8  int32 −64 · Σq
//	12  4     unused
//	16  32    int8 q
const (
	packedBytes  = 48
	packedSum    = 4
	packedOffset = 8
	packedQuants = 16
)

// An Input is a batch of activation vectors, ready to be multiplied. It is
// scratch: made once for the largest batch and loaded again and again.
type Input struct {
	rows, cols int
	floats     bool      // for matrices of format F32: keep x as it is
	x          []float32 // [rows][cols]; the caller's
	q          []byte    // [rows][blocks][actBytes], or where wide [blocks][rows][packedBytes]
	acc        []float32 // [rows][wideRows]: scratch of the kernels of sixteen rows
}

// NewInput returns an Input for batches of up to rows vectors of up to cols
// values. With floats it feeds F32 matrices, else the tiled formats.
func NewInput(rows, cols int, floats bool) *Input {
	in := &Input{floats: floats}
	if !floats {
		in.q = make([]byte, rows*blocks(cols)*actBytes)
		in.acc = make([]float32, rows*wideRows)
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
	packed := wide()                                       // where it is never so, the compiler leaves out what follows from it
	block, between, row := actBytes, actBytes, nb*actBytes // bytes of a block, to the next block, to the next row
	if packed {
		block, between, row = packedBytes, rows*packedBytes, packedBytes
	}
	whole := cols / quant.TileCols
	for r := range rows {
		out, from := in.q[r*row:], x[r*cols:(r+1)*cols]
		switch {
		case whole == 0:
		case packed:
			quantizePacked(&out[0], between, &from[0], whole)
		default:
			quantize(&out[0], &from[0], whole)
		}
		if whole < nb {
			var tail [quant.TileCols]float32
			copy(tail[:], from[whole*quant.TileCols:])
			out = out[whole*between:][:block]
			if packed {
				quantizePackedGeneric(&out[0], between, &tail[0], 1)
			} else {
				quantizeGeneric(&out[0], &tail[0], 1)
			}
		}
	}
}

// rounder is 1.5·2²³: adding and taking it away rounds a float32 of magnitude
// below 2²² to the nearest integer, ties to even, as the vector instructions do.
const rounder = 3 << 22

// quantized is a block of activations.
type quantized struct {
	scale float32
	sum   int32 // Σq
	q     [quant.TileCols / 4]uint32
}

func quantizeBlock(x []float32) (b quantized) {
	var peak float32
	for _, v := range x {
		peak = max(peak, float32(math.Abs(float64(v))))
	}
	b.scale = peak / 127
	var inv float32
	if peak > 0 {
		inv = 127 / peak
	}
	for i, v := range x {
		r := float32(v*inv) + rounder
		q := int32(r - rounder)
		b.sum += q
		b.q[i/4] |= uint32(uint8(int8(q))) << (i % 4 * 8)
	}
	return b
}

// quantizeGeneric quantises n blocks of 32 values from src to dst, spread.
func quantizeGeneric(dst *byte, src *float32, n int) {
	out := unsafe.Slice(dst, n*actBytes)
	in := unsafe.Slice(src, n*quant.TileCols)
	for i := range n {
		to, b := out[i*actBytes:][:actBytes], quantizeBlock(in[i*quant.TileCols:][:quant.TileCols])
		splat(to, math.Float32bits(b.scale))
		splat(to[actSum:], math.Float32bits(b.scale*float32(b.sum)))
		splat(to[actOffset:], uint32(-quant.K8Offset*b.sum))
		for c, word := range b.q {
			splat(to[actQuants+16*c:], word)
		}
	}
}

// quantizePackedGeneric is quantizeGeneric for packed blocks, stride bytes apart.
func quantizePackedGeneric(dst *byte, stride int, src *float32, n int) {
	out := unsafe.Slice(dst, (n-1)*stride+packedBytes)
	in := unsafe.Slice(src, n*quant.TileCols)
	for i := range n {
		to, b := out[i*stride:][:packedBytes], quantizeBlock(in[i*quant.TileCols:][:quant.TileCols])
		binary.LittleEndian.PutUint32(to, math.Float32bits(b.scale))
		binary.LittleEndian.PutUint32(to[packedSum:], math.Float32bits(b.scale*float32(b.sum)))
		binary.LittleEndian.PutUint32(to[packedOffset:], uint32(-quant.K8Offset*b.sum))
		for c, word := range b.q {
			binary.LittleEndian.PutUint32(to[packedQuants+4*c:], word)
		}
	}
}

// splat writes a 32-bit word four times.
func splat(b []byte, w uint32) {
	_ = b[15]
	for i := range 4 {
		binary.LittleEndian.PutUint32(b[4*i:], w)
	}
}
