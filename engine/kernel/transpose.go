package kernel

import (
	"fmt"
	"unsafe"

	"masque/engine/quant"
)

// AddMulT multiplies vectors with the transpose of m, as a gradient goes back
// through a matrix, for the columns lo ≤ c < hi:
//
//	dst[t*m.Cols+c] += Σ_r dy[t*m.Rows+r] · m[r][c]
//
// for t < rows. lo must be a multiple of 32; hi too, or the number of columns.
// Rows are added one by one in their order, so any split of the columns gives
// the same bits. Both sides are floats: a gradient spans too many magnitudes
// for a block of int8.
func AddMulT(dst []float32, m *quant.Matrix, dy []float32, rows, lo, hi int) {
	if lo%quant.TileCols != 0 || hi%quant.TileCols != 0 && hi != m.Cols || lo < 0 || hi > m.Cols {
		panic(fmt.Sprintf("kernel: AddMulT of columns %d to %d of %d", lo, hi, m.Cols))
	}
	if len(dst) < rows*m.Cols || len(dy) < rows*m.Rows {
		panic(fmt.Sprintf("kernel: AddMulT of %d × %d values into %d", rows, m.Rows, len(dst)))
	}
	if rows == 0 {
		return
	}
	// A vector that crosses the end of a cache line is loaded twice.
	var room [panelRows + 1][quant.TileCols]float32
	start := -uintptr(unsafe.Pointer(&room)) % 64 / 4
	panel := unsafe.Slice(&room[0][start], panelRows*quant.TileCols)
	for c := lo; c < hi; c += quant.TileCols {
		whole := 0 // rows of whole tiles
		if c+quant.TileCols <= m.Cols {
			whole = m.Rows / quant.TileRows * quant.TileRows
		}
		for r := 0; r < whole; r += panelRows {
			n := min(panelRows, whole-r)
			w := &panel[0]
			switch m.Format {
			case quant.K8:
				expandK8(w, tileAt(m, r, c), m.GroupBytes(), n/quant.TileRows)
			case quant.K4:
				expandK4(w, tileAt(m, r, c), m.GroupBytes(), n/quant.TileRows)
			default:
				for i := range n {
					copy(panel[i*quant.TileCols:][:quant.TileCols], m.Floats[(r+i)*m.Cols+c:])
				}
			}
			outer(&dst[c], m.Cols, w, n, &dy[r], m.Rows, rows)
		}
		for r := whole; r < m.Rows; r += quant.TileRows {
			edge(dst, m, dy, rows, r, c)
		}
	}
}

// panelRows is how many rows of 32 weights are expanded at once: 8 KiB, which
// stay in a first-level cache.
const panelRows = 64

// tileAt returns the first byte of the tile at a row and a column.
func tileAt(m *quant.Matrix, r, c int) *byte {
	return &m.Tiles[r/quant.TileRows*m.GroupBytes()+c/quant.TileCols*m.TileBytes()]
}

// edge is outer for a tile that is cut off by the matrix's end.
func edge(dst []float32, m *quant.Matrix, dy []float32, rows, r, c int) {
	var tile [quant.TileRows][quant.TileCols]float32
	m.Tile(&tile, r/quant.TileRows, c/quant.TileCols)
	width := min(quant.TileCols, m.Cols-c)
	for t := range rows {
		out := dst[t*m.Cols+c:][:width]
		for i := range min(quant.TileRows, m.Rows-r) {
			f := dy[t*m.Rows+r+i]
			for k := range out {
				out[k] += float32(f * tile[i][k])
			}
		}
	}
}

// outerGeneric adds the products of n rows of 32 weights with vectors:
//
//	for t < rows, r < n in order, c < 32:
//	    dst[t*dstStride+c] += dy[t*dyStride+r] · w[32*r+c]
func outerGeneric(dst *float32, dstStride int, w *float32, n int, dy *float32, dyStride, rows int) {
	out := unsafe.Slice(dst, (rows-1)*dstStride+quant.TileCols)
	in := unsafe.Slice(w, n*quant.TileCols)
	factors := unsafe.Slice(dy, (rows-1)*dyStride+n)
	for t := range rows {
		o := out[t*dstStride:][:quant.TileCols]
		for r := range n {
			f := factors[t*dyStride+r]
			for c, v := range in[r*quant.TileCols:][:quant.TileCols] {
				o[c] += float32(f * v)
			}
		}
	}
}

// tileLen is the number of weights in a tile.
const tileLen = quant.TileRows * quant.TileCols

// expandGeneric writes the weights of n tiles, stride bytes apart, as floats:
//
//	for i < n, r < 4, c < 32: dst[(4i+r)*32+c] = weight of tile i at (r, c)
func expandGeneric(dst []float32, tile *byte, stride, n int, f quant.Format) {
	size := quant.K4Bytes
	if f == quant.K8 {
		size = quant.K8Bytes
	}
	tiles := unsafe.Slice(tile, (n-1)*stride+size)
	for i := range n {
		for r := range quant.TileRows {
			for c := range quant.TileCols {
				w := dequantK4
				if f == quant.K8 {
					w = dequantK8
				}
				dst[(i*quant.TileRows+r)*quant.TileCols+c] = w(tiles[i*stride:][:size], r, c)
			}
		}
	}
}

// dequantK8 is scale·(u − 64).
func dequantK8(tile []byte, r, c int) float32 {
	return float32(f32At(tile, 4*r) * float32(int(tile[16+c/4*16+4*r+c%4])-quant.K8Offset))
}

// dequantK4 is scale·nibble + minimum.
func dequantK4(tile []byte, r, c int) float32 {
	q := tile[16+c%16/4*16+4*r+c%4] >> (c / 16 * 4) & 15
	return float32(f16At(tile, 4*r)*float32(q)) + f16At(tile, 4*r+2)
}
