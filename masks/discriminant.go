package masks

import (
	"fmt"
	"math"
	"slices"

	"masque/engine/kernel"
)

// spread is how much of the median deviation is added to every unit's: a unit that
// hardly varies over a few dozen statements must not win by that.
const spread = .3

// The bounds of λ. The residuals of a pole add up to nothing, so without a ridge there is no
// inverse, and products of float32 are known to about a tenth of the least one. Beyond the
// largest nothing changes but that weights vanish.
const leastRidge, mostRidge = 1e-6, 1e12

// Discriminant returns a weight for every unit in scope: by how much closing it
// speaks for the plus pole, seen together with all others. It is the ridge form of
// Fisher's linear discriminant on the first-order effects of closing units.
//
// With x_s[u] = −∂ℓ_s/∂g_u, Δ the difference of the poles' means, r_s the residual
// of statement s about its pole's mean and σ_u the deviation of unit u over all
// residuals, plus spread·median(σ):
//
//	w = Σ⁻¹(R̃ᵀR̃ + λ·τ·I)⁻¹ Σ⁻¹Δ     R̃ = r/σ, Σ = diag(σ), τ = tr(R̃R̃ᵀ)/N
//
// [Attribution.Effects] ask only how far the poles' means are apart. What many statements
// of one pole vary in as well (their length, form and topic) is in those means, and is
// the reason that masks found from one kind of statement fail on another. Here it
// counts against a unit. λ → ∞ leaves σ alone; λ → 0 trusts the covariance of a few
// statements entirely.
//
// The inverse is taken in the N dimensions of the statements:
// (R̃ᵀR̃ + aI)⁻¹v = (v − R̃ᵀ(R̃R̃ᵀ + aI)⁻¹R̃v)/a.
func (a *Attribution) Discriminant(labels []bool, lambda float64) ([]float64, error) {
	if !(lambda >= leastRidge && lambda <= mostRidge) {
		return nil, fmt.Errorf("masks: a ridge of %v; it must be a number from %v to %v", lambda, leastRidge, mostRidge)
	}
	labels = a.labels(labels)
	delta, rows := a.residuals(labels)
	sigma := deviations(rows)
	for u := range delta {
		delta[u] /= sigma[u]
	}
	scaled := make([]float32, len(delta))
	for u, d := range delta {
		scaled[u] = float32(d)
	}
	for _, r := range rows {
		for u := range r {
			r[u] = float32(float64(r[u]) / sigma[u])
		}
	}
	// K = R̃R̃ᵀ + aI, and b = R̃Δ.
	n := len(rows)
	k, b := make([]float64, n*n), make([]float64, n)
	trace := 0.0
	for i := range n {
		for j := range i + 1 {
			k[i*n+j] = float64(kernel.Dot(rows[i], rows[j]))
		}
		trace += k[i*n+i]
		b[i] = float64(kernel.Dot(rows[i], scaled))
	}
	ridge := lambda * trace / float64(n)
	if !(ridge > 0) {
		return nil, fmt.Errorf("masks: the statements of each pole all read the same; a mask needs different ones")
	}
	for i := range n {
		k[i*n+i] += ridge
	}
	if !solve(k, b) {
		return nil, fmt.Errorf("masks: a ridge of %v does not suit these statements: try one near 1", lambda)
	}
	for i, r := range rows {
		for u, v := range r {
			delta[u] -= float64(b[i] * float64(v))
		}
	}
	for u := range delta {
		delta[u] /= ridge * sigma[u]
	}
	return delta, nil
}

// residuals returns Δ, and each statement's effects about the mean of its pole.
func (a *Attribution) residuals(labels []bool) (delta []float64, rows [][]float32) {
	units := a.units.Scope()
	var means [2][]float64 // of the minus and the plus pole
	var counts [2]float64
	for pole := range means {
		means[pole] = make([]float64, units)
	}
	for s, g := range a.gradient {
		mean := means[side(labels[s])]
		counts[side(labels[s])]++
		for u, v := range g {
			mean[u] -= float64(v)
		}
	}
	for pole, mean := range means {
		for u := range mean {
			mean[u] /= counts[pole]
		}
	}
	for s, g := range a.gradient {
		mean, r := means[side(labels[s])], make([]float32, units)
		for u, v := range g {
			r[u] = float32(-float64(v) - mean[u])
		}
		rows = append(rows, r)
	}
	delta = means[1]
	for u, v := range means[0] {
		delta[u] -= v
	}
	return delta, rows
}

func side(plus bool) int {
	if plus {
		return 1
	}
	return 0
}

// deviations returns σ: of every column of residuals, with spread.
func deviations(rows [][]float32) []float64 {
	sigma := make([]float64, len(rows[0]))
	for _, r := range rows {
		for u, v := range r {
			sigma[u] += float64(v) * float64(v) // exact, so that fusing it changes nothing
		}
	}
	for u := range sigma {
		sigma[u] = math.Sqrt(sigma[u] / float64(len(rows)))
	}
	sorted := slices.Sorted(slices.Values(sigma))
	least := float64(spread * sorted[len(sorted)/2])
	for u := range sigma {
		sigma[u] += least
		if sigma[u] == 0 {
			sigma[u] = 1 // a unit that never does anything
		}
	}
	return sigma
}

// solve overwrites b with the solution x of kx = b. Of the symmetric positive definite
// k [n][n] only the lower triangle is read; its Cholesky factor is left there. Products
// are rounded before they are added, on every platform. It reports whether k is positive
// definite as far as that can be computed.
func solve(k, b []float64) bool {
	n := len(b)
	for j := range n {
		for i := j; i < n; i++ {
			sum := k[i*n+j]
			for c := range j {
				sum -= float64(k[i*n+c] * k[j*n+c])
			}
			switch {
			case i > j:
				k[i*n+j] = sum / k[j*n+j]
			case sum > 0:
				k[j*n+j] = math.Sqrt(sum)
			default:
				return false
			}
		}
	}
	for i := range n {
		for c := range i {
			b[i] -= float64(k[i*n+c] * b[c])
		}
		b[i] /= k[i*n+i]
	}
	for i := n - 1; i >= 0; i-- {
		for c := i + 1; c < n; c++ {
			b[i] -= float64(k[c*n+i] * b[c])
		}
		b[i] /= k[i*n+i]
	}
	return true
}
