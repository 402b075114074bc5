package study

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/integrate"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/combin"
)

// TestAUC compares with the pairs one by one and with gonum's ROC curve.
func TestAUC(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		plus, minus := make([]float64, 1+rng.IntN(30)), make([]float64, 1+rng.IntN(30))
		for i := range plus {
			plus[i] = float64(rng.IntN(8)) // with ties
		}
		for i := range minus {
			minus[i] = float64(rng.IntN(8)) - 1
		}
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
		want := won / float64(len(plus)*len(minus))
		got := AUC(plus, minus)
		if math.Abs(got-want) > 1e-12 {
			t.Fatalf("AUC(%v, %v) = %v, want %v", plus, minus, got, want)
		}
		y := slices.Concat(plus, minus)
		classes := make([]bool, len(y))
		for i := range plus {
			classes[i] = true
		}
		stat.SortWeightedLabeled(y, classes, nil)
		tpr, fpr, _ := stat.ROC(nil, y, classes, nil)
		if roc := integrate.Trapezoidal(fpr, tpr); math.Abs(got-roc) > 1e-12 {
			t.Fatalf("AUC(%v, %v) = %v, gonum's curve has %v", plus, minus, got, roc)
		}
		if other := AUC(minus, plus); math.Abs(got+other-1) > 1e-12 {
			t.Fatalf("AUC is %v one way and %v the other", got, other)
		}
	}
}

// TestMoments compares with gonum.
func TestMoments(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-12*max(1, math.Abs(b)) }
	for range 50 {
		values, weights := make([]float64, 2+rng.IntN(60)), []float64(nil)
		for i := range values {
			values[i] = 1e3 + rng.NormFloat64()
		}
		if rng.IntN(2) == 0 {
			weights = make([]float64, len(values))
			for range values {
				weights[rng.IntN(len(weights))]++
			}
		}
		mean, variance := meanVariance(values, weights)
		wantMean, wantVariance := stat.MeanVariance(values, weights)
		if !near(mean, wantMean) || math.Abs(variance-wantVariance) > 1e-9 {
			t.Fatalf("meanVariance(%v, %v) = %v, %v; gonum has %v, %v", values, weights, mean, variance, wantMean, wantVariance)
		}
		slices.Sort(values)
		for _, p := range []float64{0, .001, .025, .3, .5, .975, 1} {
			if got, want := quantile(p, values), stat.Quantile(p, stat.LinInterp, values, nil); !near(got, want) {
				t.Fatalf("quantile(%v, %v) = %v, gonum has %v", p, values, got, want)
			}
		}
	}
	for _, c := range [][2]int{{1, 1}, {6, 3}, {7, 1}, {7, 6}, {9, 4}} {
		n, k := c[0], c[1]
		want := combin.Combinations(n, k)
		if got := choices(n, k, 1000); got != len(want) {
			t.Errorf("%d of %d: %d ways, want %d", k, n, got, len(want))
		}
		chosen := slices.Clone(want[0])
		for i := range want {
			if !slices.Equal(chosen, want[i]) {
				t.Errorf("choice %d of %d of %d is %v, want %v", i, k, n, chosen, want[i])
			}
			if more := nextChoice(chosen, n); more != (i+1 < len(want)) {
				t.Errorf("after choice %d of %d: more is %v", i, len(want), more)
			}
		}
	}
	if got := choices(60, 30, 20_000); got != 20_001 {
		t.Errorf("choices(60, 30) is %d", got)
	}
}

func TestSeparate(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	normal := func(n int, mean float64) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = mean + rng.NormFloat64()
		}
		return v
	}
	plus, minus := normal(200, 1), normal(150, 0)
	s := Separate(plus, minus, 7)
	// For normal groups AUC = Φ(d/√2): .760 at d = 1.
	if math.Abs(s.AUC.Value-.76) > .05 || math.Abs(s.D.Value-1) > .2 {
		t.Errorf("AUC %v and d %v, want about .76 and 1", s.AUC.Value, s.D.Value)
	}
	// Hanley and McNeil's standard error of this AUC is .026.
	if width := *s.AUC.High - *s.AUC.Low; width < .07 || width > .14 {
		t.Errorf("the interval of AUC is %v wide, want about .10", width)
	}
	if width := *s.D.High - *s.D.Low; width < .3 || width > .6 {
		t.Errorf("the interval of d is %v wide, want about .44", width)
	}
	if s.P > .001 || s.P <= 0 {
		t.Errorf("p = %v of groups that differ", s.P)
	}
	if again := Separate(plus, minus, 7); *again.AUC.Low != *s.AUC.Low || *again.D.High != *s.D.High || again.P != s.P {
		t.Error("the same seed gives another interval")
	}
	if other := Separate(plus, minus, 8); *other.AUC.Low == *s.AUC.Low {
		t.Error("another seed gives the same interval")
	}
	if same := Separate(plus, plus, 1); same.AUC.Value != .5 || same.P < .3 {
		t.Errorf("a group against itself: AUC %v, p %v", same.AUC.Value, same.P)
	}
}

func TestSeparateExact(t *testing.T) {
	// Of the 20 ways to choose three of six ranks, one has the highest sum.
	s := Separate([]float64{4, 5, 6}, []float64{1, 2, 3}, 0)
	if s.AUC.Value != 1 || s.P != 1./20 {
		t.Errorf("AUC %v, p %v; want 1 and 1/20", s.AUC.Value, s.P)
	}
	if s := Separate([]float64{1, 2, 3}, []float64{4, 5, 6}, 0); s.AUC.Value != 0 || s.P != 1 {
		t.Errorf("AUC %v, p %v; want 0 and 1", s.AUC.Value, s.P)
	}
	// Means 5 and 2, both variances 1.
	if s.D.Value != 3 {
		t.Errorf("d is %v, want 3", s.D.Value)
	}
	flat := Separate([]float64{2, 2}, []float64{2, 2}, 0)
	if flat.D != nil || flat.AUC.Value != .5 {
		t.Errorf("values that are all equal: %+v", flat)
	}
	test := s.Test(UnseenTopic)
	if test.Note == "" {
		t.Error("the interval of a perfect separation stands without a warning")
	}
}

// TestIntervalCovers draws many samples of known AUC and counts the intervals that
// hold it.
func TestIntervalCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	const truth = .7602 // Φ(1/√2)
	held := 0
	const samples = 100
	for i := range samples {
		plus, minus := make([]float64, 40), make([]float64, 40)
		for k := range plus {
			plus[k], minus[k] = 1+rng.NormFloat64(), rng.NormFloat64()
		}
		s := Separate(plus, minus, uint64(i))
		if *s.AUC.Low <= truth && truth <= *s.AUC.High {
			held++
		}
	}
	if held < 86 {
		t.Errorf("%d of %d intervals hold the truth, want about 95", held, samples)
	}
}
