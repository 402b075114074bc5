//go:build !purego

package quant

// expandK8 is expandK8Generic of n blocks.
//
//go:noescape
func expandK8(dst, steps *float32, row *byte, n int)

// expandK4 is expandK4Generic of n blocks.
//
//go:noescape
func expandK4(dst, steps *float32, row *byte, n int)

// maskBlocks is maskBlocksGeneric of n blocks.
//
//go:noescape
func maskBlocks(out *byte, w, gates, steps *float32, n int)
