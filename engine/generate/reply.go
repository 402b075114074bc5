package generate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"masque/engine/model"
	"masque/engine/sample"
	"masque/engine/tokenizer"
)

// A Request asks a voice for a reply.
type Request struct {
	Voice     *Voice
	Prompt    []int32 // the whole conversation so far; see Generator.Prompt
	Sampling  sample.Params
	MaxTokens int // at least 1
}

// An Event tells what happened to request number Index.
type Event interface{ event() }

// Prefill tells how much of a prompt has been read. Total leaves out what the
// voice had read before.
type Prefill struct {
	Index, Done, Total int
}

// Token is one token of a reply.
type Token struct {
	Index   int
	N       int // number within the reply, from 0
	ID      int32
	Text    string  // whole characters only; may be empty
	LogProb float64 // natural, under the undistorted distribution
	// Same says that all requests' texts were the same up to here, so that
	// their distributions can be compared: KL is then the divergence in nats of
	// this request's from the next one's (the last one's from the first's).
	Same bool
	KL   float64
}

// End closes a reply.
type End struct {
	Index         int
	Reason        Reason
	Text          string // characters that were still open
	PrefillTokens int
	Prefill       time.Duration
	Decode        time.Duration // from the end of all prefills to the last token
	IDs           []int32       // of the reply
}

// Reason says why a reply ended.
type Reason string

// The reasons.
const (
	Stopped Reason = "stopped" // the context was cancelled
	Stop    Reason = "stop"    // the model ended its turn
	Length  Reason = "length"  // MaxTokens reached
	Context Reason = "context" // the model's context is full
)

func (Prefill) event() {}
func (Token) event()   {}
func (End) event()     {}

// reply is a request at work.
type reply struct {
	Request
	index   int
	sampler *sample.Sampler
	text    *tokenizer.Stream
	next    int32 // the token to append
	tokens  []int32
	prefill time.Duration
	read    int
	started time.Time
	over    bool
}

// Reply answers all requests at once, each pass decoding one token of every
// reply that is not over. Cancelling the context ends them with reason
// Stopped, which is no error. The voices must differ.
func (g *Generator) Reply(ctx context.Context, requests []Request, on func(Event)) error {
	replies, err := g.begin(requests)
	if err != nil {
		return err
	}
	for _, r := range replies {
		if err := g.prefill(ctx, r, on); err != nil {
			return err
		}
	}
	now := time.Now()
	for _, r := range replies {
		r.started = now
	}
	same := len(replies) > 1
	for first := true; ; first = false {
		rows := g.rows[:0]
		for _, r := range replies {
			if !r.over {
				rows = append(rows, model.Row{Session: r.Voice.session, Token: r.next, Logits: true})
			}
		}
		g.rows = rows
		if len(rows) == 0 {
			return nil
		}
		if ctx.Err() != nil {
			endAll(replies, Stopped, on)
			return nil
		}
		err := g.engine.Forward(rows)
		if errors.Is(err, model.ErrContext) && !first {
			g.endFull(replies, on)
			continue
		}
		if err != nil {
			return err
		}
		same = same && sameText(replies)
		if err := g.sampleAll(replies, same, on); err != nil {
			return err
		}
	}
}

func (g *Generator) begin(requests []Request) ([]*reply, error) {
	replies := make([]*reply, len(requests))
	for i, q := range requests {
		if len(q.Prompt) == 0 {
			return nil, errors.New("generate: an empty prompt")
		}
		if q.MaxTokens < 1 {
			return nil, fmt.Errorf("generate: a reply of %d tokens was asked for", q.MaxTokens)
		}
		if err := q.Sampling.Validate(); err != nil {
			return nil, err
		}
		for _, other := range requests[:i] {
			if other.Voice == q.Voice {
				panic("generate: Reply with one voice twice")
			}
		}
		if limit := g.engine.Weights().Context; len(q.Prompt) >= limit {
			return nil, fmt.Errorf("generate: %w: the prompt has %d tokens, the model's context %d", model.ErrContext, len(q.Prompt), limit)
		}
		replies[i] = &reply{
			Request: q, index: i, text: g.tok.Stream(),
			sampler: sample.New(q.Sampling), next: q.Prompt[len(q.Prompt)-1],
		}
		for _, id := range q.Prompt {
			replies[i].sampler.Accept(id)
		}
	}
	return replies, nil
}

// prefill reads a reply's prompt. When the context is cancelled it leaves the
// rest unread; the decode loop then ends the reply.
func (g *Generator) prefill(ctx context.Context, r *reply, on func(Event)) error {
	start := time.Now()
	err := r.Voice.read(r.Prompt, func(done, total int) error {
		r.read = done
		on(Prefill{Index: r.index, Done: done, Total: total})
		return ctx.Err()
	})
	r.prefill = time.Since(start)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// sampleAll takes the next token of every reply that took part in the last
// pass; same says that all read the same before it.
func (g *Generator) sampleAll(replies []*reply, same bool, on func(Event)) error {
	logits := make([][]float32, 0, len(replies))
	for _, r := range replies {
		if !r.over {
			r.Voice.tokens = append(r.Voice.tokens, r.next)
			logits = append(logits, g.engine.Logits(len(logits)))
		}
	}
	k := 0
	for _, r := range replies {
		if r.over {
			continue
		}
		own := logits[k]
		id := r.sampler.Sample(own)
		if id < 0 {
			return model.ErrNoNumbers
		}
		r.sampler.Accept(id)
		token := Token{Index: r.index, N: len(r.tokens), ID: id, Same: same && len(logits) == len(replies)}
		token.LogProb = float64(own[id]) - sample.LogSumExp(own)
		if token.Same {
			token.KL = sample.KL(own, logits[(k+1)%len(logits)])
		}
		if !model.IsNumber(token.LogProb) || !model.IsNumber(token.KL) {
			return model.ErrNoNumbers
		}
		k++
		if g.stop[id] {
			r.end(Stop, on)
			continue
		}
		r.next, r.tokens = id, append(r.tokens, id)
		token.Text = r.text.Next(id)
		on(token)
		if len(r.tokens) == r.MaxTokens {
			r.end(Length, on)
		}
	}
	return nil
}

// sameText reports whether all replies read the same so far, prompt included.
func sameText(replies []*reply) bool {
	a := replies[0]
	for _, b := range replies[1:] {
		if len(a.tokens) != len(b.tokens) || a.next != b.next || len(a.Prompt) != len(b.Prompt) {
			return false
		}
		if n := len(a.tokens); n == 0 { // later the last token tells
			for i, id := range a.Prompt {
				if b.Prompt[i] != id {
					return false
				}
			}
		}
	}
	return true
}

// endFull ends the replies whose session has no room for one more token.
func (g *Generator) endFull(replies []*reply, on func(Event)) {
	for _, r := range replies {
		if !r.over && r.Voice.session.Len() >= g.engine.Weights().Context {
			r.end(Context, on)
		}
	}
}

func endAll(replies []*reply, reason Reason, on func(Event)) {
	for _, r := range replies {
		if !r.over {
			r.end(reason, on)
		}
	}
}

func (r *reply) end(reason Reason, on func(Event)) {
	r.over = true
	on(End{
		Index: r.index, Reason: reason, Text: r.text.Flush(), IDs: r.tokens,
		PrefillTokens: r.read, Prefill: r.prefill, Decode: time.Since(r.started),
	})
}
