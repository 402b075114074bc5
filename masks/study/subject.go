package study

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"masque/engine/model"
	"masque/masks"
)

// A Subject is a pair of masks with what is known of their making: enough to
// measure them, and to make what they are to be compared with.
type Subject struct {
	Masks    Masks
	Settings Settings // the masks', with the factor γ that they are measured at; controls are made alike
	Prompts  Prompts
	Seed     uint64 // of intervals, draws and replies

	// Calibration are the statements that the masks were made from. Where they are not
	// at hand, controls are made from halves of the statements under test.
	Calibration Statements
	// Source is what was read of them; controls that it does not serve read them anew.
	Source *Source
	Draws  int // of controls that it shall serve, if it is yet to be read
	// Whole are a persona's own masks, made from all of its statements, where Masks are made
	// from a part for the test's sake: what a persona costs and replies is measured of its
	// own. nil: Masks are its own.
	Whole *Masks
	// Again says that the masks were measured before, on other statements: their cost
	// is known.
	Again bool

	unlike  error  // why no masks can be made alike
	differs string // how masks that are made alike differ all the same, in a sentence
}

// SubjectOf returns what a persona's document tells of its making, at a factor gamma.
func SubjectOf(p *masks.Persona, gamma float64) (*Subject, error) {
	m, err := MasksOf(p)
	if err != nil {
		return nil, err
	}
	s := &Subject{Masks: m, Prompts: PairOf(p).Prompts(), differs: unlikeness(p)}
	if s.Settings, s.unlike = SettingsOf(p, gamma); s.unlike != nil {
		s.Settings.Gamma = gamma
	}
	return s, nil
}

// Recall says which statements of a set a persona can be measured on: those that a
// split by one of the shares kept out of its calibration, which the subject then knows,
// with or without the development part; where the persona was made from the whole set,
// those that the first share holds out, on which masks made from the others are measured;
// or, where the persona's statements are not in it, all of them.
func (s *Subject) Recall(p *masks.Persona, set Statements, shares ...Shares) (test Statements, err error) {
	for _, share := range shares {
		calibration, held := ByLine(set, share, 0)
		for _, made := range []Statements{calibration, calibration.And(held.Development)} {
			if p.MadeFrom(made.Plus, made.Minus) && held.Test.both() == nil {
				s.Calibration = made
				return held.Test, nil
			}
		}
	}
	if !p.MadeFrom(set.Plus, set.Minus) {
		return set, set.both()
	}
	if len(shares) > 0 && p.Recipe.Name == s.Settings.Recipe {
		calibration, held := ByLine(set, shares[0], 0)
		if calibration.enough() == nil && held.Test.testable() {
			whole := s.Masks
			s.Calibration, s.Whole, s.Masks = calibration, &whole, Masks{}
			return held.Test, nil
		}
	}
	return Statements{}, fmt.Errorf("%s was made from these very statements, and on them it shows nothing: give others", p.Name)
}

// own are the persona's own masks.
func (s *Subject) own() Masks {
	if s.Whole != nil {
		return *s.Whole
	}
	return s.Masks
}

// unmade reports whether the masks for the test are yet to be made from Calibration.
func (s *Subject) unmade() bool { return s.Whole != nil && s.Masks.Plus == nil }

// make makes the masks of a subject that has them yet to be made.
func (l *Lab) make(ctx context.Context, s *Subject, progress Progress) error {
	if !s.unmade() {
		return nil
	}
	err := l.read(ctx, s, 0, progress)
	if err == nil {
		s.Masks, err = s.Source.Own(s.Settings)
	}
	return err
}

// read reads a subject's calibration statements, unless what was read of them has draws.
func (l *Lab) read(ctx context.Context, s *Subject, draws int, progress Progress) (err error) {
	if s.serves(draws) {
		return nil
	}
	s.Source = nil // before the next one is made
	s.Source, err = l.Source(ctx, s.Calibration, s.Settings, max(draws, s.Draws), s.Seed, progress)
	return err
}

// Measures say what is to be measured.
type Measures struct {
	Own      bool `json:"own"`      // the masks: separation, matched statements, cost
	YesNo    bool `json:"yesNo"`    // whether the model would say a statement
	Replies  int  `json:"replies"`  // sampled to each neutral question, with controls of their own
	Shuffled int  `json:"shuffled"` // how many masks are drawn as controls
	Random   int  `json:"random"`
	Prompts  bool `json:"prompts"` // alone, and with the masks
	FewShot  bool `json:"fewShot"`
	Words    bool `json:"words"` // alone, without a model
	Wanda    bool `json:"wanda"`
}

// tested reports whether the masks for the test have a part in the measures: replies and
// the cost are the persona's own, and most controls have other masks or none.
func (m Measures) tested() bool { return m.Own || m.YesNo || m.Prompts }

// A Step is one of the measures by itself. Measured one after another they give what
// they give at once.
type Step string

