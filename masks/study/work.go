package study

import (
	"fmt"
)

// Work is what something costs, counted in tokens: how long it takes is for whoever
// knows how fast the machine is.
type Work struct {
	Read           int // through the model once
	Differentiated int // through the model, and their gradients back
}

func (w *Work) add(o Work, times int) {
	w.Read += o.Read * times
	w.Differentiated += o.Differentiated * times
}

// MakeWork is what [Lab.Source] costs.
func (l *Lab) MakeWork(calibration Statements, s Settings) Work {
	statements := calibration.all()
	if !s.differentiates() {
		return Work{Read: len(l.reading.Prefix()) + l.tokens(statements)}
	}
	w := l.attributing(statements, s)
	if r, err := s.units(); err == nil && l.guarded(r.Scope) == nil {
		w.Differentiated += l.tokens(l.guardTexts)
	}
	return w
}

// attributing is what the gradients of statements cost, for settings that need them.
func (l *Lab) attributing(statements []string, s Settings) Work {
	w := Work{Differentiated: l.tokens(statements)}
	if s.Own == 0 {
		w.Differentiated += len(statements) * len(l.reading.Prefix())
	}
	return w
}

// Works is what the steps of [Lab.Measure] cost, one after another.
func (l *Lab) Works(s *Subject, set Statements, m Measures) []Work {
	var works []Work
	unread := s.unmade()
	for _, step := range m.Steps() {
		only := m.Only(step)
		w := l.Work(s, set, only)
		if unread && s.Reads(only) {
			w.add(l.MakeWork(s.Calibration, s.Settings), 1)
			unread = false
		}
		works = append(works, w)
	}
	return works
}

// Work is what [Lab.Measure] costs, once the subject's masks are made.
func (l *Lab) Work(s *Subject, set Statements, m Measures) Work {
	before := len(l.reading.Prefix())
	contrast := Work{Read: 2 * (before + l.tokens(set.all()))} // the set through two masks
	neutral := Work{Read: 2 * l.tokens(l.neutral)}             // its cost
	known := s.known()
	if s.unlike != nil {
		m.Shuffled, m.Random = 0, 0 // they are left out
	}
	var w Work
	for _, step := range m.Steps() {
		switch step {
		case StepOwn:
			w.add(contrast, 1)
			if !s.Again {
				w.Read += 3 * l.tokens(l.neutral) // beside the dense model's
			}
		case StepYesNo:
			for _, statement := range set.all() {
				w.Read += 2 * (before + l.tokens([]string{fmt.Sprintf(yesNoQuestion, statement)}))
			}
		case StepReplies: // the masks, the prompts, random masks and the dense model write; two judges read all but its replies, each twice
			sides := 4
			if s.unlike == nil {
				sides += 2
			}
			w.Read += m.Replies * len(Questions) * replyTokens * (1 + sides + 4*sides)
			w.Read += 2 * len(Questions) * 2 * before // the statements are about as long as what stands before one
		case StepShuffled:
			w.add(contrast, m.Shuffled)
			switch {
			case !known:
				w.add(l.MakeWork(set, s.Settings), 1)
			case !s.unmade() && !s.serves(m.Shuffled):
				w.add(neutral, 1)
				w.add(l.MakeWork(s.Calibration, s.Settings), 1)
			default:
				w.add(neutral, 1)
			}
		case StepRandom:
			w.add(contrast, m.Random)
			w.add(neutral, 1)
		case StepPrompts:
			w.add(contrast, 2)
			w.Read += 4 * l.tokens([]string{s.Prompts.Plus})
		case StepFewShot:
			w.add(contrast, 1)
			w.Read += 2 * Shots * before
		case StepWanda:
			w.add(contrast, 1)
			w.add(neutral, 1)
			from := s.Calibration
			if !known {
				from = set
			}
			w.Read += l.tokens(from.all())
		}
	}
	return w
}

func (l *Lab) tokens(texts []string) int {
	n := 0
	for _, text := range texts {
		n += len(l.tok.Encode(text, true))
	}
	return n
}
