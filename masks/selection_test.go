package masks

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// highest is the selection by sorting: the places of the k highest keys, lower
// places first among equals.
func highest(keys []uint32, k int) []bool {
	order := make([]int, len(keys))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case keys[i] > keys[j]:
			return -1
		case keys[i] < keys[j]:
			return 1
		}
		return 0
	})
	chosen := make([]bool, len(keys))
	for _, i := range order[:k] {
		chosen[i] = true
	}
	return chosen
}

// TestChoose compares the selection with sorting, for keys as scores are, and for
// such as would mislead it.
func TestChoose(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	float := func(f float64) uint32 { return math.Float32bits(float32(math.Abs(f))) }
	makers := map[string]func(i int) uint32{
		"normal":           func(int) uint32 { return float(rng.NormFloat64()) },
		"sixteen levels":   func(int) uint32 { return float(float64(rng.IntN(16)) * .0173) },
		"all equal":        func(int) uint32 { return float(.25) },
		"zeros":            func(int) uint32 { return 0 },
		"mostly zeros":     func(int) uint32 { return uint32(rng.IntN(9)/8) * float(rng.Float64()) },
		"two levels":       func(int) uint32 { return 7 + uint32(rng.IntN(2)) },
		"any bits":         func(int) uint32 { return rng.Uint32() },
		"one far above":    func(i int) uint32 { return uint32(rng.IntN(1000)) + uint32(i/40)*(math.MaxUint32-2000) },
		"all magnitudes":   func(int) uint32 { return float(math.Exp(80 * rng.NormFloat64())) },
		"ascending":        func(i int) uint32 { return uint32(i) },
		"descending":       func(i int) uint32 { return math.MaxUint32 - uint32(i) },
		"two ReLU classes": func(int) uint32 { return float(rng.NormFloat64()) | uint32(rng.IntN(2))<<31 },
	}
	var s selection
	for name, next := range makers {
		for _, n := range []int{1, 2, 31, 32, 33, 41, 64, 576, 1537} {
			keys := make([]uint32, n)
			if name == "one far above" && n > 41 {
				continue // i/40 would overflow
			}
			for i := range keys {
				keys[i] = next(i)
			}
			peak := slices.Max(keys)
			before := slices.Clone(keys)
			g := make([]float32, n)
			for _, k := range []int{0, 1, n / 3, n / 2, n - n/5, n - 1, n} {
				s.choose(s.copyOf(keys), peak, k, g, .5)
				for i, chosen := range highest(keys, k) {
					if want := map[bool]float32{true: 1, false: .5}[chosen]; g[i] != want {
						t.Fatalf("%s: %d of %d: place %d has the factor %v, want %v", name, k, n, i, g[i], want)
					}
				}
			}
			if !slices.Equal(keys, before) {
				t.Fatalf("%s: the keys changed", name)
			}
		}
	}
}

// copyOf puts keys where the rules put them.
func (s *selection) copyOf(keys []uint32) []uint32 {
	room := s.room(len(keys))
	copy(room, keys)
	return room
}

func TestKeep(t *testing.T) {
	for _, c := range []struct {
		rho  float64
		n    int
		want int
	}{
		{0, 576, 576},
		{1, 576, 0},
		{.4, 576, 346},    // ⌊230.4⌋
		{.3, 10, 7},       // 3 exactly
		{.29, 100, 71},    // the product is 28.999999999999996
		{.5, 7, 4},        // ⌊3.5⌋
		{.0001, 576, 576}, // less than one
		{.9999, 10, 1},
	} {
		if got := keep(c.rho, c.n); got != c.want {
			t.Errorf("keep(%v, %d) = %d, want %d", c.rho, c.n, got, c.want)
		}
	}
}
