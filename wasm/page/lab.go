package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"masque/engine/model"
	"masque/masks"
	"masque/masks/study"
)

// lab is where a model is calibrated and measured.
type lab struct {
	*study.Lab
	pace    study.Pace
	paceOf  pacer
	learned string // from what: "pass", "run", or nothing yet
	made    *made  // the last persona whose statements were read here

	runner *study.Runner // of the last exploration, with what it has read

	// The settings that were measured, and on what: whoever chooses among them chooses by it.
	tried []trial
}

type trial struct {
	set      study.Statements
	settings study.Settings
}

func (t trial) equal(other trial) bool {
	return t.settings == other.settings && t.set.Equal(other.set)
}

// try counts the settings that were measured on statements of a set, with these: the Lab
// may have taken a part of them.
func (l *lab) try(set study.Statements, s study.Settings) int {
	if now := (trial{set, s}); !slices.ContainsFunc(l.tried, now.equal) {
		l.tried = append(l.tried, now)
	}
	in := map[string]bool{}
	for _, statement := range slices.Concat(set.Plus, set.Minus) {
		in[statement] = true
	}
	among := map[study.Settings]bool{}
	for _, t := range l.tried {
		if slices.ContainsFunc(slices.Concat(t.set.Plus, t.set.Minus), func(statement string) bool { return in[statement] }) {
			among[t.settings] = true
		}
	}
	return len(among)
}

// pacer is what a pace depends on, the machine apart.
type pacer struct {
	recipe string
	first  int // layer that gradients go down to
	own    float64
}

// made is a persona with what was read of its statements, so that its controls need not
// read them again.
type made struct {
	mask    string
	subject *study.Subject
}

// lab returns the lab for a chat family, the model's own for "".
func (p *program) lab(family string) (*lab, error) {
	if p.model == nil {
		return nil, errors.New("no model is open")
	}
	m := p.model
	f, err := m.family(family)
	if err != nil {
		return nil, err
	}
	if l, ok := m.labs[f.Name()]; ok {
		return l, nil
	}
	of, err := study.New(m.engine, m.tok, f)
	if err != nil {
		return nil, err
	}
	l := &lab{Lab: of}
	m.labs[f.Name()] = l
	p.know(l)
	return l, nil
}

func (l *lab) config() *model.Config { return &l.Engine().Weights().Config }

// check answers what confounds statements.
func (p *program) check(_ context.Context, h head, r checkRequest) error {
	raw := study.Statements{Plus: r.Plus, Minus: r.Minus}
	set := raw.Clean()
	p.host.event(checkedEvent{
		head: h.as("checked"), Plus: len(set.Plus), Minus: len(set.Minus),
		Confounds: append([]study.Confound{}, study.Confounds(raw, r.PlusName, r.MinusName)...),
	})
	return nil
}

// storedDraws is how many draws of shuffled labels are prepared for weight masks, so
// that controls can be asked for later.
const storedDraws = 10

func (r *studyRequest) check() error {
	m := &r.Measures
	if min(m.Shuffled, m.Random, m.Replies) < 0 || max(m.Shuffled, m.Random, m.Replies) > study.MaxDraws {
		return fmt.Errorf("%d shuffled masks, %d random masks and %d replies are asked for; each goes from 0 to %d", m.Shuffled, m.Random, m.Replies, study.MaxDraws)
	}
	if r.Seed > masks.MaxSeed {
		return fmt.Errorf("the seed %d is not below 2^53", r.Seed)
	}
	return nil
}

// draws is how many draws of shuffled labels are prepared.
func (r *studyRequest) draws() int { return max(r.Measures.Shuffled, storedDraws) }

func (r *studyRequest) set() study.Statements {
	return study.Statements{Plus: r.Plus, Minus: r.Minus}.Clean()
}

// order is what a request orders, with defaults where it says nothing of the settings.
func (l *lab) order(r *studyRequest) (*study.Order, error) {
	o := &study.Order{
		Pair: &r.Pair, Set: r.set(), Holdout: r.Holdout, Seed: r.Seed,
		Draws: r.draws(),
	}
	if r.Settings != nil {
		o.Settings = *r.Settings
	} else {
		var err error
		if o.Settings, err = study.DefaultSettings(masks.RecipeUnits, l.config()); err != nil {
			return nil, err
		}
	}
	if o.Settings.Recipe == masks.RecipeRandom {
		return nil, errors.New("random masks are a control, no persona")
	}
	return o, errors.Join(r.check(), o.Settings.Check(l.config()))
}

