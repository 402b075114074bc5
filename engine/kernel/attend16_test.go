package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// integers returns n integers up to a magnitude, which both ends of a block reach.
func integers(rng *rand.Rand, n, magnitude int) []int16 {
	x := make([]int16, n)
	for i := range x {
		x[i] = int16(rng.IntN(2*magnitude+1) - magnitude)
		if rng.IntN(4) == 0 {
			x[i] = int16(magnitude)
		}
	}
	return x
}

// TestAttend16 runs the kernels of 16 bits that this build selects against their generic
// loops, with the largest integers among the others.
func TestAttend16(t *testing.T) {
	forEachVariant(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(9, 10))
		for _, dims := range []int{8, 16, 24, 48, 64, 80, 128} {
			for heads := 1; heads <= 5; heads++ {
				for _, n := range []int{1, 15, 16, 33, PageLen - 1, PageLen, 2*PageLen + 17} {
					chunks := (n + ChunkLen - 1) / ChunkLen
					stride := (chunks + 1) * ChunkLen
					q, cache := integers(rng, heads*dims, queryPeak(dims)), integers(rng, chunks*ChunkLen*ValueDims(dims), kvPeak)
					qScales, scales := random(rng, heads, 1), random(rng, chunks*ChunkLen, 1)
					what := fmt.Sprintf("of %d × %d at %d", heads, dims, n)

					got, check := guarded(t, (heads-1)*stride+chunks*ChunkLen)
					want := append([]float32(nil), got...)
					Scores16(got, stride, q, qScales, dims, cache, scales, n)
					scores16Generic(want, stride, q, qScales, heads, dims, cache, scales, chunks)
					check()
					sameBits(t, "scores "+what, got, want)

					for i := range scales {
						scales[i] = float32(math.Abs(float64(scales[i])))
					}
					weights := random(rng, chunks*ChunkLen, 1)
					for i := range weights {
						weights[i] = float32(math.Exp(float64(20 * (weights[i] - 1))))
					}
					if chunks > 1 {
						clear(weights[:ChunkLen])
					}
					mixed, mixScales := make([]int16, heads*stride), make([]float32, heads*stride/ChunkLen)
					wantMixed, wantScales := slices.Clone(mixed), slices.Clone(mixScales)
					for h := range heads {
						Weights16(mixed[h*stride:], mixScales[h*stride/ChunkLen:], weights, scales, n)
						weights16Generic(wantMixed[h*stride:], wantScales[h*stride/ChunkLen:], weights, scales, chunks)
					}
					if !slices.Equal(mixed, wantMixed) {
						t.Fatalf("weights %s: %v, want %v", what, mixed, wantMixed)
					}
					sameBits(t, "scales of weights "+what, mixScales, wantScales)

					got, check = guarded(t, heads*dims)
					copy(got, random(rng, heads*dims, 1))
					want = append([]float32(nil), got...)
					mixed = integers(rng, heads*stride, weightPeak)
					Mix16(got, dims, mixed, mixScales, stride, cache, chunks)
					mix16Generic(want, dims, mixed, mixScales, stride, heads, cache, chunks)
					check()
					sameBits(t, "mix "+what, got, want)
				}
			}
		}
	})
}

// TestAttend16Limits: sums of the largest products are still right.
func TestAttend16Limits(t *testing.T) {
	for _, dims := range []int{2, 64, 80, 256, 1024} {
		if sum := dims * queryPeak(dims) * kvPeak; sum > math.MaxInt32 || queryPeak(dims) < 1 {
			t.Errorf("%d dims add up to %d", dims, sum)
		}
	}
	if sum := ChunkLen * weightPeak * kvPeak; sum > math.MaxInt32 {
		t.Errorf("a chunk adds up to %d", sum)
	}
	forEachVariant(t, func(t *testing.T) {
		ones, nan := slices.Repeat([]float32{1}, ChunkLen), slices.Repeat([]float32{1}, ChunkLen)
		nan[5] = float32(math.NaN())
		w, scales := make([]int16, ChunkLen), make([]float32, 1)
		Weights16(w, scales, nan, ones, ChunkLen)
		if scales[0] == scales[0] {
			t.Errorf("a weight that is NaN gave a scale of %v", scales[0])
		}
		Weights16(w, scales, make([]float32, ChunkLen), ones, ChunkLen)
		if !slices.Equal(w, make([]int16, ChunkLen)) || math.IsNaN(float64(scales[0])) {
			t.Errorf("no weights gave %v · %v", w, scales[0])
		}
	})
}

