package quant

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
	blocks := m.Blocks()
	weights, gates := make([]float32, blocks*TileCols), make([]float32, blocks*TileCols)
	steps := make([]float32, blocks)
	for row := range m.Rows {
		m.expand(weights, steps, row)
		factors(row, weights[:m.Cols:m.Cols], gates[:m.Cols:m.Cols])
		maskRow(out.row(row), weights, gates, steps)
	}
	clear(weights)
	clear(steps)
	for row := m.Rows; row%TileRows != 0; row++ { // rows of padding: New's tiles hold −64
		maskRow(out.row(row), weights, gates, steps)
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
