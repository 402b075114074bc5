package quant

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"masque/engine/gguf"
)

// masked converts random blocks of a type and returns the matrix with its
// weights, row by row.
func masked(t testing.TB, f Format, typ gguf.Type, rows, cols int) (m *Matrix, w [][]float32) {
	t.Helper()
	m, err := New(f, rows, cols)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, uint64(typ)))
	if err := m.Convert(0, typ, blocksOf(rng, typ, rows*cols/typ.BlockLen())); err != nil {
		t.Fatal(err)
	}
	return m, rowsOf(m)
}

func rowsOf(m *Matrix) [][]float32 {
	w := make([][]float32, m.Rows)
	for r := range w {
		w[r] = make([]float32, m.Cols)
		m.Row(w[r], r)
	}
	return w
}

// every third weight is pruned or weakened, every seventh whole row.
func thirds(gamma float32) Factors {
	return func(row int, _, g []float32) {
		for i := range g {
			g[i] = 1
			if (row+i)%3 == 0 || row%7 == 6 {
				g[i] = gamma
			}
		}
	}
}

// TestMask bounds what a masked copy does to each weight: kept ones keep their
// value, others are multiplied, within half a step of the tile's row where that
// cannot be said exactly; 0 is 0.
func TestMask(t *testing.T) {
	const rows, cols = 10, 256 // the last group is half padding
	for _, typ := range allTypes {
		for _, gamma := range []float32{0, .5, .3, 1} {
			m, w := masked(t, FormatFor(typ), typ, rows, cols)
			before := slices.Clone(m.Tiles)
			factors := thirds(gamma)
			out := m.Mask(func(row int, got, g []float32) {
				if !slices.Equal(got, w[row]) {
					t.Fatalf("%v: row %d is shown as other weights than it has", typ, row)
				}
				factors(row, got, g)
			})
			if out.Format != K8 || out.Rows != rows || out.Cols != cols || !slices.Equal(m.Tiles, before) {
				t.Fatalf("%v: the copy is %d × %d %v, or the source changed", typ, out.Rows, out.Cols, out.Format)
			}
			g, expanded, steps := make([]float32, cols), make([]float32, cols), make([]float32, cols/TileCols)
			for row, got := range rowsOf(out) {
				factors(row, nil, g)
				m.expand(expanded, steps, row)
				for b := range cols / TileCols {
					exact := steps[b] != 0
					var peak float32
					for c := b * TileCols; c < (b+1)*TileCols; c++ {
						peak = max(peak, float32(math.Abs(float64(w[row][c]*g[c]))))
					}
					scale := getF32(out.tile(row/TileRows, b), row%TileRows)
					if !exact && scale > peak/k8Max*1.0001 {
						t.Fatalf("%v: a step of %v for weights up to %v", typ, scale, peak)
					}
					for c := b * TileCols; c < (b+1)*TileCols; c++ {
						miss := math.Abs(float64(got[c]) - float64(w[row][c]*g[c]))
						bound := .5001 * float64(scale)
						if exact && g[c] == 1 || g[c] == 0 {
							bound = 0
						}
						if !(miss <= bound) {
							t.Fatalf("%v, γ %v: weight %d,%d: %v · %v became %v, off by %v of a step", typ, gamma, row, c, w[row][c], g[c], got[c], miss/float64(scale))
						}
					}
				}
			}
		}
	}
}

// TestMaskExact names the sources whose kept weights are exact, by the formats
// they come from, and the padding that must be nothing.
func TestMaskExact(t *testing.T) {
	for _, typ := range []gguf.Type{gguf.Q4_0, gguf.Q8_0, gguf.Q6_K, gguf.F16} {
		m, w := masked(t, FormatFor(typ), typ, 10, 256)
		for row, got := range rowsOf(m.Mask(thirds(1))) {
			if !slices.Equal(got, w[row]) {
				t.Errorf("%v: row %d with the factors 1 is %v, want %v", typ, row, got, w[row])
			}
		}
	}
	m, w := masked(t, K4, gguf.Q4_0, 4, 64)
	for row, got := range rowsOf(m.Mask(thirds(.5))) {
		for c, v := range got {
			want := w[row][c]
			if (row+c)%3 == 0 {
				want *= .5
			}
			if v != want {
				t.Errorf("Q4_0, γ ½: weight %d,%d is %v, want %v", row, c, v, want)
			}
		}
	}
	odd, err := FromFloats(5, 40, slices.Repeat([]float32{1}, 200))
	if err != nil {
		t.Fatal(err)
	}
	out := odd.Mask(thirds(1))
	var tile [TileRows][TileCols]float32
	for group := range 2 {
		for block := range 2 {
			out.Tile(&tile, group, block)
			for r, row := range tile {
				for c, v := range row {
					inside := group*TileRows+r < 5 && block*TileCols+c < 40
					if inside != (v != 0) {
						t.Errorf("weight %d,%d is %v", group*TileRows+r, block*TileCols+c, v)
					}
				}
			}
		}
	}
}

// TestMaskRounding: halves of odd weights go both ways, so that γ = ½ moves no
// sum of weights to one side.
func TestMaskRounding(t *testing.T) {
	w := make([]float32, 32)
	for i := range w {
		w[i] = float32(i - 16)
	}
	w[0] = 63 // makes the step 1
	m, err := FromFloats(1, 32, w)
	if err != nil {
		t.Fatal(err)
	}
	got := rowsOf(m.Mask(func(_ int, _, g []float32) {
		for i := range g {
			g[i] = .5
		}
		g[0] = 1
	}))[0]
	sum := float32(0)
	for i, v := range got[1:] {
		if want := float32(math.RoundToEven(float64(w[i+1]) / 2)); v != want {
			t.Errorf("half of %v is %v, want %v", w[i+1], v, want)
		}
		sum += v
	}
	if sum != 0 {
		t.Errorf("weights that cancel out sum to %v", sum)
	}
}

func TestMaskFloats(t *testing.T) {
	m, w := masked(t, F32, gguf.Q4_1, 9, 64)
	out := m.Mask(thirds(.3))
	if out.Format != F32 {
		t.Fatalf("the copy is %v", out.Format)
	}
	g := make([]float32, 64)
	for row, got := range rowsOf(out) {
		thirds(.3)(row, nil, g)
		for c, v := range got {
			if want := w[row][c] * g[c]; v != want {
				t.Fatalf("weight %d,%d is %v, want %v", row, c, v, want)
			}
		}
	}
	if !slices.EqualFunc(rowsOf(m), w, slices.Equal) {
		t.Error("the source changed")
	}
}

// BenchmarkMask measures masked copies of a matrix of the default model's
// attention, the choice of weights aside.
func BenchmarkMask(b *testing.B) {
	for _, typ := range []gguf.Type{gguf.Q4_1, gguf.Q8_0} {
		b.Run(typ.String(), func(b *testing.B) {
			m, _ := masked(b, FormatFor(typ), typ, 576, 576)
			g := slices.Repeat([]float32{1, 0, 1}, 192)
			b.SetBytes(576 * 576)
			for b.Loop() {
				m.Mask(func(_ int, _, out []float32) { copy(out, g) })
			}
		})
	}
}
