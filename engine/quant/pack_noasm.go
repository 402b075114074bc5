//go:build purego || !(amd64 || wasm)

package quant

func packQ8(out, blocks *byte, n int) bool { return packQ8Slices(out, blocks, n) }
