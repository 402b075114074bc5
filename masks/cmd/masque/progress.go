package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// progress draws one line again and again, on a terminal only.
type progress struct {
	w     io.Writer // nil: there is no terminal
	last  time.Time
	width int // of the line that stands there
}

// progressInterval is short enough to look alive.
const progressInterval = 100 * time.Millisecond

func (e *env) progress() *progress {
	if !e.terminal {
		return &progress{}
	}
	return &progress{w: e.stderr}
}

// share shows how much of something is done, at most ten times a second.
func (p *progress) share(what string, done, total int64) {
	if p.w == nil || total <= 0 || time.Since(p.last) < progressInterval {
		return
	}
	p.last = time.Now()
	p.draw(fmt.Sprintf("%s %3d %%", what, 100*done/total))
}

// shares returns what does so for work that goes on until ctx ends.
func (p *progress) shares(ctx context.Context, what string) func(done, total int64) error {
	return func(done, total int64) error {
		p.share(what, done, total)
		return ctx.Err()
	}
}

// step shows what is done now.
func (p *progress) step(what string) {
	if p.w != nil {
		p.draw(what + " …")
	}
}

// clear takes the line away.
func (p *progress) clear() {
	if p.w != nil && p.width > 0 {
		p.draw("")
		fmt.Fprint(p.w, "\r")
	}
}

func (p *progress) draw(line string) {
	width := len([]rune(line))
	fmt.Fprint(p.w, "\r", line, strings.Repeat(" ", max(0, p.width-width)))
	p.width = width
}
