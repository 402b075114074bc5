//go:build !purego

package kernel

// share is shareGeneric; n is a multiple of eight.
//
//go:noescape
func share(dst, x, y *float32, n int, fx, fy float64, above, below float32)

// totals is totalsGeneric; n is a multiple of eight.
//
//go:noescape
func totals(sums *[2]float64, w, x, y *float32, n int)
