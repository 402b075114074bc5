package parity

import (
	"encoding/json/v2"
	"math"
	"strings"
	"testing"
)

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
