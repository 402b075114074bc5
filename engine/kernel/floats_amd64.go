//go:build !purego

package kernel

import "unsafe"

// The float loops choose by processor; see the generic ones for what they must equal.

func quantize(dst *byte, src *float32, n int) {
	if selected == generic {
		quantizeGeneric(dst, src, n)
		return
	}
	quantizeAVX2(dst, src, n)
}

func swiglu(gate, up *float32, n int) {
	if selected == generic {
		swigluGeneric(unsafe.Slice(gate, n), unsafe.Slice(up, n))
		return
	}
	swigluAVX2(gate, up, n)
}

func swigluBack(dGate, dUp, gate, up *float32, n int) {
	if selected == generic {
		swigluBackGeneric(unsafe.Slice(dGate, n), unsafe.Slice(dUp, n), unsafe.Slice(gate, n), unsafe.Slice(up, n))
		return
	}
	swigluBackAVX2(dGate, dUp, gate, up, n)
}

func softmax(x *float32, n int, peak float32) float32 {
	if selected == generic {
		return softmaxGeneric(unsafe.Slice(x, n), peak)
	}
	return softmaxAVX2(x, n, peak)
}

func normalize(dst, x, weight *float32, n int, f float32) {
	if selected == generic {
		normalizeGeneric(unsafe.Slice(dst, n), unsafe.Slice(x, n), unsafe.Slice(weight, n), f)
		return
	}
	normalizeAVX2(dst, x, weight, n, f)
}

func add(x, y *float32, n int) {
	if selected == generic {
		addGeneric(unsafe.Slice(x, n), unsafe.Slice(y, n))
		return
	}
	addAVX2(x, y, n)
}

func peak(x *float32, n int) float32 {
	if selected == generic {
		return peakGeneric(unsafe.Slice(x, n))
	}
	return peakAVX2(x, n)
}

func rescale(x *float32, n int, f float32) {
	if selected == generic {
		rescaleGeneric(unsafe.Slice(x, n), f)
		return
	}
	rescaleAVX2(x, n, f)
}

func sumExp(x *float32, n int, peak float32) float32 {
	if selected == generic {
		return sumExpGeneric(unsafe.Slice(x, n), peak)
	}
	return sumExpAVX2(x, n, peak)
}

func diverge(sums *[3]float32, p, q *float32, n int, peakP, peakQ float32) {
	if selected == generic {
		divergeGeneric(sums, unsafe.Slice(p, n), unsafe.Slice(q, n), peakP, peakQ)
		return
	}
	divergeAVX2(sums, p, q, n, peakP, peakQ)
}

func mix(dst *float32, dims int, weights, values *float32, n int) {
	if selected == generic {
		mixSlices(dst, dims, weights, values, n)
		return
	}
	mixAVX2(dst, dims, weights, values, n)
}

func scores16(dst *float32, stride int, q *int16, scales *float32, heads, dims int, keys *int16, keyScales *float32, chunks int) {
	if selected == generic {
		scores16Slices(dst, stride, q, scales, heads, dims, keys, keyScales, chunks)
		return
	}
	scores16AVX2(dst, stride, q, scales, heads, dims, keys, keyScales, chunks)
}

func round16(dst *int16, x *float32, n int, magnitude float32) float32 {
	if selected == generic {
		return round16Slices(dst, x, n, magnitude)
	}
	return round16AVX2(dst, x, n, magnitude)
}

func turn(x, cos, sin *float32, n int, signs uint64) {
	if selected == generic {
		turnGeneric(unsafe.Slice(x, 2*n), unsafe.Slice(cos, n), unsafe.Slice(sin, n), signs)
		return
	}
	turnAVX2(x, cos, sin, n, signs)
}

func weights16(dst *int16, scales, weights, valueScales *float32, chunks int) {
	if selected == generic {
		weights16Slices(dst, scales, weights, valueScales, chunks)
		return
	}
	weights16AVX2(dst, scales, weights, valueScales, chunks)
}

func mix16(dst *float32, dims int, weights *int16, scales *float32, stride, heads int, values *int16, chunks int) {
	if selected == generic {
		mix16Slices(dst, dims, weights, scales, stride, heads, values, chunks)
		return
	}
	mix16AVX2(dst, dims, weights, scales, stride, heads, values, chunks)
}

func addScaled(x, y *float32, n int, f float32) {
	if selected == generic {
		addScaledGeneric(unsafe.Slice(x, n), unsafe.Slice(y, n), f)
		return
	}
	addScaledAVX2(x, y, n, f)
}

// quantizeAVX2 is quantizeGeneric.
//
//go:noescape
func quantizeAVX2(dst *byte, src *float32, n int)

// swigluAVX2 is swigluGeneric; n is a multiple of four.
//
//go:noescape
func swigluAVX2(gate, up *float32, n int)

// swigluBackAVX2 is swigluBackGeneric; n is a multiple of four.
//
//go:noescape
func swigluBackAVX2(dGate, dUp, gate, up *float32, n int)

// softmaxAVX2 is softmaxGeneric; n is a multiple of four.
//
//go:noescape
func softmaxAVX2(x *float32, n int, peak float32) float32

// normalizeAVX2 is normalizeGeneric; n is a multiple of four.
//
//go:noescape
func normalizeAVX2(dst, x, weight *float32, n int, f float32)

// addAVX2 is addGeneric; n is a multiple of four.
//
//go:noescape
func addAVX2(x, y *float32, n int)

// peakAVX2 is peakGeneric; n is a multiple of four.
//
//go:noescape
func peakAVX2(x *float32, n int) float32

// rescaleAVX2 is rescaleGeneric; n is a multiple of four.
//
//go:noescape
func rescaleAVX2(x *float32, n int, f float32)

// sumExpAVX2 is sumExpGeneric; n is a multiple of eight.
//
//go:noescape
func sumExpAVX2(x *float32, n int, peak float32) float32

// divergeAVX2 is divergeGeneric; n is a multiple of eight.
//
//go:noescape
func divergeAVX2(sums *[3]float32, p, q *float32, n int, peakP, peakQ float32)

// mixAVX2 is mixGeneric; dims is a multiple of 16.
//
//go:noescape
func mixAVX2(dst *float32, dims int, weights, values *float32, n int)

// scores16AVX2 is scores16Generic.
//
//go:noescape
func scores16AVX2(dst *float32, stride int, q *int16, scales *float32, heads, dims int, keys *int16, keyScales *float32, chunks int)

// round16AVX2 is roundGeneric; n is a multiple of eight, at least eight.
//
//go:noescape
func round16AVX2(dst *int16, x *float32, n int, magnitude float32) float32

// turnAVX2 is turnGeneric; n is a multiple of four.
//
//go:noescape
func turnAVX2(x, cos, sin *float32, n int, signs uint64)

// weights16AVX2 is weights16Generic.
//
//go:noescape
func weights16AVX2(dst *int16, scales, weights, valueScales *float32, chunks int)

// mix16AVX2 is mix16Generic; dims is a multiple of 16.
//
//go:noescape
func mix16AVX2(dst *float32, dims int, weights *int16, scales *float32, stride, heads int, values *int16, chunks int)

// addScaledAVX2 is addScaledGeneric; n is a multiple of four.
//
//go:noescape
func addScaledAVX2(x, y *float32, n int, f float32)
