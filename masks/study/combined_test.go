package study

import (
	"strings"
	"testing"

	"masque/masks"
)

// combinedOf makes two personas, the second with other settings, and one of both.
func combinedOf(t *testing.T, l *Lab, op masks.Op, change func(*Settings)) *masks.Persona {
	t.Helper()
	var operands [2]masks.Operand
	for i := range operands {
		o := &Order{Pair: liking(), Set: numbered(12 + i), Settings: tinySettings(t, masks.RecipeUnits)}
		if i == 1 {
			change(&o.Settings)
		}
		p, _, err := l.Make(ctx, o, masks.Model{Name: "tiny", Arch: "llama", Digest: strings.Repeat("0a", 32)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		operands[i] = masks.Operand{Persona: p, Strength: 1}
	}
	p, err := masks.Combine(op, operands[0], operands[1])
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestSettingsOfCombined: the controls of a combination are scored as its parents were, or by
// default where these differ, and say that they are not made as it was.
func TestSettingsOfCombined(t *testing.T) {
	l := tinyLab(t)
	defaults := tinySettings(t, masks.RecipeUnits)
	for name, c := range map[string]struct {
		change       func(*Settings)
		kappa, ridge float64
		says         string
	}{
		"alike":      {func(*Settings) {}, defaults.Kappa, defaults.Ridge, "with its kappa, ridge and own"},
		"two kappas": {func(s *Settings) { s.Kappa = 9 }, defaults.Kappa, defaults.Ridge, "with the default kappa, ridge and own"},
		"no ridge":   {func(s *Settings) { s.Ridge = 0 }, defaults.Kappa, defaults.Ridge, "with the default kappa, ridge and own"},
		"all tokens": {func(s *Settings) { s.Own = 0 }, defaults.Kappa, defaults.Ridge, "with the default kappa, ridge and own"},
	} {
		p := combinedOf(t, l, masks.OpUnion, c.change)
		s, err := SubjectOf(p, .5)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Settings; got.Own != 1 || got.Kappa != c.kappa || got.Ridge != c.ridge || got.Recipe != masks.RecipeUnits {
			t.Errorf("%s: the settings are %+v", name, got)
		}
		r, err := l.Measure(ctx, s, numbered(20), Measures{Shuffled: 1, Random: 1}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, control := range r.Controls {
			if says := strings.Contains(control.Note, c.says); says != (control.Kind == masks.ControlShuffled) {
				t.Errorf("%s: the note on %s is %q", name, control.Name, control.Note)
			}
		}
	}
	// Parents that have another kappa than the default's hand it on.
	p := combinedOf(t, l, masks.OpUnion, func(*Settings) {})
	for _, known := range []map[string]float64{{"kappa": 7}, {"kappa": 7, "ridge": 2}, {"kappa": 7, "own": 1}} {
		p.Recipe.Parameters = known
		again, err := masks.Combine(masks.OpUnion, masks.Operand{Persona: p}, masks.Operand{Persona: p})
		if err != nil {
			t.Fatal(err)
		}
		if s, err := SettingsOf(again, .5); err != nil || s.Kappa != 7 || s.Ridge != known["ridge"] || s.Own != known["own"] {
			t.Errorf("of %v the settings are %+v: %v", known, s, err)
		}
	}
}

// TestMeasureTogether: of masks that are worn together all is measured that can be, at once or
// step by step; what cannot be made is named, with the reason.
func TestMeasureTogether(t *testing.T) {
	l := tinyLab(t)
	p := combinedOf(t, l, masks.OpTogether, func(*Settings) {})
	s, err := SubjectOf(p, 0)
	if err != nil {
		t.Fatal(err)
	}
	set := numbered(20)
	all := AllControls(2)
	all.Replies = 1
	if err := s.Fits(&l.Engine().Weights().Config, set, all); err != nil {
		t.Error(err)
	}
	r, err := l.Measure(ctx, s, set, all, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Unseen.AUC == nil || r.Unseen.PPLRatio == nil || r.Replies == nil {
		t.Errorf("measured %+v", r)
	}
	left := map[masks.Topic]bool{ShuffledTopic: true, RandomTopic: true, ReplyRandomTopic: true}
	made := map[masks.Topic]bool{PromptTopic: true, TogetherTopic: true, FewShotTopic: true, WordsTopic: true, WandaTopic: true, ReplyPromptTopic: true, Second(ReplyPromptTopic): true}
	for _, c := range r.Controls {
		of := c.Topic()
		switch {
		case left[of] && c.AUC == nil && strings.HasPrefix(c.Note, "Left out: ") && strings.HasSuffix(c.Note, "that it was made of."):
		case made[of] && c.AUC != nil:
		default:
			t.Errorf("there is %+v", c)
		}
		delete(left, of)
		delete(made, of)
	}
	if len(left)+len(made) > 0 {
		t.Errorf("there is nothing of %v and %v", left, made)
	}
	p.Evidence = &masks.Evidence{Source: "a test"}
	for i, step := range all.Steps() {
		one, err := l.Measure(ctx, s, set, all.Only(step), nil)
		if err != nil {
			t.Fatalf("%s: %v", step, err)
		}
		one.Record(p.Evidence)
		drawn := step == StepShuffled || step == StepRandom
		if work := l.Works(s, set, all)[i]; (work == Work{}) != (drawn || step == StepWords) {
			t.Errorf("%s is %+v of work", step, work)
		}
	}
	if got, want := len(p.Evidence.Controls), len(r.Controls); got != want {
		t.Errorf("step by step there are %d controls, at once %d", got, want)
	}
	if err := p.Validate(); err != nil {
		t.Error(err)
	}
}
