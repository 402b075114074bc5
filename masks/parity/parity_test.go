package parity

import (
	"bytes"
	"encoding/json/v2"
	"errors"
	"io/fs"
	"math"
	"slices"
	"strings"
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

func TestAgreement(t *testing.T) {
	m := newTiny(t)
	r := m.run(files(t, m.golden(t)))
	checks, err := r.Text()
	if err != nil {
		t.Fatal(err)
	}
	more, err := r.Path(m.f32)
	if err != nil {
		t.Fatal(err)
	}
	checks = append(checks, more...)
	if len(checks) != 5+3+1+4*4 {
		t.Errorf("%d comparisons, want 25", len(checks))
	}
	for _, c := range checks {
		if !c.Bounded() || !c.OK() {
			t.Errorf("%s, %s: %v against ≤ %v (%s)", c.File, c.What, c.Value, c.Bound, c.Detail)
		}
	}
	fast, err := r.Path(m.fast)
	if err != nil {
		t.Fatal(err)
	}
	bounded := 0
	for _, c := range fast {
		if c.Path != "fast" {
			t.Errorf("%s, %s: of the path %q", c.File, c.What, c.Path)
		}
		if c.Bounded() {
			bounded++
		}
	}
	if bounded != 2+4*2 {
		t.Errorf("%d of the fast path's comparisons have a bound, want 10", bounded)
	}
}

// change damages golden values: at walks to a member, to is what it becomes.
func change(v any, to func(any) any, at ...any) any {
	if len(at) == 0 {
		return to(v)
	}
	switch key := at[0].(type) {
	case string:
		m := v.(map[string]any)
		m[key] = change(m[key], to, at[1:]...)
	case int:
		list := v.([]any)
		list[key] = change(list[key], to, at[1:]...)
	}
	return v
}

// TestDamage changes one golden value at a time, by little more than its bound, and finds
// it in the comparison it belongs to, and in no other file.
func TestDamage(t *testing.T) {
	m := newTiny(t)
	original, err := json.Marshal(m.golden(t))
	if err != nil {
		t.Fatal(err)
	}
	by := func(d float64) func(any) any { return func(v any) any { return v.(float64) + d } }
	otherToken := func(v any) any { return math.Mod(v.(float64)+1, 256) }
	for _, test := range []struct {
		what string // of the comparison
		to   func(any) any
		at   []any
	}{
		{"special tokens parsed", otherToken, []any{tokenizerFile, "cases", 0, "ids", 0}},
		{"ids back as strings", otherToken, []any{tokenizerFile, "cases", 0, "ids", 0}},
		{"taken as plain text", otherToken, []any{tokenizerFile, "cases", 1, "ids_plain", 0}},
		{"conversations as text", func(any) any { return "x" }, []any{chatFile, "cases", 0, "text"}},
		{"conversations as ids", otherToken, []any{chatFile, "cases", 0, "ids", 3}},
		{"20 highest logits", by(.0011), []any{logitsFile, "cases", 0, "f32", "top20", 0, 1}},
		{"20 highest logits", by(-.0011), []any{logitsFile, "cases", 0, "f32", "top20", 19, 1}},
		{"log-sum-exp", by(.0011), []any{logitsFile, "cases", 0, "f32", "logsumexp"}},
		{"greedy tokens", otherToken, []any{logitsFile, "cases", 0, "f32", "greedy", 5}},
		{"mean negative log-likelihood", by(-.0011), []any{passageFile, "mean_nll_f32"}},
		{"dense: statements, one by one", by(.0021), []any{personaFile, "dense", "statement_ll", "+", 1}},
		{"extravert, γ 0: statements, one by one", by(-.0021), []any{personaFile, "extravert", "statement_ll", "-", 0}},
		{"extravert, γ 0: 20 highest logits", by(.0011), []any{personaFile, "extravert", "prompts", 1, "top20", 3, 1}},
		{"introvert, γ 0: log-sum-exp", by(.0011), []any{personaFile, "introvert", "prompts", 0, "logsumexp"}},
		{"extravert, γ 0.5: greedy tokens", otherToken, []any{personaFile, "extravert_half", "prompts", 0, "greedy", 0}},
		{"introvert, γ 0: statements, one by one", func(any) any { return map[string]any{"2": []any{9.}} }, []any{personaFile, "mask", "introvert"}},
		{"extravert, γ 0.75: statements, one by one", by(.25), []any{personaFile, "extravert_half", "gamma"}},
	} {
		var golden map[string]any
		if err := json.Unmarshal(original, &golden); err != nil {
			t.Fatal(err)
		}
		change(golden, test.to, test.at...)
		r := m.run(files(t, golden))
		checks, err := r.Text()
		if err != nil {
			t.Fatal(err)
		}
		more, err := r.Path(m.f32)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, c := range append(checks, more...) {
			if c.OK() {
				continue
			}
			if strings.Contains(c.What, test.what) {
				found = true
			}
			if c.File != test.at[0] {
				t.Errorf("%v changed: %s, %s is beyond its bound", test.at, c.File, c.What)
			}
		}
		if !found {
			t.Errorf("%v changed: %q keeps its bound", test.at, test.what)
		}
	}
}

// TestFastBounds finds a fast path that is too far from the f32 path.
func TestFastBounds(t *testing.T) {
	m := newTiny(t)
	golden := m.golden(t)
	passage := golden[passageFile].(map[string]any)
	fast := func(nll float64) map[string]Check {
		passage["mean_nll_f32"] = nll
		r := m.run(files(t, map[string]any{passageFile: passage}))
		if _, err := r.Path(m.f32); err != nil {
			t.Fatal(err)
		}
		for _, logits := range r.reference { // as if the f32 path had another favourite
			logits[7] += 20
		}
		checks, err := r.Path(m.fast)
		if err != nil {
			t.Fatal(err)
		}
		byMeasure := map[string]Check{}
		for _, c := range checks {
			byMeasure[c.Measure] = c
		}
		return byMeasure
	}
	probe := fast(0)
	nll := math.Log(probe["ratio"].Value) // of the fast path, since the reference says 0
	for _, test := range []struct {
		nll float64
		ok  bool
	}{{nll - .0118, true}, {nll - .0121, false}, {nll + 1, true}} {
		c := fast(test.nll)["ratio"]
		if c.OK() != test.ok {
			t.Errorf("a perplexity ratio of %v against ≤ %v: OK is %v", c.Value, c.Bound, c.OK())
		}
	}
	if c := probe["mean KL"]; c.OK() || !c.Bounded() {
		t.Errorf("a mean KL of %v against ≤ %v is OK", c.Value, c.Bound)
	}
}

func TestNaNIsBeyond(t *testing.T) {
	c := Check{Bound: 1}
	c.widen(math.NaN(), "here")
	c.widen(.5, "there")
	if c.OK() || c.Detail != "here" {
		t.Errorf("a comparison with a value that is not a number: %+v", c)
	}
}

func TestSubsetsAndSkipped(t *testing.T) {
	m := newTiny(t)
	golden := m.golden(t)
	r := m.run(files(t, map[string]any{
		passageFile: golden[passageFile], "personas/attribution.json": map[string]any{}, "new.json": map[string]any{},
	}))
	if checks, err := r.Text(); err != nil || len(checks) != 0 {
		t.Errorf("Text of a folder without its files: %d comparisons, %v", len(checks), err)
	}
	checks, err := r.Path(m.fast)
	if err != nil || len(checks) != 1 || checks[0].Measure != "ratio" {
		t.Errorf("the fast path alone: %v, %v", checks, err)
	}
	skipped, err := r.Skipped()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range skipped {
		names = append(names, s.File+": "+s.Why[:3])
	}
	if got, want := strings.Join(names, ", "), "new.json: unk, passage.json KL: not, personas/attribution.json: not"; got != want {
		t.Errorf("skipped %s, want %s", got, want)
	}
}

// TestMalformed: golden files of another model, or broken ones, end with a sentence.
func TestMalformed(t *testing.T) {
	m := newTiny(t)
	original, err := json.Marshal(m.golden(t))
	if err != nil {
		t.Fatal(err)
	}
	set := func(v any) func(any) any { return func(any) any { return v } }
	for _, test := range []struct {
		says string
		to   func(any) any
		at   []any
	}{
		{"no cases", set([]any{}), []any{tokenizerFile, "cases"}},
		{"no cases", set([]any{}), []any{chatFile, "cases"}},
		{"role", set("narrator"), []any{chatFile, "cases", 0, "messages", 0, "role"}},
		{"no cases", set([]any{}), []any{logitsFile, "cases"}},
		{"another model", set(49151.), []any{logitsFile, "cases", 0, "ids", 0}},
		{"another model", set(-1.), []any{logitsFile, "cases", 0, "f32", "greedy", 1}},
		{"another model", set(260.), []any{logitsFile, "cases", 0, "f32", "top20", 1, 0}},
		{"without ids", set([]any{}), []any{logitsFile, "cases", 0, "f32", "top20"}},
		{"no cases", set([]any{1.}), []any{passageFile, "ids"}},
		{"another model", set(260.), []any{passageFile, "ids", 4}},
		{"unmarshal", set("x"), []any{passageFile, "ids"}},
		{"out of the mask's scope", set([]any{64.}), []any{personaFile, "mask", "extravert", "1"}},
		{`layer "x"`, set(map[string]any{"x": []any{1.}}), []any{personaFile, "mask", "introvert"}},
		{"layer 3, the model has 3", set(map[string]any{"3": []any{1.}}), []any{personaFile, "mask", "introvert"}},
		{"γ is 2", set(2.), []any{personaFile, "extravert", "gamma"}},
		{"2 statements of pole + and 1", set([]any{1.}), []any{personaFile, "dense", "statement_ll", "+"}},
		{"empty statement", set(""), []any{personaFile, "statements", "+", 0}},
		{"no prefix", set(""), []any{personaFile, "prefix"}},
	} {
		var golden map[string]any
		if err := json.Unmarshal(original, &golden); err != nil {
			t.Fatal(err)
		}
		change(golden, test.to, test.at...)
		if test.says == "layer 3, the model has 3" {
			change(golden, set([]any{1., 3.}), personaFile, "recipe", "layers")
		}
		r := m.run(files(t, golden))
		_, err := r.Text()
		if err == nil {
			_, err = r.Path(m.f32)
		}
		if err == nil || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), test.at[0].(string)) {
			t.Errorf("%v: %v; it should name the file and say %q", test.at, err, test.says)
		}
	}
}

