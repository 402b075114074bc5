package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"masque/engine/generate"
	"masque/engine/model"
)

// A pane is one side of the page: a voice with its mask, and a second voice
// that reads the pane's conversation through the other pane's mask.
type pane struct {
	own, shadow voice
}

// A voice remembers which mask it speaks through, so that it keeps what it has
// read for as long as that stays.
type voice struct {
	*generate.Voice
	worn guise
}

// A guise is a mask at a strength; the zero guise is the plain model.
type guise struct {
	key      string
	pole     string
	strength float32
}

// generate answers all panes at once.
func (p *program) generate(ctx context.Context, h head, r generateRequest) error {
	if p.model == nil {
		return errors.New("no model is open")
	}
	g, err := p.model.generator(r.Family)
	if err != nil {
		return err
	}
	if len(r.Panes) == 0 || len(r.Panes) > maxPanes {
		return fmt.Errorf("a request for %d panes; 1 to %d can reply at once", len(r.Panes), maxPanes)
	}
	requests := make([]generate.Request, len(r.Panes))
	guises := make([]guise, len(r.Panes))
	overlays := make([]*model.Overlay, len(r.Panes))
	for i, q := range r.Panes {
		for _, other := range r.Panes[:i] {
			if other.Pane == q.Pane {
				return fmt.Errorf("pane %q is asked for twice", q.Pane)
			}
		}
		if guises[i], overlays[i], err = p.wear(q); err != nil {
			return err
		}
		v := &p.pane(q.Pane).own
		if err := v.put(g, guises[i], overlays[i]); err != nil {
			return err
		}
		prompt, err := g.Prompt(q.Messages)
		if err != nil {
			return err
		}
		requests[i] = generate.Request{Voice: v.Voice, Prompt: prompt, Sampling: r.Sampling, MaxTokens: r.MaxTokens}
		if q.Seed != nil {
			requests[i].Sampling.Seed = *q.Seed
		}
	}
	said := report{host: p.host, head: h, panes: r.Panes, replies: make([][]int32, len(requests)), ended: make([]bool, len(requests))}
	err = g.Reply(ctx, requests, said.hear)
	said.flush()
	if errors.Is(err, model.ErrContext) {
		err = fmt.Errorf("%w; send a shorter message, or clear the conversation", err)
	}
	if err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "generate: ")) // people read it
	}
	if r.Compare && len(r.Panes) == 2 {
		for i := range r.Panes {
			if err := p.diverge(ctx, h, g, r.Panes[i].Pane, requests[i], said.replies[i], guises[1-i], overlays[1-i]); err != nil {
				return err
			}
		}
	}
	p.host.event(finishedEvent{h.as("finished")})
	return nil
}

// maxPanes bounds the voices of one request; each has a KV cache.
const maxPanes = 4

func (p *program) pane(name string) *pane {
	have, ok := p.model.panes[name]
	if !ok {
		have = new(pane)
		p.model.panes[name] = have
	}
	return have
}

// wear finds the mask that a pane asks for.
func (p *program) wear(q paneRequest) (guise, *model.Overlay, error) {
	if !(q.Strength >= 0 && q.Strength <= 1) {
		return guise{}, nil, fmt.Errorf("a strength of %v; it goes from 0 to 1", q.Strength)
	}
	if q.Persona == nil || q.Strength == 0 {
		return guise{}, nil, nil
	}
	doc, err := p.find(*q.Persona)
	if err != nil {
		return guise{}, nil, err
	}
	if err := doc.Check(p.model.identity()); err != nil {
		return guise{}, nil, err
	}
	pole, err := doc.Pole(string(q.Pole))
	if err != nil {
		return guise{}, nil, err
	}
	mask, err := doc.Mask(pole)
	if err != nil {
		return guise{}, nil, err
	}
	overlay, err := mask.Overlay(p.model.engine.Weights(), 1-q.Strength)
	if err != nil {
		return guise{}, nil, err
	}
	return guise{doc.key, string(pole), q.Strength}, overlay, nil
}

