package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"masque/engine/quant"
)

func TestAddMulT(t *testing.T) {
	forEachVariant(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(21, 22))
		for _, f := range []quant.Format{quant.F32, quant.K8, quant.K4} {
			for _, shape := range [][2]int{{4, 32}, {13, 64}, {64, 96}, {7, 40}, {150, 64}} {
				rows, cols := shape[0], shape[1]
				if f == quant.K4 && cols%32 != 0 {
					continue
				}
				m, err := quant.New(f, rows, cols)
				if err != nil {
					t.Fatal(err)
				}
				if f == quant.F32 {
					copy(m.Floats, random(rng, rows*cols, 1))
				} else {
					randomTiles(rng, m)
				}
				for _, batch := range []int{1, 3, 5} {
					t.Run(fmt.Sprintf("%v/%dx%d/%d", f, rows, cols, batch), func(t *testing.T) {
						dy := random(rng, batch*rows, 1)
						got, check := guarded(t, batch*cols)
						first := random(rng, batch*cols, 1)
						copy(got, first)
						cut := min(32, cols)
						AddMulT(got, m, dy, batch, cut, cols)
						AddMulT(got, m, dy, batch, 0, cut)
						check()
						row := make([]float32, cols)
						want := append([]float32(nil), first...)
						for r := range rows {
							m.Row(row, r)
							for b := range batch {
								for c, v := range row {
									want[b*cols+c] += float32(dy[b*rows+r] * v)
								}
							}
						}
						sameBits(t, "product", got, want)
					})
				}
			}
		}
		// The kernels themselves, with strides wider than what they read.
		for rows := 1; rows < 10; rows++ {
			const n = 8
			w, dy := random(rng, n*quant.TileCols, 1), random(rng, rows*9, 1)
			got, check := guarded(t, (rows-1)*70+32)
			clear(got)
			want := make([]float32, len(got))
			outer(&got[0], 70, &w[0], n, &dy[0], 9, rows)
			outerGeneric(&want[0], 70, &w[0], n, &dy[0], 9, rows)
			check()
			sameBits(t, "outer", got, want)
		}
		for _, f := range []quant.Format{quant.K8, quant.K4} {
			m, err := quant.New(f, 20, 64)
			if err != nil {
				t.Fatal(err)
			}
			randomTiles(rng, m)
			got, check := guarded(t, 5*tileLen)
			if f == quant.K8 {
				expandK8(&got[0], tileAt(m, 0, 32), m.GroupBytes(), 5)
			} else {
				expandK4(&got[0], tileAt(m, 0, 32), m.GroupBytes(), 5)
			}
			check()
			row := make([]float32, 64)
			for r := range 20 {
				m.Row(row, r)
				sameBits(t, fmt.Sprintf("row %d of %v", r, f), got[32*r:32*r+32], row[32:])
			}
		}
	})
}