func peakOf(x []float32) float64 {
	return max(float64(slices.Max(x)), -float64(slices.Min(x)))
}

// TestCache16 stores keys and values, and says how far attention to them is from what it is
// with floats.
func TestCache16(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for _, dims := range []int{8, 16, 24, 64} {
		const n = PageLen - 5
		keys, values := make([]int16, dims*PageLen), make([]int16, ValueDims(dims)*PageLen)
		keyScales, valueScales := make([]float32, PageLen), make([]float32, PageLen)
		var key, value [n][]float32
		near := func(what string, got, want []float32, within float64) {
			t.Helper()
			for i := range got {
				if !(math.Abs(float64(got[i]-want[i])) <= within) {
					t.Errorf("%s of %d dims: %v, want %v", what, dims, got[i], want[i])
				}
			}
		}
		for p := range PageLen { // what was there before
			PutValue16(values, valueScales, p, random(rng, dims, 1))
			keyScales[p], valueScales[p] = float32(math.NaN()), float32(math.NaN())
		}
		for p := range n {
			key[p], value[p] = random(rng, dims, float32(p)), random(rng, dims, 1)
			PutKey16(keys, keyScales, p, key[p])
			PutValue16(values, valueScales, p, value[p])
		}
		got := make([]float32, dims)
		for p := range n {
			Key16(got, keys, keyScales, p)
			near("key", got, key[p], peakOf(key[p])/kvPeak/2*1.01)
			Value16(got, values, valueScales, p)
			near("value", got, value[p], peakOf(value[p])/kvPeak/2*1.01)
		}
		q, weights := random(rng, dims, 1), make([]float32, PageLen)
		for p := range n {
			weights[p] = 1 / float32(1+p)
		}
		q16, qScales := make([]int16, dims), make([]float32, 1)
		Query16(q16, qScales, q, dims, 0.5)
		scores, out := make([]float32, PageLen), make([]float32, dims)
		Scores16(scores, 0, q16, qScales, dims, keys, keyScales, n)
		mixed, mixScales := make([]int16, PageLen), make([]float32, PageLen/ChunkLen)
		weights[n] = float32(math.NaN()) // is beyond
		Weights16(mixed, mixScales, weights, valueScales, n)
		Mix16(out, dims, mixed, mixScales, 0, values, PageLen/ChunkLen)
		want := make([]float32, dims)
		for p := range n {
			var dot float32
			var within float64
			for d := range dims {
				dot += q[d] * key[p][d] / 2
				want[d] += weights[p] * value[p][d]
				within += math.Abs(float64(q[d]))*peakOf(key[p])/kvPeak/4 + math.Abs(float64(key[p][d]))*peakOf(q)/float64(queryPeak(dims))/4
			}
			near("score", scores[p:p+1], []float32{dot}, within*1.01)
		}
		near("mix", out, want, 1e-3)
	}
}

// TestRound16 rounds vectors with the kernels that this build selects, and with the generic
// loop: of one size, of many magnitudes, of zeros, of what is no number.
func TestRound16(t *testing.T) {
	forEachVariant(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(13, 14))
		for _, n := range []int{1, 7, 8, 12, 16, 24, 64, 80, 128, 256} {
			for _, magnitude := range []int{kvPeak, queryPeak(n), weightPeak} {
				for _, scale := range []float32{0, 1e-38, 1e-30, 1, 1e30} {
					x := random(rng, n, scale)
					got, want := make([]int16, n+1), make([]int16, n+1)
					got[n], want[n] = 77, 77
					gotScale, wantScale := round(got, x, magnitude), roundGeneric(want, x, float32(magnitude))
					what := fmt.Sprintf("%d values of %v to %d", n, scale, magnitude)
					if !slices.Equal(got, want) {
						t.Fatalf("%s: %v, want %v", what, got, want)
					}
					sameBits(t, what, []float32{gotScale}, []float32{wantScale})
				}
			}
			x := random(rng, n, 1)
			x[n-1] = float32(math.NaN())
			if scale := round(make([]int16, n), x, kvPeak); scale == scale {
				t.Errorf("a NaN among %d values gave a scale of %v", n, scale)
			}
		}
	})
}
