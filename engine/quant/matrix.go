package quant

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"

	"masque/engine/gguf"
)

// Geometry of a tile, shared with the kernels.
const (
	TileRows = 4  // output rows that one tile serves
	TileCols = 32 // columns of a tile: one block of activations

	K8Bytes  = 144 // bytes of a K8 tile
	K4Bytes  = 80  // bytes of a K4 tile
	K8Offset = 64  // stored weight − K8Offset = weight in units of its scale
	k8Max    = 63  // largest weight of K8 in units of its scale
)

// A Format says how a Matrix stores its weights.
type Format uint8

// The formats. See the package comment for their layout.
const (
	F32 Format = iota
	K8
	K4
)

func (f Format) String() string {
	switch f {
	case F32:
		return "F32"
	case K8:
		return "K8"
	case K4:
		return "K4"
	}
	return fmt.Sprintf("Format(%d)", uint8(f))
}

// FormatFor returns the format that keeps weights of a GGUF type for the
// fast path: K4 where that loses nothing, or only rounds the scales (Q4_K), else K8.
func FormatFor(t gguf.Type) Format {
	switch t {
	case gguf.Q4_0, gguf.Q4_1, gguf.Q4_K:
		return K4
	}
	return K8
}

// A Matrix is a weight matrix of Rows outputs × Cols inputs. It is read-only
// once filled, and any number of goroutines may use it.
type Matrix struct {
	Rows, Cols int
	Format     Format
	Tiles      []byte    // K8, K4: [ceil(Rows/4)][ceil(Cols/32)] tiles
	Floats     []float32 // F32: [Rows][Cols]
}

// New allocates a matrix of zeros. Rows past the last multiple of four and
// columns past the last multiple of 32 are padded with zeros.
func New(f Format, rows, cols int) (*Matrix, error) {
	if rows <= 0 || cols <= 0 {
		return nil, fmt.Errorf("quant: a matrix of %d × %d", rows, cols)
	}
	m := &Matrix{Rows: rows, Cols: cols, Format: f}
	switch f {
	case F32:
		m.Floats = make([]float32, rows*cols)
	case K8, K4:
		m.Tiles = make([]byte, m.groups()*m.GroupBytes())
	default:
		return nil, fmt.Errorf("quant: unknown format %v", f)
	}
	return m, nil
}

// Blocks returns the number of tiles in a row group: ceil(Cols/32).
func (m *Matrix) Blocks() int { return (m.Cols + TileCols - 1) / TileCols }

// groups returns the number of row groups: ceil(Rows/4).
func (m *Matrix) groups() int { return (m.Rows + TileRows - 1) / TileRows }

// TileBytes returns the bytes of one tile of a tiled format.
func (m *Matrix) TileBytes() int {
	if m.Format == K4 {
		return K4Bytes
	}
	return K8Bytes
}

// GroupBytes returns the bytes of one group of four rows.
func (m *Matrix) GroupBytes() int { return m.Blocks() * m.TileBytes() }

// Bytes returns the memory that the weights take.
func (m *Matrix) Bytes() int { return len(m.Tiles) + 4*len(m.Floats) }

// RowBytes returns the memory of the rows lo ≤ r < hi, whole groups of four but
// for the matrix's end. The bytes of F32 are in the machine's order.
func (m *Matrix) RowBytes(lo, hi int) []byte {
	if lo%TileRows != 0 || hi%TileRows != 0 && hi != m.Rows || lo < 0 || hi < lo || hi > m.Rows {
		panic(fmt.Sprintf("quant: the bytes of rows %d to %d of %d", lo, hi, m.Rows))
	}
	if lo == hi {
		return nil
	}
	if m.Format == F32 {
		return unsafe.Slice((*byte)(unsafe.Pointer(&m.Floats[lo*m.Cols])), 4*(hi-lo)*m.Cols)
	}
	n := m.GroupBytes()
	return m.Tiles[lo/TileRows*n : (hi+TileRows-1)/TileRows*n]
}

