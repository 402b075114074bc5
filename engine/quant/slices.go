//go:build purego || !wasm

package quant

import "unsafe"

// The generic loops with the arguments of their assembly twins.

func expandK8Slices(dst, steps *float32, row *byte, n int) {
	expandK8Generic(unsafe.Slice(dst, n*TileCols), unsafe.Slice(steps, n), unsafe.Slice(row, (n-1)*K8Bytes+lastWord))
}

func expandK4Slices(dst, steps *float32, row *byte, n int) {
	expandK4Generic(unsafe.Slice(dst, n*TileCols), unsafe.Slice(steps, n), unsafe.Slice(row, (n-1)*K4Bytes+lastWordK4))
}

func maskBlocksSlices(out *byte, w, g, steps *float32, n int) {
	maskBlocksGeneric(unsafe.Slice(out, (n-1)*K8Bytes+lastWord), unsafe.Slice(w, n*TileCols), unsafe.Slice(g, n*TileCols), unsafe.Slice(steps, n))
}

func packQ4(out, blocks *byte, n int) (wild uint32) {
	return packQ4Generic(unsafe.Slice(out, (n-1)*K4Bytes+lastWordK4), unsafe.Slice(blocks, q4Bytes*n), n)
}

func packQ8Slices(out, blocks *byte, n int) bool {
	packQ8Generic(unsafe.Slice(out, (n-1)*K8Bytes+lastWord), unsafe.Slice(blocks, n*q8Bytes), n)
	return true
}
