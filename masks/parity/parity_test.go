package parity

import (
	"errors"
	"math"
	"strings"
	"testing"
)

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
	if got, want := strings.Join(names, ", "), "new.json: unk, passage.json KL: not, personas/attribution.json: com"; got != want {
		t.Errorf("skipped %s, want %s", got, want)
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