// Clone returns a copy that shares nothing with m.
func (m *Matrix) Clone() *Matrix {
	c := *m
	c.Tiles = append([]byte(nil), m.Tiles...)
	c.Floats = append([]float32(nil), m.Floats...)
	return &c
}

// tile returns the bytes of the tile at a row group and a block.
func (m *Matrix) tile(group, block int) []byte {
	n := m.TileBytes()
	at := group*m.GroupBytes() + block*n
	return m.Tiles[at : at+n : at+n]
}

// Row writes the weights of one row, as the matrix represents them, to dst,
// which has room for Cols values.
func (m *Matrix) Row(dst []float32, row int) {
	if row < 0 || row >= m.Rows || len(dst) < m.Cols {
		panic(fmt.Sprintf("quant: row %d of %d into %d values", row, m.Rows, len(dst)))
	}
	if m.Format == F32 {
		copy(dst[:m.Cols], m.Floats[row*m.Cols:])
		return
	}
	group, r := row/TileRows, row%TileRows
	var block [TileCols]float32
	for b := range m.Blocks() {
		m.tileRow(&block, m.tile(group, b), r)
		copy(dst[b*TileCols:m.Cols], block[:])
	}
}

// tileRow reads row r of a tile.
func (m *Matrix) tileRow(dst *[TileCols]float32, tile []byte, r int) {
	if m.Format == K8 {
		scale := getF32(tile, r)
		for c := range dst {
			q := int(tile[k8At(r, c)]) - K8Offset
			dst[c] = float32(scale * float32(q))
		}
		return
	}
	scale, least := k4Header(tile, r)
	for c := range dst {
		at, shift := k4At(r, c)
		q := tile[at] >> shift & 15
		dst[c] = float32(scale*float32(q)) + least
	}
}

// k8At is where a K8 tile keeps the weight at row r, column c.
func k8At(r, c int) int { return 16 + c/4*16 + r*4 + c%4 }

// k4At is where a K4 tile keeps the weight at row r, column c: the byte, and
// the shift of its nibble.
func k4At(r, c int) (at int, shift uint) {
	return 16 + c%16/4*16 + r*4 + c%4, uint(c / 16 * 4)
}

// k4Header returns the scale and the minimum of row r of a K4 tile.
func k4Header(tile []byte, r int) (scale, least float32) {
	return F16(le16(tile[4*r:])), F16(le16(tile[4*r+2:]))
}

// putK4Header writes them. What lies beyond the range of half precision, which no
// sound file holds, becomes the nearest number: the kernels know no infinities.
func putK4Header(tile []byte, r int, scale, least float32) {
	putK4Halves(tile, r, ToF16(scale), ToF16(least))
}

// putK4Halves is putK4Header for numbers of half precision.
func putK4Halves(tile []byte, r int, scale, least uint16) {
	binary.LittleEndian.PutUint32(tile[4*r:], uint32(finite(least))<<16|uint32(finite(scale)))
}

// finite replaces what is no finite number of half precision by the largest.
func finite(h uint16) uint16 {
	if h&0x7C00 == 0x7C00 {
		h = h&0x8000 | 0x7BFF
	}
	return h
}

func getF32(b []byte, i int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
}

func putF32(b []byte, i int, v float32) {
	binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(v))
}

// Tile writes the weights of the tile at a row group and a block of columns.
// What lies outside the matrix is zero.
func (m *Matrix) Tile(dst *[TileRows][TileCols]float32, group, block int) {
	if m.Format != F32 {
		tile := m.tile(group, block)
		for r := range dst {
			m.tileRow(&dst[r], tile, r)
		}
		return
	}
	for r := range dst {
		clear(dst[r][:])
		if row, col := group*TileRows+r, block*TileCols; row < m.Rows {
			copy(dst[r][:], m.Floats[row*m.Cols+col:(row+1)*m.Cols])
		}
	}
}
