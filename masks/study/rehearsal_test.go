package study

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"masque/engine/model"
	"masque/engine/sample"
	"masque/masks"
)

var likingPrompts = Prompts{"You like it.", "You hate it."}

func TestRehearsal(t *testing.T) {
	l := tinyLab(t)
	s := tinySettings(t, masks.RecipeUnits)
	src, err := l.Source(ctx, numbered(6), s, 0, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := src.Own(s)
	if err != nil {
		t.Fatal(err)
	}
	r, err := l.Rehearse(ctx, likingPrompts, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.replies) != len(RehearsalQuestions) {
		t.Fatalf("%d replies to %d questions", len(r.replies), len(RehearsalQuestions))
	}
	if d, err := r.Drift(ctx, m, Same(1)); d != 0 || err != nil {
		t.Errorf("masks that close nothing drift by %v (%v)", d, err)
	}
	d, err := r.Drift(ctx, m, Same(0))
	if err != nil || d == 0 {
		t.Errorf("masks that close units drift by %v (%v)", d, err)
	}
	back, err := r.Drift(ctx, Masks{m.Minus, m.Plus}, Same(0))
	if err != nil || back != -d {
		t.Errorf("the poles drift by %v, exchanged by %v (%v)", d, back, err)
	}

	// By hand, a token at a time.
	o, err := l.overlays(m, Same(0))
	if err != nil {
		t.Fatal(err)
	}
	want, tokens := 0.0, 0
	for i, y := range r.replies {
		tokens += len(y.reply)
		at := func(o *model.Overlay, prefix []int32) [][]float64 { return byHand(t, l, o, prefix, y.reply) }
		plus, minus := at(o.plus, y.prompt), at(o.minus, y.prompt)
		var judges [2][][]float64
		for k, prompt := range []string{likingPrompts.Plus, likingPrompts.Minus} {
			reading, err := l.prompted(prompt, RehearsalQuestions[i])
			if err != nil {
				t.Fatal(err)
			}
			judges[k] = at(nil, reading.Prefix())
		}
		for k := range y.reply {
			for v := range plus[k] {
				want += (math.Exp(plus[k][v]) - math.Exp(minus[k][v])) * (judges[0][k][v] - judges[1][k][v])
			}
		}
	}
	if want /= float64(tokens); math.Abs(d-want) > 1e-5+1e-3*math.Abs(want) {
		t.Errorf("the drift is %v, by hand %v", d, want)
	}

	// The judge is on the side of whoever speaks under a prompt: E_plus[J] is
	// KL(plus ‖ minus), and the other way round.
	for k, prompt := range []string{likingPrompts.Plus, likingPrompts.Minus} {
		under := &Rehearsal{lab: l}
		for i, y := range r.replies {
			reading, err := l.prompted(prompt, RehearsalQuestions[i])
			if err != nil {
				t.Fatal(err)
			}
			y.prompt = reading.Prefix()
			under.replies = append(under.replies, y)
		}
		if e, err := under.expected(ctx, nil); err != nil || (e > 0) != (k == 0) {
			t.Errorf("under the prompt %q the judge expects %v (%v)", prompt, e, err)
		}
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := l.Rehearse(cancelled, likingPrompts, 1, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("rehearsed, cancelled: %v", err)
	}
	if _, err := r.Drift(cancelled, m, Same(0)); !errors.Is(err, context.Canceled) {
		t.Errorf("measured, cancelled: %v", err)
	}
}

// byHand returns the log-probabilities of all tokens at each place of a text.
func byHand(t *testing.T, l *Lab, o *model.Overlay, prefix, text []int32) (at [][]float64) {
	t.Helper()
	session, err := l.engine.NewSession(o)
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range slices.Concat(prefix, text) {
		if err := l.engine.Forward([]model.Row{{Session: session, Token: id, Logits: true}}); err != nil {
			t.Fatal(err)
		}
		if i < len(prefix)-1 || i == len(prefix)+len(text)-1 {
			continue
		}
		logits := l.engine.Logits(0)
		z := sample.LogSumExp(logits)
		row := make([]float64, len(logits))
		for v, x := range logits {
			row[v] = float64(x) - z
		}
		at = append(at, row)
	}
	return at
}

// TestQuestions: what settings are chosen with is not what is reported.
// TestQuestions: what masks are made from, chosen by and reported with are other questions,
// and not the same ones in other words.
func TestQuestions(t *testing.T) {
	lists := [][]string{Questions, RehearsalQuestions, ImpersonationQuestions}
	all := slices.Concat(lists...)
	subject := func(q string) map[string]bool { // the words that say what is asked about
		words := map[string]bool{}
		for _, w := range wordsOf(q) {
			if len(w) >= 4 && !strings.Contains(" what which about tell your that would like have does when keep look something ", " "+w+" ") {
				words[w] = true
			}
		}
		return words
	}
	for i, q := range all {
		for _, other := range all[:i] {
			a, b := subject(q), subject(other)
			common := 0
			for w := range a {
				if b[w] {
					common++
				}
			}
			if 2*common > min(len(a), len(b)) || q == other {
				t.Errorf("%q asks what %q asks", q, other)
			}
		}
	}
	for _, list := range lists {
		if len(list) != 20 {
			t.Errorf("%d questions", len(list))
		}
	}
}
