package masks

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// drawn is an attribution of random gradients. A common factor of all statements makes
// its units vary together, as style does.
func drawn(plus, minus int, rng *rand.Rand) *Attribution {
	units := &Units{Layers: [2]int{1, 2}, Channels: 5, Neurons: 6}
	a := &Attribution{units: units, plus: plus, guard: make([]float64, units.Scope())}
	loading := make([]float64, units.Scope())
	for u := range loading {
		loading[u] = rng.NormFloat64()
	}
	for range plus + minus {
		g, style := make([]float32, units.Scope()), 3*rng.NormFloat64()
		for u := range g {
			g[u] = float32(rng.NormFloat64() + style*loading[u])
		}
		a.gradient = append(a.gradient, g)
	}
	return a
}

// TestDiscriminantEquation compares with the formula in as many dimensions as there are
// units, inverted by gonum.
func TestDiscriminantEquation(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, size := range [][2]int{{4, 4}, {9, 5}, {40, 31}} { // fewer and more than units
		a := drawn(size[0], size[1], rng)
		labels := ShuffleLabels(size[0], size[1], rng)
		for _, given := range [][]bool{nil, labels} {
			for _, lambda := range []float64{.03, 1, 20} {
				got, err := a.Discriminant(given, lambda)
				if err != nil {
					t.Fatal(err)
				}
				want := bruteDiscriminant(a, a.labels(given), lambda)
				size := 0.0
				for _, w := range want {
					size = max(size, math.Abs(w))
				}
				for u := range want {
					if math.Abs(got[u]-want[u]) > 1e-4*size {
						t.Fatalf("%v statements, λ = %v: w[%d] = %v, want %v", size, lambda, u, got[u], want[u])
					}
				}
			}
		}
	}
}

func bruteDiscriminant(a *Attribution, labels []bool, lambda float64) []float64 {
	n, units := len(a.gradient), a.units.Scope()
	x := mat.NewDense(n, units, nil)
	var mean [2][]float64
	var count [2]float64
	mean[0], mean[1] = make([]float64, units), make([]float64, units)
	for s, g := range a.gradient {
		pole := 0
		if labels[s] {
			pole = 1
		}
		count[pole]++
		for u, v := range g {
			x.Set(s, u, -float64(v))
			mean[pole][u] -= float64(v)
		}
	}
	sigma := make([]float64, units)
	for u := range units {
		mean[0][u] /= count[0]
		mean[1][u] /= count[1]
		for s := range n {
			pole := 0
			if labels[s] {
				pole = 1
			}
			r := x.At(s, u) - mean[pole][u]
			x.Set(s, u, r)
			sigma[u] += r * r / float64(n)
		}
		sigma[u] = math.Sqrt(sigma[u])
	}
	median := medianOf(sigma)
	delta := mat.NewVecDense(units, nil)
	for u := range sigma {
		sigma[u] += .3 * median
		delta.SetVec(u, (mean[1][u]-mean[0][u])/sigma[u])
		for s := range n {
			x.Set(s, u, x.At(s, u)/sigma[u])
		}
	}
	var cov mat.Dense
	cov.Mul(x.T(), x)
	ridge := lambda * mat.Trace(&cov) / float64(n) // the trace of RRᵀ too
	for u := range units {
		cov.Set(u, u, cov.At(u, u)+ridge)
	}
	var w mat.VecDense
	if err := w.SolveVec(&cov, delta); err != nil {
		panic(err)
	}
	out := make([]float64, units)
	for u := range out {
		out[u] = w.AtVec(u) / sigma[u]
	}
	return out
}

// medianOf sorts by counting: the upper median of a few numbers.
func medianOf(values []float64) float64 {
	for _, v := range values {
		below, equal := 0, 0
		for _, o := range values {
			if o < v {
				below++
			} else if o == v {
				equal++
			}
		}
		if below <= len(values)/2 && len(values)/2 < below+equal {
			return v
		}
	}
	panic("no median")
}

// TestDiscriminantSeesThroughStyle: a trait that moves one unit a little, under a style that
// moves all of them a lot and happens to lean to one pole. Means rank the unit low; the
// discriminant finds it.
func TestDiscriminantSeesThroughStyle(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const statements, trait = 60, 7
	units := &Units{Layers: [2]int{0, 0}, Channels: 20}
	a := &Attribution{units: units, plus: statements, guard: make([]float64, 20)}
	for s := range 2 * statements {
		style := 2 * rng.NormFloat64()
		if s < statements {
			style += 1
		}
		g := make([]float32, 20)
		for u := range g {
			g[u] = float32(.3*rng.NormFloat64() - style*float64(1+u%3))
		}
		if s < statements {
			g[trait] -= .6
		}
		a.gradient = append(a.gradient, g)
	}
	best := func(w []float64) int {
		at := 0
		for u := range w {
			if w[u] > w[at] {
				at = u
			}
		}
		return at
	}
	w, err := a.Discriminant(nil, .01)
	if err != nil {
		t.Fatal(err)
	}
	if by := best(a.Effects(nil)); by == trait {
		t.Errorf("the means find unit %d too: the test shows nothing", by)
	}
	if by := best(w); by != trait {
		t.Errorf("unit %d has the largest weight, want %d: %.3f", by, trait, w)
	}
}

func TestDiscriminantRefuses(t *testing.T) {
	a := drawn(4, 4, rand.New(rand.NewPCG(5, 6)))
	for _, lambda := range []float64{0, -1, 1e-8, math.SmallestNonzeroFloat64, math.NaN(), math.Inf(1), math.MaxFloat64} {
		if _, err := a.Discriminant(nil, lambda); err == nil {
			t.Errorf("λ = %v is accepted", lambda)
		}
	}
	if _, err := a.Select([]float64{1, math.NaN(), 2, 3}, 1, 0); err == nil {
		t.Error("a score that is no number is ranked")
	}
	for _, g := range a.gradient {
		copy(g, a.gradient[0])
	}
	if _, err := a.Discriminant(nil, 1); err == nil {
		t.Error("statements that all read the same are accepted")
	}
}
