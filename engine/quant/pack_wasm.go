//go:build !purego

package quant

// peakQ8 returns, in its four bytes, what the largest of 32 magnitudes is the
// largest of: see peakQ8Generic.
//
//go:noescape
func peakQ8(qs *byte) (four uint32)

// packQ4 writes n Q4_1 blocks to a row of as many K4 tiles, head being where the first
// tile has the row's scale and out where it has its first word, and reports scales or
// minima that are no finite numbers: see packQ4Generic.
//
//go:noescape
func packQ4(head, out, blocks *byte, n int) (wild uint32)

// packQ8 writes the 32 weights of a Q8_0 block to a row of a K8 tile, out being
// where its first word stands:
//
//	for i, q := range qs {
//		out[i/4*16+i%4] = k8Weight(d*float32(int8(q)), inv)
//	}
//
//go:noescape
func packQ8(out, qs *byte, d, inv float32)
