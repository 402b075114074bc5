//go:build purego || !(amd64 || wasm)

package kernel

import "unsafe"

func quantize(dst *byte, src *float32, n int) { quantizeGeneric(dst, src, n) }

func swiglu(gate, up *float32, n int) {
	swigluGeneric(unsafe.Slice(gate, n), unsafe.Slice(up, n))
}

func swigluBack(dGate, dUp, gate, up *float32, n int) {
	swigluBackGeneric(unsafe.Slice(dGate, n), unsafe.Slice(dUp, n), unsafe.Slice(gate, n), unsafe.Slice(up, n))
}

func softmax(x *float32, n int, peak float32) float32 {
	return softmaxGeneric(unsafe.Slice(x, n), peak)
}

func mix(dst *float32, dims int, weights, values *float32, n int) {
	mixSlices(dst, dims, weights, values, n)
}

func addScaled(x, y *float32, n int, f float32) {
	addScaledGeneric(unsafe.Slice(x, n), unsafe.Slice(y, n), f)
}

func peak(x *float32, n int) float32 { return peakGeneric(unsafe.Slice(x, n)) }

func rescale(x *float32, n int, f float32) { rescaleGeneric(unsafe.Slice(x, n), f) }

func sumExp(x *float32, n int, peak float32) float32 {
	return sumExpGeneric(unsafe.Slice(x, n), peak)
}

func diverge(sums *[3]float32, p, q *float32, n int, peakP, peakQ float32) {
	divergeGeneric(sums, unsafe.Slice(p, n), unsafe.Slice(q, n), peakP, peakQ)
}

func normalize(dst, x, weight *float32, n int, f float32) {
	normalizeGeneric(unsafe.Slice(dst, n), unsafe.Slice(x, n), unsafe.Slice(weight, n), f)
}

func add(x, y *float32, n int) { addGeneric(unsafe.Slice(x, n), unsafe.Slice(y, n)) }

func scores16(dst *float32, stride int, q *int16, scales *float32, heads, dims int, keys *int16, keyScales *float32, chunks int) {
	scores16Slices(dst, stride, q, scales, heads, dims, keys, keyScales, chunks)
}

func round16(dst *int16, x *float32, n int, magnitude float32) float32 {
	return round16Slices(dst, x, n, magnitude)
}

func turn(x, cos, sin *float32, n int, signs uint64) {
	turnGeneric(unsafe.Slice(x, 2*n), unsafe.Slice(cos, n), unsafe.Slice(sin, n), signs)
}

func weights16(dst *int16, scales, weights, valueScales *float32, chunks int) {
	weights16Slices(dst, scales, weights, valueScales, chunks)
}

func mix16(dst *float32, dims int, weights *int16, scales *float32, stride, heads int, values *int16, chunks int) {
	mix16Slices(dst, dims, weights, scales, stride, heads, values, chunks)
}
