package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestLogits compares the sums over a vocabulary, with odd tails, with what they
// stand for.
func TestLogits(t *testing.T) {
	near := func(what string, n int, got, want float64) {
		t.Helper()
		if !(math.Abs(got-want) <= 1e-6*math.Abs(want)) {
			t.Errorf("%s of %d values is %v, want %v", what, n, got, want)
		}
	}
	forEachVariant(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(13, 14))
		for _, n := range []int{1, 2, 3, 4, 7, 9, 511, 513, 1031, 5000} {
			p, q := random(rng, n, 4), random(rng, n, 4)
			topP, topQ := Peak(p), Peak(q)
			largest := p[0]
			var sumP, sumQ, cost float64
			for i := range p {
				largest = max(largest, p[i])
				dp, dq := float64(p[i])-float64(topP), float64(q[i])-float64(topQ)
				sumP += math.Exp(dp)
				sumQ += math.Exp(dq)
				cost += math.Exp(dp) * (dp - dq)
			}
			if topP != largest {
				t.Fatalf("Peak of %d values is %v, want %v", n, topP, largest)
			}
			near("SumExp", n, SumExp(p, topP), sumP)
			gotP, gotQ, gotCost := Divergence(p, q, topP, topQ)
			near("Divergence's Σe^P", n, gotP, sumP)
			near("Divergence's Σe^Q", n, gotQ, sumQ)
			if math.Abs(gotCost-cost) > 1e-5*sumP {
				t.Errorf("Divergence's cost of %d values is %v, want %v", n, gotCost, cost)
			}
			x, check := guarded(t, n)
			copy(x, p)
			near("ExpSum", n, ExpSum(x, topP), sumP)
			check()
			for i, v := range x {
				if v != Exp(p[i]-topP) {
					t.Fatalf("ExpSum leaves %v at %d of %d, want %v", v, i, n, Exp(p[i]-topP))
				}
			}
		}
	})
}
