//go:build !purego

package quant

func packQ8(out, blocks *byte, n int) bool {
	if !avx2 {
		return packQ8Slices(out, blocks, n)
	}
	return packQ8AVX2(out, blocks, n)
}

// packQ8AVX2 is packQ8Generic. If a scale is no finite number, it returns false, and
// what it wrote is not to be used.
//
//go:noescape
func packQ8AVX2(out, blocks *byte, n int) bool
