package generate

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"masque/engine/chat"
	"masque/engine/gguf"
	"masque/engine/model"
	"masque/engine/model/modeltest"
	"masque/engine/sample"
	"masque/engine/tokenizer"
)

func newGenerator(t *testing.T, c modeltest.Tiny) *Generator {
	t.Helper()
	b := c.Write()
	f, err := gguf.Open(bytes.NewReader(b), int64(len(b)), "tiny.gguf")
	if err != nil {
		t.Fatal(err)
	}
	w, err := model.Load(f, model.Fast, nil)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.FromGGUF(f)
	if err != nil {
		t.Fatal(err)
	}
	family, err := chat.FromGGUF(f)
	if err != nil {
		t.Fatal(err)
	}
	e := model.NewEngine(w, 1)
	t.Cleanup(e.Close)
	g, err := New(e, tok, family)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func newVoice(t *testing.T, g *Generator, o *model.Overlay) *Voice {
	t.Helper()
	v, err := g.NewVoice(o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// closed is an overlay that closes every third attention channel of a layer.
func closed() *model.Overlay {
	o := &model.Overlay{Gates: make([]model.LayerGates, 3)}
	o.Gates[1].O = make([]float32, 64)
	for i := range o.Gates[1].O {
		if i%3 != 0 {
			o.Gates[1].O[i] = 1
		}
	}
	return o
}

func greedy() sample.Params {
	p := sample.Default()
	p.Temperature, p.RepeatPenalty = 0, 1
	return p
}

func prompt(t *testing.T, g *Generator, text string) []int32 {
	t.Helper()
	ids, err := g.Prompt([]chat.Message{{Role: "user", Content: text}})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// record answers requests and returns what happened to each.
type record struct {
	tokens  []Token
	end     End
	prefill []Prefill
}

func answer(t *testing.T, g *Generator, requests ...Request) []record {
	t.Helper()
	records, err := answerIn(context.Background(), g, nil, requests...)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

func answerIn(ctx context.Context, g *Generator, also func(Event), requests ...Request) ([]record, error) {
	records := make([]record, len(requests))
	err := g.Reply(ctx, requests, func(e Event) {
		switch e := e.(type) {
		case Token:
			records[e.Index].tokens = append(records[e.Index].tokens, e)
		case Prefill:
			records[e.Index].prefill = append(records[e.Index].prefill, e)
		case End:
			records[e.Index].end = e
		}
		if also != nil {
			also(e)
		}
	})
	return records, err
}

// byHand is a greedy reply, token by token.
func byHand(t *testing.T, g *Generator, o *model.Overlay, ids []int32, n int) []int32 {
	t.Helper()
	s, err := g.Engine().NewSession(o)
	if err != nil {
		t.Fatal(err)
	}
	var out []int32
	for i := 0; len(out) < n; i++ {
		id := int32(0)
		if i < len(ids) {
			id = ids[i]
		} else {
			id = out[i-len(ids)]
		}
		if err := g.Engine().Forward([]model.Row{{Session: s, Token: id, Logits: true}}); err != nil {
			t.Fatal(err)
		}
		if i >= len(ids)-1 {
			best := 0
			for j, v := range g.Engine().Logits(0) {
				if v > g.Engine().Logits(0)[best] {
					best = j
				}
			}
			out = append(out, int32(best))
		}
	}
	return out
}

func TestReply(t *testing.T) {
	g := newGenerator(t, modeltest.Default())
	ids := prompt(t, g, "What is a mask made of? It has to be long enough for two passes.")
	if len(ids) < promptRows+5 {
		t.Fatalf("the prompt has %d tokens", len(ids))
	}
	overlays := []*model.Overlay{nil, closed()}
	var want [2][]int32
	for i, o := range overlays {
		want[i] = byHand(t, g, o, ids, 20)
		if cut := slices.IndexFunc(want[i], func(id int32) bool { return g.stop[id] }); cut >= 0 {
			want[i] = want[i][:cut]
		}
	}
	if slices.Equal(want[0], want[1]) {
		t.Fatal("the overlay changes nothing; the test proves nothing")
	}
	voices := []*Voice{newVoice(t, g, overlays[0]), newVoice(t, g, overlays[1])}
	var requests []Request
	for _, v := range voices {
		requests = append(requests, Request{Voice: v, Prompt: ids, Sampling: greedy(), MaxTokens: 20})
	}
	apart := 0
	for apart < len(want[0]) && apart < len(want[1]) && want[0][apart] == want[1][apart] {
		apart++
	}
	for round, records := range [][]record{answer(t, g, requests...), answer(t, g, requests...)} {
		for i, r := range records {
			if !slices.Equal(r.end.IDs, want[i]) {
				t.Errorf("round %d, voice %d: %v, want %v", round, i, r.end.IDs, want[i])
			}
			text := ""
			for n, tok := range r.tokens {
				if tok.N != n || tok.ID != want[i][n] || !(tok.LogProb <= 0) {
					t.Errorf("token %d: %+v", n, tok)
				}
				// The token at which the texts part is still chosen after the same text.
				if tok.Same != (n <= apart) || tok.Same && !(tok.KL > 0) {
					t.Errorf("token %d of texts that part at %d: same %v, KL %v", n, apart, tok.Same, tok.KL)
				}
				text += tok.Text
			}
			if text+r.end.Text != g.tok.Decode(want[i]) {
				t.Errorf("text %q, want %q", text+r.end.Text, g.tok.Decode(want[i]))
			}
			read := len(ids) - 1
			if round == 1 {
				read = 0
			}
			if r.end.PrefillTokens != read {
				t.Errorf("round %d: read %d tokens of the prompt, want %d", round, r.end.PrefillTokens, read)
			}
		}
	}
	// A conversation that goes on is read from where it differs.
	longer := append(slices.Clone(ids), want[0][:5]...)
	longer = append(longer, prompt(t, g, "And then?")...)
	requests = requests[:1]
	requests[0].Prompt = longer
	r := answer(t, g, requests...)[0]
	if r.end.PrefillTokens > len(longer)-len(ids)-4 {
		t.Errorf("read %d tokens again of %d", r.end.PrefillTokens, len(longer))
	}
	if w := byHand(t, g, nil, longer, 20); !slices.Equal(r.end.IDs, w[:len(r.end.IDs)]) {
		t.Errorf("after a longer prompt: %v, want %v", r.end.IDs, w)
	}
	if last := r.prefill[len(r.prefill)-1]; last.Done != last.Total || last.Done != r.end.PrefillTokens {
		t.Errorf("the last word on the prefill is %+v", last)
	}
}

func TestEnds(t *testing.T) {
	c := modeltest.Default()
	c.Context = 90
	g := newGenerator(t, c)
	ids := prompt(t, g, "Say something.")
	// A sampler's own choice may be a stop token: make none of them one but
	// the one that the test is about.
	want := byHand(t, g, nil, ids, 90-len(ids)+1)
	if slices.ContainsFunc(want, func(id int32) bool { return g.stop[id] }) {
		t.Fatal("the greedy reply meets a stop token; choose another prompt")
	}
	v := newVoice(t, g, nil)
	q := Request{Voice: v, Prompt: ids, Sampling: greedy(), MaxTokens: 7}
	if r := answer(t, g, q)[0]; r.end.Reason != Length || len(r.end.IDs) != 7 {
		t.Errorf("a reply of at most 7 tokens has %d and ends with %q", len(r.end.IDs), r.end.Reason)
	}
	q.MaxTokens = 1000
	r := answer(t, g, q)[0]
	if r.end.Reason != Context || !slices.Equal(r.end.IDs, want) {
		t.Errorf("a reply without end has %d of %d tokens and ends with %q", len(r.end.IDs), len(want), r.end.Reason)
	}
	first := slices.Index(want, want[5])
	g.stop[want[5]] = true
	if r := answer(t, g, q)[0]; r.end.Reason != Stop || len(r.end.IDs) != first {
		t.Errorf("a stop at token %d: %d tokens, %q", first, len(r.end.IDs), r.end.Reason)
	}
	q.Prompt = make([]int32, 90)
	if err := g.Reply(context.Background(), []Request{q}, func(Event) {}); !errors.Is(err, model.ErrContext) {
		t.Errorf("a prompt as long as the context: %v", err)
	}
	for name, change := range map[string]func(*Request){
		"empty prompt": func(q *Request) { q.Prompt = nil },
		"no tokens":    func(q *Request) { q.MaxTokens = 0 },
		"bad sampling": func(q *Request) { q.Sampling.Temperature = -1 },
		"bad token":    func(q *Request) { q.Prompt = []int32{-5, 1} },
	} {
		bad := Request{Voice: v, Prompt: ids, Sampling: greedy(), MaxTokens: 3}
		change(&bad)
		if err := g.Reply(context.Background(), []Request{bad}, func(Event) {}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestStop(t *testing.T) {
	g := newGenerator(t, modeltest.Default())
	ids := prompt(t, g, "A question that takes two passes to read, and then some more.")
	want := byHand(t, g, nil, ids, 12)
	a, b := newVoice(t, g, nil), newVoice(t, g, closed())
	requests := []Request{
		{Voice: a, Prompt: ids, Sampling: greedy(), MaxTokens: 12},
		{Voice: b, Prompt: ids, Sampling: greedy(), MaxTokens: 12},
	}
	ctx, cancel := context.WithCancel(context.Background())
	records, err := answerIn(ctx, g, func(e Event) {
		if tok, ok := e.(Token); ok && tok.N == 3 && tok.Index == 0 {
			cancel()
		}
	}, requests...)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range records {
		if r.end.Reason != Stopped || len(r.end.IDs) != 4 {
			t.Errorf("voice %d: stopped at the fourth token, it has %d and ends with %q", i, len(r.end.IDs), r.end.Reason)
		}
	}
	// While reading the prompt.
	fresh := newVoice(t, g, nil)
	ctx, cancel = context.WithCancel(context.Background())
	records, err = answerIn(ctx, g, func(e Event) { cancel() }, Request{Voice: fresh, Prompt: ids, Sampling: greedy(), MaxTokens: 12})
	if err != nil || records[0].end.Reason != Stopped || len(records[0].end.IDs) != 0 || len(records[0].prefill) != 1 {
		t.Errorf("stopped while reading: %v, %+v", err, records[0])
	}
	// What a stopped voice holds is sound: it goes on like a new one.
	for i, v := range []*Voice{a, fresh} {
		r := answer(t, g, Request{Voice: v, Prompt: ids, Sampling: greedy(), MaxTokens: 12})[0]
		if !slices.Equal(r.end.IDs, want[:len(r.end.IDs)]) || len(r.end.IDs) == 0 {
			t.Errorf("voice %d after a stop: %v, want %v", i, r.end.IDs, want)
		}
	}
}

// TestNoNumbers: logits beyond the range of floats are an error, not a token whose
// probability cannot be written down.
func TestNoNumbers(t *testing.T) {
	for name, weight := range map[string]float32{"too large": math.MaxFloat32, "NaN": float32(math.NaN())} {
		g := newGenerator(t, modeltest.Default())
		ids := prompt(t, g, "How do you do?")
		a, b := newVoice(t, g, nil), newVoice(t, g, closed())
		g.engine.Weights().OutputNorm[5] = weight
		err := g.Reply(context.Background(), []Request{
			{Voice: a, Prompt: ids, Sampling: greedy(), MaxTokens: 3},
			{Voice: b, Prompt: ids, Sampling: greedy(), MaxTokens: 3},
		}, func(e Event) {
			if tok, ok := e.(Token); ok && !(model.IsNumber(tok.LogProb) && model.IsNumber(tok.KL)) {
				t.Errorf("%s: log-probability %v, KL %v", name, tok.LogProb, tok.KL)
			}
		})
		if !errors.Is(err, model.ErrNoNumbers) {
			t.Errorf("%s: a reply ends with %v", name, err)
		}
		err = g.Diverge(context.Background(), a, b, ids, []int32{1, 2, 3}, func() {}, func(i int, kl float64) {
			if !model.IsNumber(kl) {
				t.Errorf("%s: token %d: KL %v", name, i, kl)
			}
		})
		if name == "NaN" && !errors.Is(err, model.ErrNoNumbers) {
			t.Errorf("%s: a comparison ends with %v", name, err)
		}
	}
}

// TestDiverge: reading a reply through two voices gives the divergences that
// decoding saw while the texts were the same, and zero against itself.
func TestDiverge(t *testing.T) {
	g := newGenerator(t, modeltest.Default())
	ids := prompt(t, g, "How do you do?")
	a, b := newVoice(t, g, nil), newVoice(t, g, closed())
	records := answer(
		t, g,
		Request{Voice: a, Prompt: ids, Sampling: greedy(), MaxTokens: 30},
		Request{Voice: b, Prompt: ids, Sampling: greedy(), MaxTokens: 30},
	)
	own := records[0]
	var kls []float64
	shadow := newVoice(t, g, closed())
	err := g.Diverge(context.Background(), a, shadow, ids, own.end.IDs, func() {}, func(i int, kl float64) {
		if i != len(kls) {
			t.Errorf("token %d after %d", i, len(kls))
		}
		kls = append(kls, kl)
	})
	if err != nil || len(kls) != len(own.end.IDs) {
		t.Fatalf("%d divergences for %d tokens, %v", len(kls), len(own.end.IDs), err)
	}
	compared := 0
	for i, tok := range own.tokens {
		if tok.Same {
			compared++
			if math.Abs(tok.KL-kls[i]) > 1e-9 {
				t.Errorf("token %d: KL %v while decoding, %v afterwards", i, tok.KL, kls[i])
			}
		}
		if !(kls[i] > 0) {
			t.Errorf("token %d: KL %v between different masks", i, kls[i])
		}
	}
	if compared == 0 {
		t.Error("no token was compared")
	}
	twin := newVoice(t, g, nil)
	err = g.Diverge(context.Background(), a, twin, ids, own.end.IDs, func() {}, func(i int, kl float64) {
		if kl != 0 {
			t.Errorf("token %d: KL %v of a model from itself", i, kl)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	// Two turns are for the prompts, then there is one before each pass of the reply.
	for _, c := range []struct{ turns, seen int }{{1, 0}, {2, 0}, {3, 0}, {4, 8}} {
		ctx, cancel := context.WithCancel(context.Background())
		had, seen := 0, 0
		between := func() {
			if had++; had == c.turns {
				cancel()
			}
		}
		fresh := newVoice(t, g, nil)
		if err := g.Diverge(ctx, fresh, newVoice(t, g, nil), ids, own.end.IDs, between, func(int, float64) { seen++ }); err != nil {
			t.Error(err)
		}
		if had != c.turns || seen != c.seen {
			t.Errorf("after a cancel in turn %d there were %d turns, and %d divergences, want %d", c.turns, had, seen, c.seen)
		}
		// What the voice has read still serves.
		if got := answer(t, g, Request{Voice: fresh, Prompt: ids, Sampling: greedy(), MaxTokens: 30})[0]; !slices.Equal(got.end.IDs, own.end.IDs) {
			t.Errorf("after a cancel in turn %d the reply is %v, want %v", c.turns, got.end.IDs, own.end.IDs)
		}
	}
}
