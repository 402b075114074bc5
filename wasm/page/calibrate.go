package main

import (
	"context"
	"time"

	"masque/masks"
	"masque/masks/study"
)

// calibrate makes a persona and measures it. A persona that is made stays, with what
// has been measured of it, when the rest is stopped.
func (p *program) calibrate(ctx context.Context, h head, r studyRequest) error {
	l, err := p.lab(r.Family)
	if err != nil {
		return err
	}
	o, err := l.order(&r)
	if err != nil {
		return err
	}
	if err := o.Pair.Check(); err != nil {
		return err
	}
	calibration, test, err := o.Split()
	if err != nil {
		return err
	}
	plan := l.makePlan(o, calibration, test, r.Measures)
	p.host.event(l.estimated(h, plan))
	l.made = nil // what was read for it goes before something else is read
	start := time.Now()
	doc, subject, err := l.Make(ctx, o, p.model.identity(), p.progress(h, stepMake))
	if err != nil {
		return p.ended(ctx, h, err)
	}
	l.learn(o.Settings, plan[0].work, time.Since(start))
	var fresh *masks.Evidence
	if len(plan) > 1 {
		o.Tried = l.try(o.Set, o.Settings)
		fresh = o.Evidence()
	}
	kept := p.keepMade(doc, fresh)
	l.made = &made{kept.mask, subject}
	p.host.event(personaEvent{h.as("made"), p.info(kept)})
	if len(plan) == 1 {
		p.host.event(finishedEvent{h.as("finished")})
		return nil
	}
	return p.measure(ctx, h, l, kept, subject, test, &r, fresh, plan[1:])
}

// evaluate measures a persona: on what is held out for a test, if these are its statements,
// else on all of them, under a name of their own.
func (p *program) evaluate(ctx context.Context, h head, r studyRequest) error {
	l, err := p.lab(r.Family)
	if err != nil {
		return err
	}
	doc, err := p.find(r.Persona)
	if err != nil {
		return err
	}
	s, test, err := p.subject(l, doc, &r)
	if err != nil {
		return err
	}
	fresh := &masks.Evidence{Source: masks.OtherSource, Origin: masks.OriginOther, Note: study.PairOf(doc.Persona).Caveat()}
	if s.Whole != nil {
		fresh = (&study.Order{Pair: study.PairOf(doc.Persona), Holdout: r.Holdout, Tried: l.try(r.set(), s.Settings)}).Evidence()
	}
	switch {
	case len(s.Calibration.Plus) > 0:
		r.On = ""
	case r.On == "":
		r.On = "Other statements"
	}
	plan := l.measurePlan(s, test, r.Measures)
	p.host.event(l.estimated(h, plan))
	if s.Reads(r.Measures) {
		l.made = nil
	}
	err = p.measure(ctx, h, l, doc, s, test, &r, fresh, plan)
	if s.Source != nil {
		l.made = &made{doc.mask, s}
	}
	return err
}

// measure takes the steps one by one, each into the persona's evidence; fresh is what
// evidence begins as.
func (p *program) measure(ctx context.Context, h head, l *lab, doc *persona, s *study.Subject, test study.Statements, r *studyRequest, fresh *masks.Evidence, plan plan) error {
	for _, step := range plan {
		start := time.Now()
		result, err := l.Measure(ctx, s, test, r.Measures.Only(step.step), p.progress(h, step.step))
		if err != nil {
			return p.ended(ctx, h, err)
		}
		l.learn(s.Settings, step.work, time.Since(start))
		if r.On != "" {
			result.On(masks.SetNamed(r.On))
		}
		was := doc.key
		if err := p.record(doc, result, fresh); err != nil {
			return err
		}
		p.host.event(measuredEvent{h.as("measured"), was, p.info(doc)})
	}
	p.host.event(finishedEvent{h.as("finished")})
	return nil
}

// began reports whether evidence has the origin that fresh evidence would have.
func began(have, fresh *masks.Evidence) bool {
	return have.Origin == fresh.Origin && have.Holdout == fresh.Holdout
}

// record puts a result into a persona's evidence, which changes its key. One of the library
// becomes the visitor's by that, and the library's own stays beside it: the page goes back
// to that when the visitor's is removed.
func (p *program) record(doc *persona, r *study.Result, fresh *masks.Evidence) error {
	changed, evidence := *doc.Persona, *fresh
	if have := doc.Evidence; have != nil {
		evidence = *have
		evidence.Tests = append([]masks.Test{}, have.Tests...)
		evidence.Controls = append([]masks.Test{}, have.Controls...)
		if !began(have, fresh) && !have.Added {
			evidence.Added = true
			evidence.Source += masks.LaterNote
		}
	}
	r.Record(&evidence)
	changed.Evidence = &evidence
	if err := changed.Validate(); err != nil {
		return err
	}
	if doc.library != "" {
		own := *doc
		p.personas = append(p.personas, &own)
		doc.library = ""
	}
	doc.Persona, doc.key = &changed, changed.Key()
	return nil
}

// learn takes over the pace of what has just been done.
func (l *lab) learn(s study.Settings, w study.Work, took time.Duration) {
	if of := (pacer{s.Recipe, s.Layers[0], s.Own}); l.paceOf != of {
		l.pace, l.paceOf = study.Pace{}, of
	}
	l.pace.Learn(w, took)
	l.learned = "run"
}

// progressEvery is how often a step tells how far it is.
const progressEvery = 50 * time.Millisecond

// progress tells the page how far a step is, and lets a stop come in.
func (p *program) progress(h head, step study.Step) study.Progress {
	var last time.Time
	return func(what string, done, total int) {
		if now := time.Now(); done == total || now.Sub(last) >= progressEvery {
			last = now
			p.host.event(progressEvent{h.as("progress"), step, what, done, total})
		}
		p.breathe()
	}
}

// ended answers a request that was not finished: it was stopped, or has failed.
func (p *program) ended(ctx context.Context, h head, err error) error {
	if ctx.Err() == nil {
		return err
	}
	p.host.event(finishedEvent{h.as("stopped")})
	return nil
}
