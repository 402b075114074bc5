//go:build !purego

package kernel

func outer(dst *float32, dstStride int, w *float32, wStride int, dy *float32, dyStride, rows int) {
	if selected == generic {
		outerGeneric(dst, dstStride, w, wStride, dy, dyStride, rows)
		return
	}
	outerAVX2(dst, dstStride, w, wStride, dy, dyStride, rows)
}

// outerAVX2 is outerGeneric.
//
//go:noescape
func outerAVX2(dst *float32, dstStride int, w *float32, wStride int, dy *float32, dyStride, rows int)
