package team

import (
	"fmt"
	"sync"
	"unsafe"
)

// Apart returns the members of a team that share nothing but messages, as web
// workers do, within one program: each is used by a goroutine of its own.
func Apart(size int) []Link {
	if size < 1 {
		panic(fmt.Sprintf("team: a team of %d", size))
	}
	shared := &apart{size: size}
	shared.all.L = &shared.mu
	links := make([]Link, size)
	for i := range links {
		links[i] = &apartMember{apart: shared, rank: i}
	}
	return links
}

// apart is the common ground. What members exchange stands in two areas by
// turns: a member may still read one while another writes the other, and nobody
// comes to write the first again before all have been at the barrier between.
type apart struct {
	size    int
	mu      sync.Mutex
	all     sync.Cond
	waiting int
	phase   int
	areas   [2]area
}

type area struct {
	bytes []byte
	parts []part // one a member
}

type part struct{ lo, hi int }

type apartMember struct {
	*apart
	rank     int
	turn     int
	received []byte
}

func (m *apartMember) Rank() int              { return m.rank }
func (m *apartMember) Size() int              { return m.size }
func (m *apartMember) Buffer(n int) []float32 { return make([]float32, n) }

func (m *apartMember) Gather(x []float32, stride, rows, lo, hi int) {
	if rows == 0 {
		return
	}
	if last := (rows-1)*stride + hi; hi > lo && last > len(x) {
		panic(fmt.Sprintf("team: Gather of %d rows of %d in %d values", rows, stride, len(x)))
	}
	m.gather(asBytes(x), 4*stride, rows, 4*lo, 4*hi)
}

func (m *apartMember) GatherBytes(x []byte, lo, hi int) { m.gather(x, len(x), 1, lo, hi) }

func (m *apartMember) gather(x []byte, stride, rows, lo, hi int) {
	a := m.enter()
	m.mu.Lock()
	a.reserve(m.size, len(x))
	for r := range rows {
		if hi > lo {
			copy(a.bytes[r*stride+lo:r*stride+hi], x[r*stride+lo:])
		}
	}
	a.parts[m.rank] = part{lo, hi}
	m.mu.Unlock()
	m.barrier()
	for rank, p := range a.parts {
		if rank == m.rank || p.hi <= p.lo {
			continue
		}
		for r := range rows {
			copy(x[r*stride+p.lo:r*stride+p.hi], a.bytes[r*stride+p.lo:])
		}
	}
}

func (m *apartMember) Send(message []byte) {
	if m.rank != 0 {
		panic("team: Send by a member that does not lead")
	}
	a := m.enter()
	a.reserve(m.size, len(message)) // the others write nothing
	copy(a.bytes, message)
	a.parts[0] = part{0, len(message)}
	m.barrier()
}

func (m *apartMember) Receive() []byte {
	a := m.enter()
	m.barrier()
	m.received = append(m.received[:0], a.bytes[:a.parts[0].hi]...)
	return m.received
}

// enter returns the area of the next exchange.
func (m *apartMember) enter() *area {
	m.turn++
	return &m.areas[m.turn%2]
}

// reserve makes room in an area that nobody reads any more.
func (a *area) reserve(members, n int) {
	if a.parts == nil {
		a.parts = make([]part, members)
	}
	if len(a.bytes) < n {
		grown := make([]byte, n)
		copy(grown, a.bytes) // what others have written already
		a.bytes = grown
	}
}

func (m *apartMember) barrier() {
	m.mu.Lock()
	defer m.mu.Unlock()
	phase := m.phase
	m.waiting++
	if m.waiting == m.size {
		m.waiting, m.phase = 0, phase+1
		m.all.Broadcast()
		return
	}
	for m.phase == phase {
		m.all.Wait()
	}
}

func asBytes(x []float32) []byte {
	if len(x) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), 4*len(x))
}
