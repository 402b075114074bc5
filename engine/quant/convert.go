package quant

import (
	"encoding/binary"
	"fmt"
	"math"

	"masque/engine/gguf"
)

// Convert lays whole rows of a GGUF tensor into m, from row first on. The data
// are len(data)/rowBytes rows of type t; first must be a multiple of four, and
// so must the number of rows unless they reach the matrix's end, since a tile
// is written as one.
func (m *Matrix) Convert(first int, t gguf.Type, data []byte) error {
	if !Supported(t) {
		return fmt.Errorf("quant: tensor type %v is not supported", t)
	}
	if m.Cols%t.BlockLen() != 0 {
		return fmt.Errorf("quant: rows of %d weights are no whole number of %v blocks", m.Cols, t)
	}
	rowBytes := m.Cols / t.BlockLen() * t.BlockBytes()
	rows := len(data) / rowBytes
	if rows*rowBytes != len(data) || first < 0 || first+rows > m.Rows {
		return fmt.Errorf("quant: %d bytes at row %d do not fit %d rows of %d bytes", len(data), first, m.Rows, rowBytes)
	}
	if first%TileRows != 0 || rows%TileRows != 0 && first+rows != m.Rows {
		return fmt.Errorf("quant: rows %d…%d do not fill groups of %d", first, first+rows, TileRows)
	}
	if m.Format == F32 {
		for r := range rows {
			at := (first + r) * m.Cols
			dequantRow(m.Floats[at:at+m.Cols], t, data[r*rowBytes:(r+1)*rowBytes])
		}
		return nil
	}
	if m.Format == K4 && FormatFor(t) != K4 {
		return fmt.Errorf("quant: %v does not fit K4: its weights have more than four bits", t)
	}
	c := converter{m: m, t: t, rowBytes: rowBytes}
	for r := 0; r < rows; r += TileRows {
		n := min(TileRows, rows-r)
		c.group((first+r)/TileRows, n, data[r*rowBytes:(r+n)*rowBytes])
	}
	return nil
}

// converter writes row groups of one tensor.
type converter struct {
	m        *Matrix
	t        gguf.Type
	rowBytes int
	rows     [TileRows][]float32 // scratch for the types that go through floats
}

// group writes one group from n ≤ 4 rows.
func (c *converter) group(group, n int, data []byte) {
	switch {
	case c.m.Format == K4 && (c.t == gguf.Q4_0 || c.t == gguf.Q4_1):
		c.nibbles(group, n, data)
	case c.m.Format == K4: // Q4_K
		c.superblocks(group, n, data)
	case c.t == gguf.Q8_0:
		c.bytes(group, n, data)
	default:
		c.floats(group, n, data)
	}
}

// nibbles copies Q4_0 and Q4_1 blocks: the nibbles of a tile are theirs, word
// by word, and so are the scale and the minimum, but for Q4_0's, which is computed.
func (c *converter) nibbles(group, n int, data []byte) {
	size, blocks := c.t.BlockBytes(), c.m.Blocks()
	if c.t == gguf.Q4_1 {
		first := c.m.Tiles[group*c.m.GroupBytes():]
		var wild uint32
		for r := range n {
			wild |= packQ4(&first[4*r], &data[r*c.rowBytes:][:blocks*size][0], blocks)
		}
		if wild == 0 {
			return
		} // else once more, with an eye on every number
	}
	header := size - 16
	for b := range c.m.Blocks() {
		tile := c.m.tile(group, b)
		for r := range n {
			block := data[r*c.rowBytes+b*size:][:size]
			d := binary.LittleEndian.Uint16(block)
			if c.t == gguf.Q4_1 {
				putK4Halves(tile, r, d, binary.LittleEndian.Uint16(block[2:]))
			} else {
				putK4Header(tile, r, F16(d), -8*F16(d))
			}
			out, qs := tile[16+4*r:][:52], block[header:][:16]
			for w := range 4 { // words: a copy of four bytes would be a call
				binary.LittleEndian.PutUint32(out[16*w:], binary.LittleEndian.Uint32(qs[4*w:]))
			}
		}
	}
}