// subject is a persona of the program with the statements of a request that it can be
// measured on.
func (p *program) subject(l *lab, doc *persona, r *studyRequest) (*study.Subject, study.Statements, error) {
	if err := errors.Join(r.check(), doc.Check(p.model.identity())); err != nil {
		return nil, study.Statements{}, err
	}
	s, err := study.SubjectOf(doc.Persona, doc.Recipe.Parameters["gamma"])
	if err != nil {
		return nil, study.Statements{}, err
	}
	s.Seed, s.Draws = r.Seed, r.draws()
	if r.Pair.Name != "" {
		s.Prompts = r.Pair.Prompts()
	}
	// The library's masks have a split of their own.
	shares := []study.Shares{{Test: r.Holdout}, study.LibraryShares}
	if doc.library != "" {
		shares = shares[1:]
	}
	test, err := s.Recall(doc.Persona, r.set(), shares...)
	if err != nil {
		return nil, study.Statements{}, err
	}
	if m := l.made; m != nil && m.mask == doc.mask && m.subject.Seed == r.Seed && m.subject.Calibration.Equal(s.Calibration) {
		s.Source = m.subject.Source
	}
	s.Again = len(s.Calibration.Plus) == 0 && doc.Evidence != nil && len(doc.Evidence.Tests) > 0
	return s, test, nil
}

// estimate says how long a calibration or an evaluation takes.
func (p *program) estimate(ctx context.Context, h head, r studyRequest) error {
	l, err := p.lab(r.Family)
	if err != nil {
		return err
	}
	var plan plan
	var settings study.Settings
	if r.Persona == "" {
		o, err := l.order(&r)
		if err != nil {
			return err
		}
		calibration, test, err := o.Split()
		if err != nil {
			return err
		}
		settings, plan = o.Settings, l.makePlan(o, calibration, test, r.Measures)
	} else {
		doc, err := p.find(r.Persona)
		if err != nil {
			return err
		}
		s, test, err := p.subject(l, doc, &r)
		if err != nil {
			return err
		}
		settings, plan = s.Settings, l.measurePlan(s, test, r.Measures)
	}
	if of := (pacer{settings.Recipe, settings.Layers[0], settings.Own}); l.learned == "" || l.paceOf != of {
		pace, err := l.Gauge(ctx, settings)
		if err != nil {
			return p.ended(ctx, h, err)
		}
		l.pace, l.paceOf, l.learned = pace, of, "pass"
	}
	p.host.event(l.estimated(h, plan))
	return nil
}

// A plan is the steps of a request with their work.
type plan []planned

type planned struct {
	step study.Step
	work study.Work
}

// stepMake is what comes before the steps of a measurement.
const stepMake study.Step = "make"

func (l *lab) makePlan(o *study.Order, calibration, test study.Statements, m study.Measures) plan {
	made := plan{{stepMake, l.MakeWork(o.Set, o.Settings)}}
	if o.Holdout == 0 {
		return made // there is nothing to measure on
	}
	s := &study.Subject{Settings: o.Settings, Prompts: o.Pair.Prompts(), Calibration: calibration}
	measured := l.measurePlan(s, test, m)
	read := l.MakeWork(calibration, o.Settings)
	for i := range measured { // shuffled masks come of what making the persona has read
		if measured[i].step == study.StepShuffled {
			measured[i].work.Read -= read.Read
			measured[i].work.Differentiated -= read.Differentiated
		}
	}
	return append(made, measured...)
}

func (l *lab) measurePlan(s *study.Subject, test study.Statements, m study.Measures) plan {
	var out plan
	works := l.Works(s, test, m)
	for i, step := range m.Steps() {
		out = append(out, planned{step, works[i]})
	}
	return out
}

func (l *lab) estimated(h head, plan plan) estimatedEvent {
	e := estimatedEvent{head: h.as("estimated"), Steps: []stepInfo{}, From: l.learned}
	for _, step := range plan {
		info := stepInfo{Step: step.step}
		if seconds, ok := l.pace.Seconds(step.work); ok {
			info.Seconds = &seconds
		}
		e.Steps = append(e.Steps, info)
	}
	return e
}
