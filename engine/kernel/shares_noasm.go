//go:build purego || !(amd64 || wasm)

package kernel

import "unsafe"

func share(dst, x, y *float32, n int, fx, fy float64, above, below float32) {
	shareGeneric(unsafe.Slice(dst, n), unsafe.Slice(x, n), unsafe.Slice(y, n), fx, fy, above, below)
}

func totals(sums *[2]float64, w, x, y *float32, n int) {
	totalsGeneric(sums, unsafe.Slice(w, n), unsafe.Slice(x, n), unsafe.Slice(y, n))
}
