package quant

import "math"

// Factors says what the weights of a row are multiplied by: for each w[i] it
// writes a factor between 0 and 1 to g[i]. It must not change w.
type Factors func(row int, w, g []float32)

// Mask returns a copy of m with every weight multiplied by its factor. Rows
// come in order.
//
// F32 stays F32. The tiled formats become K8, where 0 is exact. A weight of
// factor 1 keeps its value: exactly where the source is K8, or K4 from Q4_0; in
// other K4 tiles, whose minimum is no multiple of their scale, it is rounded to
// the nearest step of max|w·g|/63, the maximum over its row of the tile.
func (m *Matrix) Mask(factors Factors) *Matrix {
	if m.Format == F32 {
		return m.maskFloats(factors)
	}
	out, err := New(K8, m.Rows, m.Cols)
	if err != nil {
		panic("quant: Mask of a matrix that New did not make: " + err.Error())
	}
	padded := m.Blocks() * TileCols
	weights, gates := make([]float32, padded), make([]float32, padded)
	for row := range m.Rows {
		m.expand(weights, row)
		factors(row, weights[:m.Cols:m.Cols], gates[:m.Cols:m.Cols])
		group, r := row/TileRows, row%TileRows
		for b := range m.Blocks() {
			w := (*[TileCols]float32)(weights[b*TileCols:])
			g := (*[TileCols]float32)(gates[b*TileCols:])
			peak := multiply(w, g)
			step := m.step(m.tile(group, b), r)
			if step == 0 {
				step = peak / k8Max
			}
			maskK8(out.tile(group, b), r, w, step)
		}
	}
	for row := m.Rows; row%TileRows != 0; row++ { // rows of padding: New's tiles hold −64
		for b := range m.Blocks() {
			maskK8(out.tile(row/TileRows, b), row%TileRows, new([TileCols]float32), 0)
		}
	}
	return out
}

func (m *Matrix) maskFloats(factors Factors) *Matrix {
	out := &Matrix{Rows: m.Rows, Cols: m.Cols, Format: F32, Floats: make([]float32, len(m.Floats))}
	gates := make([]float32, m.Cols)
	for row := range m.Rows {
		w := m.Floats[row*m.Cols : (row+1)*m.Cols : (row+1)*m.Cols]
		factors(row, w, gates)
		masked := out.Floats[row*m.Cols:][:m.Cols]
		for i, v := range w {
			masked[i] = v * gates[i]
		}
	}
	return out
}

// step is the K8 step in which row r of a tile can be said exactly, or 0. Q4_0
// is (q−8)·scale: a quarter of the scale leaves room for the factors ¼, ½ and ¾
// as well.
func (m *Matrix) step(tile []byte, r int) float32 {
	if m.Format == K8 {
		return getF32(tile, r)
	}
	if scale, least := k4Header(tile, r); least == -8*scale {
		return max(scale, -scale) / 4
	}
	return 0
}

// expand writes one row and its padding to dst, as Row does.
func (m *Matrix) expand(dst []float32, row int) {
	group, r := row/TileRows, row%TileRows
	for b := range m.Blocks() {
		out := (*[TileCols]float32)(dst[b*TileCols:])
		if m.Format == K4 {
			expandK4(out, m.tile(group, b), r)
		} else {
			m.tileRow(out, m.tile(group, b), r)
		}
	}
}

// expandK4 reads row r of a K4 tile: a nibble is one of sixteen values.
func expandK4(dst *[TileCols]float32, tile []byte, r int) {
	scale, least := k4Header(tile, r)
	var values [16]float32
	for q := range values {
		values[q] = float32(scale*float32(q)) + least
	}
	for chunk := range 4 {
		for i, q := range (*[4]byte)(tile[16+16*chunk+4*r:]) {
			dst[4*chunk+i] = values[q&15]
			dst[16+4*chunk+i] = values[q>>4]
		}
	}
}

// multiply multiplies w with g and returns the largest magnitude.
func multiply(w, g *[TileCols]float32) float32 {
	var peak uint32 // magnitudes compare as their bits do
	for i, v := range w {
		v *= g[i]
		w[i] = v
		peak = max(peak, math.Float32bits(v)&^(1<<31))
	}
	return math.Float32frombits(peak)
}

// nearest is 1.5·2²³ + K8Offset: added to a float32 of small magnitude it leaves
// the nearest integer, half to even, plus the offset in the lowest bits. (Half
// to even and not upwards as when weights are loaded: with γ = ½, every odd
// weight of a K8 source lies half way.)
const nearest = 3<<22 + K8Offset

// maskK8 writes 32 weights, none larger than 63 steps, to row r of a K8 tile.
func maskK8(tile []byte, r int, w *[TileCols]float32, step float32) {
	inv := 1 / step
	if step == 0 || math.IsInf(float64(inv), 0) { // all zero, or as good as that
		step, inv = 0, 0
	}
	putF32(tile, r, step)
	for chunk := range TileCols / 4 {
		out := (*[4]byte)(tile[16+16*chunk+4*r:])
		for i, v := range (*[4]float32)(w[4*chunk:]) {
			out[i] = byte(math.Float32bits(float32(v*inv) + nearest))
		}
	}
}
