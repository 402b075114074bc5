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
	var tile [quant.TileRows][quant.TileCols]float32
	for c := lo; c < hi; c += quant.TileCols {
		for r := 0; r < m.Rows; r += quant.TileRows {
			whole := c+quant.TileCols <= m.Cols && r+quant.TileRows <= m.Rows
			if whole && m.Format == quant.F32 {
				outer(&dst[c], m.Cols, &m.Floats[r*m.Cols+c], m.Cols, &dy[r], m.Rows, rows)
				continue
			}
			m.Tile(&tile, r/quant.TileRows, c/quant.TileCols)
			if whole {
				outer(&dst[c], m.Cols, &tile[0][0], quant.TileCols, &dy[r], m.Rows, rows)
			} else {
				edge(dst, m, &tile, dy, rows, r, c)
			}
		}
	}
}

// edge is outer for a tile that is cut off by the matrix's end.
func edge(dst []float32, m *quant.Matrix, tile *[quant.TileRows][quant.TileCols]float32, dy []float32, rows, r, c int) {
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

// outerGeneric adds the products of four rows of weights with vectors:
//
//	for t < rows, r < 4 in order, c < 32:
//	    dst[t*dstStride+c] += dy[t*dyStride+r] · w[r*wStride+c]
func outerGeneric(dst *float32, dstStride int, w *float32, wStride int, dy *float32, dyStride, rows int) {
	out := unsafe.Slice(dst, (rows-1)*dstStride+quant.TileCols)
	in := unsafe.Slice(w, (quant.TileRows-1)*wStride+quant.TileCols)
	factors := unsafe.Slice(dy, (rows-1)*dyStride+quant.TileRows)
	for t := range rows {
		o := out[t*dstStride:][:quant.TileCols]
		for r := range quant.TileRows {
			f := factors[t*dyStride+r]
			for c, v := range in[r*wStride:][:quant.TileCols] {
				o[c] += float32(f * v)
			}
		}
	}
}
