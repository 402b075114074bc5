package parity

import (
	"fmt"
	"math"

	"masque/engine/model"
	"masque/engine/sample"
)

// prompt is a golden prompt with what the reference says comes next.
type prompt struct {
	IDs       []int32      `json:"ids"`
	Top       [][2]float64 `json:"top20"` // id and logit, the highest first
	LogSumExp float64      `json:"logsumexp"`
	Greedy    []int32      `json:"greedy"`
}

func (p *prompt) check(vocab int) error {
	if len(p.IDs) == 0 || len(p.Top) == 0 {
		return fmt.Errorf("%w, or one without ids or logits", errEmpty)
	}
	for _, list := range [][]int32{p.IDs, p.Greedy} {
		for _, id := range list {
			if id < 0 || int(id) >= vocab {
				return fmt.Errorf("it has the token %d, the model has %d: the values belong to another model", id, vocab)
			}
		}
	}
	for _, t := range p.Top {
		if !(t[0] >= 0 && t[0] < float64(vocab)) {
			return fmt.Errorf("it has the token %v, the model has %d: the values belong to another model", t[0], vocab)
		}
	}
	return nil
}

// logits compares the distributions after prompts.
func (r *Run) logits(e *engine, file string) ([]Check, error) {
	var golden struct {
		Cases []struct {
			IDs []int32 `json:"ids"`
			F32 prompt  `json:"f32"`
		} `json:"cases"`
	}
	if err := r.read(file, &golden); err != nil {
		return nil, err
	}
	prompts := make([]prompt, len(golden.Cases))
	for i, c := range golden.Cases {
		prompts[i] = c.F32
		prompts[i].IDs = c.IDs
	}
	if err := r.progress("%s: %d prompts", file, len(prompts)); err != nil {
		return nil, err
	}
	return comparePrompts(e, nil, prompts, file, "", math.NaN())
}

// comparePrompts compares what comes after each prompt, seen through an overlay. bound is
// that of the fast path's mean KL over the prompts.
func comparePrompts(e *engine, o *model.Overlay, prompts []prompt, file, who string, bound float64) ([]Check, error) {
	if len(prompts) == 0 {
		return nil, errEmpty
	}
	top := Check{File: file, What: who + "20 highest logits", Path: e.path(), Measure: "largest difference", Bound: e.bound(LogitsF32)}
	lse := Check{File: file, What: who + "log-sum-exp", Path: e.path(), Measure: "largest difference", Bound: e.bound(LogitsF32)}
	greedy := Check{File: file, What: who + "greedy tokens", Path: e.path(), Measure: "gap where they part", Bound: e.bound(NearTie)}
	agreed, tokens, kl, worstKL := 0, 0, 0.0, 0.0
	for i := range prompts {
		p := &prompts[i]
		if err := p.check(e.Weights().Vocab); err != nil {
			return nil, err
		}
		s, err := e.NewSession(o)
		if err != nil {
			return nil, err
		}
		var logits []float32
		if err := s.Feed(p.IDs, len(p.IDs)-1, func(_ int, l []float32) { logits = l }); err != nil {
			return nil, err
		}
		z := sample.LogSumExp(logits)
		top.widen(p.largest(logits, i+1))
		lse.widen(math.Abs(z-p.LogSumExp), fmt.Sprintf("prompt %d", i+1))
		d := p.divergence(logits, z)
		kl += d / float64(len(prompts))
		worstKL = max(worstKL, d)

		n, gap, err := e.follow(s, logits, p.Greedy)
		if err != nil {
			return nil, err
		}
		greedy.widen(gap, "")
		agreed, tokens = agreed+n, tokens+len(p.Greedy)
	}
	checks := []Check{top, lse}
	if !e.f32() {
		checks = append(checks, Check{
			File: file, What: who + "distribution over the 20 and the rest", Path: e.path(),
			Value: kl, Measure: "mean KL", Bound: bound, Detail: fmt.Sprintf("largest %.5f", worstKL),
		})
	}
	if tokens > 0 {
		greedy.Detail = fmt.Sprintf("%d of %d agree before they part", agreed, tokens)
		if agreed == tokens {
			greedy.Detail = fmt.Sprintf("all %d agree", tokens)
		}
		checks = append(checks, greedy)
	}
	return checks, nil
}

// widen keeps the larger of two differences; one that is not a number stays.
func (c *Check) widen(value float64, detail string) {
	if value > c.Value || math.IsNaN(value) {
		c.Value, c.Detail = value, detail
	}
}

// largest returns the largest difference of a logit, and whose it is; number is the
// prompt's.
func (p *prompt) largest(logits []float32, number int) (difference float64, detail string) {
	for _, t := range p.Top {
		id := int(t[0])
		if d := math.Abs(float64(logits[id]) - t[1]); d > difference || math.IsNaN(d) {
			difference, detail = d, fmt.Sprintf("token %d after prompt %d", id, number)
		}
	}
	return difference, detail
}

// divergence is the KL divergence, in nats, of the reference from logits with the
// log-sum-exp z, over 21 events: each of the golden tokens, and any other. It is at
// most the divergence over the whole vocabulary, which the golden values don't hold.
func (p *prompt) divergence(logits []float32, z float64) float64 {
	kl, restP, restQ := 0.0, 1.0, 1.0
	for _, t := range p.Top {
		logP, logQ := t[1]-p.LogSumExp, float64(logits[int(t[0])])-z
		kl += math.Exp(logP) * (logP - logQ)
		restP -= math.Exp(logP)
		restQ -= math.Exp(logQ)
	}
	if restP > 1e-6 { // below, rounding of the golden values is all there is
		kl += restP * math.Log(restP/max(restQ, 1e-12))
	}
	return kl
}

// follow decodes greedily along golden tokens, from a session that stands at logits.
// It returns how many tokens agree before the first that does not, and by how much the
// engine prefers its own there.
func (e *engine) follow(s *model.Session, logits []float32, golden []int32) (agree int, gap float64, err error) {
	for i, want := range golden {
		best := 0
		for id, v := range logits {
			if v > logits[best] {
				best = id
			}
		}
		if int32(best) != want {
			return i, float64(logits[best]) - float64(logits[want]), nil
		}
		if i == len(golden)-1 {
			break
		}
		if err := s.Feed([]int32{want}, 0, func(_ int, l []float32) { logits = l }); err != nil {
			return i, 0, err
		}
	}
	return len(golden), 0, nil
}
