package main

import (
	"context"
	"fmt"

	"masque/masks"
	"masque/masks/study"
)

// maxCells bounds the settings of one request.
const maxCells = 1000

// explore measures settings, each as soon as it comes to it. Those that were measured stay
// with the page when the rest is stopped.
func (p *program) explore(ctx context.Context, h head, r exploreRequest) error {
	l, err := p.lab(r.Family)
	if err != nil {
		return err
	}
	run, err := l.explorer(p.model.info.Digest, &r)
	if err != nil {
		return err
	}
	for i, cell := range r.Cells {
		tell := p.progress(h, study.StepOwn)
		record, err := run.Run(ctx, cell, func(what string, done, total int) {
			if len(r.Cells) > 1 {
				what = fmt.Sprintf("%d of %d: %s", i+1, len(r.Cells), what)
			}
			tell(what, done, total)
		})
		if err != nil {
			return p.ended(ctx, h, err)
		}
		e := exploredEvent{head: h.as("explored"), Cell: i, Record: record}
		if cell.Kind == study.KindMask {
			l.try(run.Set, cell.Settings)
			if cell.Recipe == masks.RecipeUnits {
				if e.Census, err = l.census(ctx, run, cell); err != nil {
					return err
				}
			}
		}
		p.host.event(e)
	}
	p.host.event(finishedEvent{h.as("finished")})
	return nil
}

// explorer is the runner of a request: the last one, if it has read the same.
func (l *lab) explorer(model string, r *exploreRequest) (*study.Runner, error) {
	if len(r.Cells) == 0 || len(r.Cells) > maxCells {
		return nil, fmt.Errorf("%d settings are to be measured; 1 to %d can be", len(r.Cells), maxCells)
	}
	if r.On != "development" && r.On != "test" {
		return nil, fmt.Errorf("settings are measured on development or on test statements, not on %q", r.On)
	}
	if r.Draws < 0 || r.Draws > study.MaxDraws {
		return nil, fmt.Errorf("%d draws of a control; there can be 0 to %d", r.Draws, study.MaxDraws)
	}
	shares := study.Shares{Development: r.Development, Test: r.Test}
	if err := shares.Check(); err != nil {
		return nil, err
	}
	for i := range r.Cells {
		if err := r.Cells[i].Check(l.config()); err != nil {
			return nil, err
		}
	}
	set := study.Statements{Plus: r.Plus, Minus: r.Minus}.Clean()
	last := l.runner
	if last == nil || !last.Set.Equal(set) || last.Shares != shares || last.Draws < r.Draws || last.Model != model {
		last = &study.Runner{Lab: l.Lab, Model: model, Set: set, Shares: shares, Draws: r.Draws}
		l.runner = last
	}
	last.Family, last.Test = r.Family, r.On == "test"
	return last, nil
}

// census says where the units are that a cell's masks close.
func (l *lab) census(ctx context.Context, run *study.Runner, c study.Cell) (*censusInfo, error) {
	m, err := run.Masks(ctx, c, nil) // of what was read just now
	if err != nil {
		return nil, err
	}
	info := new(censusInfo)
	if info.Plus, err = l.Census(m.Plus); err != nil {
		return nil, err
	}
	info.Minus, err = l.Census(m.Minus)
	return info, err
}
