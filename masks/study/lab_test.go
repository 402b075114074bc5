package study

import (
	"bytes"
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"masque/engine/chat"
	"masque/engine/gguf"
	"masque/engine/model"
	"masque/engine/model/modeltest"
	"masque/engine/tokenizer"
	"masque/masks"
	"masque/masks/jsondoc"
	"masque/masks/neutral"
)

// tinyLab is a random model in which nothing means anything: figures can be checked
// against each other, not against what masks are for.
func tinyLab(t testing.TB) *Lab {
	t.Helper()
	tiny := modeltest.Default()
	tiny.Context = 2048
	data := tiny.Write()
	f, err := gguf.Open(bytes.NewReader(data), int64(len(data)), "tiny")
	if err != nil {
		t.Fatal(err)
	}
	l := newLab(t, f, 1)
	l.neutral, l.guardTexts = l.neutral[:1], l.guardTexts[:1] // a byte is a token here
	if l.development, err = neutral.Render(l.family, neutral.Development()[:1]); err != nil {
		t.Fatal(err)
	}
	return l
}

// newLab is the laboratory of a model file, in the chat format of its template, with a
// number of goroutines.
func newLab(t testing.TB, f *gguf.File, workers int) *Lab {
	t.Helper()
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
	e := model.NewEngine(w, workers)
	t.Cleanup(e.Close)
	l, err := New(e, tok, family)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func tinySettings(t testing.TB, recipe string) Settings {
	t.Helper()
	c := &model.Config{Layers: 3, Dim: 64, FFN: 96, Heads: 4, KVHeads: 2, HeadDim: 16}
	s, err := DefaultSettings(recipe, c)
	if err != nil {
		t.Fatal(err)
	}
	if recipe == masks.RecipeUnits {
		s.N = 12
	}
	return s
}

var ctx = context.Background()

func TestCostOfNothing(t *testing.T) {
	l := tinyLab(t)
	set := numbered(6)
	src, err := l.Source(ctx, set, tinySettings(t, masks.RecipeUnits), 0, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := src.Own(tinySettings(t, masks.RecipeUnits))
	if err != nil {
		t.Fatal(err)
	}
	open, err := l.Cost(ctx, m, Same(1), nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := (masks.Ratios{Plus: 1, Minus: 1}); open.PPLRatio != want || open.KL != (masks.Ratios{}) || open.Tokens == 0 {
		t.Errorf("masks that close nothing cost %+v", open)
	}
	closed, err := l.Cost(ctx, m, Same(0), nil)
	if err != nil {
		t.Fatal(err)
	}
	if closed.PPLRatio.Plus == 1 || closed.KL.Plus <= 0 || closed.KL.Minus <= 0 {
		t.Errorf("masks that close units cost %+v", closed)
	}
	// The other way to the same figure.
	o, err := l.overlays(m, Same(0))
	if err != nil {
		t.Fatal(err)
	}
	ratios, err := l.perplexity(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(ratios.Plus-closed.PPLRatio.Plus) > 1e-6 || math.Abs(ratios.Minus-closed.PPLRatio.Minus) > 1e-6 {
		t.Errorf("perplexity ratios %+v beside the cost's %+v", ratios, closed.PPLRatio)
	}
	developed, err := l.DevelopmentRatio(ctx, m.Plus, 0)
	if err != nil {
		t.Fatal(err)
	}
	if developed == ratios.Plus || developed == 1 {
		t.Errorf("on the development texts the ratios are %+v", developed)
	}
	d, err := l.masked(overlays{}).differences(ctx, set.all(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(d, func(v float64) bool { return v != 0 }) {
		t.Errorf("without masks D is %v", d)
	}
}

// TestOwnStatements: even in a random model, a mask makes the very statements it
// was made from likelier. Shuffled labels do not.
func TestOwnStatements(t *testing.T) {
	l := tinyLab(t)
	set := numbered(12)
	for _, recipe := range []string{masks.RecipeUnits, masks.RecipeTilt} {
		s := tinySettings(t, recipe)
		src, err := l.Source(ctx, set, s, 3, 5, nil)
		if err != nil {
			t.Fatal(err)
		}
		own, err := src.Own(s)
		if err != nil {
			t.Fatal(err)
		}
		result, err := l.Separate(ctx, own, Same(s.Gamma), set, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for k := range 3 {
			for what, make := range map[string]func(Settings, int) (Masks, error){"shuffled": src.Shuffled, "random": src.Random} {
				m, err := make(s, k)
				if err != nil {
					t.Fatalf("%s, %s: %v", recipe, what, err)
				}
				again, err := make(s, k)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(m, again) || reflect.DeepEqual(m, own) {
					t.Errorf("%s: a %s draw is not the same twice, or is the mask itself", recipe, what)
				}
				d, err := l.Separate(ctx, m, Same(s.Gamma), set, 0, nil)
				if err != nil {
					t.Fatal(err)
				}
				if what == "shuffled" {
					sum += d.AUC.Value / 3
				}
			}
		}
		t.Logf("%s: AUC %.3f, shuffled %.3f", recipe, result.AUC.Value, sum)
		if recipe == masks.RecipeUnits && (result.AUC.Value < .9 || sum > .8) {
			t.Errorf("%s: AUC %.3f of its own statements, %.3f of shuffled labels", recipe, result.AUC.Value, sum)
		}
	}
}

func TestEvaluate(t *testing.T) {
	l := tinyLab(t)
	calibration, held := ByStatement(numbered(24), Shares{Test: .5}, 0)
	s := tinySettings(t, masks.RecipeUnits)
	src, err := l.Source(ctx, calibration, s, 2, 9, nil)
	if err != nil {
		t.Fatal(err)
	}
	own, err := src.Own(s)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Seed: 9, Prompts: Prompts{"You like it.", "You hate it."}, PromptControls: true, Examples: Examples(calibration), YesNo: true, Replies: 1}
	for k := range 2 {
		m, err := src.Shuffled(s, k)
		if err != nil {
			t.Fatal(err)
		}
		o.Shuffled = append(o.Shuffled, m)
		if m, err = src.Random(s, k); err != nil {
			t.Fatal(err)
		}
		o.Random = append(o.Random, m)
	}
	o.ReplyShuffled, o.ReplyRandom = o.Shuffled, o.Random[:1]
	steps := map[string]bool{}
	r, err := l.Evaluate(ctx, own, held.Test, o, func(what string, done, total int) {
		if done < 1 || done > total {
			t.Errorf("%s: %d of %d", what, done, total)
		}
		steps[what] = true
	})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, test := range slices.Concat(r.Tests(), r.Controls) {
		names = append(names, test.Name)
	}
	var want []string
	for _, of := range []masks.Topic{
		UnseenTopic, MatchedTopic, YesNoTopic, RepliesTopic, Second(RepliesTopic),
		ReplyPromptTopic, ReplyShuffledTopic, ReplyRandomTopic, Second(ReplyPromptTopic), Second(ReplyShuffledTopic), Second(ReplyRandomTopic),
		ShuffledTopic, RandomTopic, PromptTopic, TogetherTopic, FewShotTopic,
	} {
		want = append(want, of.Name())
	}
	if !slices.Equal(names, want) {
		t.Errorf("measured %q, want %q", names, want)
	}
	if h := r.Replies.Rates; h == nil || h.Plus.N != len(Questions) || h.Minus.N != len(Questions) || h.Dense.N != len(Questions) ||
		h.Plus.Distinct2+h.Minus.Distinct2 <= 0 || max(h.Plus.Distinct2, h.Minus.Distinct2) > 1 {
		t.Errorf("rates of the replies: %+v", h)
	}
	if len(steps) < 9 {
		t.Errorf("progress told of %v", steps)
	}
	if u := r.Unseen; u.N.Plus != len(held.Test.Plus) || u.D == nil || u.P == nil || u.PPLRatio == nil || u.KL == nil || u.AUC.Low == nil {
		t.Errorf("the test lacks something: %+v", u)
	}
	if c := r.Controls[6]; len(c.AUC.Draws) != 2 || c.PPLRatio == nil {
		t.Errorf("the shuffled control lacks something: %+v", c)
	}
	if c := r.Controls[1]; len(c.AUC.Draws) != 2 || c.N.Plus > len(Questions) || c.N.Plus < len(Questions)/2 {
		t.Errorf("the shuffled control of replies lacks something: %+v", c)
	}
	if first, second := r.Replies, r.RepliesByStatements; *first.N != *second.N || first.AUC.Value == second.AUC.Value || first.AUC.Low == nil {
		t.Errorf("two judges of the same replies: %+v and %+v", first, second)
	}
	// The masks' own document, with this evidence, is a persona.
	p, err := src.Persona(s)
	if err != nil {
		t.Fatal(err)
	}
	p.Name, p.Model = "Test", masks.Model{Name: "tiny", Arch: "llama", Digest: strings.Repeat("0a", 32)}
	p.Poles.Plus.Name, p.Poles.Minus.Name = "Liker", "Hater"
	p.Evidence = &masks.Evidence{Source: "a test", Tests: r.Tests(), Controls: r.Controls}
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	got, err := SettingsOf(p, 0)
	if err != nil {
		t.Fatal(err)
	}
	operand := masks.Operand{Persona: p, Strength: 1}
	both, err := masks.Combine(masks.OpTogether, operand, operand)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := SettingsOf(both, 0); err == nil || !strings.Contains(err.Error(), "several masks at once") {
		t.Errorf("settings of masks that are worn together: %v", err)
	}
	if got.Recipe != s.Recipe || got.Scope != s.Scope || got.Layers != s.Layers || got.N != s.N || got.Own != s.Own || got.Kappa != s.Kappa || got.Ridge != s.Ridge {
		t.Errorf("the settings %+v were read back as %+v", s, got)
	}
	again, err := l.Evaluate(ctx, own, held.Test, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(r, again) {
		t.Error("the same evaluation gave other figures")
	}
}

func TestEvaluateRefuses(t *testing.T) {
	l := tinyLab(t)
	s := tinySettings(t, masks.RecipeUnits)
	if _, err := l.Source(ctx, numbered(3), s, 0, 0, nil); err == nil || !strings.Contains(err.Error(), "at least 4") {
		t.Errorf("three statements: %v", err)
	}
	set := numbered(6)
	src, err := l.Source(ctx, set, s, 0, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := src.Own(s)
	if err != nil {
		t.Fatal(err)
	}
	// A statement that is too long is found before anything is read, be it tested only.
	long := numbered(20)
	long.Minus[7] = "It goes on" + strings.Repeat(" and on", 400)
	const says = `the minus statement number 8, which begins "It goes on and on`
	reads := func(what string, _, _ int) { t.Errorf("it went on with %s", what) }
	tilt := tinySettings(t, masks.RecipeTilt)
	cell := Cell{Settings: tilt, Kind: KindMask}
	for name, run := range map[string]func() error{
		"source": func() error { _, err := l.Source(ctx, long, tilt, 0, 0, reads); return err },
		"make": func() error {
			_, _, err := l.Make(ctx, &Order{Pair: liking(), Set: long, Settings: tilt, Holdout: .5}, masks.Model{}, reads)
			return err
		},
		"measure": func() error {
			_, err := l.Measure(ctx, &Subject{Masks: m, Settings: s}, long, AllControls(1), reads)
			return err
		},
		"known": func() error {
			_, err := l.Measure(ctx, &Subject{Masks: m, Settings: s, Calibration: long}, set, AllControls(1), reads)
			return err
		},
		"grid": func() error {
			_, err := (&Runner{Lab: l, Set: long, Shares: LibraryShares}).Run(ctx, cell, reads)
			return err
		},
	} {
		if err := run(); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "the model's context has 2048: shorten it or leave it out") {
			t.Errorf("%s, with a statement that is too long: %v", name, err)
		}
	}
	if _, err := l.Source(ctx, numbered(20_000), s, 0, 0, reads); err == nil || !strings.Contains(err.Error(), "40000 statements and") || !strings.Contains(err.Error(), "take 12.9 GB of memory; there may be 4.3 GB") {
		t.Errorf("very many statements: %v", err)
	}
	// The question around a statement takes more than what stands before one.
	asked := numbered(20)
	asked.Minus[7] = "It goes on and on and on " // and so far that it just fits
	asked.Minus[7] += strings.Repeat("x", 2048-len(l.reading.Prefix())-len(asked.Minus[7]))
	if err := l.Check(asked); err != nil {
		t.Error(err)
	}
	if _, err := l.Measure(ctx, &Subject{Masks: m, Settings: s}, asked, Measures{Own: true, YesNo: true}, reads); err == nil || !strings.Contains(err.Error(), "the Yes/No question with "+says) || !strings.Contains(err.Error(), "the model's context has 2048: shorten it or leave it out") {
		t.Errorf("with a question that is too long: %v", err)
	}
	tight := &Subject{Masks: m, Settings: s, Prompts: Prompts{strings.Repeat("x", 2000), "y"}}
	if _, err := l.Measure(ctx, tight, numbered(6), AllControls(1), reads); err == nil || !strings.Contains(err.Error(), "the plus statement number 1, ") {
		t.Errorf("after a long prompt: %v", err)
	}
	if _, err := l.Evaluate(ctx, m, Statements{Plus: set.Plus}, Options{}, nil); err == nil {
		t.Error("statements of one pole were compared with nothing")
	}
	if _, err := src.Own(tinySettings(t, masks.RecipeTilt)); err == nil {
		t.Error("a weight mask was made from an attribution")
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	for name, run := range map[string]func() error{
		"source": func() error { _, err := l.Source(cancelled, set, s, 0, 0, nil); return err },
		"weights": func() error {
			_, err := l.Source(cancelled, set, tinySettings(t, masks.RecipeTilt), 0, 0, nil)
			return err
		},
		"evaluate": func() error { _, err := l.Evaluate(cancelled, m, set, Options{}, nil); return err },
		"cost":     func() error { _, err := l.Cost(cancelled, m, Same(0), nil); return err },
		"replies": func() error {
			e := l.evaluation(cancelled, m, set, Options{Replies: 1, Prompts: Prompts{"a", "b"}}, nil)
			return e.replies(new(Result))
		},
		"yes or no": func() error {
			return l.evaluation(cancelled, m, set, Options{}, nil).yesNo(new(Result))
		},
	} {
		if err := run(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled: %v", name, err)
		}
	}
}

func TestPlainWanda(t *testing.T) {
	l := tinyLab(t)
	calibration, held := ByStatement(numbered(20), Shares{Test: .5}, 0)
	test, err := l.PlainWanda(ctx, calibration, held.Test, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if test.Topic() != WandaTopic || test.PPLRatio.Plus == 1 || test.AUC.Low == nil {
		t.Errorf("got %+v", test)
	}
}

func TestCrossShuffled(t *testing.T) {
	l := tinyLab(t)
	s := tinySettings(t, masks.RecipeUnits)
	test, err := l.CrossShuffled(ctx, numbered(20), s, 2, 3, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(test.AUC.Draws) != 2 || test.AUC.Value < 0 || test.AUC.Value > 1 || test.N.Plus != 20 {
		t.Errorf("got %+v", test)
	}
	if _, err := l.CrossShuffled(ctx, numbered(5), s, 2, 3, nil); err == nil {
		t.Error("five statements were halved")
	}
}

func TestRates(t *testing.T) {
	var r rates
	r.add("a b c d a b c d", 8, "stop") // 7 pairs, 4 distinct; 5 fours, 1 repeated
	r.add("", 1, "stop")
	if got, want := r.shares(), (masks.TextRates{N: 2, Distinct2: .571, Repeated4: .2, EarlyStop: .5}); got != want {
		t.Errorf("rates %+v, want %+v", got, want)
	}
	// Pairs are counted over all replies, runs of four within each: the same reply again
	// adds neither a pair nor a repetition of its own.
	r.add("A b c d", 4, "length")
	if got, want := r.shares(), (masks.TextRates{N: 3, Distinct2: .4, Repeated4: .167, EarlyStop: .333}); got != want {
		t.Errorf("rates %+v, want %+v", got, want)
	}
}

func TestGrid(t *testing.T) {
	l := tinyLab(t)
	config := &l.engine.Weights().Config
	g := Grid{
		Recipes: []string{masks.RecipeUnits, masks.RecipeTilt},
		Layers:  [][2]int{{2, 2}}, N: []int{5, 10}, Kappa: []float64{0, 1}, Rho: []float64{.2, .4, .4},
		Kinds: []string{KindMask, KindShuffled}, Seeds: []uint64{0, 1}, Draws: 2,
	}
	cells, err := g.Cells(config)
	if err != nil {
		t.Fatal(err)
	}
	// units: 2 n × 2 κ, tilt: 2 ρ; each with a mask and 2 draws of a control × 2 seeds.
	if len(cells) != (4+2)*3*2 {
		t.Fatalf("%d cells, want 36", len(cells))
	}
	run := &Runner{Lab: l, Model: "m", Set: numbered(40), Shares: Shares{Development: .3, Test: .3}, Draws: 2}
	keys := map[string]bool{}
	var data []byte
	var records []Record
	for _, c := range cells {
		keys[run.Key(c)] = true
		if c.Seed == 1 || c.N == 10 {
			continue // the keys alone
		}
		r, err := run.Run(ctx, c, nil)
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		if r.Key != run.Key(c) || r.AUC.Low == nil || r.PPLRatio.Plus <= 0 || r.On != "development" || r.Neutral != "development" || r.Shares != run.Shares {
			t.Errorf("record %+v", r)
		}
		records = append(records, *r)
		line, err := jsondoc.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		data = append(append(data, line...), '\n')
	}
	// Draws differ, and need no other pass over the statements.
	var aucs []float64
	for _, r := range records {
		if r.Kind == KindShuffled && r.Recipe == masks.RecipeUnits && r.Kappa == 1 {
			aucs = append(aucs, r.AUC.Value)
		}
	}
	if len(aucs) != 2 || aucs[0] == aucs[1] {
		t.Errorf("two draws of shuffled labels have the AUC %v", aucs)
	}
	beyond := cells[1]
	beyond.Kind, beyond.Draw = KindShuffled, 2
	if _, err := run.Run(ctx, beyond, nil); err == nil || !strings.Contains(err.Error(), "draw 2 of 2") {
		t.Errorf("a draw that nobody prepared: %v", err)
	}
	if len(keys) != len(cells) {
		t.Errorf("%d keys for %d cells", len(keys), len(cells))
	}
	if test := (&Runner{Lab: l, Model: "m", Set: run.Set, Shares: run.Shares, Test: true}); keys[test.Key(cells[0])] {
		t.Error("a cell has one key on development and on test")
	}
	// What is known of the model's own chat family is not taken for another's, and keys of
	// the test part that were written before there were families stay. On development the
	// key was this one while the cost was measured on the test's neutral texts.
	if key := run.Key(cells[0]); key == "f93db74ffbbe935a" {
		t.Error("a cell has the key that it had with the cost on the other part's texts")
	}
	if key := (&Runner{Model: "m", Set: run.Set, Shares: run.Shares, Test: true}).Key(cells[0]); key != "4d21ca6384f65f12" {
		t.Errorf("the key of a cell is %s", key)
	}
	if other := (&Runner{Model: "m", Family: "zephyr", Set: run.Set, Shares: run.Shares}); keys[other.Key(cells[0])] {
		t.Error("a cell has one key with two chat families")
	}
	back, whole, err := ParseRecords(data)
	if err != nil || whole != len(data) {
		t.Fatalf("%d of %d bytes are whole lines: %v", whole, len(data), err)
	}
	if !reflect.DeepEqual(back, records) {
		t.Error("records are read back otherwise")
	}
	// A run may be cut short anywhere.
	first := bytes.IndexByte(data, '\n') + 1
	for n := range first {
		if got, whole, err := ParseRecords(data[:first+n]); err != nil || whole != first || len(got) != 1 {
			t.Fatalf("a line and %d bytes: %d bytes are whole lines, %v", n, whole, err)
		}
		if got, whole, err := ParseRecords(data[:n]); err != nil || whole != 0 || len(got) != 0 {
			t.Fatalf("%d bytes of a line: %d are whole lines, %v", n, whole, err)
		}
	}
	for _, other := range []string{"{}\n", "{}", "\n", "text", `{"keys"`, `{"key":"half a line`, `{"key":"0123456789abcde"`} {
		if _, whole, err := ParseRecords(append(slices.Clone(data[:first]), other...)); err == nil || !strings.Contains(err.Error(), "line 2") || whole != first {
			t.Errorf("%q, which is no record: %v", other, err)
		}
	}
	merged, err := Merge(records[2:], records[:3])
	if err != nil || !reflect.DeepEqual(merged, records) {
		t.Errorf("merged %d of %d records, or not in the grid's order: %v", len(merged), len(records), err)
	}
	other := records[0]
	other.P++
	if _, err := Merge(records, []Record{other}); err == nil {
		t.Error("two results of one cell were merged")
	}
	// What a φ does not use does not multiply its cells.
	phis := Grid{Recipes: []string{"contrastive-wanda"}, Phis: []string{"relu", "softplus"}, Tau: []float64{1, 2, 3}}
	if cells, err := phis.Cells(config); err != nil || len(cells) != 1+3 {
		t.Errorf("%d cells of two φ and three τ, want 4: %v", len(cells), err)
	}
	for _, bad := range []Grid{
		{Recipes: []string{"fly"}},
		{Recipes: []string{"units"}, N: []int{1 << 20}},
		{Recipes: []string{"units"}, Layers: [][2]int{{2, 3}}},
		{Recipes: []string{"units"}, Scopes: []string{"attention"}},
		{Recipes: []string{"tilt"}, Scopes: []string{"channels"}},
		{Recipes: []string{"tilt"}, Gamma: []float64{2}},
		{Recipes: []string{"tilt"}, Kinds: []string{"fly"}},
		{Recipes: []string{"random"}, Kinds: []string{"mask", "shuffled"}},
	} {
		if _, err := bad.Cells(config); err == nil {
			t.Errorf("%+v passed", bad)
		}
	}
}

func TestSettings(t *testing.T) {
	s := tinySettings(t, masks.RecipeUnits)
	want := masks.DefaultUnits(3)
	want.N = s.N
	if r, err := s.units(); err != nil || r != want {
		t.Errorf("the default settings are those of %+v, want %+v: %v", r, want, err)
	}
	for key, value := range map[string]string{"n": "7", "own": "0", "kappa": "0.5", "layers": "1-2", "scope": "both", "gamma": "0.25"} {
		if err := s.Set(key, value); err != nil {
			t.Fatal(err)
		}
	}
	if want := "units, both, layers 1–2, gamma 0.25, kappa 0.5, n 7, ridge 1"; s.String() != want {
		t.Errorf("settings %q, want %q", s.String(), want)
	}
	for key, value := range map[string]string{"n": "0", "kappa": "-1", "rho": "NaN", "own": "2", "layers": "3-1", "fly": "1", "tau": "x"} {
		if err := s.Set(key, value); err == nil {
			t.Errorf("%s=%s was taken", key, value)
		}
	}
	for _, recipe := range Recipes {
		s := tinySettings(t, recipe)
		if !strings.HasPrefix(s.String(), recipe) {
			t.Errorf("%s is called %q", recipe, s.String())
		}
	}
}

func TestPromptFor(t *testing.T) {
	for want, pole := range map[string]masks.PoleText{
		"You are an extravert person. Loud.": {Name: "Extravert", Description: "Loud."},
		"You are a quiet person.":            {Name: "quiet"},
	} {
		if got := PromptFor(pole); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
