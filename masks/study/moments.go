package study

import "math"

// These few lines are not gonum's, which the tests compare them with: its sums have
// another order, and so other last bits, on each processor, and its packages
// would be most of what the page's program gains by a study.

// quantile returns the value that a share p of sorted values do not exceed, where the
// k-th of n stands for the share k/n, with straight lines between them.
func quantile(p float64, sorted []float64) float64 {
	at := p * float64(len(sorted))
	k := int(math.Ceil(at))
	if k <= 1 {
		return sorted[0]
	}
	t := float64(k) - at
	// The conversions keep the products from being fused with the sum.
	return float64(t*sorted[k-2]) + float64((1-t)*sorted[k-1])
}

// meanVariance returns the mean and the unbiased variance of values that count as often
// as their weights say, nil meaning once. The variance is taken about the mean and
// corrected for the mean's own rounding.
func meanVariance(values, weights []float64) (mean, variance float64) {
	weight := func(i int) float64 {
		if weights == nil {
			return 1
		}
		return weights[i]
	}
	sum, total := 0.0, 0.0
	for i, v := range values {
		sum += float64(weight(i) * v)
		total += weight(i)
	}
	mean = sum / total
	squares, rest := 0.0, 0.0
	for i, v := range values {
		d := v - mean
		squares += float64(weight(i) * d * d)
		rest += float64(weight(i) * d)
	}
	return mean, (squares - float64(rest*rest)/total) / (total - 1)
}

// choices is the number of ways to choose k of n things, or limit + 1 where there
// are more than limit.
func choices(n, k, limit int) int {
	ways := 1
	for i := range min(k, n-k) {
		ways = ways * (n - i) / (i + 1)
		if ways > limit {
			return limit + 1
		}
	}
	return ways
}

// nextChoice turns k numbers below n, in ascending order, into the next such choice in
// lexical order; after the last one it reports false.
func nextChoice(chosen []int, n int) bool {
	k := len(chosen)
	for i := k - 1; i >= 0; i-- {
		if chosen[i] < n-k+i {
			chosen[i]++
			for j := i + 1; j < k; j++ {
				chosen[j] = chosen[j-1] + 1
			}
			return true
		}
	}
	return false
}
