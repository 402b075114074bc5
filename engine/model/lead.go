package model

import (
	"runtime"
	"sync"

	"masque/engine/quant"
	"masque/engine/team"
)

// Lead returns the engine of a team whose other members are programs of their
// own, at work in Follow. The weights are the leader's share.
//
// The leader alone holds conversations, samples and decides; before each pass
// it tells the others what it is about, and then all compute their parts. So
// nothing that depends on time or chance can part them.
func Lead(w *Weights, link team.Link) *Engine {
	checkShare(w, link, 0)
	e := newEngine(w, []team.Link{link})
	l := &lead{engine: e, link: link}
	e.lead = l
	w.collect = l.collect
	return e
}

func checkShare(w *Weights, link team.Link, rank int) {
	if link.Rank() != rank && (rank == 0 || link.Rank() == 0) || w.share != (Share{link.Rank(), link.Size()}) && link.Size() > 1 {
		panic("model: a member of a team with the weights of another")
	}
}

// lead is what the leader's engine knows of its followers.
type lead struct {
	engine  *Engine
	link    team.Link
	message message
	names   uint32 // given so far, to sessions and overlays

	mu     sync.Mutex
	unused []uint32 // names of what the garbage collector has taken
}

func (l *lead) newName() uint32 {
	l.names++
	return l.names
}

// name makes a session known. Its followers' part is made with its first rows,
// and ends when the session does.
func (l *lead) name(s *Session) {
	s.name = l.newName()
	runtime.AddCleanup(s, l.forget, s.name)
}

func (l *lead) forget(name uint32) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unused = append(l.unused, name)
}

// begin starts a message, after one that names what followers can drop.
func (l *lead) begin(c command) {
	l.mu.Lock()
	unused := l.unused
	l.unused = nil
	l.mu.Unlock()
	if len(unused) > 0 {
		l.message.begin(commandForget)
		for _, name := range unused {
			l.message.uint32(name)
		}
		l.link.Send(l.message)
	}
	l.message.begin(c)
}

func (l *lead) send() { l.link.Send(l.message) }

// overlay makes an overlay known and returns its name; 0 is none.
func (l *lead) overlay(o *Overlay) uint32 {
	if o == nil || o.Gates == nil && len(o.Matrices) == 0 {
		return 0
	}
	if o.told == l.engine {
		return o.name
	}
	o.told, o.name = l.engine, l.newName()
	runtime.AddCleanup(o, l.forget, o.name)
	l.begin(commandOverlay)
	l.message.uint32(o.name)
	l.message.uint32(uint32(len(o.Gates)))
	for _, g := range o.Gates {
		l.message.floats(g.O)
		l.message.floats(g.Down)
	}
	l.send()
	for id, m := range o.Matrices {
		l.begin(commandBaked)
		l.message.uint32(o.name)
		l.message.matrix(id)
		l.message.uint32(uint32(m.Format))
		l.message = append(l.message, m.RowBytes(0, m.Rows)...)
		l.send()
	}
	return o.name
}

// forward tells of a pass, before the rows are counted into their sessions.
func (l *lead) forward(rows []Row) {
	for first := 0; first < len(rows); first++ {
		if first == 0 || rows[first].Session != rows[first-1].Session {
			l.overlay(rows[first].Session.overlay)
		}
	}
	l.begin(commandForward)
	at := uint32(0) // rows of the trace before these, and one; 0 where none is kept
	if t := l.engine.trace; t != nil {
		at = uint32(t.at) + 1
	}
	l.message.uint32(at)
	l.message.uint32(uint32(l.engine.twins))
	l.message.uint32(uint32(l.engine.alike))
	for first := 0; first < len(rows); {
		s := rows[first].Session
		last := first + 1
		for last < len(rows) && rows[last].Session == s {
			last++
		}
		l.message.uint32(s.name)
		l.message.uint32(l.overlay(s.overlay)) // told above
		l.message.uint32(uint32(s.len))
		l.message.uint32(uint32(last - first))
		for _, r := range rows[first:last] {
			token := uint32(r.Token) << 1
			if r.Logits {
				token |= 1
			}
			l.message.uint32(token)
		}
		first = last
	}
	l.send()
}

// fork tells of a session that goes on from where another stands.
func (l *lead) fork(from, to *Session) {
	l.begin(commandFork)
	l.message.uint32(from.name)
	l.message.uint32(uint32(from.len))
	l.message.uint32(to.name)
	l.send()
}

// batch tells what is differentiated together, before its passes.
func (l *lead) batch(d *backward, shared, first int) {
	name := l.overlay(d.overlay)
	l.begin(commandBatch)
	l.message.uint32(name)
	l.message.uint32(uint32(d.trace.room))
	l.message.uint32(uint32(d.base))
	l.message.uint32(uint32(d.trace.lowest))
	l.message.uint32(uint32(shared))
	l.message.uint32(uint32(first))
	for _, t := range d.targets {
		l.message.uint32(t.session.name)
		l.message.uint32(uint32(t.last - t.first))
	}
	l.send()
}

// share tells that the first target's beginning is to be all targets'.
func (l *lead) share(n int) {
	l.begin(commandShare)
	l.message.uint32(uint32(n))
	l.send()
}

// head and layers tell of the two tasks of a backward pass.
func (l *lead) head(at int) {
	l.begin(commandHead)
	l.message.uint32(uint32(at))
	l.send()
}

func (l *lead) layers() {
	l.begin(commandLayers)
	l.send()
}

func (l *lead) release() {
	l.begin(commandRelease)
	l.send()
}

func (l *lead) end() {
	l.begin(commandEnd)
	l.send()
}

// collect brings together the rows of a matrix.
func (l *lead) collect(id MatrixID) *quant.Matrix {
	l.begin(commandCollect)
	l.message.matrix(id)
	l.send()
	return l.engine.members[0].together(nil, l.engine.w.own(id), id)
}
