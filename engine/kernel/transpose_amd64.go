//go:build !purego

package kernel

import (
	"unsafe"

	"masque/engine/quant"
)

func outer(dst *float32, dstStride int, w *float32, n int, dy *float32, dyStride, rows int) {
	switch selected {
	case vnni:
		outerAVX512(dst, dstStride, w, n, dy, dyStride, rows)
	case avx2:
		outerAVX2(dst, dstStride, w, n, dy, dyStride, rows)
	default:
		outerGeneric(dst, dstStride, w, n, dy, dyStride, rows)
	}
}

func expandK8(dst *float32, tile *byte, stride, n int) {
	if selected == generic {
		expandGeneric(unsafe.Slice(dst, n*tileLen), tile, stride, n, quant.K8)
		return
	}
	expandK8AVX2(dst, tile, stride, n)
}

func expandK4(dst *float32, tile *byte, stride, n int) {
	if selected == generic {
		expandGeneric(unsafe.Slice(dst, n*tileLen), tile, stride, n, quant.K4)
		return
	}
	expandK4AVX2(dst, tile, stride, n)
}

// outerAVX512 and outerAVX2 are outerGeneric.
//
//go:noescape
func outerAVX512(dst *float32, dstStride int, w *float32, n int, dy *float32, dyStride, rows int)

//go:noescape
func outerAVX2(dst *float32, dstStride int, w *float32, n int, dy *float32, dyStride, rows int)

// expandK8AVX2 is expandGeneric of K8 tiles.
//
//go:noescape
func expandK8AVX2(dst *float32, tile *byte, stride, n int)

// expandK4AVX2 is expandGeneric of K4 tiles.
//
//go:noescape
func expandK4AVX2(dst *float32, tile *byte, stride, n int)
