//go:build !purego

package quant

// packQ4 writes n Q4_1 blocks to a row of as many K4 tiles, head being where the first
// tile has the row's scale and out where it has its first word, and reports scales or
// minima that are no finite numbers: see packQ4Generic.
//
//go:noescape
func packQ4(head, out, blocks *byte, n int) (wild uint32)

// packQ8 is packQ8Generic. If a scale is no finite number, it returns false, and what
// it wrote is not to be used.
//
//go:noescape
func packQ8(out, blocks *byte, n int) bool
