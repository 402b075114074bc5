package study

import (
	"context"
	"errors"
	"io"

	"masque/engine/chat"
	"masque/engine/model"
	"masque/engine/tokenizer"
	"masque/masks"
	"masque/masks/neutral"
)

// A Lab is a model with all that a study puts to it. One goroutine uses it at a
// time.
type Lab struct {
	engine  *model.Engine
	tok     *tokenizer.Tokenizer
	family  chat.Family
	reading *masks.Reading // after the neutral question

	neutral     []string // texts that the cost is measured on
	development []string // texts that strengths and settings are chosen on; nil at first
	guardTexts  []string // texts that calibration guards
	// What is known of them, nil at first: what was read, and the last that was computed. Both
	// stay, so that a look at other layers costs a guard once, and the way back nothing.
	guards [2]*masks.Guard
	// Of the dense model on the first two, once they are known.
	dense, denseDevelopment likelihood
}

// Progress is told what is done now, how much of it is, and how much there is. Any
// may be nil.
type Progress func(what string, done, total int)

func (p Progress) tell(what string, done, total int) {
	if p != nil {
		p(what, done, total)
	}
}

// New returns a lab. It uses the engine's sessions and gradients; the engine stays
// the caller's to close.
func New(e *model.Engine, t *tokenizer.Tokenizer, f chat.Family) (*Lab, error) {
	l := &Lab{engine: e, tok: t, family: f}
	var err error
	if l.reading, err = l.after(masks.Ask(masks.Question)); err != nil {
		return nil, err
	}
	if l.neutral, err = neutral.Render(f, neutral.Test()); err != nil {
		return nil, err
	}
	l.guardTexts, err = neutral.Render(f, neutral.Guard())
	return l, err
}

// Engine returns the engine that the lab computes with.
func (l *Lab) Engine() *model.Engine { return l.engine }

// Reading returns how the lab reads statements: after the neutral question.
func (l *Lab) Reading() *masks.Reading { return l.reading }

// Check says which statement of a set the model has no room for, if there is one.
func (l *Lab) Check(set Statements) error { return l.reading.Check(set.Plus, set.Minus) }

// ReadGuard takes over a guard that [Lab.WriteGuard] wrote, if it is for the model with
// this digest and for the lab's chat family.
func (l *Lab) ReadGuard(file []byte, digest string) error {
	g, of, err := masks.ReadGuard(file)
	if err == nil && of == l.guardFor(digest) {
		l.guards[0] = g
	}
	return err
}

// WriteGuard writes what closing the units of a scope costs, for a model's digest.
func (l *Lab) WriteGuard(ctx context.Context, w io.Writer, s masks.Scope, digest string) error {
	g, err := l.guardOf(ctx, s, nil)
	if err != nil {
		return err
	}
	return g.Write(w, l.guardFor(digest))
}

// ForgetGuard has the guard computed anew.
func (l *Lab) ForgetGuard() { clear(l.guards[:]) }

func (l *Lab) guardFor(digest string) masks.GuardFor {
	return masks.GuardFor{Model: digest, Family: l.family.Name()}
}

// guarded returns what a scope's units cost; nil if it is not known.
func (l *Lab) guarded(s masks.Scope) *masks.Guard {
	for _, g := range l.guards {
		if g != nil && g.Covers(s) {
			return g
		}
	}
	return nil
}

// guardOf returns what closing a scope's units costs on neutral text, computed once;
// [Lab.Cost] is measured on other texts.
func (l *Lab) guardOf(ctx context.Context, s masks.Scope, progress func(done, total int)) (*masks.Guard, error) {
	if g := l.guarded(s); g != nil {
		return g, nil
	}
	g, err := l.reading.Guard(ctx, s, l.guardTexts, progress)
	if err != nil {
		return nil, err
	}
	l.guards[1] = g
	return g, nil
}

func (l *Lab) after(conversation []chat.Message) (*masks.Reading, error) {
	return masks.NewReading(l.engine, l.tok, l.family, conversation)
}

// prompted is the neutral question, or another, under a system prompt. A family
// without system messages gets the prompt in front of the question.
func (l *Lab) prompted(system, question string) (*masks.Reading, error) {
	r, err := l.after([]chat.Message{{Role: chat.System, Content: system}, {Role: chat.User, Content: question}})
	if errors.Is(err, chat.ErrConversation) {
		return l.after(masks.Ask(system + "\n\n" + question))
	}
	return r, err
}

// Masks are the two poles of a persona, or of a control.
type Masks struct{ Plus, Minus masks.Mask }

// MasksOf returns a persona's masks.
func MasksOf(p *masks.Persona) (Masks, error) {
	plus, err := p.Mask(masks.Plus)
	if err != nil {
		return Masks{}, err
	}
	minus, err := p.Mask(masks.Minus)
	return Masks{plus, minus}, err
}

// Same is one factor γ for both poles; a pole may also be louder than the other.
func Same(gamma float64) masks.Ratios { return masks.Ratios{Plus: gamma, Minus: gamma} }

// overlays are what sessions see the weights through at each pole.
type overlays struct{ plus, minus *model.Overlay }

func (l *Lab) overlays(m Masks, gamma masks.Ratios) (overlays, error) {
	plus, err := m.Plus.Overlay(l.engine.Weights(), float32(gamma.Plus))
	if err != nil {
		return overlays{}, err
	}
	minus, err := m.Minus.Overlay(l.engine.Weights(), float32(gamma.Minus))
	return overlays{plus, minus}, err
}

// A side is one way to read statements.
type side struct {
	reading *masks.Reading
	overlay *model.Overlay
}

// A contrast is two ways to read statements. What it measures of a statement is D,
// by how much it is likelier on the plus side.
type contrast struct{ plus, minus side }

// masked is the contrast of two masks after the neutral question.
func (l *Lab) masked(o overlays) contrast {
	return contrast{side{l.reading, o.plus}, side{l.reading, o.minus}}
}

// separate measures D of every statement and compares the poles.
func (c contrast) separate(ctx context.Context, set Statements, seed uint64, progress func(done, total int)) (Separation, error) {
	if err := set.both(); err != nil {
		return Separation{}, err
	}
	d, err := c.differences(ctx, set.all(), progress)
	if err != nil {
		return Separation{}, err
	}
	return Separate(d[:len(set.Plus)], d[len(set.Plus):], seed), nil
}

func (c contrast) differences(ctx context.Context, statements []string, progress func(done, total int)) ([]float64, error) {
	total := 2 * len(statements)
	tell := func(before int) func(int) {
		return func(done int) {
			if progress != nil {
				progress(before+done, total)
			}
		}
	}
	d, err := c.plus.reading.LogLikelihoods(ctx, c.plus.overlay, statements, tell(0))
	if err != nil {
		return nil, err
	}
	minus, err := c.minus.reading.LogLikelihoods(ctx, c.minus.overlay, statements, tell(len(statements)))
	if err != nil {
		return nil, err
	}
	for i, v := range minus {
		d[i] -= v
	}
	return d, nil
}
