package masks

import (
	"math"

	"masque/engine/kernel"
)

// tinyDeviation is the ε of z: it keeps channels that no statement moves finite.
const tinyDeviation = 1e-6

// A channelScore ranks the weights of a row: weight w of channel c scores
// |w|·first[c]. Where that is zero and there is a second, |w|·second[c] ranks the
// zeros among each other, below all others.
//
// Every recipe's score is a product of this kind, so that what depends on the
// statistics is computed once for a layer.
type channelScore struct{ first, second []float32 }

// poleStatistics are the statistics of one input of a layer, as one pole sees them.
type poleStatistics struct {
	mean, deviation   []float32 // its own
	other, otherSigma []float32 // the other pole's
}

// statistics returns those of layer number i of the layers in scope.
func (in *Input) statistics(pole Pole, i int) poleStatistics {
	own, other := &in.Plus, &in.Minus
	if pole == Minus {
		own, other = other, own
	}
	first, last := i*in.Width, (i+1)*in.Width
	return poleStatistics{
		mean: own.Mean.part(first, last), deviation: own.Deviation.part(first, last),
		other: other.Mean.part(first, last), otherSigma: other.Deviation.part(first, last),
	}
}

// contrast returns z = (μ − μ′)/(√(σ² + σ′²) + ε) of a channel, μ′ the other
// pole's. Squares of half-precision numbers are exact in float64.
func (p *poleStatistics) contrast(c int) float64 {
	s, t := float64(p.deviation[c]), float64(p.otherSigma[c])
	return (float64(p.mean[c]) - float64(p.other[c])) / (math.Sqrt(s*s+t*t) + tinyDeviation)
}

// score returns what a recipe with a score makes of the statistics; the recipe is
// valid.
func (r *Recipe) score(p poleStatistics) channelScore {
	tau, lambda := r.Parameters["tau"], float32(r.Parameters["lambda"])
	s := channelScore{first: make([]float32, len(p.mean))}
	switch {
	case r.Name == RecipeWanda:
		s.first = p.mean
	case r.Name == RecipeContrastiveWanda && r.Phi == "relu":
		for c := range s.first {
			s.first[c] = float32(max(p.contrast(c), 0))
		}
		s.second = p.mean
	case r.Name == RecipeContrastiveWanda:
		for c := range s.first {
			s.first[c] = softplus(float32(p.contrast(c) / tau))
		}
	case r.Name == RecipeTilt:
		for c := range s.first {
			tilt := kernel.Exp(lambda * tanh(float32(p.contrast(c)/tau)))
			s.first[c] = (p.mean[c] + p.other[c]) / 2 * tilt
		}
	}
	return s
}

// The functions of package math are assembly on some platforms and need not have
// the same bits; masks must. These are made of kernel.Exp, which has.

// tanh is within 1e-7 of the hyperbolic tangent.
func tanh(x float32) float32 {
	e := kernel.Exp(-2 * max(x, -x))
	t := (1 - e) / (1 + e)
	if x < 0 {
		return -t
	}
	return t
}

// softplus returns log(1 + e^x) with a relative error below 1e-6.
func softplus(x float32) float32 {
	if x < -80 { // e^x alone, where kernel.Exp ends as well
		return kernel.Exp(x)
	}
	// log(1+y) = 2·artanh(s) with s = y/(2+y) ≤ 1/3; the terms fall to a ninth each.
	y := float64(kernel.Exp(-max(x, -x)))
	s := y / (2 + y)
	square := float64(s * s)
	sum := 0.0
	for k := 21; k >= 1; k -= 2 {
		sum = float64(sum*square) + 1/float64(k)
	}
	return max(x, 0) + float32(2*s*sum)
}
