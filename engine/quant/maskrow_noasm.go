//go:build purego || !(amd64 || wasm)

package quant

func expandK8(dst, steps *float32, row *byte, n int) { expandK8Slices(dst, steps, row, n) }

func expandK4(dst, steps *float32, row *byte, n int) { expandK4Slices(dst, steps, row, n) }

func maskBlocks(out *byte, w, g, steps *float32, n int) { maskBlocksSlices(out, w, g, steps, n) }