// The steps, in their order.
const (
	StepOwn      Step = "own"
	StepYesNo    Step = "yesNo"
	StepReplies  Step = "replies"
	StepShuffled Step = "shuffled"
	StepRandom   Step = "random"
	StepPrompts  Step = "prompts"
	StepFewShot  Step = "fewShot"
	StepWords    Step = "words"
	StepWanda    Step = "wanda"
)

// Steps lists what is asked for.
func (m Measures) Steps() []Step {
	var steps []Step
	for _, s := range []struct {
		step  Step
		asked bool
	}{
		{StepOwn, m.Own},
		{StepYesNo, m.YesNo},
		{StepReplies, m.Replies > 0},
		{StepShuffled, m.Shuffled > 0},
		{StepRandom, m.Random > 0},
		{StepPrompts, m.Prompts},
		{StepFewShot, m.FewShot},
		{StepWords, m.Words},
		{StepWanda, m.Wanda},
	} {
		if s.asked {
			steps = append(steps, s.step)
		}
	}
	return steps
}

// Only leaves one step of the measures.
func (m Measures) Only(s Step) Measures {
	switch s {
	case StepOwn:
		return Measures{Own: m.Own}
	case StepYesNo:
		return Measures{YesNo: m.YesNo}
	case StepReplies:
		return Measures{Replies: m.Replies}
	case StepShuffled:
		return Measures{Shuffled: m.Shuffled}
	case StepRandom:
		return Measures{Random: m.Random}
	case StepPrompts:
		return Measures{Prompts: m.Prompts}
	case StepFewShot:
		return Measures{FewShot: m.FewShot}
	case StepWords:
		return Measures{Words: m.Words}
	case StepWanda:
		return Measures{Wanda: m.Wanda}
	}
	return Measures{}
}

// AllControls are the controls that stand beside a claim.
func AllControls(draws int) Measures {
	return Measures{Own: true, Shuffled: draws, Random: draws, Prompts: true, FewShot: true, Words: true, Wanda: true}
}

// Measure measures a subject on statements that its Masks were not made from. What it
// costs and replies is measured of Whole, where these are others.
func (l *Lab) Measure(ctx context.Context, s *Subject, set Statements, m Measures, progress Progress) (*Result, error) {
	if err := l.fits(s, set, m); err != nil {
		return nil, err
	}
	if m.tested() {
		if err := l.make(ctx, s, progress); err != nil {
			return nil, err
		}
	}
	o := Options{
		Whole: s.Whole, Gamma: Same(s.Settings.Gamma), Seed: s.Seed, Prompts: s.Prompts, PromptControls: m.Prompts,
		YesNo: m.YesNo, Replies: m.Replies, Again: s.Again, ControlsOnly: !m.Own,
	}
	left := s.leftOut(m)
	if s.unlike != nil {
		m.Shuffled, m.Random = 0, 0
	}
	var err error
	if m.Replies > 0 && s.unlike == nil {
		// As many masks, each asked once, cost what one would that is asked as often as the masks.
		if o.ReplyRandom, err = l.randoms(s, set, m.Replies); err != nil {
			return nil, err
		}
	}
	known := s.known()
	if m.FewShot {
		o.Examples = s.examples(set)
	}
	var crossed []masks.Test // controls of their own split
	switch {
	case m.Shuffled == 0:
	case known:
		if o.Shuffled, err = l.shuffled(ctx, s, m.Shuffled, progress); err != nil {
			return nil, err
		}
	default:
		t, err := l.CrossShuffled(ctx, set, s.Settings, m.Shuffled, s.Seed, progress)
		if err != nil {
			return nil, err
		}
		crossed = append(crossed, t)
	}
	if o.Random, err = l.randoms(s, set, m.Random); err != nil {
		return nil, err
	}
	r, err := l.Evaluate(ctx, s.Masks, set, o, progress)
	if err != nil {
		return nil, err
	}
	r.Controls = slices.Concat(left, crossed, r.Controls)
	for i := range r.Controls {
		if c := &r.Controls[i]; c.Topic() == ShuffledTopic {
			c.Note = strings.TrimSpace(c.Note + " " + s.differs)
		}
	}
	if !m.Words && !m.Wanda {
		return r, nil
	}
	from, on := s.Calibration, set
	if !known {
		var held Held
		from, held = ByLine(set, Shares{Test: .5}, 0)
		on = held.Test
	}
	add := func(t masks.Test) {
		if !known {
			t.Note = strings.TrimSpace("Made from one half of these statements and measured on the other. " + t.Note)
		}
		r.Controls = append(r.Controls, t)
	}
	if m.Words {
		if err := errors.Join(from.both(), on.both()); err != nil {
			return nil, err
		}
		add(WordsAlone(from, on, s.Seed))
	}
	if m.Wanda {
		wanda, err := l.PlainWanda(ctx, from, on, s.Seed, progress)
		if err != nil {
			return nil, err
		}
		add(wanda)
	}
	return r, nil
}

