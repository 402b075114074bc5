//go:build purego || !(amd64 || wasm)

package kernel

func outer(dst *float32, dstStride int, w *float32, wStride int, dy *float32, dyStride, rows int) {
	outerGeneric(dst, dstStride, w, wStride, dy, dyStride, rows)
}
