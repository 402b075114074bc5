package parity

import (
	"fmt"
	"math"

	"masque/engine/sample"
)

// passage compares the likelihood of a text, and, for the fast path, its distributions
// with those of the f32 path.
func (r *Run) passage(e *engine, file string) ([]Check, error) {
	var golden struct {
		IDs []int32 `json:"ids"`
		NLL float64 `json:"mean_nll_f32"`
	}
	if err := r.read(file, &golden); err != nil {
		return nil, err
	}
	if len(golden.IDs) < 2 {
		return nil, errEmpty
	}
	for _, id := range golden.IDs {
		if id < 0 || int(id) >= e.Weights().Vocab {
			return nil, fmt.Errorf("it has the token %d, the model has %d: the values belong to another model", id, e.Weights().Vocab)
		}
	}
	if err := r.progress("%s: %d tokens", file, len(golden.IDs)); err != nil {
		return nil, err
	}
	s, err := e.NewSession(nil)
	if err != nil {
		return nil, err
	}
	n := len(golden.IDs) - 1
	if e.f32() {
		r.reference = make([][]float32, n)
	}
	nll, kl, worst := 0.0, 0.0, 0.0
	err = s.Feed(golden.IDs[:n], 0, func(i int, logits []float32) {
		nll += (sample.LogSumExp(logits) - float64(logits[golden.IDs[i+1]])) / float64(n)
		if e.f32() {
			r.reference[i] = append([]float32(nil), logits...)
		} else if r.reference != nil {
			d := sample.KL(r.reference[i], logits)
			kl += d / float64(n)
			worst = max(worst, d)
		}
	})
	if err != nil {
		return nil, err
	}
	if e.f32() {
		return []Check{{
			File: file, What: "mean negative log-likelihood", Path: e.path(),
			Value: math.Abs(nll - golden.NLL), Measure: "difference", Bound: LogitsF32,
			Detail: fmt.Sprintf("%.5f, reference %.5f", nll, golden.NLL),
		}}, nil
	}
	ratio := math.Exp(nll - golden.NLL)
	checks := []Check{{
		File: file, What: "perplexity", Path: e.path(), Value: ratio, Measure: "ratio", Bound: PPLFast,
		Detail: fmt.Sprintf("%.3f, reference %.3f", math.Exp(nll), math.Exp(golden.NLL)),
	}}
	if r.reference != nil {
		checks = append(checks, Check{
			File: file, What: fmt.Sprintf("distributions at %d tokens, from the f32 path's", n), Path: e.path(),
			Value: kl, Measure: "mean KL", Bound: KLFast, Detail: fmt.Sprintf("largest %.4f", worst),
		})
	}
	return checks, nil
}
