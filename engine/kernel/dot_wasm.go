//go:build !purego

package kernel

import "unsafe"

func dot(a, b *float32, n int) float32 {
	whole := n &^ (lanes - 1)
	if whole == 0 {
		return dotGeneric(unsafe.Slice(a, n), unsafe.Slice(b, n))
	}
	var s [lanes]float32
	dot8(a, b, whole, &s)
	if whole < n {
		addProducts(&s, unsafe.Slice(a, n)[whole:], unsafe.Slice(b, n)[whole:])
	}
	return sumLanes(&s)
}

// dot8 writes the partial sums of dotGeneric; n is a multiple of eight.
//
//go:noescape
func dot8(a, b *float32, n int, sums *[lanes]float32)
