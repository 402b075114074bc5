//go:build purego || !(amd64 || wasm)

package kernel

import (
	"unsafe"

	"masque/engine/quant"
)

func outer(dst *float32, dstStride int, w *float32, n int, dy *float32, dyStride, rows int) {
	outerGeneric(dst, dstStride, w, n, dy, dyStride, rows)
}

func expandK8(dst *float32, tile *byte, stride, n int) {
	expandGeneric(unsafe.Slice(dst, n*tileLen), tile, stride, n, quant.K8)
}

func expandK4(dst *float32, tile *byte, stride, n int) {
	expandGeneric(unsafe.Slice(dst, n*tileLen), tile, stride, n, quant.K4)
}