// superblocks turns each sub-block of Q4_K (scale, minimum, 32 nibbles) into a
// tile row. The products d·sc and dmin·m are rounded to half precision: at most a
// 2000th of themselves, a hundredth of a step of the weights.
func (c *converter) superblocks(group, n int, data []byte) {
	size := c.t.BlockBytes()
	for r := range n {
		for s := range c.m.Cols / superLen {
			block := data[r*c.rowBytes+s*size:][:size]
			d := F16(binary.LittleEndian.Uint16(block))
			dmin := F16(binary.LittleEndian.Uint16(block[2:]))
			for j := range superLen / TileCols {
				sc, least := scaleMinK4(block[4:16], j)
				tile := c.m.tile(group, s*superLen/TileCols+j)
				putK4Header(tile, r, d*float32(sc), -dmin*float32(least))
				qs := block[16+j/2*32:][:32]
				for col := range TileCols {
					at, shift := k4At(r, col)
					q := qs[col] >> (j % 2 * 4) & 15
					tile[at] |= q << shift
				}
			}
		}
	}
}

// bytes is floats for Q8_0, the type of most embeddings and heads, without the
// way through memory: the same products in the same order.
func (c *converter) bytes(group, n int, data []byte) {
	blocks := c.m.Blocks()
	for r := range n {
		out, row := c.m.row(group*TileRows+r), data[r*c.rowBytes:][:blocks*q8Bytes]
		if out = out[:(blocks-1)*K8Bytes+lastWord]; !packQ8(&out[0], &row[0], blocks) {
			packQ8Generic(out, row, blocks)
		}
	}
	for r := n; r < TileRows; r++ {
		for b := range blocks {
			quantK8(c.m.tile(group, b), r, make([]float32, TileCols))
		}
	}
}

// floats takes any type through f32 to K8.
func (c *converter) floats(group, n int, data []byte) {
	padded := c.m.Blocks() * TileCols
	for r := range TileRows {
		if c.rows[r] == nil {
			c.rows[r] = make([]float32, padded)
		}
		if r < n {
			dequantRow(c.rows[r][:c.m.Cols], c.t, data[r*c.rowBytes:(r+1)*c.rowBytes])
		} else {
			clear(c.rows[r])
		}
	}
	c.m.setK8(group, &c.rows)
}

// setK8 quantises four rows of Blocks()·32 floats into one group.
func (m *Matrix) setK8(group int, rows *[TileRows][]float32) {
	for b := range m.Blocks() {
		tile := m.tile(group, b)
		for r := range TileRows {
			quantK8(tile, r, rows[r][b*TileCols:][:TileCols])
		}
	}
}

// quantK8 writes 32 weights to row r of a K8 tile: scale = max|w|/63, weights
// rounded to the nearest step, halves upwards.
func quantK8(tile []byte, r int, w []float32) {
	var peak float32
	for _, v := range w {
		peak = max(peak, max(v, -v))
	}
	scale, inv := k8Scale(peak)
	putF32(tile, r, scale)
	for chunk := range TileCols / 4 {
		out := tile[16+16*chunk+4*r:][:4]
		in := w[4*chunk:][:4]
		for i, v := range in {
			out[i] = k8Weight(v, inv)
		}
	}
}

// k8Scale returns the step of a row whose largest weight is peak, and its
// inverse.
func k8Scale(peak float32) (scale, inv float32) {
	scale = peak / k8Max
	if scale > 0 {
		inv = 1 / scale
	}
	if math.IsInf(float64(inv), 0) { // a subnormal scale: the weights are nothing
		return 0, 0
	}
	return scale, inv
}

// k8Weight rounds by adding 64.5 and cutting off: all terms are positive.
func k8Weight(v, inv float32) byte { return byte(int32(float32(v*inv) + (K8Offset + 0.5))) }

// FromFloats quantises a row-major matrix of floats to K8.
func FromFloats(rows, cols int, w []float32) (*Matrix, error) {
	m, err := New(K8, rows, cols)
	if err != nil {
		return nil, err
	}
	if len(w) != rows*cols {
		return nil, fmt.Errorf("quant: %d weights for %d × %d", len(w), rows, cols)
	}
	var group [TileRows][]float32
	for r := range group {
		group[r] = make([]float32, m.Blocks()*TileCols)
	}
	for g := range m.groups() {
		for r := range group {
			clear(group[r])
			if row := g*TileRows + r; row < rows {
				copy(group[r], w[row*cols:(row+1)*cols])
			}
		}
		m.setK8(g, &group)
	}
	return m, nil
}
