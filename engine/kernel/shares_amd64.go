//go:build !purego

package kernel

import "unsafe"

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

// shareAVX2 is shareGeneric; n is a multiple of eight.
//
//go:noescape
func shareAVX2(dst, x, y *float32, n int, fx, fy float64, above, below float32)

// totalsAVX2 is totalsGeneric; n is a multiple of eight.
//
//go:noescape
func totalsAVX2(sums *[2]float64, w, x, y *float32, n int)
