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

func share(dst, x, y *float32, n int, fx, fy float64, above, below float32) {
	if selected == generic {
		shareGeneric(unsafe.Slice(dst, n), unsafe.Slice(x, n), unsafe.Slice(y, n), fx, fy, above, below)
		return
	}
	shareAVX2(dst, x, y, n, fx, fy, above, below)
}

func totals(sums *[2]float64, w, x, y *float32, n int) {
	if selected == generic {
		totalsGeneric(sums, unsafe.Slice(w, n), unsafe.Slice(x, n), unsafe.Slice(y, n))
		return
	}
	totalsAVX2(sums, w, x, y, n)
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

// shareAVX2 is shareGeneric; n is a multiple of eight.
//
//go:noescape
func shareAVX2(dst, x, y *float32, n int, fx, fy float64, above, below float32)

// totalsAVX2 is totalsGeneric; n is a multiple of eight.
//
//go:noescape
func totalsAVX2(sums *[2]float64, w, x, y *float32, n int)
