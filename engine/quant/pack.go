package quant

import "encoding/binary"

// peakQ8Generic returns a word of four magnitudes of int8, one a byte, of which
// the largest is the largest of qs. That of −128 is 128.
func peakQ8Generic(qs []byte) uint32 {
	var peak uint32
	for _, q := range qs {
		v := int32(int8(q))
		peak = max(peak, uint32(max(v, -v)))
	}
	return peak
}

func packQ8Generic(out, qs []byte, d, inv float32) {
	for chunk := range TileCols / 4 {
		var word uint32
		for i, q := range qs[4*chunk:][:4] {
			word |= uint32(k8Weight(float32(d*float32(int8(q))), inv)) << (8 * i)
		}
		binary.LittleEndian.PutUint32(out[16*chunk:], word)
	}
}

// packQ4Generic is packQ4.
func packQ4Generic(head, out, blocks []byte, n int) (wild uint32) {
	for b := range n {
		block := blocks[20*b:][:20]
		for i := range 2 { // scale and minimum
			half := le16(block[2*i:])
			wild |= uint32(half&0x7C00) + 0x400
			binary.LittleEndian.PutUint16(head[K4Bytes*b+2*TileRows*i:], half)
		}
		for w := range 4 { // words: a copy of four bytes would be a call
			binary.LittleEndian.PutUint32(out[K4Bytes*b+16*w:], binary.LittleEndian.Uint32(block[4+4*w:]))
		}
	}
	return wild & 0x8000
}

// largestByte returns the largest of the four bytes of a word.
func largestByte(four uint32) uint32 {
	return max(four&255, four>>8&255, four>>16&255, four>>24)
}
