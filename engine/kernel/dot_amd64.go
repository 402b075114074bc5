//go:build !purego

package kernel

import "unsafe"

func dot(a, b *float32, n int) float32 {
	if selected == generic {
		return dotGeneric(unsafe.Slice(a, n), unsafe.Slice(b, n))
	}
	return dotAVX2(a, b, n)
}

// dotAVX2 sums in the eight lanes of dotGeneric.
//
//go:noescape
func dotAVX2(a, b *float32, n int) float32
