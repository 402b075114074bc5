package model

import (
	"errors"
	"fmt"
	"math"
	"sync"

	"masque/engine/team"
)

// MaxRows is the largest batch of one pass. A prompt goes through in passes of
// this many tokens; each reads all weights, and takes their tiles apart, once.
const MaxRows = 128

// ErrContext says that a session has reached the model's context length.
var ErrContext = errors.New("the conversation is as long as the model's context")

// ErrNoNumbers says that logits or gradients are NaN or infinite, so that no token can be
// chosen and nothing be measured. The engine leaves it to its callers to look.
var ErrNoNumbers = errors.New("the model computes no numbers: its file or its mask is broken")

// IsNumber says of what was made from logits or gradients whether it is a finite number.
func IsNumber(x float64) bool { return math.Abs(x) <= math.MaxFloat64 }

// An Engine computes logits. It owns scratch memory and a team; one goroutine
// uses it at a time. Sessions of one engine may share a pass.
type Engine struct {
	w       *Weights
	rope    *rope
	members []*member
	logits  []float32 // [rows that asked][vocab], grown to the most asked for
	rows    []Row
	asked   []int // rows that asked for logits
	twins   int   // whose rows these are, one after the other
	alike   int   // layers that are computed for the first of them alone

	tap   Tap
	trace *trace // set while a pass is to be differentiated
	back  *backward

	lead    *lead           // of members in other programs; nil: there are none
	task    func(*member)   // what the team is to do
	forward func(*member)   // member.forward, made once
	work    []chan struct{} // wakes the members after the first
	done    sync.WaitGroup
}

// A Row is one token of a batch.
type Row struct {
	Session *Session
	Token   int32
	Logits  bool // the logits after this token are wanted
}

// NewEngine returns an engine that computes with a number of goroutines.
func NewEngine(w *Weights, workers int) *Engine {
	if !w.share.whole() {
		panic("model: NewEngine with a share of the weights, which are for Lead and Follow")
	}
	e := newEngine(w, team.Local(workers))
	for _, m := range e.members[1:] {
		wake := make(chan struct{}, 1)
		e.work = append(e.work, wake)
		go func() {
			for range wake {
				e.task(m)
				e.done.Done()
			}
		}()
	}
	return e
}

func newEngine[M team.Member](w *Weights, members []M) *Engine {
	e := &Engine{w: w, rope: newRope(w)}
	e.forward = func(m *member) { m.forward(e) }
	for i, m := range members {
		e.members = append(e.members, newMember(w, e.rope, m, i))
	}
	return e
}

// Close ends the engine's goroutines, or its followers. The engine and its
// sessions can't be used afterwards.
func (e *Engine) Close() {
	if e.lead != nil {
		e.lead.end()
		e.lead = nil
	}
	for _, wake := range e.work {
		close(wake)
	}
	e.work, e.members = nil, nil
}

// Weights returns the parameters that the engine computes with.
func (e *Engine) Weights() *Weights { return e.w }

// Forward appends the tokens of rows to their sessions, in order, and computes
// the logits that the rows ask for. Rows of one session stand next to each
// other. On an error nothing has changed.
func (e *Engine) Forward(rows []Row) error {
	if err := e.check(rows); err != nil {
		return err
	}
	e.twins, e.alike = 1, 0
	if t := rows[0].Session.twins; t != nil {
		t.check(rows)
		e.twins, e.alike = len(t.sessions), t.layers
	}
	if e.lead != nil {
		e.lead.forward(rows)
	}
	e.count(rows)
	e.run(e.forward)
	return nil
}

// count adds rows to their sessions and makes room for what is computed.
func (e *Engine) count(rows []Row) {
	e.rows, e.asked = rows, e.asked[:0]
	for i, r := range rows {
		if r.Logits {
			e.asked = append(e.asked, i)
		}
		last := i+1 == len(rows) || rows[i+1].Session != r.Session
		r.Session.len++
		if last {
			r.Session.grow(r.Session.len)
			e.rope.reach(r.Session.len)
		}
	}
	if need := len(e.asked) * e.w.Vocab; len(e.logits) < need {
		e.logits = make([]float32, need)
	}
}

// run has every member of this program do a task. Those of others have been
// told of it.
func (e *Engine) run(task func(*member)) {
	e.task = task
	e.done.Add(len(e.work))
	for _, wake := range e.work {
		wake <- struct{}{}
	}
	task(e.members[0])
	e.done.Wait()
}

func (e *Engine) check(rows []Row) error {
	if len(rows) == 0 || len(rows) > MaxRows {
		panic(fmt.Sprintf("model: Forward of %d rows, want 1 to %d", len(rows), MaxRows))
	}
	n := 0 // rows of the session so far
	for i, r := range rows {
		if r.Session == nil || r.Session.engine != e {
			panic("model: Forward of a row without a session of this engine")
		}
		if r.Session.twins != rows[0].Session.twins {
			panic("model: Forward of a twin without the others")
		}
		n++
		if i > 0 && rows[i-1].Session != r.Session {
			n = 1
			for _, other := range rows[:i] {
				if other.Session == r.Session {
					panic("model: Forward of a session's rows that do not stand together")
				}
			}
		}
		if r.Token < 0 || int(r.Token) >= e.w.Vocab {
			return e.noToken(r.Token)
		}
		if r.Session.len+n > e.w.Context {
			return fmt.Errorf("model: %w (%d tokens)", ErrContext, e.w.Context)
		}
	}
	return nil
}

func (e *Engine) noToken(id int32) error {
	return fmt.Errorf("model: token %d, the vocabulary has %d", id, e.w.Vocab)
}

// Logits returns the logits of the i-th row that asked for them in the last
// pass, one for each token of the vocabulary. They are overwritten by the next
// pass.
func (e *Engine) Logits(i int) []float32 {
	if i < 0 || i >= len(e.asked) {
		panic(fmt.Sprintf("model: Logits(%d), %d rows asked for them", i, len(e.asked)))
	}
	return e.logits[i*e.w.Vocab : (i+1)*e.w.Vocab]
}

// A Site is a place whose activations a Tap sees: the input of one or more
// matrices.
type Site uint8

// The sites of a layer.
const (
	AttnInput Site = iota // input of attn_q, attn_k, attn_v: [dim]
	AttnValue             // input of attn_output: [qDim], after the gates
	FFNInput              // input of ffn_gate, ffn_up: [dim]
	FFNHidden             // input of ffn_down: [ffn], after the gates
)

// A Tap is shown the activations of every pass: x[i*width:(i+1)*width] belongs
// to rows[i]. It must not keep or change x.
type Tap func(layer int, site Site, rows []Row, x []float32, width int)

// SetTap sets the function that sees activations; nil for none.
func (e *Engine) SetTap(t Tap) { e.tap = t }
