//go:build !purego

package kernel

import "unsafe"

func productKeys(keys *int32, x, y *float32, n int) (peak int32) {
	if selected == generic {
		return productKeysGeneric(unsafe.Slice(keys, n), unsafe.Slice(x, n), unsafe.Slice(y, n))
	}
	return productKeysAVX2(keys, x, y, n)
}

func productKeysOver(keys *int32, x, y, z *float32, n int) (peak int32) {
	if selected == generic {
		return productKeysOverGeneric(unsafe.Slice(keys, n), unsafe.Slice(x, n), unsafe.Slice(y, n), unsafe.Slice(z, n))
	}
	return productKeysOverAVX2(keys, x, y, z, n)
}

func countBelow(keys *int32, n int, limit int32) int {
	if selected == generic {
		return countBelowGeneric(unsafe.Slice(keys, n), limit)
	}
	return countBelowAVX2(keys, n, limit)
}

func gate(dst *float32, keys *int32, n int, limit int32, above, below float32) {
	if selected == generic {
		gateGeneric(unsafe.Slice(dst, n), unsafe.Slice(keys, n), limit, above, below)
		return
	}
	gateAVX2(dst, keys, n, limit, above, below)
}

// productKeysAVX2 is productKeysGeneric; n is a multiple of eight.
//
//go:noescape
func productKeysAVX2(keys *int32, x, y *float32, n int) (peak int32)

// productKeysOverAVX2 is productKeysOverGeneric; n is a multiple of eight.
//
//go:noescape
func productKeysOverAVX2(keys *int32, x, y, z *float32, n int) (peak int32)

// countBelowAVX2 is countBelowGeneric; n is a multiple of eight.
//
//go:noescape
func countBelowAVX2(keys *int32, n int, limit int32) int

// gateAVX2 is gateGeneric; n is a multiple of eight.
//
//go:noescape
func gateAVX2(dst *float32, keys *int32, n int, limit int32, above, below float32)
