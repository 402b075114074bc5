package quant

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
)

// sameFloats compares bits.
func sameFloats(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i, w := range want {
		if math.Float32bits(got[i]) != math.Float32bits(w) {
			t.Fatalf("%s: [%d] = %v (%#x), the generic loop gives %v (%#x)", what, i, got[i], math.Float32bits(got[i]), w, math.Float32bits(w))
		}
	}
}

// TestExpandRows compares the expansion of tiles with its generic twin, for every
// byte, and every scale of half precision that is a number.
func TestExpandRows(t *testing.T) {
	forEachVariant(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(31, 32))
		for _, blocks := range []int{1, 2, 5} {
			for _, format := range []Format{K8, K4} {
				m, err := New(format, 4, blocks*TileCols)
				if err != nil {
					t.Fatal(err)
				}
				n := blocks * TileCols
				for range 3000 {
					for i := range m.Tiles {
						m.Tiles[i] = byte(rng.Uint32())
					}
					for b := range blocks {
						tile := m.tile(0, b)
						for r := range TileRows {
							if format == K8 {
								putF32(tile, r, math.Float32frombits(rng.Uint32N(0x7F800000)))
								continue
							}
							scale, least := uint16(rng.Uint32()), uint16(rng.Uint32())
							if rng.IntN(2) == 0 { // as from Q4_0
								least = ToF16(-8 * F16(finite(scale)))
							}
							putK4Halves(tile, r, scale, least)
						}
					}
					for r := range TileRows {
						got, want := fence(n), make([]float32, n)
						steps, exact := fence(blocks), make([]float32, blocks)
						m.expand(got.values, steps.values, r)
						head := m.row(r)
						if format == K8 {
							expandK8Generic(want, exact, head)
						} else {
							expandK4Generic(want, exact, head)
						}
						sameFloats(t, format.String(), got.values, want)
						sameFloats(t, format.String()+", steps", steps.values, exact)
						m.Row(want, r)
						sameFloats(t, format.String()+", row", got.values, want)
						got.check(t)
						steps.check(t)
					}
				}
			}
		}
	})
}

// fenced is a slice in the middle of others' memory.
type fenced struct{ values, memory []float32 }

func fence(n int) fenced {
	memory := make([]float32, n+16)
	for i := range memory {
		memory[i] = 77
	}
	return fenced{memory[8 : n+8 : n+8], memory}
}

func (f fenced) check(t *testing.T) {
	t.Helper()
	for i := range 8 {
		if f.memory[i] != 77 || f.memory[len(f.memory)-1-i] != 77 {
			t.Fatal("wrote outside")
		}
	}
}

// TestMaskRows compares the masking of rows with its generic twin: products of every
// magnitude, blocks of zeros, steps that are given and none.
func TestMaskRows(t *testing.T) {
	forEachVariant(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(33, 34))
		for round := range 4000 {
			blocks := 1 + rng.IntN(5)
			w, g, steps := make([]float32, blocks*TileCols), make([]float32, blocks*TileCols), make([]float32, blocks)
			for b := range blocks {
				exponent := rng.IntN(250) - 145 // subnormal ones as well
				var peak float64
				for i := b * TileCols; i < (b+1)*TileCols; i++ {
					w[i] = float32(math.Ldexp(rng.NormFloat64(), exponent))
					g[i] = [...]float32{1, 0, .5, rng.Float32()}[rng.IntN(4)]
					if round%7 == 0 {
						g[i] = 0
					}
					peak = max(peak, math.Abs(float64(w[i])))
				}
				switch rng.IntN(4) {
				case 0:
					steps[b] = float32(peak / 63 * (1 + rng.Float64()))
				case 1: // ties
					steps[b] = float32(math.Ldexp(1, max(exponent, -120)))
					for i := b * TileCols; i < (b+1)*TileCols; i++ {
						w[i] = float32(rng.IntN(127)-63) * steps[b]
					}
				}
			}
			r := rng.IntN(TileRows)
			got, want := make([]byte, blocks*K8Bytes), make([]byte, blocks*K8Bytes)
			for i := range got {
				got[i] = byte(i)
			}
			copy(want, got)
			maskRow(got[4*r:], w, g, steps)
			maskBlocksGeneric(want[4*r:], w, g, steps)
			if !bytes.Equal(got, want) {
				t.Fatalf("row %d of %v times %v in steps of %v is %v, the generic loop gives %v", r, w, g, steps, got, want)
			}
		}
	})
}
