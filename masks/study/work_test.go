package study

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"masque/masks"
)

// TestWork: the count of tokens grows as what is asked for does, and knows what has
// been read already.
func TestWork(t *testing.T) {
	l := tinyLab(t)
	o := &Order{Pair: liking(), Set: numbered(24), Settings: tinySettings(t, masks.RecipeUnits), Holdout: .5, Draws: 2}
	calibration, test, err := o.Split()
	if err != nil {
		t.Fatal(err)
	}
	making := l.MakeWork(calibration, o.Settings)
	if making.Read != 0 || making.Differentiated < 24*len("I like it, 10.") { // a byte is a token here
		t.Errorf("making costs %+v", making)
	}
	if tilt := l.MakeWork(calibration, tinySettings(t, masks.RecipeTilt)); tilt.Differentiated != 0 || tilt.Read == 0 {
		t.Errorf("a weight mask costs %+v", tilt)
	}
	everywhere := o.Settings
	everywhere.Own = 0
	if more := l.MakeWork(calibration, everywhere).Differentiated - making.Differentiated; more != 24*len(l.reading.Prefix()) {
		t.Errorf("with what stands before 24 statements it costs %d tokens more", more)
	}
	s := &Subject{Settings: o.Settings, Prompts: o.Pair.Prompts(), Calibration: calibration}
	own := l.Work(s, test, Measures{Own: true})
	s.Again = true
	if again := l.Work(s, test, Measures{Own: true}); again.Read >= own.Read {
		t.Errorf("without the cost: %+v, with it %+v", again, own)
	}
	unread := l.Work(s, test, Measures{Shuffled: 2})
	if unread.Differentiated != making.Differentiated {
		t.Errorf("shuffled masks of statements that are to be read cost %+v", unread)
	}
	if s.Source, err = l.Source(ctx, calibration, o.Settings, 2, 0, nil); err != nil {
		t.Fatal(err)
	}
	if read := l.Work(s, test, Measures{Shuffled: 2}); read.Differentiated != 0 || read.Read != unread.Read {
		t.Errorf("shuffled masks of statements that were read cost %+v, before %+v", read, unread)
	}
	all := AllControls(3)
	all.YesNo, all.Replies = true, 1
	sum := Work{}
	for _, step := range all.Steps() {
		w := l.Work(s, test, all.Only(step))
		if (w.Read == 0) != (step == StepWords) { // which asks no model
			t.Errorf("%s costs %+v", step, w)
		}
		sum.add(w, 1)
	}
	if whole := l.Work(s, test, all); whole != sum {
		t.Errorf("all at once cost %+v, one by one %+v", whole, sum)
	}
}

// TestWorksUnmade: masks for the test are made by the first step that needs them, or of
// what the shuffled ones have read.
func TestWorksUnmade(t *testing.T) {
	l := tinyLab(t)
	o := &Order{Set: numbered(24), Settings: tinySettings(t, masks.RecipeUnits), Holdout: .5}
	calibration, test, err := o.Split()
	if err != nil {
		t.Fatal(err)
	}
	making := l.MakeWork(calibration, o.Settings).Differentiated
	for _, c := range []struct {
		m    Measures
		want []int
	}{
		{Measures{Replies: 1, Random: 1, FewShot: true, Wanda: true}, []int{0, 0, 0, 0}},
		{Measures{Replies: 1, Prompts: true}, []int{0, making}},
		{Measures{Own: true, YesNo: true, Shuffled: 1}, []int{making, 0, 0}},
		{Measures{Replies: 1, Shuffled: 1, Prompts: true}, []int{0, making, 0}},
	} {
		s := &Subject{Settings: o.Settings, Calibration: calibration, Whole: new(Masks)}
		var got []int
		for _, w := range l.Works(s, test, c.m) {
			got = append(got, w.Differentiated)
		}
		if !slices.Equal(got, c.want) || s.Reads(c.m) != slices.Contains(got, making) {
			t.Errorf("%+v: tokens differentiated %v, want %v; reads: %v", c.m, got, c.want, s.Reads(c.m))
		}
	}
}

func TestPace(t *testing.T) {
	var p Pace
	if _, ok := p.Seconds(Work{Read: 1}); ok {
		t.Error("an unknown pace has an answer")
	}
	p.Learn(Work{Read: 100}, 2*time.Second)
	p.Learn(Work{Differentiated: 30}, time.Second)
	p.Learn(Work{Read: 1, Differentiated: 1}, time.Hour) // of both kinds: teaches nothing
	p.Learn(Work{}, time.Hour)                           // nor does what the model has no part in
	if s, ok := p.Seconds(Work{Read: 200, Differentiated: 60}); !ok || s != 6 {
		t.Errorf("%v s", s)
	}
	l := tinyLab(t)
	p, err := l.Gauge(ctx, tinySettings(t, masks.RecipeUnits))
	if err != nil || p.Read <= 0 || p.Differentiated <= 0 {
		t.Errorf("gauged %+v, %v", p, err)
	}
	if p, err = l.Gauge(ctx, tinySettings(t, masks.RecipeTilt)); err != nil || p.Read <= 0 || p.Differentiated != 0 {
		t.Errorf("gauged %+v for a weight mask, %v", p, err)
	}
	// As many tokens are differentiated as fill what a calibration takes at once, and no more.
	for own, texts := range []int{1, 4} {
		s := tinySettings(t, masks.RecipeUnits)
		s.Own = float64(own)
		if w, err := l.differentiateSome(ctx, s); err != nil || w != l.attributing(Questions[:texts], s) {
			t.Errorf("with own %d it differentiates %+v: %v", own, w, err)
		}
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := l.Gauge(cancelled, tinySettings(t, masks.RecipeUnits)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := l.differentiateSome(cancelled, tinySettings(t, masks.RecipeUnits)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled after reading: %v", err)
	}
}
