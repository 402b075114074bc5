package quant

import "encoding/binary"

// q8Bytes is the size of a Q8_0 block: a scale of half precision and 32 weights.
const q8Bytes = 2 + TileCols

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
