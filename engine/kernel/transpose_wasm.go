//go:build !purego

package kernel

// outer is outerGeneric.
//
//go:noescape
func outer(dst *float32, dstStride int, w *float32, wStride int, dy *float32, dyStride, rows int)
