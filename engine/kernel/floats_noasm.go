//go:build purego || !(amd64 || wasm)

package kernel

import "unsafe"

func quantize(dst *byte, src *float32, n int) { quantizeGeneric(dst, src, n) }

func swiglu(gate, up *float32, n int) {
	swigluGeneric(unsafe.Slice(gate, n), unsafe.Slice(up, n))
}

func softmax(x *float32, n int, peak float32) float32 {
	return softmaxGeneric(unsafe.Slice(x, n), peak)
}

func scores(dst, q, keys *float32, dims, n int, scale float32) {
	scoresGeneric(unsafe.Slice(dst, n), unsafe.Slice(q, dims), unsafe.Slice(keys, dims*PageLen), n, scale)
}

func mix(dst, weights, values *float32, dims, n int) {
	mixGeneric(unsafe.Slice(dst, dims), unsafe.Slice(weights, n), unsafe.Slice(values, n*dims))
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
