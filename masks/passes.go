package masks

import (
	"context"
	"fmt"

	"masque/engine/model"
)

// A part is what one pass reads of a text: its tokens first ≤ k < last, in the rows
// row ≤ i < row+last−first of the pass.
type part struct {
	text, first, last, row int
	session                *model.Session
}

// textsAtOnce is how many texts may share a pass: each holds a KV cache meanwhile.
const textsAtOnce = 16

// passes reads texts through an overlay, each after the same beginning, which is
// read once. Several texts share a pass of up to rows tokens; what is read of one
// does not depend on the others.
type passes struct {
	engine    *model.Engine
	overlay   *model.Overlay
	beginning []int32
	rows      int
	logits    bool   // after every token
	what      string // the texts are, for errors
	// before is shown what a pass will read, after what it has read; texts end in
	// their order. Either may be nil.
	before, after func([]part)
}

// read reads texts, none of which is empty. Between two passes the context can end
// it.
func (p *passes) read(ctx context.Context, texts [][]int32) error {
	if len(texts) == 0 {
		return ctx.Err()
	}
	begun, err := p.begin()
	if err != nil {
		return err
	}
	free := []*model.Session{}
	parts := make([]part, 0, textsAtOnce)
	rows := make([]model.Row, 0, p.rows)
	for next := 0; next < len(texts); {
		if err := ctx.Err(); err != nil {
			return err
		}
		// The text that is under way, if there is one, and new ones.
		parts, rows = unfinished(parts, texts), rows[:0]
		for len(rows) < p.rows && next < len(texts) && len(parts) < textsAtOnce {
			if n := len(parts); n == 0 || parts[n-1].text != next {
				var s *model.Session
				if n := len(free); n > 0 {
					s, free = free[n-1], free[:n-1]
					s.Truncate(begun.Len())
				} else {
					s = begun.Fork()
				}
				parts = append(parts, part{text: next, session: s})
			}
			q := &parts[len(parts)-1]
			q.row = len(rows)
			q.last = min(len(texts[next]), q.first+p.rows-len(rows))
			for _, id := range texts[next][q.first:q.last] {
				rows = append(rows, model.Row{Session: q.session, Token: id, Logits: p.logits})
			}
			if q.last == len(texts[next]) {
				next++
			}
		}
		if p.before != nil {
			p.before(parts)
		}
		if err := p.engine.Forward(rows); err != nil {
			return fmt.Errorf("masks: %s %d to %d: %w", p.what, parts[0].text+1, parts[len(parts)-1].text+1, err)
		}
		if p.after != nil {
			p.after(parts)
		}
		for _, q := range parts {
			if q.last == len(texts[q.text]) {
				free = append(free, q.session)
			}
		}
	}
	return nil
}

// begin returns a session that has read the beginning.
func (p *passes) begin() (*model.Session, error) {
	s, err := p.engine.NewSession(p.overlay)
	if err != nil {
		return nil, err
	}
	if err := s.Feed(p.beginning, len(p.beginning), nil); err != nil {
		return nil, fmt.Errorf("masks: what stands before the %s: %w", p.what, err)
	}
	return s, nil
}

// unfinished keeps of the parts of a pass the last, if its text goes on.
func unfinished(parts []part, texts [][]int32) []part {
	if n := len(parts); n > 0 && parts[n-1].last < len(texts[parts[n-1].text]) {
		last := parts[n-1]
		last.first = last.last
		return append(parts[:0], last)
	}
	return parts[:0]
}
