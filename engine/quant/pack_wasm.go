//go:build !purego

package quant

// packQ4 is packQ4Generic.
//
//go:noescape
func packQ4(out, blocks *byte, n int) (wild uint32)

// packQ8 is packQ8Generic. If a scale is no finite number, it returns false, and what
// it wrote is not to be used.
//
//go:noescape
func packQ8(out, blocks *byte, n int) bool
