package study

import (
	"context"
	"errors"
	"time"
)

// A Pace is how fast a machine does its work, in tokens a second; 0 is not known.
type Pace struct{ Read, Differentiated float64 }

// Seconds says how long work takes, if the pace of all of it is known.
func (p Pace) Seconds(w Work) (seconds float64, ok bool) {
	if w.Read > 0 && p.Read == 0 || w.Differentiated > 0 && p.Differentiated == 0 {
		return 0, false
	}
	if w.Read > 0 {
		seconds += float64(w.Read) / p.Read
	}
	if w.Differentiated > 0 {
		seconds += float64(w.Differentiated) / p.Differentiated
	}
	return seconds, true
}

// Learn takes over what some work took, where it was work of one kind.
func (p *Pace) Learn(w Work, took time.Duration) {
	switch s := took.Seconds(); {
	case s <= 0 || w == Work{}: // words are counted without a model, and some controls are left out
	case w.Differentiated == 0:
		p.Read = float64(w.Read) / s
	case w.Read == 0:
		p.Differentiated = float64(w.Differentiated) / s
	}
}

// gauged is how many questions are read to learn a pace.
const gauged = 6

// Gauge learns the pace from a short pass of each kind that the settings need: a second's work
// or two.
func (l *Lab) Gauge(ctx context.Context, s Settings) (Pace, error) {
	var p Pace
	began := time.Now()
	if _, err := l.reading.LogLikelihoods(ctx, nil, Questions[:gauged], nil); err != nil {
		return p, err
	}
	p.Learn(Work{Read: len(l.reading.Prefix()) + l.tokens(Questions[:gauged])}, time.Since(began))
	if !s.differentiates() {
		return p, nil
	}
	began = time.Now()
	w, err := l.differentiateSome(ctx, s)
	p.Learn(w, time.Since(began))
	return p, err
}

// differentiateSome differentiates as many questions as are taken at once of statements: of
// fewer a token takes longer.
func (l *Lab) differentiateSome(ctx context.Context, s Settings) (Work, error) {
	r, err := s.units()
	if err != nil {
		return Work{}, err
	}
	once, stop := context.WithCancel(ctx)
	defer stop()
	n := 0
	_, err = l.reading.Attribute(once, nil, r.Scope, r.Own, Questions, nil, nil, func(done, _ int) {
		n = done
		stop()
	})
	if errors.Is(err, context.Canceled) {
		err = ctx.Err() // to have stopped it here is no error
	}
	return l.attributing(Questions[:n], s), err
}
