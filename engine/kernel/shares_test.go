package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestShares runs the kernels of shares that this build selects against their generic
// loops, with whole vectors and tails.
func TestShares(t *testing.T) {
	forEachVariant(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(11, 12))
		for _, n := range []int{0, 1, 7, 8, 9, 16, 24, 40, 63, 64, 576, 1537} {
			x, y, z := random(rng, n, 1), random(rng, n, 1), random(rng, n, 1)
			for i := range n {
				if rng.IntN(4) == 0 {
					y[i] = 0
				}
			}
			ofX, ofY := Totals(z, x, y)
			var sums [2]float64
			totalsGeneric(&sums, z, x, y)
			if sums != [2]float64{ofX, ofY} {
				t.Fatalf("Totals of %d: %v and %v, the generic loop gives %v", n, ofX, ofY, sums)
			}
			copy(y[n/2:], x[n/2:]) // equal shares
			for i := 5; i < n; i += 11 {
				x[i], y[i] = float32(math.Inf(1)), float32(math.Inf(1-i%2*2))
			}
			for _, fx := range []float64{0, .7, 1, math.Inf(1)} {
				g, whole := guarded(t, n)
				Share(g, x, y, fx, 1, 1, .3)
				whole()
				want := make([]float32, n)
				shareGeneric(want, x, y, fx, 1, 1, .3)
				sameBits(t, "Share", g, want)
			}
		}
	})
}
