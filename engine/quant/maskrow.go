package quant

import "math"

// The loops over a row that is masked. Each exists in plain Go (the functions that
// end in Generic) and in assembly for amd64 and WebAssembly, with the same bits.

// Where the last word of a row ends, counted from its first, which is its scale.
const (
	lastWord   = 16*(TileCols/4) + 4 // of K8
	lastWordK4 = 16*(TileCols/8) + 4
)

// row returns the tiles of a row's group, from where the first has the row's scale.
func (m *Matrix) row(row int) []byte {
	return m.Tiles[row/TileRows*m.GroupBytes()+row%TileRows*4 : (row/TileRows+1)*m.GroupBytes()]
}

// expand writes one row and its padding to dst, as Row does, and to steps the K8
// step in which a block of it can be said exactly, or 0. Q4_0 is (q−8)·scale: a
// quarter of the scale leaves room for the factors ¼, ½ and ¾ as well.
func (m *Matrix) expand(dst, steps []float32, row int) {
	blocks := m.Blocks()
	dst, steps = dst[:blocks*TileCols], steps[:blocks]
	from := m.row(row)
	if m.Format == K4 {
		expandK4(&dst[0], &steps[0], &from[0], blocks)
	} else {
		expandK8(&dst[0], &steps[0], &from[0], blocks)
	}
}

// expandK8Generic reads n blocks of a row of K8 tiles, row being where the first
// tile has the row's scale.
func expandK8Generic(dst, steps []float32, row []byte) {
	for b := range steps {
		tile, out := row[b*K8Bytes:], (*[TileCols]float32)(dst[b*TileCols:])
		scale := getF32(tile, 0)
		steps[b] = scale
		for chunk := range TileCols / 4 {
			for i, q := range (*[4]byte)(tile[16+16*chunk:]) {
				out[4*chunk+i] = float32(scale * float32(int(q)-K8Offset))
			}
		}
	}
}

// expandK4Generic is expandK8Generic for K4 tiles. Scales and minima are finite.
func expandK4Generic(dst, steps []float32, row []byte) {
	for b := range steps {
		tile := row[b*K4Bytes:]
		scale, least := k4Header(tile, 0)
		steps[b] = 0
		if least == -8*scale {
			steps[b] = max(scale, -scale) / 4
		}
		var values [16]float32 // a nibble is one of sixteen
		for q := range values {
			values[q] = float32(scale*float32(q)) + least
		}
		out := (*[TileCols]float32)(dst[b*TileCols:])
		for chunk := range 4 {
			for i, q := range (*[4]byte)(tile[16+16*chunk:]) {
				out[4*chunk+i] = values[q&15]
				out[16+4*chunk+i] = values[q>>4]
			}
		}
	}
}

// nearest is 1.5·2²³ + K8Offset: added to a float32 of small magnitude it leaves
// the nearest integer, half to even, plus the offset in the lowest bits. (Half
// to even and not upwards as when weights are loaded: with γ = ½, every odd
// weight of a K8 source lies half way.)
const nearest = 3<<22 + K8Offset

// maskRow writes the products of weights and factors to a row of K8 tiles, out
// being where the first tile has the row's scale. A step of 0 stands for a 63rd of
// the block's largest product; no product is larger than 63 steps.
func maskRow(out []byte, w, g, steps []float32) {
	n := len(steps)
	w, g, out = w[:n*TileCols], g[:n*TileCols], out[:(n-1)*K8Bytes+lastWord]
	maskBlocks(&out[0], &w[0], &g[0], &steps[0], n)
}

// maskBlocksGeneric is maskRow.
func maskBlocksGeneric(out []byte, w, g, steps []float32) {
	for b, step := range steps {
		var products [TileCols]float32
		var peak uint32 // magnitudes compare as their bits do
		factors := (*[TileCols]float32)(g[b*TileCols:])
		for i, v := range (*[TileCols]float32)(w[b*TileCols:]) {
			v *= factors[i]
			products[i] = v
			peak = max(peak, math.Float32bits(v)&^(1<<31))
		}
		if step == 0 {
			step = math.Float32frombits(peak) / k8Max
		}
		inv := 1 / step
		if math.IsInf(float64(inv), 0) { // all zero, or as good as that
			step, inv = 0, 0
		}
		tile := out[b*K8Bytes:]
		putF32(tile, 0, step)
		for chunk := range TileCols / 4 {
			word := (*[4]byte)(tile[16+16*chunk:])
			for i, v := range (*[4]float32)(products[4*chunk:]) {
				word[i] = byte(math.Float32bits(float32(v*inv) + nearest))
			}
		}
	}
}
