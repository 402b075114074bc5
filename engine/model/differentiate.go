package model

import (
	"fmt"
	"math"

	"masque/engine/kernel"
)

// A Target is a text whose log-probability is differentiated.
type Target struct {
	Tokens []int32
	// Factors holds, for each token, the factor of its log-probability in what
	// is differentiated: Σ_i Factors[i]·log p(Tokens[i] | Tokens[:i]). The
	// first token is not predicted; its factor is 0.
	Factors []float32
}

// A Gradient is shown, for one target and one site of a layer, what scaling
// each unit would do: x[t*width+u] = h·∂L/∂h of unit u at token t, h its
// activation. Summed over the tokens that is ∂L/∂g for a gate g on the unit, at
// g = 1. It must not keep or change x.
type Gradient func(target, layer int, site Site, x []float32, width int)

// traceRows is how many tokens are differentiated together, so that a matrix
// is expanded to floats once for all of them; a longer text goes alone.
const traceRows = 128

// Differentiate runs texts through the model, seen through an overlay, and
// the gradients of their weighted log-probabilities back to the units: the
// inputs of attn_output (AttnValue) and of ffn_down (FFNHidden) of the layers
// from the last down to lowest. It returns each target's value.
//
// Weights are not differentiated, and activations that the fast path quantises
// are taken as if they were not.
func (e *Engine) Differentiate(o *Overlay, targets []Target, lowest int, see Gradient) ([]float64, error) {
	if lowest < 0 || lowest >= len(e.w.Blocks) {
		panic(fmt.Sprintf("model: Differentiate down to layer %d of %d", lowest, len(e.w.Blocks)))
	}
	rows := traceRows
	for i, t := range targets {
		switch {
		case len(t.Tokens) == 0 || len(t.Factors) != len(t.Tokens) || t.Factors[0] != 0:
			panic(fmt.Sprintf("model: target %d has %d tokens and %d factors", i, len(t.Tokens), len(t.Factors)))
		case len(t.Tokens) > e.w.Context:
			return nil, fmt.Errorf("model: text %d: %w (%d tokens)", i, ErrContext, e.w.Context)
		}
		rows = max(rows, len(t.Tokens))
	}
	if err := o.Check(e.w); err != nil {
		return nil, err
	}
	d := e.scratchOf(o, rows, lowest)
	values := make([]float64, 0, len(targets))
	for first := 0; first < len(targets); {
		last, n := first, 0
		for last < len(targets) && n+len(targets[last].Tokens) <= rows {
			n += len(targets[last].Tokens)
			last++
		}
		v, err := d.batch(targets[first:last])
		if err != nil {
			return nil, err
		}
		values = append(values, v...)
		d.see = func(target, layer int, site Site, x []float32, width int) {
			see(first+target, layer, site, x, width)
		}
		if e.lead != nil {
			e.lead.layers()
		}
		e.run(d.layers)
		first = last
	}
	return values, nil
}

// batch runs targets forward and leaves in dx the gradient of their values at
// the model's last norm.
func (d *backward) batch(targets []Target) ([]float64, error) {
	e, w := d.e, d.e.w
	d.targets = d.targets[:0]
	d.trace.reset()
	values := make([]float64, len(targets))
	var rows []Row
	var next []labelled
	for i, t := range targets {
		s, err := d.session(i)
		if err != nil {
			return nil, err
		}
		d.targets = append(d.targets, span{s, len(rows), len(rows) + len(t.Tokens)})
		for p, id := range t.Tokens {
			n := labelled{target: i}
			if p+1 < len(t.Tokens) {
				n.token, n.factor = t.Tokens[p+1], t.Factors[p+1]
			}
			rows = append(rows, Row{s, id, n.factor != 0})
			next = append(next, n)
			d.trace.pos = append(d.trace.pos, p)
		}
	}
	d.trace.rows = rows
	if e.lead != nil {
		e.lead.batch(d)
	}
	clear(d.dx[:len(rows)*w.Dim])
	for at := 0; at < len(rows); at += MaxRows {
		pass := rows[at:min(at+MaxRows, len(rows))]
		d.trace.at = at
		e.trace = d.trace
		err := e.Forward(pass)
		e.trace = nil
		if err != nil {
			return nil, err
		}
		k := 0
		for i, r := range pass {
			if r.Logits {
				n := next[at+i]
				values[n.target] += float64(n.factor) * n.differentiate(e.Logits(k))
				k++
			}
		}
		d.at = at
		if e.lead != nil {
			e.lead.head(at)
		}
		e.run(d.head)
	}
	return values, nil
}

// labelled is a row's next token and the factor of its log-probability.
type labelled struct {
	target int
	token  int32
	factor float32
}

// differentiate turns logits into the gradient of factor·log p(token) and
// returns log p(token).
func (n labelled) differentiate(logits []float32) float64 {
	peak, own := kernel.Peak(logits), logits[n.token]
	sum := kernel.ExpSum(logits, peak)
	kernel.Rescale(logits, float32(-float64(n.factor)/sum))
	logits[n.token] += n.factor
	return float64(own-peak) - math.Log(sum)
}