// leftOut are the controls that are asked for and cannot be made, with a note that says why in
// place of figures: the others are measured all the same.
func (s *Subject) leftOut(m Measures) (controls []masks.Test) {
	if s.unlike == nil {
		return nil
	}
	for _, c := range []struct {
		of    masks.Topic
		asked bool
	}{
		{ShuffledTopic, m.Shuffled > 0},
		{RandomTopic, m.Random > 0},
		{ReplyRandomTopic, m.Replies > 0 && s.Prompts.present()},
	} {
		if c.asked {
			t := masks.NewTest(c.of)
			t.Note = "Left out: " + strings.TrimPrefix(s.unlike.Error(), "study: ") + "."
			controls = append(controls, t)
		}
	}
	return controls
}

// randoms are random masks like a subject's.
func (l *Lab) randoms(s *Subject, set Statements, n int) ([]Masks, error) {
	var list []Masks
	for k := range n {
		m, err := l.random(s.own(), s.Settings, set.seed(s.Seed, k))
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

// Fits says whether there is memory for the masks that measuring makes of statements. It
// needs the model's shape alone.
func (s *Subject) Fits(config *model.Config, set Statements, m Measures) error {
	switch {
	case m.Shuffled == 0 || s.unlike != nil: // then none are made
		return nil
	case s.Settings.Check(config) != nil:
		return nil // masks of another model, which its digest tells
	case s.known():
		return s.Settings.Fits(config, len(s.Calibration.all()))
	}
	return s.Settings.Fits(config, (len(set.all())+1)/2) // halves, see CrossShuffled
}

// known reports whether the statements that the masks were made from are at hand.
func (s *Subject) known() bool { return len(s.Calibration.Plus) > 0 && len(s.Calibration.Minus) > 0 }

// examples are those of the few-shot prompt, where a set is measured.
func (s *Subject) examples(set Statements) Statements {
	if s.known() {
		return Examples(s.Calibration)
	}
	return Examples(set)
}

// fits looks for statements that the model has no room for, before any are read: after
// all that the measures put before them.
func (l *Lab) fits(s *Subject, set Statements, m Measures) error {
	if err := l.Check(s.Calibration); err != nil {
		return err
	}
	after := []*masks.Reading{l.reading}
	if m.Prompts && s.Prompts.present() {
		plus, minus, err := l.under(s.Prompts, masks.Question)
		if err != nil {
			return err
		}
		after = append(after, plus, minus)
	}
	if m.FewShot {
		plus, minus, err := l.shots(s.examples(set), masks.Question)
		if err != nil {
			return err
		}
		after = append(after, plus, minus)
	}
	for _, r := range after {
		if err := r.Check(set.Plus, set.Minus); err != nil {
			return err
		}
	}
	if m.YesNo {
		return l.checkQuestions(set)
	}
	return nil
}

// Reads reports whether measuring reads the calibration statements again.
func (s *Subject) Reads(m Measures) bool {
	return s.unmade() && m.tested() && !s.serves(0) || s.known() && s.unlike == nil && m.Shuffled > 0 && !s.serves(m.Shuffled)
}

// serves reports whether the source is there and has draws.
func (s *Subject) serves(draws int) bool {
	return s.Source != nil && s.Source.draws >= draws && s.Source.Serves(s.Settings)
}

// shuffled returns draws of the subject's source, which is read again if it has too
// few.
func (l *Lab) shuffled(ctx context.Context, s *Subject, draws int, progress Progress) ([]Masks, error) {
	if err := l.read(ctx, s, draws, progress); err != nil {
		return nil, err
	}
	drawn := make([]Masks, draws)
	for k := range drawn {
		var err error
		if drawn[k], err = s.Source.Shuffled(s.Settings, k); err != nil {
			return nil, err
		}
	}
	return drawn, nil
}

// On says of the result's tests that they were made on another set than the unseen
// statements of the calibration: one of the identifiers, or what [masks.SetNamed] returns.
func (r *Result) On(set string) {
	on := func(t *masks.Test) {
		t.Set = set
		t.Name = t.Topic().Name()
	}
	if r.Unseen.Set != "" {
		on(&r.Unseen)
	}
	for _, t := range r.further() {
		on(t)
	}
	for i := range r.Controls {
		on(&r.Controls[i])
	}
}

// Record adds a result to evidence. A test takes the place of an earlier one of its
// topic.
func (r *Result) Record(e *masks.Evidence) {
	put := func(list *[]masks.Test, t masks.Test) {
		same := func(have masks.Test) bool { return have.Topic() == t.Topic() }
		if i := slices.IndexFunc(*list, same); i >= 0 {
			(*list)[i] = t
			return
		}
		*list = append(*list, t)
	}
	for _, t := range r.Tests() {
		put(&e.Tests, t)
	}
	for _, t := range r.Controls {
		put(&e.Controls, t)
	}
}
