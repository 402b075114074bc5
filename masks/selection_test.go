package masks

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// highest is the selection by sorting: the places of the k highest keys, lower
// places first among equals.
func highest(keys []int32, k int) []bool {
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
	float := func(f float64) int32 { return int32(math.Float32bits(float32(math.Abs(f)))) }
	makers := map[string]func(i int) int32{
		"normal":           func(int) int32 { return float(rng.NormFloat64()) },
		"uniform":          func(int) int32 { return int32(rng.IntN(1 << 24)) },
		"sixteen levels":   func(int) int32 { return float(float64(rng.IntN(16)) * .0173) },
		"all equal":        func(int) int32 { return float(.25) },
		"the lowest":       func(int) int32 { return math.MinInt32 },
		"the highest":      func(int) int32 { return math.MaxInt32 },
		"both ends":        func(int) int32 { return math.MaxInt32 + rng.Int32N(2) },
		"zeros":            func(int) int32 { return 0 },
		"mostly zeros":     func(int) int32 { return int32(rng.IntN(9)/8) * float(rng.Float64()) },
		"two levels":       func(int) int32 { return 7 + int32(rng.IntN(2)) },
		"any bits":         func(int) int32 { return int32(rng.Uint32()) },
		"one far above":    func(i int) int32 { return int32(rng.IntN(1000)) + int32(i/40)*(math.MaxInt32-2000) },
		"all magnitudes":   func(int) int32 { return float(math.Exp(80 * rng.NormFloat64())) },
		"ascending":        func(i int) int32 { return int32(i) },
		"descending":       func(i int) int32 { return math.MaxInt32 - int32(i) },
		"two ReLU classes": func(int) int32 { return float(rng.NormFloat64()) | int32(rng.IntN(2))<<31 },
	}
	var s selection
	for name, next := range makers {
		for _, n := range []int{1, 2, 31, 32, 33, 41, 64, 576, 1537} {
			keys := make([]int32, n)
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
func (s *selection) copyOf(keys []int32) []int32 {
	room := s.room(len(keys))
	copy(room, keys)
	return room
}

// TestDraw compares the generator with math/rand's.
func TestDraw(t *testing.T) {
	seeds := rand.New(rand.NewPCG(7, 8))
	for n := range 100 {
		seed1, seed2 := seeds.Uint64(), seeds.Uint64()
		keys := make([]int32, n)
		peak := draw(keys, seed1, seed2)
		if n > 0 && peak != slices.Max(keys) {
			t.Fatalf("the peak of %v is said to be %d", keys, peak)
		}
		rng := rand.NewPCG(seed1, seed2)
		for i, key := range keys {
			if want := int32(rng.Uint64() >> 40); key != want {
				t.Fatalf("number %d of the seeds %d and %d is %d, want %d", i, seed1, seed2, key, want)
			}
		}
	}
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
