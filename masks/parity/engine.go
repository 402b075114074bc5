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

// feed appends ids to a session and calls on with the logits after each of them from
// number first on. The logits are the engine's: they last until on returns.
func (e *engine) feed(s *model.Session, ids []int32, first int, on func(i int, logits []float32)) error {
	// Logits of a whole batch are large, and in a browser memory never shrinks.
	const batch = 16
	rows := make([]model.Row, 0, batch)
	for at := 0; at < len(ids); at += batch {
		part := ids[at:min(at+batch, len(ids))]
		rows = rows[:0]
		for i, id := range part {
			rows = append(rows, model.Row{Session: s, Token: id, Logits: at+i >= first})
		}
		if err := e.Forward(rows); err != nil {
			return err
		}
		asked := 0
		for i := range part {
			if rows[i].Logits {
				on(at+i, e.Logits(asked))
				asked++
			}
		}
	}
	return nil
}

// logLikelihood returns the mean log-probability a token, in nats, of the ids from
// number first on, first ≥ 1.
func (e *engine) logLikelihood(o *model.Overlay, ids []int32, first int) (float64, error) {
	s, err := e.NewSession(o)
	if err != nil {
		return 0, err
	}
	sum := 0.0
	err = e.feed(s, ids[:len(ids)-1], first-1, func(i int, logits []float32) {
		sum += float64(logits[ids[i+1]]) - sample.LogSumExp(logits)
	})
	return sum / float64(len(ids)-first), err
}
