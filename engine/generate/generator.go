package generate

import (
	"fmt"

	"masque/engine/chat"
	"masque/engine/model"
	"masque/engine/tokenizer"
)

// A Generator replies with one engine. One goroutine uses it at a time.
type Generator struct {
	engine *model.Engine
	tok    *tokenizer.Tokenizer
	family chat.Family
	stop   map[int32]bool // tokens that end a reply
	rows   []model.Row    // scratch
}

// New returns a generator for a model whose turns a chat family renders.
func New(e *model.Engine, t *tokenizer.Tokenizer, f chat.Family) (*Generator, error) {
	if v := e.Weights().Vocab; t.Size() > v {
		return nil, fmt.Errorf("generate: the tokenizer has %d tokens, the model %d", t.Size(), v)
	}
	g := &Generator{engine: e, tok: t, family: f, stop: map[int32]bool{}}
	if eos := t.EOS(); eos >= 0 {
		g.stop[eos] = true
	}
	for _, piece := range f.Stop() {
		if id, ok := t.Lookup(piece); ok {
			g.stop[id] = true
		}
	}
	return g, nil
}

// Engine returns the engine that the generator computes with.
func (g *Generator) Engine() *model.Engine { return g.engine }

// Tokenizer returns the model's tokenizer.
func (g *Generator) Tokenizer() *tokenizer.Tokenizer { return g.tok }

// Prompt renders a conversation up to the point where the model is to reply.
func (g *Generator) Prompt(messages []chat.Message) ([]int32, error) {
	segments, err := g.family.Render(messages, true)
	if err != nil {
		return nil, err
	}
	return chat.Encode(g.tok, segments), nil
}

// A Voice is a conversation through one overlay.
type Voice struct {
	session *model.Session
	tokens  []int32 // what the session holds
}

// NewVoice starts a conversation that has read nothing yet.
func (g *Generator) NewVoice(o *model.Overlay) (*Voice, error) {
	s, err := g.engine.NewSession(o)
	if err != nil {
		return nil, err
	}
	return &Voice{session: s}, nil
}

// SetOverlay forgets what the voice has read and sees the weights differently
// from now on.
func (v *Voice) SetOverlay(o *model.Overlay) error {
	if err := v.session.SetOverlay(o); err != nil {
		return err
	}
	v.tokens = v.tokens[:0]
	return nil
}

// Bytes returns the memory of the voice's KV cache.
func (v *Voice) Bytes() int { return v.session.Bytes() }

// rewind forgets everything after the tokens that the voice has in common with
// a text, of which it keeps at most all but the last, and returns how many
// remain.
func (v *Voice) rewind(text []int32) int {
	n := 0
	for n < len(v.tokens) && n < len(text)-1 && v.tokens[n] == text[n] {
		n++
	}
	v.session.Truncate(n)
	v.tokens = v.tokens[:n]
	return n
}

// promptRows is how much of a prompt is read between two looks at whether it is
// still wanted: in a browser a few tenths of a second.
const promptRows = model.MaxRows / 2

// read brings the voice to have read all of text but its last token, telling
// progress the tokens done and to do. An error of progress ends it.
func (v *Voice) read(text []int32, progress func(done, total int) error) error {
	start := v.rewind(text)
	total := len(text) - 1 - start
	for done := 0; done < total; {
		part := text[start+done:][:min(total-done, promptRows)]
		if err := v.session.Feed(part, len(part), nil); err != nil {
			return err
		}
		v.tokens = append(v.tokens, part...)
		done += len(part)
		if err := progress(done, total); err != nil {
			return err
		}
	}
	return nil
}
