package kernel

import (
	"fmt"
	"unsafe"
)

// Where keys and values are floats, on the f32 path and for gradients, those of a head
// stand in chunks of 16 positions, one after another in memory as attention reads them:
//
//	keys    [chunk][dim][16 positions]          a dot product needs no sum across lanes
//	values  [chunk][dim/16][16 positions][16]   sixteen sums stay in registers
//
// Of values, dims are rounded up to a multiple of 16.

// ChunkLen is the number of positions, and of a value's dims, that stand together.
const ChunkLen = 16

// PageLen is the number of positions in a page of the KV cache, whole chunks.
const PageLen = 64

// ValueDims returns how many numbers a value of dims takes.
func ValueDims(dims int) int { return (dims + ChunkLen - 1) &^ (ChunkLen - 1) }

// PutKey stores the key of a position.
func PutKey(keys []float32, pos int, key []float32) {
	at := pos/ChunkLen*len(key)*ChunkLen + pos%ChunkLen
	for _, x := range key {
		keys[at] = x
		at += ChunkLen
	}
}

// Key reads the key of a position.
func Key(key []float32, keys []float32, pos int) {
	at := pos/ChunkLen*len(key)*ChunkLen + pos%ChunkLen
	for d := range key {
		key[d] = keys[at]
		at += ChunkLen
	}
}

// valueAt is where the first 16 dims of a position's value stand; the next are
// ChunkLen² further.
func valueAt(dims, pos int) int {
	return pos/ChunkLen*ValueDims(dims)*ChunkLen + pos%ChunkLen*ChunkLen
}

// PutValue stores the value of a position.
func PutValue(values []float32, pos int, value []float32) {
	for at, rest := valueAt(len(value), pos), value; len(rest) > 0; at += ChunkLen * ChunkLen {
		rest = rest[copy(values[at:at+ChunkLen], rest):]
	}
}

// Value reads the value of a position.
func Value(value []float32, values []float32, pos int) {
	for at, rest := valueAt(len(value), pos), value; len(rest) > 0; at += ChunkLen * ChunkLen {
		rest = rest[copy(rest, values[at:at+ChunkLen]):]
	}
}

// Scores writes the attention scores of len(q)/dims queries against the first n keys
// of a head:
//
//	dst[h*stride+p] = (Σ_d q[h*dims+d] · key_p[d]) · scale, d in order
//
// dst has room for n rounded up to whole chunks, of each query; what is beyond n is
// overwritten. It is plain: the f32 path, which alone has floats for keys, is what the fast
// one is measured against.
func Scores(dst []float32, stride int, q []float32, dims int, keys []float32, n int, scale float32) {
	heads, chunks := len(q)/dims, (n+ChunkLen-1)/ChunkLen
	if n <= 0 || heads <= 0 || len(dst) < (heads-1)*stride+chunks*ChunkLen || len(keys) < chunks*ChunkLen*dims {
		panic(fmt.Sprintf("kernel: Scores of %d queries and %d of %d keys into %d values", heads, n, len(keys)/dims, len(dst)))
	}
	for c := range chunks {
		for h := range heads {
			out := dst[h*stride+c*ChunkLen:][:ChunkLen]
			clear(out)
			for d, v := range q[h*dims:][:dims] {
				for p, k := range keys[(c*dims+d)*ChunkLen:][:ChunkLen] {
					out[p] += float32(v * k)
				}
			}
			for p := range out {
				out[p] *= scale
			}
		}
	}
}

// Mix adds the weighted values of the first n positions of a head to len(dst)/dims
// outputs:
//
//	for p < n, in order: dst[h*dims+d] += weights[h*stride+p] · value_p[d]
func Mix(dst []float32, dims int, weights []float32, stride int, values []float32, n int) {
	heads := len(dst) / dims
	if n <= 0 || heads <= 0 || len(weights) < (heads-1)*stride+n || len(values) < (n+ChunkLen-1)/ChunkLen*ChunkLen*ValueDims(dims) {
		panic(fmt.Sprintf("kernel: Mix of %d of %d values into %d outputs", n, len(values)/dims, heads))
	}
	for h := range heads {
		if out, w := dst[h*dims:][:dims], weights[h*stride:][:n]; dims%ChunkLen != 0 {
			mixGeneric(out, w, values)
		} else {
			mix(&out[0], dims, &w[0], &values[0], n)
		}
	}
}

// mixGeneric is Mix of one output.
func mixGeneric(dst, weights, values []float32) {
	for p, w := range weights {
		out := dst
		for at := valueAt(len(dst), p); len(out) > 0; at += ChunkLen * ChunkLen {
			for d, v := range values[at:][:min(ChunkLen, len(out))] {
				out[d] += float32(w * v)
			}
			out = out[min(ChunkLen, len(out)):]
		}
	}
}

// mixSlices is the generic loop with the arguments of the assembly.
func mixSlices(dst *float32, dims int, weights, values *float32, n int) {
	mixGeneric(unsafe.Slice(dst, dims), unsafe.Slice(weights, n), unsafe.Slice(values, (n+ChunkLen-1)/ChunkLen*ChunkLen*dims))
}
