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

func softmax(x *float32, n int, peak float32) float32 {
	if selected == generic {
		return softmaxGeneric(unsafe.Slice(x, n), peak)
	}
	return softmaxAVX2(x, n, peak)
}

func scores(dst, q, keys *float32, dims, n int, scale float32) {
	if selected == generic {
		scoresGeneric(unsafe.Slice(dst, n), unsafe.Slice(q, dims), unsafe.Slice(keys, dims*PageLen), n, scale)
		return
	}
	scoresAVX2(dst, q, keys, dims, n, scale)
}

func mix(dst, weights, values *float32, dims, n int) {
	if selected == generic {
		mixGeneric(unsafe.Slice(dst, dims), unsafe.Slice(weights, n), unsafe.Slice(values, n*dims))
		return
	}
	mixAVX2(dst, weights, values, dims, n)
}

// quantizeAVX2 is quantizeGeneric.
//
//go:noescape
func quantizeAVX2(dst *byte, src *float32, n int)

// swigluAVX2 is swigluGeneric; n is a multiple of four.
//
//go:noescape
func swigluAVX2(gate, up *float32, n int)

// softmaxAVX2 is softmaxGeneric; n is a multiple of four.
//
//go:noescape
func softmaxAVX2(x *float32, n int, peak float32) float32

// scoresAVX2 is scoresGeneric; n is a multiple of 16.
//
//go:noescape
func scoresAVX2(dst, q, keys *float32, dims, n int, scale float32)

// mixAVX2 is mixGeneric; dims is a multiple of 16.
//
//go:noescape
func mixAVX2(dst, weights, values *float32, dims, n int)
