package study

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// pairAUC counts pairs one by one.
func pairAUC(plus, minus []float64) float64 {
	won := 0.0
	for _, p := range plus {
		for _, m := range minus {
			switch {
			case p > m:
				won++
			case p == m:
				won += .5
			}
		}
	}
	return won / float64(len(plus)*len(minus))
}

// pooledD is Cohen's d by its definition.
func pooledD(plus, minus []float64) float64 {
	np, nm := float64(len(plus)), float64(len(minus))
	pooled := ((np-1)*stat.Variance(plus, nil) + (nm-1)*stat.Variance(minus, nil)) / (np + nm - 2)
	return (stat.Mean(plus, nil) - stat.Mean(minus, nil)) / math.Sqrt(pooled)
}

func draw(rng *rand.Rand, n int, mean float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = mean + rng.NormFloat64()
	}
	return v
}

// TestBootstrapDistribution lists every resample of small groups: as many values as before,
// drawn with replacement within each group. The ends of the intervals must stand where the
// exact distribution has its tails, as nearly as 2,000 draws can know.
func TestBootstrapDistribution(t *testing.T) {
	const tolerance = .017 // five standard errors of a share of .025 among 2,000
	rng := rand.New(rand.NewPCG(11, 12))
	for range 5 {
		plus, minus := draw(rng, 4, 1), draw(rng, 5, 0)
		var aucs, ds []float64
		resamples(plus, func(p []float64) {
			resamples(minus, func(m []float64) {
				aucs = append(aucs, pairAUC(p, m))
				if d := pooledD(p, m); isFinite(d) {
					ds = append(ds, d)
				}
			})
		})
		if len(aucs) != 4*4*4*4*5*5*5*5*5 {
			t.Fatalf("%d resamples", len(aucs))
		}
		s := Separate(plus, minus, 3)
		if math.Abs(s.D.Value-pooledD(plus, minus)) > 1e-12 {
			t.Errorf("d is %v, by its definition %v", s.D.Value, pooledD(plus, minus))
		}
		for _, test := range []struct {
			name       string
			value      float64
			low, high  float64
			population []float64
		}{{"AUC", s.AUC.Value, *s.AUC.Low, *s.AUC.High, aucs}, {"d", s.D.Value, *s.D.Low, *s.D.High, ds}} {
			below := func(v float64, orAt bool) float64 {
				n := 0
				for _, x := range test.population {
					// Bits of the same figure differ by the order of its sums.
					if near := math.Abs(x-v) < 1e-9; x < v && !near || orAt && near {
						n++
					}
				}
				return float64(n) / float64(len(test.population))
			}
			if a, b := below(test.low, false), below(test.low, true); a > .025+tolerance || b < .025-tolerance && test.low != test.value {
				t.Errorf("%s: a share of %v to %v of all resamples lies below the interval's low end, want .025", test.name, a, b)
			}
			if a, b := below(test.high, false), below(test.high, true); a > .975+tolerance && test.high != test.value || b < .975-tolerance {
				t.Errorf("%s: a share of %v to %v of all resamples lies below the interval's high end, want .975", test.name, a, b)
			}
		}
	}
}

// resamples shows every way to draw as many values with replacement.
func resamples(values []float64, see func([]float64)) {
	picked, sample := make([]int, len(values)), make([]float64, len(values))
	for {
		for i, k := range picked {
			sample[i] = values[k]
		}
		see(sample)
		i := 0
		for ; i < len(picked); i++ {
			if picked[i]++; picked[i] < len(values) {
				break
			}
			picked[i] = 0
		}
		if i == len(picked) {
			return
		}
	}
}

