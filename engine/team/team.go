// Package team lets several members run one program on their own shares of
// the work.
//
// Every member executes the same instructions on the same inputs. Where a
// matrix is multiplied, each computes its own rows and writes them to a shared
// vector; [Member.Gather] then waits until every part is there. Nothing else
// is exchanged, so the result has the same bits for any number of members.
//
// [Local] is a team of goroutines in one address space, where gathering is a
// barrier. In a browser the members are web workers, each a program with memory
// of its own: a [Link] copies what is gathered, and lets the first member tell
// the others what to do. [Apart] is such a team of goroutines, for tests.
package team

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

// A Member is one party of a team.
type Member interface {
	// Rank is this member's number, 0 ≤ Rank < Size.
	Rank() int
	Size() int
	// Buffer returns a vector of n values that the members share. All members
	// ask for the same buffers in the same order.
	Buffer(n int) []float32
	// Gather waits until every member has written its part [lo, hi) of each of
	// the rows x[r*stride:], r < rows; then all parts are visible in x. The
	// parts of the members are disjoint. A member may write to x again once
	// the team has gathered another buffer since.
	Gather(x []float32, stride, rows, lo, hi int)
}

// A Link is a member of a team whose members have no memory in common. Rank 0
// leads: it runs the program, and sends the others what they are to compute.
//
// All members call Gather, GatherBytes and Send or Receive in the same order.
// What they cannot do because a member is gone ends them with a panic.
type Link interface {
	Member
	// GatherBytes is Gather for one row of bytes.
	GatherBytes(x []byte, lo, hi int)
	// Send gives a message to all others; the leader alone calls it. It returns
	// when the message can be forgotten.
	Send(message []byte)
	// Receive waits for the next message. It is valid until the next call.
	Receive() []byte
}

// Split returns the share lo ≤ i < hi of n items that the member of a rank
// works on, in whole units but for the end. The shares differ by at most one
// unit.
func Split(n, unit, rank, size int) (lo, hi int) {
	units := (n + unit - 1) / unit
	lo = units * rank / size * unit
	hi = units * (rank + 1) / size * unit
	return min(lo, n), min(hi, n)
}

// Local returns the members of a team of goroutines.
func Local(size int) []Member {
	if size < 1 {
		panic(fmt.Sprintf("team: a team of %d", size))
	}
	shared := &local{size: size}
	shared.awake.L = &shared.mu
	if size <= runtime.GOMAXPROCS(0) {
		shared.spins = spins
	}
	members := make([]Member, size)
	for i := range members {
		members[i] = &localMember{local: shared, rank: i}
	}
	return members
}

// local is what the members of a Local team share.
type local struct {
	size    int
	spins   int // none where members share processors
	buffers [][]float32
	waiting atomic.Int32
	phase   atomic.Uint32
	asleep  atomic.Int32
	mu      sync.Mutex
	awake   sync.Cond // a phase has ended
}

type localMember struct {
	*local
	rank    int
	buffers int // asked for so far
}

func (m *localMember) Rank() int { return m.rank }
func (m *localMember) Size() int { return m.size }

// Buffer is called before the team runs, by one goroutine.
func (m *localMember) Buffer(n int) []float32 {
	if m.buffers == len(m.local.buffers) {
		m.local.buffers = append(m.local.buffers, make([]float32, n))
	}
	b := m.local.buffers[m.buffers]
	if len(b) != n {
		panic(fmt.Sprintf("team: member %d asks for a buffer of %d values where another had %d", m.rank, n, len(b)))
	}
	m.buffers++
	return b
}

func (m *localMember) Gather([]float32, int, int, int, int) {
	if m.size > 1 {
		m.barrier()
	}
}

// spins is how often a member looks before it lets others run: some fifty
// microseconds, longer than the shares of a matrix differ when every member
// has a core.
const spins = 20_000

// yields is how often it lets others run before it sleeps: whoever is still waited
// for has no core, and needs this one.
const yields = 100

func (l *local) barrier() {
	phase := l.phase.Load()
	if int(l.waiting.Add(1)) == l.size {
		l.waiting.Store(0)
		l.phase.Store(phase + 1)
		if l.asleep.Load() > 0 { // who has not said so yet will see the phase
			l.mu.Lock()
			defer l.mu.Unlock()
			l.awake.Broadcast()
		}
		return
	}
	for i := range l.spins + yields {
		if l.phase.Load() != phase {
			return
		}
		if i >= l.spins {
			runtime.Gosched()
		}
	}
	// Not time.Sleep: where nothing else is to be run, Go's scheduler makes a
	// millisecond of less.
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asleep.Add(1)
	defer l.asleep.Add(-1)
	for l.phase.Load() == phase {
		l.awake.Wait()
	}
}
