//go:build !purego

package kernel

// outer is outerGeneric.
//
//go:noescape
func outer(dst *float32, dstStride int, w *float32, n int, dy *float32, dyStride, rows int)

// expandK8 is expandGeneric of K8 tiles.
//
//go:noescape
func expandK8(dst *float32, tile *byte, stride, n int)

// expandK4 is expandGeneric of K4 tiles.
//
//go:noescape
func expandK4(dst *float32, tile *byte, stride, n int)