// TestWeightsAreCopies: a value that counts k times is k values.
func TestWeightsAreCopies(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	for range 100 {
		plus, minus := draw(rng, 2+rng.IntN(20), 1), draw(rng, 2+rng.IntN(20), 0)
		weights := make([]float64, len(plus)+len(minus))
		copies := func(values, weights []float64) (out []float64) {
			for range values {
				i := rng.IntN(len(values))
				weights[i]++
				out = append(out, values[i])
			}
			return out
		}
		p, m := copies(plus, weights[:len(plus)]), copies(minus, weights[len(plus):])
		if got, want := rank(plus, minus).auc(weights), pairAUC(p, m); math.Abs(got-want) > 1e-12 {
			t.Fatalf("AUC with weights is %v, of the copies %v", got, want)
		}
		got, want := cohen(plus, minus, weights[:len(plus)], weights[len(plus):]), pooledD(p, m)
		if isFinite(got) != isFinite(want) || isFinite(want) && math.Abs(got-want) > 1e-9*max(1, math.Abs(want)) {
			t.Fatalf("d with weights is %v, of the copies %v", got, want)
		}
	}
}

// TestPermutationExact deals small groups out in every way, by the bits of a number.
func TestPermutationExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	for range 20 {
		plus, minus := draw(rng, 1+rng.IntN(5), .5), draw(rng, 1+rng.IntN(6), 0)
		for _, v := range [][]float64{plus, minus} {
			for i := range v {
				v[i] = math.Round(2 * v[i]) // ties
			}
		}
		values := slices.Concat(plus, minus)
		have := pairAUC(plus, minus)
		reached, ways := 0, 0
		for deal := range uint(1) << len(values) {
			if bits.OnesCount(deal) != len(plus) {
				continue
			}
			var p, m []float64
			for i, v := range values {
				if deal>>i&1 == 1 {
					p = append(p, v)
				} else {
					m = append(m, v)
				}
			}
			ways++
			if pairAUC(p, m) >= have-1e-12 {
				reached++
			}
		}
		if got, want := Separate(plus, minus, 1).P, float64(reached)/float64(ways); math.Abs(got-want) > 1e-12 {
			t.Errorf("p of %v against %v is %v, by all %d ways %v", plus, minus, got, ways, want)
		}
	}
}

// TestPermutationDrawn compares the drawn p of larger groups with the normal approximation
// of the rank sum.
func TestPermutationDrawn(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 18))
	for _, shift := range []float64{0, .1, .2, .3, .4} {
		plus, minus := draw(rng, 60, shift), draw(rng, 50, 0)
		np, nm := float64(len(plus)), float64(len(minus))
		u := pairAUC(plus, minus) * np * nm
		z := (u - .5 - np*nm/2) / math.Sqrt(np*nm*(np+nm+1)/12) // with continuity
		want := 1 - distuv.UnitNormal.CDF(z)
		if got := Separate(plus, minus, 5).P; math.Abs(got-want) > .02*math.Sqrt(want)+.002 {
			t.Errorf("p is %v, by the normal approximation %v", got, want)
		}
	}
}

// TestCoverage draws groups whose AUC is known: most of the 95 % intervals must hold it,
// and p must be small as often as it says where there is nothing to find.
func TestCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 20))
	const studies = 150
	truth := distuv.UnitNormal.CDF(1 / math.Sqrt2) // of normal groups a standard deviation apart
	auc, d, small := 0, 0, 0
	for i := range studies {
		s := Separate(draw(rng, 40, 1), draw(rng, 30, 0), uint64(i))
		if *s.AUC.Low <= truth && truth <= *s.AUC.High {
			auc++
		}
		if *s.D.Low <= 1 && 1 <= *s.D.High {
			d++
		}
		if Separate(draw(rng, 20, 0), draw(rng, 25, 0), uint64(i)).P <= .1 {
			small++
		}
	}
	// A percentile bootstrap of so few is a little narrow; 150 studies know a share to .03.
	if auc < studies*86/100 || d < studies*86/100 {
		t.Errorf("of %d intervals %d hold the AUC and %d hold d", studies, auc, d)
	}
	if small < studies*3/100 || small > studies*18/100 {
		t.Errorf("p is at most .1 in %d of %d studies of groups that do not differ", small, studies)
	}
}
