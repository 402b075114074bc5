package masks

import (
	"math"

	"masque/engine/kernel"
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
		keys := s.room(len(w))
		var peak int32
		if score.second == nil {
			peak = kernel.Keys(keys, w, score.first)
		} else {
			peak = kernel.KeysOver(keys, w, score.first, score.second)
		}
		s.choose(keys, peak, keep(rho, len(w)), g, gamma)
	}
}

// randomTop keeps as many weights as top does, whichever. The numbers depend on
// the seed, the stream and the row alone.
func randomTop(rho float64, seed, stream uint64) rule {
	return func(s *selection, row int, w, g []float32, gamma float32) {
		keys := s.room(len(w))
		peak := draw(keys, seed, stream<<32|uint64(row))
		s.choose(keys, peak, keep(rho, len(w)), g, gamma)
	}
}

// larger keeps a weight if its share of the row's score is larger for the mask's
// own pole than for the other: with S = |w|·μ and S′ = |w|·μ′, where
// S/ΣS > S′/ΣS′. At equal shares the plus pole has it, so that the masks of the
// two poles are each other's complement.
func larger(p poleStatistics, pole Pole) rule {
	plus, minus := p.mean, p.other
	if pole == Minus {
		plus, minus = minus, plus
	}
	return func(_ *selection, _ int, w, g []float32, gamma float32) {
		ofPlus, ofMinus := kernel.Totals(w, plus, minus)
		if pole == Minus {
			kernel.Share(g, plus, minus, ofMinus, ofPlus, gamma, 1)
		} else {
			kernel.Share(g, plus, minus, ofMinus, ofPlus, 1, gamma)
		}
	}
}

// selection is the scratch with which the highest of a row's scores are found,
// one for a goroutine. Scores are keys: see [kernel.Keys].
type selection struct {
	keys  []int32
	below int64 // how far below its peak the last row's border lay: a first guess
}

func (s *selection) room(n int) []int32 {
	if cap(s.keys) < n {
		s.keys = make([]int32, n)
	}
	return s.keys[:n]
}

// choose writes 1 to g for the k highest keys, those that come first where equal
// ones are at the border, and gamma for the others. peak is the highest key.
func (s *selection) choose(keys []int32, peak int32, k int, g []float32, gamma float32) {
	g = g[:len(keys)]
	if k == 0 {
		for i := range g {
			g[i] = gamma
		}
		return
	}
	border, from := s.border(keys, peak, k)
	kernel.Gate(g, keys, border, 1, gamma)
	for i := len(keys) - 1; from > k; i-- {
		if keys[i] == border {
			g[i] = gamma
			from--
		}
	}
}

// patience is after how many counts the search for a border halves its interval
// every other time, so that it ends whatever the keys are.
const patience = 8

// border returns a number from which on there are k keys, 1 ≤ k ≤ len(keys), or more
// if the k-th highest key has equals: then it is that key. from is how many there are.
//
// Counting is cheap, so it tries: where the border of the last row lay, then away
// from there until there is an interval with the border in it, then where the border
// would be if keys were spread evenly over that. Scores of half a thousand channels
// take five or six counts.
func (s *selection) border(keys []int32, peak int32, k int) (border int32, from int) {
	lo, hi := int64(math.MinInt32), int64(peak)+1 // from lo on there are k keys or more, from hi on fewer
	fromLo, fromHi := len(keys), 0
	tried, step := hi-s.below, 1<<25/int64(len(keys))
	low, high := false, false // whether lo and hi have been tried
	for count := 0; fromLo > k && hi-lo > 1; count++ {
		tried = min(max(tried, lo+1), hi-1)
		if n := len(keys) - kernel.CountBelow(keys, int32(tried)); n >= k {
			lo, fromLo, low = tried, n, true
		} else {
			hi, fromHi, high = tried, n, true
		}
		switch {
		case count >= patience && count%2 == 0:
			tried = (lo + hi) >> 1
		case low && high:
			tried = lo + (hi-lo)*int64(fromLo-k)/int64(fromLo-fromHi)
		case low:
			tried = lo + step*int64(fromLo-k+1)
		default:
			tried = hi - step*int64(k-fromHi+1)
		}
		if low != high {
			step = min(2*step, 1<<32)
		}
	}
	s.below = int64(peak) + 1 - lo
	return int32(lo), fromLo
}
