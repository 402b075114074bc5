package study

import (
	"math"
	"math/rand/v2"
	"slices"

	"masque/masks"
)

// How far the resampling goes.
const (
	Resamples    = 2000   // of the bootstrap
	permutations = 9999   // drawn where there are too many to list
	maxListed    = 20_000 // permutations that are all listed
)

// A Separation says how well a measure tells two groups apart.
type Separation struct {
	N   masks.Counts
	AUC masks.Estimate // with a 95 % interval
	// D is Cohen's d with a 95 % interval: the difference of the means over the
	// pooled standard deviation. It is nil where nothing varies.
	D *masks.Estimate
	// P is the share of the ways to deal the values out to the two groups whose
	// AUC is at least this one: the chance of it if the groups were the same. It is NaN of
	// clusters, whose values are not independent.
	P float64
}

// Separate compares the values of two groups. The intervals are percentiles of a
// stratified bootstrap, the same for the same values and seed. An empty group
// panics.
func Separate(plus, minus []float64, seed uint64) Separation {
	r := rank(plus, minus)
	s := r.separate(plus, minus, seed, func(rng *rand.Rand, weights []float64) {
		for range plus {
			weights[rng.IntN(len(plus))]++
		}
		for range minus {
			weights[len(plus)+rng.IntN(len(minus))]++
		}
	})
	s.P = r.permutationP(seed)
	return s
}

// SeparateClusters is Separate for values that come in clusters, as several replies to one
// question do: what is resampled are the clusters, each with its values of both groups.
// plusOf and minusOf say which cluster a value is of, from 0.
func SeparateClusters(plus, minus []float64, plusOf, minusOf []int, seed uint64) Separation {
	of := slices.Concat(plusOf, minusOf)
	counts := make([]float64, slices.Max(of)+1)
	return rank(plus, minus).separate(plus, minus, seed, func(rng *rand.Rand, weights []float64) {
		clear(counts)
		for range counts {
			counts[rng.IntN(len(counts))]++
		}
		for i, cluster := range of {
			weights[i] = counts[cluster]
		}
	})
}

// separate compares the values that were ranked, with a way to draw how often each counts in
// a resample.
func (r *ranking) separate(plus, minus []float64, seed uint64, draw func(rng *rand.Rand, weights []float64)) Separation {
	s := Separation{
		N:   masks.Counts{Plus: len(plus), Minus: len(minus)},
		AUC: masks.Estimate{Value: r.auc(nil)},
		P:   math.NaN(),
	}
	d := cohen(plus, minus, nil, nil)
	rng := rand.New(rand.NewPCG(seed, 0x626f6f74)) // "boot"
	aucs, ds := make([]float64, 0, Resamples), make([]float64, 0, Resamples)
	weights := make([]float64, len(plus)+len(minus))
	for range Resamples {
		clear(weights)
		draw(rng, weights)
		if v := r.auc(weights); isFinite(v) { // clusters may leave a group without values
			aucs = append(aucs, v)
		}
		if v := cohen(plus, minus, weights[:len(plus)], weights[len(plus):]); isFinite(v) {
			ds = append(ds, v)
		}
	}
	if len(aucs) > 0 {
		interval(&s.AUC, aucs)
	}
	if isFinite(d) {
		s.D = &masks.Estimate{Value: d}
		if len(ds) > 0 {
			interval(s.D, ds)
		}
	}
	return s
}

// interval adds the middle 95 % of the draws. Where the draws are skewed past the
// value itself, the interval is widened to hold it.
func interval(e *masks.Estimate, draws []float64) {
	slices.Sort(draws)
	low := min(e.Value, quantile(.025, draws))
	high := max(e.Value, quantile(.975, draws))
	e.Low, e.High = &low, &high
}

// cohen is Cohen's d of values that count as often as their weights say, nil
// meaning once. It is NaN or infinite where nothing varies.
func cohen(plus, minus, plusWeights, minusWeights []float64) float64 {
	mp, vp := meanVariance(plus, plusWeights)
	mm, vm := meanVariance(minus, minusWeights)
	np, nm := float64(len(plus)), float64(len(minus))
	if np < 2 || nm < 2 {
		return math.NaN()
	}
	return (mp - mm) / math.Sqrt(((np-1)*vp+(nm-1)*vm)/(np+nm-2))
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// permutationP deals the ranks out to the groups anew: all ways where they are
// few, else a seeded sample that counts the way at hand too, so that the answer is
// never 0.
func (r *ranking) permutationP(seed uint64) float64 {
	ranks := r.midranks()
	n, k := len(ranks), r.plus
	have := 0.0
	for _, v := range ranks[:k] {
		have += v
	}
	reached, total := 0, 0
	if choices(n, k, maxListed) <= maxListed {
		chosen := make([]int, k)
		for i := range chosen {
			chosen[i] = i
		}
		for more := true; more; more = nextChoice(chosen, n) {
			sum := 0.0
			for _, i := range chosen {
				sum += ranks[i]
			}
			if sum >= have {
				reached++
			}
			total++
		}
		return float64(reached) / float64(total)
	}
	rng := rand.New(rand.NewPCG(seed, 0x7065726d)) // "perm"
	for range permutations {
		sum := 0.0
		for i := range k {
			j := i + rng.IntN(n-i)
			ranks[i], ranks[j] = ranks[j], ranks[i]
			sum += ranks[i]
		}
		if sum >= have {
			reached++
		}
	}
	return float64(reached+1) / (permutations + 1)
}
