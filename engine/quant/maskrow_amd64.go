//go:build !purego

package quant

import "golang.org/x/sys/cpu"

// avx2 says that the assembly may run. Tests change it.
var avx2 = cpu.X86.HasAVX2 && cpu.X86.HasF16C

func expandK8(dst, steps *float32, row *byte, n int) {
	if !avx2 {
		expandK8Slices(dst, steps, row, n)
		return
	}
	expandK8AVX2(dst, steps, row, n)
}

func expandK4(dst, steps *float32, row *byte, n int) {
	if !avx2 {
		expandK4Slices(dst, steps, row, n)
		return
	}
	expandK4AVX2(dst, steps, row, n)
}

func maskBlocks(out *byte, w, g, steps *float32, n int) {
	if !avx2 {
		maskBlocksSlices(out, w, g, steps, n)
		return
	}
	maskBlocksAVX2(out, w, g, steps, n)
}

// expandK8AVX2 is expandK8Generic of n blocks.
//
//go:noescape
func expandK8AVX2(dst, steps *float32, row *byte, n int)

// expandK4AVX2 is expandK4Generic of n blocks.
//
//go:noescape
func expandK4AVX2(dst, steps *float32, row *byte, n int)

// maskBlocksAVX2 is maskBlocksGeneric of n blocks.
//
//go:noescape
func maskBlocksAVX2(out *byte, w, gates, steps *float32, n int)
