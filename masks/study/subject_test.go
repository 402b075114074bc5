package study

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"masque/masks"
)

func liking() *Pair {
	p := Named("Liker", "Hater")
	p.Poles.Plus.Label, p.Poles.Plus.Prompt, p.Poles.Minus.Prompt = "liking", "You like it.", "You hate it."
	return p
}

func names(tests []masks.Test) (out []string) {
	for _, t := range tests {
		out = append(out, t.Name)
	}
	return out
}

// TestMakeAndMeasure is what the command line and the page do: order a persona,
// measure it on what was held out, add controls later, then another set.
func TestMakeAndMeasure(t *testing.T) {
	l := tinyLab(t)
	identity := masks.Model{Name: "tiny", Arch: "llama", Digest: strings.Repeat("0a", 32)}
	for _, recipe := range []string{masks.RecipeUnits, masks.RecipeTilt} {
		o := &Order{Pair: liking(), Set: numbered(24), Settings: tinySettings(t, recipe), Holdout: .5, Seed: 9, Draws: 2}
		calibration, test, err := o.Split()
		if err != nil {
			t.Fatal(err)
		}
		p, subject, err := l.Make(ctx, o, identity, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !p.MadeFrom(o.Set.Plus, o.Set.Minus) || len(test.Plus) != 12 {
			t.Errorf("%s: not made from all statements, or tested on %d", recipe, len(test.Plus))
		}
		own, err := l.Measure(ctx, subject, test, Measures{Own: true}, nil)
		if err != nil {
			t.Fatal(err)
		}
		// Separation is that of masks that never saw the test, the cost is the persona's.
		blind, err := l.Source(ctx, calibration, o.Settings, 0, o.Seed, nil)
		if err != nil {
			t.Fatal(err)
		}
		separate := func(m Masks, err error) Separation {
			if err != nil {
				t.Fatal(err)
			}
			s, err := l.Separate(ctx, m, Same(o.Settings.Gamma), test, o.Seed, nil)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		blindly, seeing := separate(blind.Own(o.Settings)), separate(MasksOf(p))
		if !reflect.DeepEqual(*own.Unseen.D, roundEstimate(*blindly.D)) || reflect.DeepEqual(blindly.D, seeing.D) {
			t.Errorf("%s: measured d %+v; masks made without the test have %+v, those made with it %+v", recipe, own.Unseen.D.Value, blindly.D.Value, seeing.D.Value)
		}
		whole, err := MasksOf(p)
		if err != nil {
			t.Fatal(err)
		}
		if cost, err := l.Cost(ctx, whole, Same(o.Settings.Gamma), nil); err != nil || *own.Unseen.PPLRatio != *RoundRatios(cost.PPLRatio) {
			t.Errorf("%s: the cost is %+v, the persona's %+v: %v", recipe, own.Unseen.PPLRatio, cost.PPLRatio, err)
		}
		for _, test := range own.Tests() {
			if test.Of != masks.OfPart || !strings.HasPrefix(test.Note, masks.PartNote) || !strings.Contains(Sentence("liking", &test), "masks made in the same way without") {
				t.Errorf("%s, %s: the note %q and the sentence do not tell which masks were tested", recipe, test.Name, test.Note)
			}
		}
		p.Evidence = o.Evidence()
		own.Record(p.Evidence)
		if got := names(p.Evidence.Tests); !slices.Equal(got, []string{UnseenTopic.Name(), MatchedTopic.Name()}) || p.Evidence.Controls != nil {
			t.Errorf("%s: measured %q and %q", recipe, got, names(p.Evidence.Controls))
		}

		// The same masks with their controls, at once or one after another, from what
		// was read or from the statements anew: the same figures.
		all := AllControls(2)
		all.Replies = 1
		atOnce, err := l.Measure(ctx, subject, test, all, nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := SubjectOf(p, o.Settings.Gamma)
		if err != nil {
			t.Fatal(err)
		}
		again.Seed, again.Prompts = o.Seed, o.Pair.Prompts()
		if on, err := again.Recall(p, o.Set, Shares{Test: .5}); err != nil || !on.Equal(test) {
			t.Fatalf("%s: recalled %d statements to test on: %v", recipe, len(on.all()), err)
		}
		for _, step := range all.Steps()[1:] {
			m := all.Only(step)
			r, err := l.Measure(ctx, again, test, m, nil)
			if err != nil {
				t.Fatal(err)
			}
			if r.Unseen.Set != "" || r.Matched != nil || (r.Replies != nil) != (step == StepReplies) {
				t.Errorf("%s: %+v measured the masks as well", recipe, m)
			}
			if step == StepReplies && (again.Source != nil || !again.unmade()) {
				t.Errorf("%s: masks for the test were made for replies, which are the persona's own", recipe)
			}
			r.Record(p.Evidence)
			r.Record(p.Evidence) // a second time changes nothing
		}
		for _, c := range atOnce.Controls {
			told := strings.HasPrefix(c.Note, masks.PartNote)
			if ofPart := c.Of == masks.OfPart; told != ofPart || ofPart != (c.Topic() == TogetherTopic) {
				t.Errorf("%s, %s: the note %q, and of %q", recipe, c.Name, c.Note, c.Of)
			}
		}
		if !reflect.DeepEqual(p.Evidence.Controls, atOnce.Controls) || !reflect.DeepEqual(p.Evidence.Tests, atOnce.Tests()) {
			t.Errorf("%s: one by one the evidence is\n%+v\nat once\n%+v", recipe, p.Evidence.Controls, atOnce.Controls)
		}

		// Another set: its own names, and no second cost.
		other := numbered(40)
		other = Statements{Plus: other.Plus[24:], Minus: other.Minus[24:]}
		foreign, err := SubjectOf(p, o.Settings.Gamma)
		if err != nil {
			t.Fatal(err)
		}
		foreign.Again = true
		r, err := l.Measure(ctx, foreign, other, AllControls(1), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.On(masks.SetNamed("Other sentences"))
		r.Record(p.Evidence)
		if r.Unseen.Name != "Other sentences" || r.Unseen.Topic() != (masks.Topic{Set: "Other sentences"}) || r.Unseen.PPLRatio != nil || r.Matched != nil {
			t.Errorf("%s: the other set's test is %+v", recipe, r.Unseen)
		}
		want := []string{ShuffledTopic.Name(), RandomTopic.Name(), PromptTopic.Name(), TogetherTopic.Name(), FewShotTopic.Name(), WordsTopic.Name(), WandaTopic.Name()}
		for i := range want {
			want[i] += ", other sentences"
		}
		if got := names(p.Evidence.Controls[11:]); !slices.Equal(got, want) {
			t.Errorf("%s: the other set's controls are %q", recipe, got)
		}
		var document bytes.Buffer
		if err := p.Write(&document); err != nil {
			t.Error(err)
		}
	}
}

func TestRecall(t *testing.T) {
	l := tinyLab(t)
	half := Shares{Test: .5}
	make := func(set Statements) *masks.Persona {
		o := &Order{Pair: liking(), Set: set, Settings: tinySettings(t, masks.RecipeUnits)}
		p, _, err := l.Make(ctx, o, masks.Model{Name: "tiny", Arch: "llama", Digest: strings.Repeat("0a", 32)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	set := numbered(24)
	calibration, held := ByLine(set, half, 0)
	whole, part := make(set), make(calibration)
	joined := *whole
	joined.Recipe.Name = string(masks.OpUnion)
	for name, c := range map[string]struct {
		persona          *masks.Persona
		share            Shares
		set, test, known Statements
		fails            bool
	}{
		"all of its own":         {persona: whole, share: half, set: set, test: held.Test, known: calibration},
		"a part, of all":         {persona: part, share: half, set: set, test: held.Test, known: calibration},
		"others":                 {persona: whole, share: half, set: numbered(30), test: numbered(30)},
		"what was held out":      {persona: part, share: half, set: held.Test, test: held.Test},
		"its own, none held out": {persona: whole, set: set, fails: true},
		"too few to make others": {persona: make(numbered(5)), share: half, set: numbered(5), fails: true},
		"its own, of a union":    {persona: &joined, share: half, set: set, fails: true},
		"those of one pole":      {persona: whole, share: half, set: Statements{Plus: held.Test.Plus}, fails: true},
		"nothing whatsoever":     {persona: whole, share: half, fails: true},
	} {
		s, err := SubjectOf(c.persona, 0)
		if err != nil {
			t.Fatal(err)
		}
		test, err := s.Recall(c.persona, c.set, c.share, LibraryShares)
		if (err != nil) != c.fails {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && !(reflect.DeepEqual(test, c.test) && reflect.DeepEqual(s.Calibration, c.known)) {
			t.Errorf("%s: measured on %d statements, made from %d", name, len(test.all()), len(s.Calibration.all()))
		}
		if blind := s.Whole != nil; blind != (name == "all of its own") {
			t.Errorf("%s: masks of a part are made: %v", name, blind)
		}
	}
}

// TestMakeHoldout: what is held out for the test changes nothing of the persona.
func TestMakeHoldout(t *testing.T) {
	l := tinyLab(t)
	for _, recipe := range []string{masks.RecipeUnits, masks.RecipeTilt} {
		var keys []string
		for _, holdout := range []float64{0, .25, .5} {
			o := &Order{Pair: liking(), Set: numbered(24), Settings: tinySettings(t, recipe), Holdout: holdout, Seed: 9, Draws: 2}
			p, s, err := l.Make(ctx, o, masks.Model{Name: "tiny", Arch: "llama", Digest: strings.Repeat("0a", 32)}, nil)
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, p.Key())
			if _, err := s.Source.Shuffled(o.Settings, 1); err != nil || (s.Whole == nil) != (holdout == 0) {
				t.Errorf("%s, %v held out: %v", recipe, holdout, err)
			}
		}
		if keys[1] != keys[0] || keys[2] != keys[0] {
			t.Errorf("%s: with 0, .25 and .5 held out the persona is %q", recipe, keys)
		}
	}
}

// TestRecallDevelopment: what settings were chosen on may have gone into a mask later.
func TestRecallDevelopment(t *testing.T) {
	set := numbered(60)
	calibration, held := ByLine(set, LibraryShares, 0)
	made := calibration.And(held.Development)
	p := &masks.Persona{Name: "Both", Statements: masks.Statements{
		Plus: len(made.Plus), Minus: len(made.Minus), SHA256: masks.HashStatements(made.Plus, made.Minus),
	}}
	var s Subject
	test, err := s.Recall(p, set, LibraryShares)
	if err != nil || !test.Equal(held.Test) || !s.Calibration.Equal(made) {
		t.Errorf("measured on %d statements, made from %d: %v", len(test.all()), len(s.Calibration.all()), err)
	}
}

func TestOrderSplit(t *testing.T) {
	for holdout, want := range map[float64]string{1: "none to calibrate", -1: "none to calibrate", .02: "too few to test"} {
		o := &Order{Set: numbered(24), Holdout: holdout}
		if _, _, err := o.Split(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a share of %v: %v", holdout, err)
		}
	}
	o := &Order{Set: numbered(24)}
	if calibration, test, err := o.Split(); err != nil || len(calibration.Plus) != 24 || len(test.Plus) != 0 {
		t.Errorf("nothing held out: %d to calibrate on, %v", len(calibration.Plus), err)
	}
}

func TestPair(t *testing.T) {
	for text, want := range map[string]string{"{": "JSON", `{"name": "x"}`: "poles.plus.name"} {
		if _, err := ParsePair([]byte(text)); err == nil {
			t.Errorf("%s was read; want an error about %s", text, want)
		}
	}
	p := Named("Bold", "Shy")
	if p.Label() != "“bold”" || p.Prompts().Minus != "You are a shy person." {
		t.Errorf("label %s, prompts %+v", p.Label(), p.Prompts())
	}
	p.Poles.Plus.Label, p.Poles.Plus.Prompt = "bold", "Dare."
	d := new(masks.Persona)
	p.Describe(d)
	if back := PairOf(d); back.Label() != "bold" || back.Name != "Bold – Shy" || back.Prompts().Plus != "You are a bold person." {
		t.Errorf("read back from a document: %+v", back)
	}
	if err := p.Check(); err != nil {
		t.Error(err)
	}
	p.Poles.Minus.Name = "bold"
	if err := p.Check(); err == nil || !strings.Contains(err.Error(), "different names") {
		t.Errorf("two poles of one name: %v", err)
	}
}

func TestClean(t *testing.T) {
	got := Statements{Plus: []string{"a  b", "", "c", "a b", "d"}, Minus: []string{"d ", "e"}}.Clean()
	if !slices.Equal(got.Plus, []string{"a b", "c"}) || !slices.Equal(got.Minus, []string{"e"}) {
		t.Errorf("cleaned to %q", got.all())
	}
}
