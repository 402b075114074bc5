package parity

import (
	"math"

	"masque/engine/model"
	"masque/engine/sample"
)

// engine adds to a model.Engine what the comparisons ask of it.
type engine struct{ *model.Engine }

func (e *engine) path() string { return e.Weights().Precision.String() }

func (e *engine) f32() bool { return e.Weights().Precision == model.F32 }

// bound is the f32 path's bound, or none.
func (e *engine) bound(f32 float64) float64 {
	if e.f32() {
		return f32
	}
	return math.NaN()
}

// logLikelihood returns the mean log-probability a token, in nats, of the ids from
// number first on, first ≥ 1.
func (e *engine) logLikelihood(o *model.Overlay, ids []int32, first int) (float64, error) {
	s, err := e.NewSession(o)
	if err != nil {
		return 0, err
	}
	sum := 0.0
	err = s.Feed(ids[:len(ids)-1], first-1, func(i int, logits []float32) {
		sum += float64(logits[ids[i+1]]) - sample.LogSumExp(logits)
	})
	return sum / float64(len(ids)-first), err
}
