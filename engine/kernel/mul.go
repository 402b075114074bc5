package kernel

import (
	"fmt"

	"masque/engine/quant"
)

// panelBytes is how much of a matrix is multiplied with the whole batch before
// the next part is read: small enough to stay in a first-level cache of 32 KiB
// beside the activations.
const panelBytes = 16 << 10

// Mul multiplies rows lo ≤ r < hi of m with every vector of in:
//
//	dst[t*stride+r] = Σ_c m[r][c] · in[t][c]
//
// lo must be a multiple of four; hi too, or the number of rows. The order of
// the float operations does not depend on lo, hi or the batch, so any split of
// the rows over workers gives the same bits.
func Mul(dst []float32, stride int, m *quant.Matrix, in *Input, lo, hi int) {
	if in.cols != m.Cols || in.floats != (m.Format == quant.F32) {
		panic(fmt.Sprintf("kernel: Mul of a %d × %d %v matrix with vectors of %d", m.Rows, m.Cols, m.Format, in.cols))
	}
	MulRows(dst, stride, m, in, 0, in.rows, lo, hi)
}

// MulRows is Mul for the vectors first ≤ t < last of the batch only.
func MulRows(dst []float32, stride int, m *quant.Matrix, in *Input, first, last, lo, hi int) {
	if lo%quant.TileRows != 0 || hi%quant.TileRows != 0 && hi != m.Rows || lo < 0 || hi > m.Rows {
		panic(fmt.Sprintf("kernel: Mul of rows %d to %d of %d", lo, hi, m.Rows))
	}
	if first < 0 || last > in.rows || last > first && len(dst) < (last-1)*stride+hi {
		panic(fmt.Sprintf("kernel: Mul of vectors %d to %d of %d into %d values", first, last, in.rows, len(dst)))
	}
	if first >= last || lo >= hi {
		return
	}
	if m.Format == quant.F32 {
		mulF32(dst, stride, m, in, first, last, lo, hi)
		return
	}
	if wide() {
		mulWide(dst, stride, m, in, first, last, lo, hi)
		return
	}
	groupBytes := m.GroupBytes()
	panel := max(4, panelBytes/groupBytes&^3) // the kernels of one and two vectors take four groups at a time
	if last-first <= 2 {
		panel = hi // nothing is read again, and the kernels want long streams
	}
	whole := hi / quant.TileRows
	for g := lo / quant.TileRows; g < whole; g += panel {
		mulPanel(dst[g*quant.TileRows:], stride, m, in, first, last, g, min(panel, whole-g))
	}
	if n := hi % quant.TileRows; n != 0 { // the last group is not full
		var out [quant.TileRows]float32
		for t := first; t < last; t++ {
			mulPanel(out[:], 0, m, in, t, t+1, whole, 1)
			copy(dst[t*stride+hi-n:t*stride+hi], out[:n])
		}
	}
}

// mulPanel multiplies n row groups from group on; dst[t*stride] is the first
// of their rows.
func mulPanel(dst []float32, stride int, m *quant.Matrix, in *Input, first, last, group, n int) {
	w := &m.Tiles[group*m.GroupBytes()]
	nb := m.Blocks()
	size := nb * actBytes
	for t := first; t < last; {
		out, act := &dst[t*stride], &in.q[t*size]
		switch left := last - t; {
		case left >= 4 && n%2 == 0: // those of relaxed SIMD take two groups at a time
			if m.Format == quant.K4 {
				k4x4(out, stride, w, act, n, nb)
			} else {
				k8x4(out, stride, w, act, n, nb)
			}
			t += 4
		case left >= 2:
			if m.Format == quant.K4 {
				k4x2(out, stride, w, act, n, nb)
			} else {
				k8x2(out, stride, w, act, n, nb)
			}
			t += 2
		default:
			if m.Format == quant.K4 {
				k4x1(out, stride, w, act, n, nb)
			} else {
				k8x1(out, stride, w, act, n, nb)
			}
			t++
		}
	}
}

// wideRows is how many rows of weights a wide kernel takes at once.
const wideRows = 16

func mulWide(dst []float32, stride int, m *quant.Matrix, in *Input, first, last, lo, hi int) {
	group, nb := m.GroupBytes(), m.Blocks()
	for r := lo; r < hi; r += wideRows {
		out, w, act := &dst[first*stride+r], &m.Tiles[r/quant.TileRows*group], &in.q[first*packedBytes]
		valid := min(wideRows, hi-r)
		if m.Format == quant.K4 {
			k4Wide(out, stride, w, group, valid, act, in.rows*packedBytes, nb, last-first, &in.acc[0])
		} else {
			k8Wide(out, stride, w, group, valid, act, in.rows*packedBytes, nb, last-first, &in.acc[0])
		}
	}
}

// mulF32 is the reference: one dot product of floats for each row and vector.
func mulF32(dst []float32, stride int, m *quant.Matrix, in *Input, first, last, lo, hi int) {
	for r := lo; r < hi; r++ {
		row := m.Floats[r*m.Cols : (r+1)*m.Cols]
		for t := first; t < last; t++ {
			dst[t*stride+r] = Dot(row, in.x[t*m.Cols:(t+1)*m.Cols])
		}
	}
}
