package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestMix runs the kernel that this build selects against its generic loop.
func TestMix(t *testing.T) {
	forEachVariant(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(9, 10))
		for _, dims := range []int{16, 48, 64, 80, 128} {
			for heads := 1; heads <= 5; heads++ {
				for _, n := range []int{1, 15, 16, 33, PageLen - 1, PageLen, 2*PageLen + 17} {
					chunks := (n + ChunkLen - 1) / ChunkLen
					stride := chunks*ChunkLen + 5
					cache, weights := random(rng, chunks*ChunkLen*dims, 1), random(rng, (heads-1)*stride+n, 1)
					got, check := guarded(t, heads*dims)
					copy(got, random(rng, heads*dims, 1))
					want := append([]float32(nil), got...)
					Mix(got, dims, weights, stride, cache, n)
					for h := range heads {
						mixGeneric(want[h*dims:][:dims], weights[h*stride:][:n], cache)
					}
					check()
					sameBits(t, fmt.Sprintf("mix of %d × %d at %d", heads, dims, n), got, want)
				}
			}
		}
	})
}

// TestCache says what the generic loops compute, by keys and values that are stored and
// read one by one.
func TestCache(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for _, dims := range []int{8, 16, 24, 64} {
		const n = PageLen - 5
		keys, values := make([]float32, dims*PageLen), make([]float32, ValueDims(dims)*PageLen)
		var key, value [n][]float32
		for p := range n {
			key[p], value[p] = random(rng, dims, 1), random(rng, dims, 1)
			PutKey(keys, p, key[p])
			PutValue(values, p, value[p])
		}
		for p := range n {
			got := make([]float32, dims)
			Key(got, keys, p)
			sameBits(t, "key", got, key[p])
			Value(got, values, p)
			sameBits(t, "value", got, value[p])
		}
		q, weights := random(rng, dims, 1), random(rng, n, 1)
		scores, out := make([]float32, PageLen), make([]float32, dims)
		Scores(scores, 0, q, dims, keys, n, 0.5)
		Mix(out, dims, weights, 0, values, n)
		want := make([]float32, dims)
		for p := range n {
			var dot float32
			for d := range dims {
				dot += float32(q[d] * key[p][d])
				want[d] += float32(weights[p] * value[p][d])
			}
			sameBits(t, "score", scores[p:p+1], []float32{dot * 0.5})
		}
		sameBits(t, "mix", out, want)
	}
}
