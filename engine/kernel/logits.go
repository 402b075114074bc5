package kernel

import (
	"fmt"
	"math"
	"slices"
)

// logitsPart is how many exponentials are added in float32 before the sum goes to
// a float64: few enough for their rounding not to matter beside that of Exp.
const logitsPart = 512

// below stands for logits that are not there. Finite, so that a difference of two
// of them is a number; its exponential vanishes beside any sum.
const below = -1e30

// LeastPeak is the lowest peak that SumExp and Divergence may be given: below it,
// logits that are not there would count as the largest.
const LeastPeak = -1e29

// Peak returns the largest value of x that is a number, −∞ if there is none.
func Peak(x []float32) float32 {
	n := len(x) &^ 3
	top := peakGeneric(x[n:])
	if n > 0 {
		top = max(top, peak(&x[0], n))
	}
	return top
}

// PeakLen is how many values each of Peaks is of.
const PeakLen = 64

// Peaks writes the Peak of every 64 values of x to dst, of the rest to its last
// place: whoever looks for large values can pass over most of x.
func Peaks(dst, x []float32) {
	for part := range slices.Chunk(x, PeakLen) {
		dst[0], dst = Peak(part), dst[1:]
	}
}

func peakGeneric(x []float32) float32 {
	top := float32(math.Inf(-1))
	for _, v := range x {
		if v > top {
			top = v
		}
	}
	return top
}

// SumExp returns Σ e^(x[i]−peak), peak being the largest value: of parts of 512
// in float32, of those in float64. It is off by less than 1e-6 of itself. A NaN in
// x makes it NaN; −∞ counts as nothing. The peak must be at least LeastPeak.
func SumExp(x []float32, peak float32) (sum float64) {
	for part := range slices.Chunk(x, logitsPart) {
		n := len(part) &^ (lanes - 1)
		if n > 0 {
			sum += float64(sumExp(&part[0], n, peak))
		}
		if n < len(part) {
			rest := padded(part[n:])
			sum += float64(sumExp(&rest[0], lanes, peak))
		}
	}
	return sum
}

// padded is up to eight values, and below for those that are missing.
func padded(x []float32) (p [lanes]float32) {
	for i := range p {
		p[i] = below
	}
	copy(p[:], x)
	return p
}

// ExpSum writes e^(x[i]−peak) to x and returns the sum, as SumExp does.
func ExpSum(x []float32, peak float32) (sum float64) {
	for part := range slices.Chunk(x, logitsPart) {
		n := len(part) &^ 3
		if n > 0 {
			sum += float64(softmax(&part[0], n, peak))
		}
		if n < len(part) {
			sum += float64(softmaxGeneric(part[n:], peak))
		}
	}
	return sum
}

// sumExpGeneric returns Σ e^(x[i]−peak), in eight lanes (i mod 8) that are then
// added in the order of Dot.
func sumExpGeneric(x []float32, peak float32) float32 {
	var s [lanes]float32
	for i, v := range x {
		s[i%lanes] += Exp(v - peak)
	}
	return sumLanes(&s)
}

// Divergence returns the sums that make a Kullback-Leibler divergence, added as
// in SumExp: Σe^P, Σe^Q and Σe^P·(P−Q), with P = p[i]−peakP and Q = q[i]−peakQ.
func Divergence(p, q []float32, peakP, peakQ float32) (sumP, sumQ, cost float64) {
	if len(p) != len(q) {
		panic(fmt.Sprintf("kernel: Divergence of %d and %d values", len(p), len(q)))
	}
	var sums [3]float32
	add := func() {
		sumP, sumQ, cost = sumP+float64(sums[0]), sumQ+float64(sums[1]), cost+float64(sums[2])
	}
	for i := 0; i < len(p); i += logitsPart {
		last := min(i+logitsPart, len(p))
		partP, partQ := p[i:last], q[i:last]
		n := len(partP) &^ (lanes - 1)
		if n > 0 {
			diverge(&sums, &partP[0], &partQ[0], n, peakP, peakQ)
			add()
		}
		if n < len(partP) {
			restP, restQ := padded(partP[n:]), padded(partQ[n:])
			diverge(&sums, &restP[0], &restQ[0], lanes, peakP, peakQ)
			add()
		}
	}
	return sumP, sumQ, cost
}

// divergeGeneric is Divergence of one part, in the lanes of sumExpGeneric.
func divergeGeneric(sums *[3]float32, p, q []float32, peakP, peakQ float32) {
	var s [3][lanes]float32
	for i, v := range p {
		dp, dq := v-peakP, q[i]-peakQ
		e := Exp(dp)
		s[0][i%lanes] += e
		s[1][i%lanes] += Exp(dq)
		s[2][i%lanes] += float32(e * (dp - dq))
	}
	for i := range sums {
		sums[i] = sumLanes(&s[i])
	}
}

// Rescale multiplies every value of x with f.
func Rescale(x []float32, f float32) {
	n := len(x) &^ 3
	if n > 0 {
		rescale(&x[0], n, f)
	}
	rescaleGeneric(x[n:], f)
}

func rescaleGeneric(x []float32, f float32) {
	for i := range x {
		x[i] *= f
	}
}
