package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestTurn rotates by what this build selects, by the loop that it must equal, and back.
func TestTurn(t *testing.T) {
	forEachVariant(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(15, 16))
		for _, n := range []int{0, 1, 3, 4, 5, 8, 16, 31, 32, 64} {
			x, check := guarded(t, 2*n+3)
			copy(x, random(rng, 2*n+3, 1))
			cos, sin := make([]float32, n), make([]float32, n)
			for i := range cos {
				s, c := math.Sincos(rng.Float64() * 7)
				cos[i], sin[i] = float32(c), float32(s)
			}
			before, want := append([]float32(nil), x...), append([]float32(nil), x...)
			for i, c := range cos {
				a, b := want[2*i], want[2*i+1]
				want[2*i] = float32(a*c) - float32(b*sin[i])
				want[2*i+1] = float32(a*sin[i]) + float32(b*c)
			}
			Turn(x, cos, sin)
			check()
			sameBits(t, fmt.Sprintf("%d pairs", n), x, want)

			for i, c := range cos {
				a, b := want[2*i], want[2*i+1]
				want[2*i] = float32(a*c) + float32(b*sin[i])
				want[2*i+1] = float32(b*c) - float32(a*sin[i])
			}
			TurnBack(x, cos, sin)
			check()
			sameBits(t, fmt.Sprintf("%d pairs back", n), x, want)
			for i := range x {
				if math.Abs(float64(x[i]-before[i])) > 1e-5 {
					t.Fatalf("%d pairs and back: [%d] = %v, was %v", n, i, x[i], before[i])
				}
			}
		}
	})
}
