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

// largestByte returns the largest of the four bytes of a word.
func largestByte(four uint32) uint32 {
	return max(four&255, four>>8&255, four>>16&255, four>>24)
}
