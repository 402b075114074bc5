package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// keysOf returns n keys in memory of guards, and a check that those are whole.
func keysOf(n int) ([]int32, func(t *testing.T)) {
	const margin = 32
	b := slices.Repeat([]int32{guard}, n+2*margin)
	return b[margin : margin+n : margin+n], func(t *testing.T) {
		t.Helper()
		for i, v := range b {
			if (i < margin || i >= margin+n) && v != guard {
				t.Fatalf("wrote outside: index %d of %d", i-margin, n)
			}
		}
	}
}

// TestKeys runs each kernel of keys that this build selects against its generic
// loop, with whole vectors and tails.
func TestKeys(t *testing.T) {
	forEachVariant(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(9, 10))
		for _, n := range []int{0, 1, 7, 8, 9, 16, 24, 40, 63, 64, 576, 1537} {
			x, y, z := random(rng, n, 1), random(rng, n, 1), random(rng, n, 1)
			for i := range n {
				switch rng.IntN(12) {
				case 0, 1, 2:
					y[i] = 0
				case 3:
					x[i] = float32(math.Copysign(0, -1))
				case 4:
					x[i], y[i] = 1e-30, -1e-12 // a subnormal product
				case 5:
					x[i], y[i] = 1e-30, 1e-30 // nothing
				case 6:
					x[i] = float32(math.Inf(-1))
					if i%2 == 0 {
						y[i] = 0 // no number
					}
				}
			}
			got, check := keysOf(n)
			want := make([]int32, n)
			if peak, p := Keys(got, x, y), productKeysGeneric(want, x, y); peak != p || !slices.Equal(got, want) {
				t.Fatalf("Keys of %d: %v with the peak %d, the generic loop gives %v and %d", n, got, peak, want, p)
			}
			check(t)
			if peak, p := KeysOver(got, x, y, z), productKeysOverGeneric(want, x, y, z); peak != p || !slices.Equal(got, want) {
				t.Fatalf("KeysOver of %d: %v with the peak %d, the generic loop gives %v and %d", n, got, peak, want, p)
			}
			check(t)
			limits := []int32{math.MinInt32, -1, 0, 1, math.MaxInt32}
			for range min(n, 20) {
				limits = append(limits, got[rng.IntN(n)])
			}
			for _, limit := range limits {
				if c, want := CountBelow(got, limit), countBelowGeneric(got, limit); c != want {
					t.Fatalf("%d of %d keys below %d, the generic loop gives %d", c, n, limit, want)
				}
				g, whole := guarded(t, n)
				Gate(g, got, limit, 1, .3)
				whole()
				want := make([]float32, n)
				gateGeneric(want, got, limit, 1, .3)
				sameBits(t, "Gate", g, want)
			}
		}
	})
}

// TestKeysRank compares the order of keys with that of the products.
func TestKeysRank(t *testing.T) {
	x := []float32{-3, 0, 2, 1e-40, 5, -5, 5, float32(math.Inf(1))}
	y := []float32{1, 7, -1, 1, 0, 0, 0, 1}
	z := []float32{9, 9, 9, 9, 1, 3, 2, 9}
	order := func(keys []int32) []int {
		places := []int{0, 1, 2, 3, 4, 5, 6, 7}
		slices.SortStableFunc(places, func(i, j int) int {
			if keys[i] > keys[j] {
				return -1
			}
			return 1
		})
		return places
	}
	keys := make([]int32, len(x))
	if peak := Keys(keys, x, y); peak != slices.Max(keys) || !slices.Equal(order(keys)[:4], []int{7, 0, 2, 3}) || keys[1] != 0 || keys[5] != 0 {
		t.Errorf("the keys %v with the peak %d", keys, peak)
	}
	if peak := KeysOver(keys, x, y, z); peak != slices.Max(keys) || !slices.Equal(order(keys), []int{7, 0, 2, 3, 5, 6, 4, 1}) {
		t.Errorf("the keys %v with the peak %d, in the order %v", keys, peak, order(keys))
	}
}
