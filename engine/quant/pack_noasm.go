//go:build purego || !wasm

package quant

import "unsafe"

func peakQ8(qs *byte) (four uint32) { return peakQ8Generic(unsafe.Slice(qs, TileCols)) }

func packQ4(head, out, blocks *byte, n int) (wild uint32) {
	last := (n - 1) * K4Bytes
	return packQ4Generic(unsafe.Slice(head, last+2*TileRows+2), unsafe.Slice(out, last+52), unsafe.Slice(blocks, 20*n), n)
}

func packQ8(out, qs *byte, d, inv float32) {
	packQ8Generic(unsafe.Slice(out, 16*7+4), unsafe.Slice(qs, TileCols), d, inv)
}
