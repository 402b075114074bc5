package model

import (
	"fmt"
	"math"
	"slices"

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
// g = 1. The last token predicts none, and is left out. It must not keep or change x.
type Gradient func(target, layer int, site Site, x []float32, width int)

// traceRows is how many tokens are differentiated together, so that a matrix
// is expanded to floats once for all of them; a longer text goes alone.
const traceRows = 128

// Together returns how many of the first targets Differentiate takes together: whoever
// gives it so many at a time, to look around in between, loses nothing.
func Together(targets []Target) int {
	rows := 0
	for i, t := range targets {
		if rows += len(t.Tokens) - 1; i > 0 && rows > traceRows {
			return i
		}
	}
	return len(targets)
}

// Differentiate runs texts through the model, seen through an overlay, and
// the gradients of their weighted log-probabilities back to the units: the
// inputs of attn_output (AttnValue) and of ffn_down (FFNHidden) of the layers
// from the last down to lowest. It returns each target's value.
//
// All texts follow a beginning, which may be empty. It is read once and is no part of
// them: what units do at its tokens is not asked, and costs nothing.
//
// Weights are not differentiated, and activations that the fast path quantises
// are taken as if they were not.
func (e *Engine) Differentiate(o *Overlay, beginning []int32, targets []Target, lowest int, see Gradient) ([]float64, error) {
	if lowest < 0 || lowest >= len(e.w.Blocks) {
		panic(fmt.Sprintf("model: Differentiate down to layer %d of %d", lowest, len(e.w.Blocks)))
	}
	rows := traceRows
	for i, t := range targets {
		switch {
		case len(t.Tokens) == 0 || len(t.Factors) != len(t.Tokens) || t.Factors[0] != 0:
			panic(fmt.Sprintf("model: target %d has %d tokens and %d factors", i, len(t.Tokens), len(t.Factors)))
		case len(beginning)+len(t.Tokens) > e.w.Context:
			return nil, fmt.Errorf("model: text %d: %w (%d tokens)", i, ErrContext, e.w.Context)
		}
		if id := t.Tokens[len(t.Tokens)-1]; id < 0 || int(id) >= e.w.Vocab { // it is not read
			return nil, e.noToken(id)
		}
		rows = max(rows, len(t.Tokens))
	}
	if err := o.Check(e.w); err != nil {
		return nil, err
	}
	d := e.scratchOf(o, rows, len(beginning), lowest)
	if err := d.begin(beginning); err != nil {
		return nil, err
	}
	values := make([]float64, 0, len(targets))
	for first := 0; first < len(targets); {
		last := first + Together(targets[first:])
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

// begin reads what stands before all targets, unless it was read before.
func (d *backward) begin(beginning []int32) (err error) {
	if len(beginning) == 0 || slices.Equal(beginning, d.before) {
		return nil
	}
	d.before, d.pool, d.beginning = nil, nil, nil
	if d.begun, err = d.e.NewSession(d.overlay); err != nil {
		return err
	}
	if err := d.begun.Feed(beginning, len(beginning), nil); err != nil {
		return err
	}
	d.before = slices.Clone(beginning)
	return nil
}

// batch runs targets forward and leaves in dx the gradient of their values at
// the model's last norm. What they have in common at the start is read once.
func (d *backward) batch(targets []Target) ([]float64, error) {
	e := d.e
	shared, known := d.shared(targets)
	sessions, lengths := make([]*Session, len(targets)), make([]int, len(targets))
	for i, t := range targets {
		s, err := d.session(i)
		if err != nil {
			return nil, err
		}
		s.Truncate(d.base)
		sessions[i], lengths[i] = s, len(t.Tokens)-1 // nothing follows the last
	}
	first := 0 // rows of the beginning that are read
	if !known {
		first = shared
	}
	d.lay(sessions, lengths, shared, first)
	if e.lead != nil {
		e.lead.batch(d, shared, first)
	}
	d.beginning = nil // until it has been read
	var rows []Row
	var next []labelled
	for i, t := range targets {
		from := shared
		if i == 0 {
			from -= first
		}
		for p := from; p < len(t.Tokens)-1; p++ {
			n := labelled{i, t.Tokens[p+1], t.Factors[p+1]}
			rows = append(rows, Row{sessions[i], t.Tokens[p], n.factor != 0})
			next = append(next, n)
		}
	}
	values := make([]float64, len(targets))
	read := func(from, to int) error {
		for at := from; at < to; at += MaxRows {
			pass := rows[at:min(at+MaxRows, to)]
			d.trace.at = at
			e.trace = d.trace
			err := e.Forward(pass)
			e.trace = nil
			if err != nil {
				return err
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
		return nil
	}
	if err := read(0, first); err != nil {
		return nil, err
	}
	if shared > 0 {
		if e.lead != nil {
			e.lead.share(shared)
		}
		d.share(shared)
	}
	if err := read(first, len(rows)); err != nil {
		return nil, err
	}
	d.beginning = targets[0].Tokens[:shared:shared]
	return values, nil
}

// shared returns how many tokens all targets begin with, none of whose
// log-probabilities are asked for, so that one reading serves for all; and whether
// the batch before has left it.
func (d *backward) shared(targets []Target) (n int, known bool) {
	if n = len(d.beginning); n > 0 && common(targets, d.beginning) == n {
		return n, true
	}
	return common(targets, targets[0].Tokens), false
}

// common returns how much of a beginning all targets have and ask nothing of. Each
// keeps a token of its own, if it has two.
func common(targets []Target, beginning []int32) int {
	n := len(beginning)
	for _, t := range targets {
		i := 0
		for i < min(n, len(t.Tokens)-2) && t.Tokens[i] == beginning[i] && t.Factors[i+1] == 0 {
			i++
		}
		n = i
	}
	return n
}

// lay gives targets their rows, and says which of them are read: of the shared
// tokens at the beginning only the first target's, if they are not known.
func (d *backward) lay(sessions []*Session, lengths []int, shared, first int) {
	t := d.trace
	t.reset()
	d.targets = d.targets[:0]
	for i, s := range sessions {
		at := len(t.rows)
		for p := range lengths[i] {
			if p >= shared || i == 0 && p < first {
				t.place = append(t.place, len(t.rows))
			}
			t.rows = append(t.rows, Row{Session: s})
			t.pos = append(t.pos, d.base+p)
		}
		d.targets = append(d.targets, span{s, at, len(t.rows)})
	}
	clear(d.dx[:len(t.rows)*d.e.w.Dim])
}

// share gives what the first target's first n tokens have left to all of them.
func (d *backward) share(n int) {
	from := d.targets[0].session
	from.len = d.base + n
	for _, t := range d.targets[1:] {
		d.trace.repeat(d.e.w, n, t.first)
		t.session.copyFrom(from)
	}
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
