package model

import "fmt"

// A Session is one conversation: the tokens so far, as keys and values, seen
// through one overlay. A session belongs to the engine that made it.
type Session struct {
	engine  *Engine
	overlay *Overlay
	caches  []kvCache // one a team member of this program
	len     int
	name    uint32 // by which followers know it; 0 where there are none
	twins   *twins // it is one of; nil: it is read by itself
}

// twins are sessions that read the same tokens in the same passes.
type twins struct {
	sessions []*Session
	layers   int // below those that an overlay changes: computed for the first alone
}

// NewTwins starts sessions that see the weights through several overlays and read the same
// tokens: they are given to [Engine.Feed] together, in this order. What all of them
// compute alike, the layers below those that an overlay changes, is computed once.
func (e *Engine) NewTwins(overlays ...*Overlay) ([]*Session, error) {
	t := &twins{layers: len(e.w.Blocks)}
	for _, o := range overlays {
		s, err := e.NewSession(o)
		if err != nil {
			return nil, err
		}
		s.twins = t
		t.sessions, t.layers = append(t.sessions, s), min(t.layers, o.lowest(t.layers))
	}
	return t.sessions, nil
}

// alone panics where a session has twins: it holds a part of what it has read, or what is
// computed for all of them hangs on its overlay.
func (s *Session) alone() {
	if s.twins != nil {
		panic("model: a twin has no way of its own")
	}
}

// check panics unless rows are those of all twins, one after the other, with the same tokens
// at the same positions.
func (t *twins) check(rows []Row) {
	n := len(rows) / len(t.sessions)
	for i, r := range rows {
		if len(rows) != n*len(t.sessions) || r.Session != t.sessions[i/n] || r.Token != rows[i%n].Token || r.Session.len != t.sessions[0].len {
			panic("model: Forward of a twin without the others")
		}
	}
}

// NewSession starts an empty session. The overlay may be nil; one that does
// not fit the weights is an error.
func (e *Engine) NewSession(o *Overlay) (*Session, error) {
	if err := o.Check(e.w); err != nil {
		return nil, err
	}
	s := e.emptySession(o)
	if e.lead != nil {
		e.lead.name(s)
	}
	return s, nil
}

func (e *Engine) emptySession(o *Overlay) *Session {
	newPage := newIntPage
	if e.w.Precision == F32 {
		newPage = newFloatPage
	}
	s := &Session{engine: e, overlay: o, caches: make([]kvCache, len(e.members))}
	for i, m := range e.members {
		first, last := m.keyHeads()
		s.caches[i] = kvCache{layers: len(e.w.Blocks), heads: last - first, first: first, headDim: e.w.HeadDim, newPage: newPage}
	}
	return s
}

// Fork returns a session that has read what s has, and goes its own way from
// there: a beginning that texts have in common is read once.
func (s *Session) Fork() *Session {
	s.alone()
	f := s.engine.emptySession(s.overlay)
	f.copyFrom(s)
	if l := s.engine.lead; l != nil {
		l.name(f)
		l.fork(s, f)
	}
	return f
}

// copyFrom has s read what another session has, in the memory it has already.
func (s *Session) copyFrom(other *Session) {
	s.len = other.len
	for i := range s.caches {
		s.caches[i].copyFrom(&other.caches[i], s.len)
	}
}

// Len is the number of positions that the session holds.
func (s *Session) Len() int { return s.len }

// Overlay returns what the session sees the weights through.
func (s *Session) Overlay() *Overlay { return s.overlay }

// Truncate forgets the positions from n on. Their memory is kept for those
// that follow.
func (s *Session) Truncate(n int) {
	if n < 0 || n > s.len {
		panic(fmt.Sprintf("model: Truncate to %d of %d positions", n, s.len))
	}
	s.len = n
}

// SetOverlay forgets all positions and sees the weights through another
// overlay: a mask changes keys and values, so nothing can be kept.
func (s *Session) SetOverlay(o *Overlay) error {
	s.alone()
	if err := o.Check(s.engine.w); err != nil {
		return err
	}
	s.overlay, s.len = o, 0
	return nil
}

// Bytes returns the memory of the session's KV cache.
func (s *Session) Bytes() int {
	n := 0
	for i := range s.caches {
		n += s.caches[i].bytes()
	}
	return n
}

// grow makes room for n positions.
func (s *Session) grow(n int) {
	for i := range s.caches {
		s.caches[i].grow(n)
	}
}
