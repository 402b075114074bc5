package kernel

import (
	"fmt"
	"math"
	"unsafe"
)

// On the fast path, keys and values are integers of 14 bits with one scale a position: half
// of what attention reads from memory, and eight products an instruction. They stand in
// pairs, whose products are added up at once:
//
//	keys    [chunk][dim/2][16 positions][2 dims]
//	values  [chunk][dim/16][8 pairs][16 dims][2 positions]
//
// Sums stay below 2³¹, of the products of all dims and of 16 positions: up to 64 dims leave
// a query 12 bits and a sign, more leave it fewer.

const (
	kvPeak     = 1<<13 - 1 // of keys and values
	weightPeak = 1<<14 - 1 // 16 · weightPeak · kvPeak < 2³¹
	// tiniest is what stands for a peak below it: its inverse is still a number.
	tiniest = 1e-30
)

// queryPeak is the magnitude of a query's integers: dims · queryPeak · kvPeak < 2³¹.
func queryPeak(dims int) int { return min(1<<12-1, math.MaxInt32/kvPeak/dims) }

// maxDims is the most dims of a head that the kernels round at once.
const maxDims = 256

// roundedDims is scratch for the dims of one head.
type roundedDims [maxDims]int16

// of rounds x to integers of a magnitude and returns them with their scale.
func (to *roundedDims) of(x []float32, magnitude int) (ints []int16, scale float32) {
	ints = to[:]
	if len(x) > maxDims {
		ints = make([]int16, len(x))
	}
	ints = ints[:len(x)]
	return ints, round(ints, x, magnitude)
}

// round writes the integers of a magnitude nearest to x and returns their scale, which is
// NaN if a float is.
func round(dst []int16, x []float32, magnitude int) (scale float32) {
	if n := len(x); n == 0 || n%lanes != 0 {
		return roundGeneric(dst, x, float32(magnitude))
	}
	_ = dst[len(x)-1]
	return round16(&dst[0], &x[0], len(x), float32(magnitude))
}

// roundGeneric is round.
func roundGeneric(dst []int16, x []float32, magnitude float32) (scale float32) {
	bits := uint32(math.Float32bits(tiniest))
	for _, v := range x {
		bits = max(bits, math.Float32bits(v)&^signBit)
	}
	peak := math.Float32frombits(bits)
	inverse := magnitude / peak
	for i, v := range x {
		dst[i] = int16(math.Float32bits(float32(v*inverse) + rounder))
	}
	return peak * (1 / magnitude)
}

// PutKey16 stores the key of a position of a page.
func PutKey16(keys []int16, scales []float32, pos int, key []float32) {
	var scratch roundedDims
	ints, scale := scratch.of(key, kvPeak)
	scales[pos] = scale
	for d, at := 0, key16At(len(key), pos, 0); d < len(ints); d, at = d+2, at+2*ChunkLen {
		pair := keys[at : at+2]
		pair[0], pair[1] = ints[d], ints[d+1]
	}
}

// Key16 reads the key of a position.
func Key16(key []float32, keys []int16, scales []float32, pos int) {
	for d := range key {
		key[d] = float32(keys[key16At(len(key), pos, d)]) * scales[pos]
	}
}

// key16At and value16At are where a dim of a position stands.

func key16At(dims, pos, d int) int {
	return pos/ChunkLen*dims*ChunkLen + d/2*2*ChunkLen + pos%ChunkLen*2 + d%2
}

func value16At(dims, pos, d int) int {
	return pos/ChunkLen*ValueDims(dims)*ChunkLen + d/ChunkLen*ChunkLen*ChunkLen + pos%ChunkLen/2*2*ChunkLen + d%ChunkLen*2 + pos%2
}

// PutValue16 stores the value of a position of a page.
func PutValue16(values []int16, scales []float32, pos int, value []float32) {
	var scratch roundedDims
	ints, scale := scratch.of(value, kvPeak)
	scales[pos] = scale
	for d := 0; d < len(ints); d += ChunkLen {
		to := values[value16At(len(value), pos, d):]
		for i, v := range ints[d:min(d+ChunkLen, len(ints))] {
			to[2*i] = v
		}
	}
}

// Value16 reads the value of a position.
func Value16(value []float32, values []int16, scales []float32, pos int) {
	for d := range value {
		value[d] = float32(values[value16At(len(value), pos, d)]) * scales[pos]
	}
}

// Query16 rounds len(q)/dims queries for [Scores16]; scale goes into their scales.
func Query16(dst []int16, scales, q []float32, dims int, scale float32) {
	magnitude := queryPeak(dims)
	for h := range len(q) / dims {
		scales[h] = round(dst[h*dims:][:dims], q[h*dims:][:dims], magnitude) * scale
	}
}

// Scores16 writes the attention scores of len(q)/dims queries against the first n keys
// of a page:
//
//	dst[h*stride+p] = (Σ_d q[h*dims+d] · key_p[d]) · keyScales[p] · scales[h]
//
// dims is even. dst has room for n rounded up to whole chunks, of each query; what is
// beyond n is overwritten.
func Scores16(dst []float32, stride int, q []int16, scales []float32, dims int, keys []int16, keyScales []float32, n int) {
	heads, chunks := len(q)/dims, (n+ChunkLen-1)/ChunkLen
	if n <= 0 || heads <= 0 || dims%2 != 0 || len(scales) < heads || len(dst) < (heads-1)*stride+chunks*ChunkLen ||
		len(keys) < chunks*ChunkLen*dims || len(keyScales) < chunks*ChunkLen {
		panic(fmt.Sprintf("kernel: Scores16 of %d queries and %d of %d keys into %d values", heads, n, len(keys)/dims, len(dst)))
	}
	scores16(&dst[0], stride, &q[0], &scales[0], heads, dims, &keys[0], &keyScales[0], chunks)
}