func TestProgressEnds(t *testing.T) {
	m := newTiny(t)
	enough := errors.New("enough")
	steps := 0
	for _, limit := range []int{0, 1, 2, 5} {
		r := m.run(files(t, m.golden(t)))
		steps = 0
		r.Progress = func(step string) error {
			if steps == limit {
				return enough
			}
			steps++
			return nil
		}
		if _, err := r.Path(m.f32); !errors.Is(err, enough) || steps != limit {
			t.Errorf("ended after %d of %d steps: %v", steps, limit, err)
		}
	}
}

func TestWrite(t *testing.T) {
	checks := []Check{
		{File: "a.json", What: "one", Value: .5, Bound: 1, Measure: "m"},
		{File: "b.json", What: "two", Path: "f32", Value: 1.5, Bound: 1, Measure: "m", Detail: "there"},
		{File: "c.json", What: "three", Path: "fast", Value: 7, Bound: math.NaN(), Measure: "m"},
	}
	var b strings.Builder
	beyond, err := Write(&b, checks, []Skipped{{"d.json", "not yet"}})
	if beyond != 1 || err != nil {
		t.Errorf("%d beyond, %v", beyond, err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	for i, want := range []string{"file", "ok", "BEYOND", "–", "d.json: not yet", "parity: FAIL: 1 of 2 comparisons are beyond their bounds"} {
		if i >= len(lines) || !strings.HasPrefix(strings.TrimSpace(lines[i]), want) {
			t.Fatalf("line %d should start with %q:\n%s", i, want, &b)
		}
	}
	b.Reset()
	if beyond, err := Write(&b, checks[:1], nil); beyond != 0 || err != nil {
		t.Errorf("%d beyond, %v", beyond, err)
	}
	if !strings.HasSuffix(b.String(), "\nparity: ok: all 1 comparisons are within their bounds, 0 more are shown without one, 0 values are not covered\n") {
		t.Errorf("the last line is another:\n%s", &b)
	}
}