// put gives the voice a guise. One that it wears already keeps its cache.
func (v *voice) put(g *generate.Generator, worn guise, o *model.Overlay) error {
	if v.Voice == nil {
		made, err := g.NewVoice(o)
		if err != nil {
			return err
		}
		v.Voice, v.worn = made, worn
		return nil
	}
	if v.worn == worn {
		return nil
	}
	if err := v.SetOverlay(o); err != nil {
		return err
	}
	v.worn = worn
	return nil
}

// A report turns what happens to replies into events of the page. It tells of tokens
// once a frame: each message takes a fifth of a millisecond of the page's thread, which
// may have to wait for a core that a worker is using.
type report struct {
	host    host
	head    head
	panes   []paneRequest
	replies [][]int32 // those that have ended
	ended   []bool
	written []tokenWritten
}

func (r *report) hear(e generate.Event) {
	switch e := e.(type) {
	case generate.Prefill:
		r.host.event(prefillEvent{r.head.as("prefill"), r.panes[e.Index].Pane, e.Done, e.Total})
	case generate.Token:
		t := tokenWritten{Pane: r.panes[e.Index].Pane, Index: e.N, Token: e.ID, Text: e.Text, LogProb: e.LogProb}
		if e.Same {
			t.KL = &e.KL
		}
		r.written = append(r.written, t)
		if slices.Contains(r.ended[e.Index+1:], false) {
			return // the pass has more: the panes go side by side
		}
	case generate.End:
		r.end(e)
	}
	if r.host.due() {
		r.flush()
		r.host.yield()
	}
}

func (r *report) end(e generate.End) {
	pane := r.panes[e.Index].Pane
	r.replies[e.Index], r.ended[e.Index] = e.IDs, true
	if e.Text != "" { // characters still open at the end belong to the last token
		last := len(e.IDs) - 1
		r.written = append(r.written, tokenWritten{Pane: pane, Index: last, Token: e.IDs[last], Text: e.Text})
	}
	r.flush()
	end := endEvent{
		head: r.head.as("end"), Pane: pane, Reason: string(e.Reason), Tokens: len(e.IDs),
		PrefillTokens: e.PrefillTokens, Seconds: e.Decode.Seconds(), PrefillSeconds: e.Prefill.Seconds(),
	}
	if end.Seconds > 0 {
		end.TokensPerSecond = float64(end.Tokens) / end.Seconds
	}
	r.host.event(end)
}

// flush tells of the tokens that the page has not heard of.
func (r *report) flush() {
	if len(r.written) > 0 {
		r.host.event(tokensEvent{r.head.as("tokens"), r.written})
		r.written = r.written[:0]
	}
}

// diverge reads a pane's reply through the other pane's mask as well.
func (p *program) diverge(ctx context.Context, h head, g *generate.Generator, name string, q generate.Request, reply []int32, other guise, o *model.Overlay) error {
	e := divergenceEvent{head: h.as("divergence"), Pane: name, Tokens: []divergenceToken{}}
	stream := p.model.tok.Stream()
	tell := func(i int, kl float64) {
		e.Tokens = append(e.Tokens, divergenceToken{stream.Next(reply[i]), kl})
	}
	if pane := p.pane(name); pane.own.worn == other {
		for i := range reply { // from itself a mask does not part, whatever the seeds
			tell(i, 0)
		}
	} else {
		if err := pane.shadow.put(g, other, o); err != nil {
			return err
		}
		if err := g.Diverge(ctx, q.Voice, pane.shadow.Voice, q.Prompt, reply, p.breathe, tell); err != nil {
			return err
		}
	}
	if n := len(e.Tokens); n > 0 {
		e.Tokens[n-1].Text += stream.Flush()
	}
	p.host.event(e)
	return nil
}
