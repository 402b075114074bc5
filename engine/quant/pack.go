package quant

import "encoding/binary"

const (
	q8Bytes = 2 + TileCols   // a Q8_0 block: a scale of half precision and 32 weights
	q4Bytes = 4 + TileCols/2 // a Q4_1 block: a scale, a minimum and 32 nibbles
)

// packQ8Generic writes Q8_0 blocks to a row of as many K8 tiles, out being where the
// first tile has the row's scale: what quantK8 makes of the weights.
func packQ8Generic(out, blocks []byte, n int) {
	for b := range n {
		block, tile := blocks[q8Bytes*b:][:q8Bytes], out[K8Bytes*b:][:lastWord]
		d, largest := F16(le16(block)), int32(0)
		for _, q := range block[2:] {
			v := int32(int8(q))
			largest = max(largest, v, -v)
		}
		peak := float32(d * float32(largest))
		scale, inv := k8Scale(max(peak, -peak))
		putF32(tile, 0, scale)
		for chunk := range TileCols / 4 {
			var word uint32
			for i, q := range block[2+4*chunk:][:4] {
				word |= uint32(k8Weight(float32(d*float32(int8(q))), inv)) << (8 * i)
			}
			binary.LittleEndian.PutUint32(tile[16+16*chunk:], word)
		}
	}
}

// packQ4Generic writes Q4_1 blocks, word by word, to a row of as many K4 tiles, out being
// where the first tile has the row's scale. What it returns is not 0 where a scale or a
// minimum is no finite number.
func packQ4Generic(out, blocks []byte, n int) (wild uint32) {
	for b := range n {
		block, tile := blocks[q4Bytes*b:][:q4Bytes], out[K4Bytes*b:][:lastWordK4]
		for w := range q4Bytes / 4 { // words: a copy of four bytes would be a call
			binary.LittleEndian.PutUint32(tile[16*w:], binary.LittleEndian.Uint32(block[4*w:]))
		}
		wild |= binary.LittleEndian.Uint32(block)&0x7C007C00 + 0x04000400 // exponents of ones alone carry
	}
	return wild & 0x80008000
}
