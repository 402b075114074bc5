//go:build purego || !wasm

package quant

import "unsafe"

func peakQ8(qs *byte) (four uint32) { return peakQ8Generic(unsafe.Slice(qs, TileCols)) }

func packQ8(out, qs *byte, d, inv float32) {
	packQ8Generic(unsafe.Slice(out, 16*7+4), unsafe.Slice(qs, TileCols), d, inv)
}