// scores16Generic is Scores16 for whole chunks.
func scores16Generic(dst []float32, stride int, q []int16, scales []float32, heads, dims int, keys []int16, keyScales []float32, chunks int) {
	for c := range chunks {
		for h := range heads {
			var sums [ChunkLen]int32
			for d := 0; d < dims; d += 2 {
				a, b := int32(q[h*dims+d]), int32(q[h*dims+d+1])
				row := keys[(c*dims+d)*ChunkLen:][:2*ChunkLen]
				for p := range sums {
					sums[p] += a*int32(row[2*p]) + b*int32(row[2*p+1])
				}
			}
			for p, sum := range sums {
				dst[h*stride+c*ChunkLen+p] = float32(float32(sum)*keyScales[c*ChunkLen+p]) * scales[h]
			}
		}
	}
}

// Weights16 rounds the weights of the first n positions of a page, which are not negative,
// for [Mix16], with the scales of the values in them; each chunk has a scale of its own.
// Weights beyond n, up to whole chunks, become zero.
func Weights16(dst []int16, scales, weights, valueScales []float32, n int) {
	chunks := (n + ChunkLen - 1) / ChunkLen
	whole := chunks * ChunkLen
	if n <= 0 || len(dst) < whole || len(scales) < chunks || len(weights) < whole || len(valueScales) < whole {
		panic(fmt.Sprintf("kernel: Weights16 of %d of %d into %d with %d scales", n, len(weights), len(dst), len(valueScales)))
	}
	clear(weights[n:whole])
	full := n / ChunkLen
	if full > 0 {
		weights16(&dst[0], &scales[0], &weights[0], &valueScales[0], full)
	}
	if full < chunks { // what stands beyond n may be no number, whose product with zero is none
		var last [ChunkLen]float32
		copy(last[:], valueScales[full*ChunkLen:n])
		weights16(&dst[full*ChunkLen], &scales[full], &weights[full*ChunkLen], &last[0], 1)
	}
}

// weights16Generic is Weights16 for whole chunks.
func weights16Generic(dst []int16, scales, weights, valueScales []float32, chunks int) {
	for c := range chunks {
		var w [ChunkLen]float32
		for i := range w {
			w[i] = weights[c*ChunkLen+i] * valueScales[c*ChunkLen+i]
		}
		scales[c] = roundGeneric(dst[c*ChunkLen:], w[:], weightPeak)
	}
}

// Mix16 adds the weighted values of whole chunks of a page to len(dst)/dims outputs:
//
//	for each chunk c, in order: dst[h*dims+d] += (Σ_p weights[h*stride+p] · value_p[d]) · scales[h*stride/16+c]
func Mix16(dst []float32, dims int, weights []int16, scales []float32, stride int, values []int16, chunks int) {
	heads := len(dst) / dims
	if chunks <= 0 || heads <= 0 || stride%ChunkLen != 0 || len(weights) < (heads-1)*stride+chunks*ChunkLen ||
		len(scales) < (heads-1)*stride/ChunkLen+chunks || len(values) < chunks*ChunkLen*ValueDims(dims) {
		panic(fmt.Sprintf("kernel: Mix16 of %d chunks of %d values into %d outputs", chunks, len(values)/dims, heads))
	}
	if dims%ChunkLen != 0 {
		mix16Generic(dst, dims, weights, scales, stride, heads, values, chunks)
		return
	}
	mix16(&dst[0], dims, &weights[0], &scales[0], stride, heads, &values[0], chunks)
}

// mix16Generic is Mix16.
func mix16Generic(dst []float32, dims int, weights []int16, scales []float32, stride, heads int, values []int16, chunks int) {
	for c := range chunks {
		for h := range heads {
			out, w := dst[h*dims:][:dims], weights[h*stride+c*ChunkLen:][:ChunkLen]
			scale := scales[h*stride/ChunkLen+c]
			for d := range out {
				var sum int32
				for p, x := range w {
					sum += int32(x) * int32(values[value16At(dims, c*ChunkLen+p, d)])
				}
				out[d] += float32(float32(sum) * scale)
			}
		}
	}
}

// The generic loops with the arguments of the assembly.

func scores16Slices(dst *float32, stride int, q *int16, scales *float32, heads, dims int, keys *int16, keyScales *float32, chunks int) {
	scores16Generic(unsafe.Slice(dst, (heads-1)*stride+chunks*ChunkLen), stride, unsafe.Slice(q, heads*dims), unsafe.Slice(scales, heads), heads, dims,
		unsafe.Slice(keys, chunks*ChunkLen*dims), unsafe.Slice(keyScales, chunks*ChunkLen), chunks)
}

func weights16Slices(dst *int16, scales, weights, valueScales *float32, chunks int) {
	n := chunks * ChunkLen
	weights16Generic(unsafe.Slice(dst, n), unsafe.Slice(scales, chunks), unsafe.Slice(weights, n), unsafe.Slice(valueScales, n), chunks)
}

func round16Slices(dst *int16, x *float32, n int, magnitude float32) float32 {
	return roundGeneric(unsafe.Slice(dst, n), unsafe.Slice(x, n), magnitude)
}

func mix16Slices(dst *float32, dims int, weights *int16, scales *float32, stride, heads int, values *int16, chunks int) {
	mix16Generic(unsafe.Slice(dst, heads*dims), dims, unsafe.Slice(weights, (heads-1)*stride+chunks*ChunkLen),
		unsafe.Slice(scales, (heads-1)*stride/ChunkLen+chunks), stride, heads, unsafe.Slice(values, chunks*ChunkLen*dims), chunks)
}
