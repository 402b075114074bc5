//go:build purego || !wasm

package quant

import "unsafe"

// The generic loops with the arguments of their assembly twins.

func expandK8Slices(dst, steps *float32, row *byte, n int) {
	expandK8Generic(unsafe.Slice(dst, n*TileCols), unsafe.Slice(steps, n), unsafe.Slice(row, (n-1)*K8Bytes+lastWord))
}

func expandK4Slices(dst, steps *float32, head, words *byte, n int) {
	last := (n - 1) * K4Bytes
	expandK4Generic(unsafe.Slice(dst, n*TileCols), unsafe.Slice(steps, n), unsafe.Slice(head, last+2*TileRows+2), unsafe.Slice(words, last+16*3+4))
}

func maskBlocksSlices(out *byte, w, g, steps *float32, n int) {
	maskBlocksGeneric(unsafe.Slice(out, (n-1)*K8Bytes+lastWord), unsafe.Slice(w, n*TileCols), unsafe.Slice(g, n*TileCols), unsafe.Slice(steps, n))
}

func packQ4(head, out, blocks *byte, n int) (wild uint32) {
	last := (n - 1) * K4Bytes
	return packQ4Generic(unsafe.Slice(head, last+2*TileRows+2), unsafe.Slice(out, last+52), unsafe.Slice(blocks, 20*n), n)
}

func packQ8Slices(out, blocks *byte, n int) bool {
	packQ8Generic(unsafe.Slice(out, (n-1)*K8Bytes+lastWord), unsafe.Slice(blocks, n*q8Bytes), n)
	return true
}
