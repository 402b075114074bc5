package masks

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

// A rule says what stays of a matrix, row by row: it writes 1 to g[i] for each
// weight w[i] that stays and gamma for the others.
type rule func(s *selection, row int, w, g []float32, gamma float32)

// keep returns the number of weights of a row of n that stay: n − ⌊ρn⌋. What
// the product lacks to an integer through rounding is forgiven.
func keep(rho float64, n int) int { return n - int(math.Floor(float64(rho*float64(n))+1e-9)) }

// top keeps the weights with the highest scores. Of equal scores those of the
// lower channels stay.
func (score channelScore) top(rho float64) rule {
	return func(s *selection, _ int, w, g []float32, gamma float32) {
		keys, peak := s.room(len(w)), uint32(0)
		first := score.first[:len(w)]
		if score.second == nil {
			for i, v := range w {
				key := math.Float32bits(v*first[i]) &^ (1 << 31)
				keys[i] = key
				peak = max(peak, key)
			}
		} else {
			for i, v := range w {
				key := math.Float32bits(v*first[i]) | 1<<31 // above all of the second
				if key == 1<<31 {
					key = math.Float32bits(v*score.second[i]) &^ (1 << 31)
				}
				keys[i] = key
				peak = max(peak, key)
			}
		}
		s.choose(keys, peak, keep(rho, len(w)), g, gamma)
	}
}

// randomTop keeps as many weights as top does, whichever. The numbers depend on
// the seed, the stream and the row alone.
func randomTop(rho float64, seed, stream uint64) rule {
	return func(s *selection, row int, w, g []float32, gamma float32) {
		rng := rand.NewPCG(seed, stream<<32|uint64(row))
		keys, peak := s.room(len(w)), uint32(0)
		for i := range keys {
			keys[i] = math.Float32bits(float32(rng.Uint64()>>40) + 1) // spread like scores
			peak = max(peak, keys[i])
		}
		s.choose(keys, peak, keep(rho, len(w)), g, gamma)
	}
}

// larger keeps a weight if its share of the row's score is larger for the mask's
// own pole than for the other: with S = |w|·μ and S′ = |w|·μ′, where
// S/ΣS > S′/ΣS′. At equal shares the plus pole has it, so that the masks of the
// two poles are each other's complement.
func larger(p poleStatistics, pole Pole) rule {
	return func(_ *selection, _ int, w, g []float32, gamma float32) {
		var own, other float64
		for i, v := range w {
			size := math.Abs(float64(v))
			own += float64(size * float64(p.mean[i]))
			other += float64(size * float64(p.other[i]))
		}
		for i := range w {
			mine, theirs := float64(p.mean[i])*other, float64(p.other[i])*own
			g[i] = gamma
			if mine > theirs || mine == theirs && pole == Plus {
				g[i] = 1
			}
		}
	}
}

// selection is the scratch with which the highest of a row's scores are found,
// one for a goroutine. Scores are keys: the bits of numbers that are not
// negative, which compare as the numbers do.
type selection struct {
	keys, candidates []uint32
	counts           [buckets]uint32
}

const (
	buckets   = 512
	fewKeys   = 32 // from here on, candidates are put in order
	firstStep = 19 // bits of a bucket of the first pass: a 16th of a power of two
)

func (s *selection) room(n int) []uint32 {
	if cap(s.keys) < n {
		s.keys, s.candidates = make([]uint32, n), make([]uint32, n)
	}
	return s.keys[:n]
}

// choose writes 1 to g for the k highest keys, those that come first where equal
// ones are at the border, and gamma for the others. peak is the highest key.
func (s *selection) choose(keys []uint32, peak uint32, k int, g []float32, gamma float32) {
	g = g[:len(keys)]
	if k == 0 {
		for i := range g {
			g[i] = gamma
		}
		return
	}
	border, chosen, equal := s.kth(keys, peak, k)
	factors := [2]float32{1, gamma}
	for i, key := range keys {
		g[i] = factors[(uint64(key)-uint64(border))>>63]
	}
	if chosen == equal {
		return
	}
	for i, key := range keys {
		if key == border {
			if chosen == 0 {
				g[i] = gamma
			} else {
				chosen--
			}
		}
	}
}

// bucketOf returns the bucket of a key that lies so far below the peak. (The masks
// of bits say what is known, so that nothing is checked.)
func bucketOf(below uint32, step int) uint32 {
	return min(below>>(step&31), buckets-1) & (buckets - 1)
}

// kth returns the k-th highest key, 1 ≤ k ≤ len(keys), how many keys are equal
// to it, and how many of those are among the k highest.
//
// It counts keys in buckets from the highest down and goes on with the bucket in
// which the k-th lies: a few passes over fewer and fewer keys, whatever they are.
func (s *selection) kth(keys []uint32, peak uint32, k int) (key uint32, chosen, equal int) {
	step := firstStep
	for len(keys) > fewKeys {
		clear(s.counts[:])
		for _, key := range keys {
			s.counts[bucketOf(peak-key, step)]++
		}
		bucket := uint32(0)
		for k > int(s.counts[bucket]) {
			k -= int(s.counts[bucket])
			bucket++
		}
		// Keys are read ahead of where they are written, so candidates may be both.
		candidates, n := s.candidates[:len(keys)], 0
		low, high := uint32(math.MaxUint32), uint32(0)
		for _, key := range keys {
			candidates[n] = key
			if bucketOf(peak-key, step) == bucket {
				low, high = min(low, key), max(high, key)
				n++
			}
		}
		keys, peak = candidates[:n], high
		if low == high {
			return low, k, n
		}
		step = max(0, bits.Len32(high-low)-bits.Len(buckets-1))
	}
	few := s.candidates[:len(keys)]
	copy(few, keys)
	for i, key := range few { // insertion, the highest first
		at := i
		for at > 0 && few[at-1] < key {
			few[at] = few[at-1]
			at--
		}
		few[at] = key
	}
	key = few[k-1]
	for i, other := range few {
		if other == key {
			equal++
			if i < k {
				chosen++
			}
		}
	}
	return key, chosen, equal
}
