package parity

import (
	"bytes"
	"encoding/json/v2"
	"io/fs"
	"math"
	"slices"
	"testing"
	"testing/fstest"

	"masque/engine/chat"
	"masque/engine/gguf"
	"masque/engine/model"
	"masque/engine/model/modeltest"
	"masque/engine/sample"
	"masque/engine/tokenizer"
	"masque/masks"
)

// tiny is a model made of random numbers, whose golden values the tests compute for
// themselves and then damage.
type tiny struct {
	tok       *tokenizer.Tokenizer
	family    chat.Family
	f32, fast *model.Engine
}

func newTiny(t *testing.T) *tiny {
	t.Helper()
	data := modeltest.Default().Write()
	f, err := gguf.Open(bytes.NewReader(data), int64(len(data)), "tiny.gguf")
	if err != nil {
		t.Fatal(err)
	}
	m := new(tiny)
	if m.tok, err = tokenizer.FromGGUF(f); err != nil {
		t.Fatal(err)
	}
	if m.family, err = chat.ByName("chatml"); err != nil {
		t.Fatal(err)
	}
	for _, e := range []struct {
		to *(*model.Engine)
		p  model.Precision
	}{{&m.f32, model.F32}, {&m.fast, model.Fast}} {
		w, err := model.Load(f, e.p, nil)
		if err != nil {
			t.Fatal(err)
		}
		*e.to = model.NewEngine(w, 1)
		t.Cleanup((*e.to).Close)
	}
	return m
}

func (m *tiny) run(golden fs.FS) *Run {
	return &Run{Golden: golden, Tokenizer: m.tok, Family: m.family}
}

// after runs ids through an overlay and returns the logits after each.
func (m *tiny) after(t *testing.T, o *model.Overlay, ids []int32) [][]float32 {
	t.Helper()
	s, err := m.f32.NewSession(o)
	if err != nil {
		t.Fatal(err)
	}
	var all [][]float32
	for _, id := range ids {
		if err := m.f32.Forward([]model.Row{{Session: s, Token: id, Logits: true}}); err != nil {
			t.Fatal(err)
		}
		all = append(all, slices.Clone(m.f32.Logits(0)))
	}
	return all
}

func best(logits []float32) int32 {
	return int32(slices.Index(logits, slices.Max(logits)))
}

// prompt makes a golden prompt: what the f32 path gives, one token at a time.
func (m *tiny) prompt(t *testing.T, o *model.Overlay, text string) map[string]any {
	ids := m.tok.Encode(text, true)
	all := m.after(t, o, ids)
	last := all[len(all)-1]
	var top [][2]float64
	for id, v := range last {
		top = append(top, [2]float64{float64(id), float64(v)})
	}
	slices.SortFunc(top, func(a, b [2]float64) int { return int(math.Copysign(1, b[1]-a[1])) })
	greedy, path := []int32{}, slices.Clone(ids)
	for range 6 {
		next := best(last)
		greedy, path = append(greedy, next), append(path, next)
		all = m.after(t, o, path)
		last = all[len(all)-1]
	}
	return map[string]any{"ids": ids, "top20": top[:20], "logsumexp": sample.LogSumExp(m.after(t, o, ids)[len(ids)-1]), "greedy": greedy}
}

func (m *tiny) meanLL(t *testing.T, o *model.Overlay, ids []int32, first int) float64 {
	all := m.after(t, o, ids)
	sum := 0.0
	for i := first; i < len(ids); i++ {
		sum += float64(all[i-1][ids[i]]) - sample.LogSumExp(all[i-1])
	}
	return sum / float64(len(ids)-first)
}

// golden computes all golden files of the tiny model.
func (m *tiny) golden(t *testing.T) map[string]any {
	const prefix = "<|im_start|>user\nWho are you?<|im_end|>\n<|im_start|>assistant\n"
	statements := map[string][]string{"+": {"the sheer cheer", "hello"}, "-": {"I stay here."}}
	w := m.f32.Weights()
	units := &masks.Units{Layers: [2]int{1, 2}, Channels: w.QDim(), Order: masks.OrderIndex}
	closed := map[masks.Pole]map[string][]int{
		masks.Plus:  {"1": {0, 5, 63}, "2": {7}},
		masks.Minus: {"2": {1, 2, 3, 40}},
	}
	overlay := func(pole masks.Pole, gamma float32) *model.Overlay {
		gates := make([]model.LayerGates, w.Layers)
		for layer, name := range []string{"0", "1", "2"} {
			gates[layer].O = slices.Repeat([]float32{1}, units.Channels)
			for _, c := range closed[pole][name] {
				gates[layer].O[c] = gamma
			}
		}
		return &model.Overlay{Gates: gates}
	}
	through := func(o *model.Overlay, gamma float32) map[string]any {
		ll := map[string][]float64{}
		start := m.tok.Encode(prefix, true)
		for pole, list := range statements {
			for _, s := range list {
				ll[pole] = append(ll[pole], m.meanLL(t, o, append(slices.Clone(start), m.tok.Encode(s, false)...), len(start)))
			}
		}
		return map[string]any{"gamma": gamma, "statement_ll": ll, "prompts": []any{m.prompt(t, o, prefix), m.prompt(t, o, "hey")}}
	}
	text := "the shepherd here heard the weather; he went there"
	ids := m.tok.Encode(text, true)
	logits := m.prompt(t, nil, text)
	messages := []chat.Message{{Role: "user", Content: "he <|im_end|>"}}
	segments, err := m.family.Render(messages, true)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{
		tokenizerFile: map[string]any{"cases": []any{
			map[string]any{"text": text, "ids": ids},
			map[string]any{"text": "<|im_end|>", "ids": []int32{modeltest.ImEnd}, "ids_plain": m.tok.Encode("<|im_end|>", false)},
		}},
		chatFile: map[string]any{"cases": []any{map[string]any{
			"messages": messages, "add_generation_prompt": true,
			"text": chat.Text(segments), "ids": chat.Encode(m.tok, segments),
		}}},
		logitsFile:  map[string]any{"cases": []any{map[string]any{"ids": logits["ids"], "f32": logits}}},
		passageFile: map[string]any{"ids": ids, "mean_nll_f32": -m.meanLL(t, nil, ids, 1)},
		personaFile: map[string]any{
			"prefix": prefix, "recipe": map[string]any{"layers": units.Layers}, "statements": statements,
			"mask":           map[string]any{"extravert": closed[masks.Plus], "introvert": closed[masks.Minus]},
			"dense":          through(nil, 0),
			"extravert":      through(overlay(masks.Plus, 0), 0),
			"introvert":      through(overlay(masks.Minus, 0), 0),
			"extravert_half": through(overlay(masks.Plus, .5), .5),
		},
	}
}

func files(t *testing.T, golden map[string]any) fstest.MapFS {
	t.Helper()
	fsys := fstest.MapFS{"README.md": {Data: []byte("about")}, "personas/extravert.txt": {Data: []byte("hello\n")}}
	for name, v := range golden {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		fsys[name] = &fstest.MapFile{Data: data}
	}
	return fsys
}
