package sample

import (
	"fmt"
	"math"

	"masque/engine/kernel"
)

// LogProb is a token and the natural logarithm of its probability.
type LogProb struct {
	ID      int32   `json:"id"`
	LogProb float32 `json:"logProb"`
}

// LogProbs gives the n most likely tokens, the most likely first; fewer if fewer
// can be chosen.
func LogProbs(logits []float32, n int) []LogProb {
	n = min(n, len(logits))
	if n <= 0 {
		return nil
	}
	best := peak(nil, logits).mostLikely(nil, n)
	norm := LogSumExp(logits)
	list := make([]LogProb, len(best))
	for i := len(best) - 1; i >= 0; i-- {
		t := best[0]
		list[i] = LogProb{t.id, float32(float64(t.logit) - norm)}
		best[0] = best[i]
		best = best[:i]
		down(best)
	}
	return list
}

// LogSumExp gives log Σ exp(logit): a token's log-probability is its logit less
// that. It is −∞ if no token can be chosen. It is exact to about 1e-7, and has the
// same bits on every platform.
func LogSumExp(logits []float32) float64 {
	if len(logits) > 0 {
		if top := kernel.Peak(logits); ordinary(top) {
			if sum := kernel.SumExp(logits, top); sum >= 1 { // not NaN: neither is a logit
				return float64(top) + math.Log(sum)
			}
		}
	}
	return logSumExp(logits)
}

// ordinary says whether the kernels' sums can be taken with this highest logit: it is
// finite, and far above what stands for logits that are not there.
func ordinary(top float32) bool { return top >= kernel.LeastPeak && top <= math.MaxFloat32 }

// logSumExp is LogSumExp where some logits are no finite numbers, or all are below any
// that a model computes.
func logSumExp(logits []float32) float64 {
	top := highest(logits)
	if top < -math.MaxFloat32 {
		return math.Inf(-1)
	}
	sum := 0.0
	for _, v := range logits {
		if v >= -math.MaxFloat32 {
			sum += exp(float64(finite(v)) - float64(top))
		}
	}
	return float64(top) + math.Log(sum)
}

// KL gives the Kullback-Leibler divergence of the distribution that q says from the
// one that p says, Σ P log(P/Q), in nats: what it costs to take Q for P. It is +∞
// where p has a token that q cannot choose, and NaN if one of them has no token that
// can be chosen. It panics where the lengths differ. It is exact to about 1e-6, 0
// where p and q are the same, and has the same bits on every platform.
func KL(p, q []float32) float64 {
	if len(p) != len(q) {
		panic(fmt.Sprintf("sample: KL of %d logits and %d", len(p), len(q)))
	}
	if len(p) > 0 {
		topP, topQ := kernel.Peak(p), kernel.Peak(q)
		if ordinary(topP) && ordinary(topQ) {
			sumP, sumQ, cost := kernel.Divergence(p, q, topP, topQ)
			// Finite if all logits are: then nothing has been left out.
			if sumP >= 1 && sumQ >= 1 && math.Abs(cost) <= math.MaxFloat32 {
				return max(0, cost/sumP-math.Log(sumP)+math.Log(sumQ))
			}
		}
	}
	return divergence(p, q)
}

// divergence is KL where logSumExp is needed.
func divergence(p, q []float32) float64 {
	topP, topQ := highest(p), highest(q)
	if topP < -math.MaxFloat32 || topQ < -math.MaxFloat32 {
		return math.NaN()
	}
	// With P = e^(p−a) / A and Q = e^(q−b) / B, a and b being the highest logits:
	// KL = Σ e^(p−a) ((p−a) − (q−b)) / A − log A + log B.
	var sumP, sumQ, cost float64
	for i, v := range p {
		dq := math.Inf(-1)
		if w := q[i]; w >= -math.MaxFloat32 {
			dq = float64(finite(w)) - float64(topQ)
			sumQ += exp(dq)
		}
		if v >= -math.MaxFloat32 {
			dp := float64(finite(v)) - float64(topP)
			if e := exp(dp); e > 0 {
				sumP += e
				cost += float64(e * (dp - dq))
			}
		}
	}
	return max(0, cost/sumP-math.Log(sumP)+math.Log(sumQ))
}

// highest gives the highest logit, −∞ if no token can be chosen.
func highest(logits []float32) float32 { return finite(kernel.Peak(logits)) }
