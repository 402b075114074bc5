package model

import (
	"fmt"

	"masque/engine/quant"
	"masque/engine/team"
)

// Follow computes one member's part of what the leader's engine does, until
// that is closed. The weights are the member's share.
func Follow(w *Weights, link team.Link) {
	checkShare(w, link, link.Rank())
	f := &follower{
		engine:   newEngine(w, []team.Link{link}),
		sessions: map[uint32]*Session{},
		overlays: map[uint32]*Overlay{},
	}
	for f.obey(link.Receive()) {
	}
}

// follower holds the twins of the leader's sessions and overlays, by name.
type follower struct {
	engine   *Engine
	sessions map[uint32]*Session
	overlays map[uint32]*Overlay
	rows     []Row
	scratch  [matrixKinds]*quant.Matrix
}

// obey does one thing and reports whether there will be more.
func (f *follower) obey(b []byte) bool {
	e, l := f.engine, letter(b[1:])
	switch c := command(b[0]); c {
	case commandForward:
		f.forward(l)
	case commandOverlay:
		o := &Overlay{}
		f.overlays[l.uint32()] = o
		if n := l.int(); n > 0 {
			o.Gates = make([]LayerGates, n)
		}
		for i := range o.Gates {
			o.Gates[i] = LayerGates{O: l.floats(), Down: l.floats()}
		}
	case commandBaked:
		f.baked(l)
	case commandFork:
		s := f.session(l.uint32())
		s.len = l.int()
		f.sessions[l.uint32()] = s.Fork()
	case commandForget:
		for len(l) > 0 {
			name := l.uint32()
			delete(f.sessions, name)
			delete(f.overlays, name)
		}
	case commandCollect:
		id := l.matrix()
		f.scratch[id.Kind] = e.members[0].together(f.scratch[id.Kind], e.w.own(id), id)
	case commandBatch:
		f.batch(l)
	case commandShare:
		e.back.share(l.int())
	case commandHead:
		e.back.at = l.int()
		e.run(e.back.head)
	case commandLayers:
		e.run(e.back.layers)
	case commandRelease:
		e.back = nil
	case commandEnd:
		return false
	default:
		panic(fmt.Sprintf("model: a leader's command %d", c))
	}
	return true
}

// session returns the twin of a session.
func (f *follower) session(name uint32) *Session {
	s, ok := f.sessions[name]
	if !ok {
		s = f.engine.emptySession(nil)
		f.sessions[name] = s
	}
	return s
}

func (f *follower) forward(l letter) {
	e := f.engine
	if at := l.int(); at > 0 {
		e.trace = e.back.trace
		e.trace.at = at - 1
	}
	e.twins, e.alike = l.int(), l.int()
	f.rows = f.rows[:0]
	for len(l) > 0 {
		s := f.session(l.uint32())
		s.overlay = f.overlays[l.uint32()]
		s.len = l.int()
		for range l.int() {
			token := l.uint32()
			f.rows = append(f.rows, Row{s, int32(token >> 1), token&1 == 1})
		}
	}
	e.count(f.rows)
	e.run(e.forward)
	e.trace = nil
}

// baked takes the member's rows of a masked matrix.
func (f *follower) baked(l letter) {
	o := f.overlays[l.uint32()]
	id := l.matrix()
	format := quant.Format(l.uint32())
	m := f.engine.members[0]
	rows, cols := m.w.shape(id.Kind)
	lo, hi := m.w.partOf(id.Kind, m.Rank(), m.Size())
	part := &quant.Matrix{Cols: cols, Format: format}
	if hi > lo {
		whole, err := quant.New(format, rows, cols)
		if err == nil {
			part, err = quant.New(format, hi-lo, cols)
		}
		if err != nil {
			panic("model: a leader's matrix: " + err.Error())
		}
		copy(whole.RowBytes(0, rows), l)
		copy(part.RowBytes(0, hi-lo), whole.RowBytes(lo, hi))
	}
	if o.Matrices == nil {
		o.Matrices = map[MatrixID]*quant.Matrix{}
	}
	o.Matrices[id] = part
}

func (f *follower) batch(l letter) {
	overlay := f.overlays[l.uint32()]
	room, base, lowest := l.int(), l.int(), l.int()
	d := f.engine.scratchOf(overlay, room, base, lowest)
	shared, first := l.int(), l.int()
	var sessions []*Session
	var lengths []int
	for len(l) > 0 {
		sessions = append(sessions, f.session(l.uint32()))
		lengths = append(lengths, l.int())
	}
	d.lay(sessions, lengths, shared, first)
}
