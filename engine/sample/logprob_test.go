package sample

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// logSoftmax is the definition.
func logSoftmax(logits []float32) []float64 {
	top := math.Inf(-1)
	for _, v := range logits {
		top = max(top, float64(v))
	}
	sum := 0.0
	for _, v := range logits {
		sum += math.Exp(float64(v) - top)
	}
	out := make([]float64, len(logits))
	for i, v := range logits {
		out[i] = float64(v) - top - math.Log(sum)
	}
	return out
}

func TestLogProbs(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	for _, n := range []int{1, 2, 7, 1000} {
		logits := normals(rng, n)
		want := logSoftmax(logits)
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int {
			switch {
			case logits[a] > logits[b]:
				return -1
			case logits[a] < logits[b]:
				return 1
			}
			return 0
		})
		if got := LogSumExp(logits); math.Abs(float64(logits[0])-got-want[0]) > 5e-7 {
			t.Errorf("LogSumExp is %v", got)
		}
		for _, k := range []int{1, 5, n, n + 3} {
			list := LogProbs(logits, k)
			if len(list) != min(k, n) {
				t.Fatalf("%d of %d asked for, %d given", k, n, len(list))
			}
			for i, x := range list {
				if int(x.ID) != order[i] || math.Abs(float64(x.LogProb)-want[order[i]]) > 1e-6*math.Abs(want[order[i]])+1e-7 {
					t.Fatalf("number %d is %+v, want %d, %v", i, x, order[i], want[order[i]])
				}
			}
		}
	}
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	if got := LogProbs([]float32{nan, 0, -inf, 0}, 4); !slices.Equal(got, []LogProb{{1, float32(-math.Ln2)}, {3, float32(-math.Ln2)}}) {
		t.Errorf("beside what cannot be chosen: %v", got)
	}
	if got := LogProbs([]float32{1, inf}, 2); !slices.Equal(got[:1], []LogProb{{1, 0}}) {
		t.Errorf("+∞: %v", got)
	}
	if LogProbs([]float32{1}, 0) != nil || LogProbs([]float32{1}, -1) != nil || LogProbs(nil, 3) != nil || len(LogProbs([]float32{nan}, 1)) != 0 {
		t.Error("something of nothing")
	}
	if got := LogSumExp([]float32{-inf, nan}); !math.IsInf(got, -1) {
		t.Errorf("LogSumExp of nothing is %v", got)
	}
	if got := LogSumExp([]float32{1e30, 1e30}); got != float64(float32(1e30)) {
		t.Errorf("LogSumExp of large logits is %v", got)
	}
}

func TestKL(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for range 50 {
		p, q := normals(rng, 200), normals(rng, 200)
		for i := range q {
			q[i] = q[i]*0.1 + p[i]
		}
		lp, lq := logSoftmax(p), logSoftmax(q)
		want := 0.0
		for i := range lp {
			want += math.Exp(lp[i]) * (lp[i] - lq[i])
		}
		if got := KL(p, q); math.Abs(got-want) > 1e-6 {
			t.Errorf("KL is %v, want %v", got, want)
		}
		shifted := slices.Clone(p)
		for i := range shifted {
			shifted[i] += 64
		}
		if got := KL(p, p); got != 0 {
			t.Errorf("KL with itself is %v", got)
		}
		if got := KL(p, shifted); got > 1e-6 {
			t.Errorf("KL with itself, shifted, is %v", got)
		}
	}
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		p, q []float32
		want float64
	}{
		{[]float32{0, 0}, []float32{0, 0}, 0},
		{[]float32{0, -inf}, []float32{0, 0}, math.Ln2},
		{[]float32{0, nan}, []float32{0, 0}, math.Ln2},
		{[]float32{0, 0}, []float32{0, -inf}, math.Inf(1)},
		{[]float32{0, -inf}, []float32{0, nan}, 0},
		{[]float32{0, -2000}, []float32{0, -inf}, 0}, // of no weight
		{[]float32{inf, 0}, []float32{0, 0}, math.Ln2},
		{[]float32{nan}, []float32{0}, math.NaN()},
		{[]float32{0}, []float32{-inf}, math.NaN()},
		{nil, nil, math.NaN()},
	} {
		if got := KL(c.p, c.q); math.Abs(got-c.want) > 1e-15 || math.IsNaN(got) != math.IsNaN(c.want) {
			t.Errorf("KL(%v, %v) = %v, want %v", c.p, c.q, got, c.want)
		}
	}
	defer func() {
		if got, ok := recover().(string); !ok || !strings.HasPrefix(got, "sample: KL of 1 logits and 2") {
			t.Errorf("panics with %v", got)
		}
	}()
	KL([]float32{1}, []float32{1, 2})
}

func TestExp(t *testing.T) {
	check := func(x float64) {
		got, want := exp(x), math.Exp(x)
		if math.Abs(got-want) > 4e-15*want {
			t.Fatalf("exp(%v) = %v, want %v: off by %.2g", x, got, want, got/want-1)
		}
	}
	rng := rand.New(rand.NewPCG(8, 8))
	for range 1_000_000 {
		check(-708 * math.Pow(rng.Float64(), 8))
	}
	for i := range 708 * 64 {
		check(-float64(i) * math.Ln2 / 64)
	}
	for x, want := range map[float64]float64{0: 1, -709: 0, math.Inf(-1): 0, -1e300: 0, -math.SmallestNonzeroFloat64: 1} {
		if got := exp(x); got != want {
			t.Errorf("exp(%v) = %v, want %v", x, got, want)
		}
	}
	// Bits that were computed on amd64; every platform has the same.
	for x, want := range map[float64]uint64{-0.1: 0x3fecf46d99d52b3b, -1: 0x3fd78b56362cef38, -17.3: 0x3e60772c096d61b7, -300: 0x24e245639c3a49f6} {
		if got := math.Float64bits(exp(x)); got != want {
			t.Errorf("exp(%v) has the bits %#x, want %#x", x, got, want)
		}
	}
}
