package study

import (
	"context"
	"fmt"
	"slices"

	"masque/engine/generate"
	"masque/engine/kernel"
	"masque/engine/model"
	"masque/engine/sample"
	"masque/masks"
)

// RehearsalQuestions are those that settings are chosen with: as neutral as [Questions],
// and none of them in other words.
var RehearsalQuestions = []string{
	"What did you dream about?",
	"How do you mend a shirt?",
	"What hangs on your wall?",
	"Tell me about a bridge that you crossed.",
	"What do you do when it snows?",
	"What would you cook for a guest?",
	"Tell me about your family.",
	"What do you do with old newspapers?",
	"How was your week?",
	"What kind of music do you listen to?",
	"What do you do when something breaks?",
	"Tell me about a letter that you got.",
	"What is on your mind today?",
	"How do you celebrate a birthday?",
	"What do you keep in your bag?",
	"What would you change about your town?",
	"Tell me about something that you own.",
	"What do you keep on your desk?",
	"What do you say to somebody who asks for advice?",
	"What does the sea sound like?",
}

// rehearsalTokens is how much of each of the dense model's replies is gone through. What
// is kept of a token is as large as the vocabulary.
const rehearsalTokens = 24

// A Rehearsal foretells how far apart two masks' replies will be, without sampling any
// of them. The dense model replies to [RehearsalQuestions] once. At each token of its
// replies a mask has a distribution p over what comes next, and the prompts have an
// opinion of that,
//
//	J(t) = log p(t | plus prompt) − log p(t | minus prompt)
//
// The drift of two masks is the mean over those tokens of E_plus[J] − E_minus[J]: the
// first step of what judging sampled replies measures, exact where that has the noise of
// two dozen texts. Between masks of a pair it orders them; it is no AUC.
type Rehearsal struct {
	lab     *Lab
	replies []rehearsed
}

// rehearsed is a reply of the dense model.
type rehearsed struct {
	prompt, reply []int32
	opinions      [][]float32 // J of each token of the vocabulary, at each of the reply's
}

// Rehearse has the dense model reply and the prompts judge.
func (l *Lab) Rehearse(ctx context.Context, prompts Prompts, seed uint64, progress Progress) (*Rehearsal, error) {
	g, err := generate.New(l.engine, l.tok, l.family)
	if err != nil {
		return nil, err
	}
	voice, err := g.NewVoice(nil)
	if err != nil {
		return nil, err
	}
	r := &Rehearsal{lab: l}
	of := interview{"rehearsal", RehearsalQuestions, 1, seed}
	for i, question := range RehearsalQuestions {
		prompt, err := l.asked(g, "", question)
		if err != nil {
			return nil, err
		}
		sampling := sample.Default()
		sampling.Seed = of.replySeed(i, 0)
		y := rehearsed{prompt: prompt}
		request := generate.Request{Voice: voice, Prompt: prompt, Sampling: sampling, MaxTokens: rehearsalTokens}
		err = g.Reply(ctx, []generate.Request{request}, func(event generate.Event) {
			if end, ok := event.(generate.End); ok {
				y.reply = slices.Clone(end.IDs)
			}
		})
		if err == nil {
			err = ctx.Err() // Reply takes a cancelled context for the end of the reply
		}
		if err != nil {
			return nil, err
		}
		if y.opinions, err = r.opinions(prompts, question, y.reply); err != nil {
			return nil, err
		}
		r.replies = append(r.replies, y)
		progress.tell("rehearsing replies", i+1, len(RehearsalQuestions))
	}
	return r, nil
}

// opinions returns J at each token of a reply.
func (r *Rehearsal) opinions(prompts Prompts, question string, reply []int32) ([][]float32, error) {
	j := make([][]float32, len(reply))
	for i := range j {
		j[i] = make([]float32, r.lab.engine.Weights().Vocab)
	}
	for _, pole := range []struct {
		prompt string
		sign   float32
	}{{prompts.Plus, 1}, {prompts.Minus, -1}} {
		reading, err := r.lab.prompted(pole.prompt, question)
		if err != nil {
			return nil, err
		}
		err = r.lab.predict(nil, reading.Prefix(), reply, func(i int, logits []float32) {
			z := float32(sample.LogSumExp(logits))
			for t, x := range logits {
				j[i][t] += pole.sign * (x - z)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return j, nil
}

// Drift returns by how much more the plus mask's next tokens are to the plus prompt's
// liking than the minus mask's, in nats a token.
func (r *Rehearsal) Drift(ctx context.Context, m Masks, gamma masks.Ratios) (float64, error) {
	o, err := r.lab.overlays(m, gamma)
	if err != nil {
		return 0, err
	}
	plus, err := r.expected(ctx, o.plus)
	if err != nil {
		return 0, err
	}
	minus, err := r.expected(ctx, o.minus)
	return plus - minus, err
}

// expected is the mean over all tokens of E[J] as an overlay has it.
func (r *Rehearsal) expected(ctx context.Context, o *model.Overlay) (float64, error) {
	sum, tokens := 0.0, 0
	for _, y := range r.replies {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		err := r.lab.predict(o, y.prompt, y.reply, func(i int, logits []float32) {
			z := float32(sample.LogSumExp(logits))
			for t, x := range logits {
				sum += float64(kernel.Exp(x-z)) * float64(y.opinions[i][t]) // exact, so that fusing it changes nothing
			}
			tokens++
		})
		if err != nil {
			return 0, err
		}
	}
	return sum / float64(max(1, tokens)), nil
}

// predict reads a text after a prefix and shows the logits from which each of its tokens
// would be drawn.
func (l *Lab) predict(o *model.Overlay, prefix, text []int32, see func(i int, logits []float32)) error {
	if len(text) == 0 {
		return nil
	}
	session, err := l.engine.NewSession(o)
	if err != nil {
		return err
	}
	ids := slices.Concat(prefix, text[:len(text)-1]) // nothing follows the last token
	first := len(prefix) - 1                         // predicts the first
	err = session.Feed(ids, first, func(i int, logits []float32) { see(i-first, logits) })
	if err != nil {
		return fmt.Errorf("study: a reply: %w", err)
	}
	return nil
}
