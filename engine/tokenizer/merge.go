package tokenizer

import "math"

// merger joins neighbouring symbols, the pair of the lowest rank first and of
// equal ranks the leftmost, until no pair has a rank: the loop that all kinds of
// BPE share. Symbols are a linked list and pairs wait in a heap, so n symbols
// take O(n log n).
type merger struct {
	symbols []symbol
	heap    []uint64 // rank<<32 | index of the left symbol; stale entries are skipped
}

// symbol is a stretch of text, which ends where the next one starts.
type symbol struct {
	prev, next int32  // −1 at the ends
	start, end int32  // in the text
	id         int32  // −1: no token
	rank       uint32 // of the pair with the next symbol, noRank if they do not merge
	joined     int32  // the id of that pair
}

const noRank = math.MaxUint32

// joiner says whether two neighbouring symbols merge, and into which token.
type joiner interface {
	join(text string, left, right *symbol) (id int32, rank uint32)
}

// reset makes room for the symbols of a new text.
func (m *merger) reset() { m.symbols, m.heap = m.symbols[:0], m.heap[:0] }

// add appends a symbol.
func (m *merger) add(id int32, start, end int) {
	n := int32(len(m.symbols))
	if n > 0 {
		m.symbols[n-1].next = n
	}
	m.symbols = append(m.symbols, symbol{prev: n - 1, next: -1, start: int32(start), end: int32(end), id: id, rank: noRank})
}

// run merges until nothing is left to merge. The symbols that remain are those
// which following next from the first one visits.
func (m *merger) run(text string, j joiner) {
	for i := range m.symbols {
		m.pair(text, j, int32(i))
	}
	for len(m.heap) > 0 {
		top := m.pop()
		i := int32(top & math.MaxUint32)
		left := &m.symbols[i]
		if left.rank != uint32(top>>32) {
			continue // merged since, or with another neighbour
		}
		right := &m.symbols[left.next]
		left.id, left.end, left.next = left.joined, right.end, right.next
		right.rank = noRank
		if left.next >= 0 {
			m.symbols[left.next].prev = i
		}
		m.pair(text, j, i)
		if left.prev >= 0 {
			m.pair(text, j, left.prev)
		}
	}
}

// pair ranks a symbol with its right neighbour.
func (m *merger) pair(text string, j joiner, i int32) {
	left := &m.symbols[i]
	left.rank = noRank
	if left.next < 0 {
		return
	}
	left.joined, left.rank = j.join(text, left, &m.symbols[left.next])
	if left.rank != noRank {
		m.push(uint64(left.rank)<<32 | uint64(i))
	}
}

func (m *merger) push(x uint64) {
	m.heap = append(m.heap, x)
	i := len(m.heap) - 1
	for i > 0 {
		up := (i - 1) / 2
		if m.heap[up] <= x {
			break
		}
		m.heap[i] = m.heap[up]
		i = up
	}
	m.heap[i] = x
}

func (m *merger) pop() uint64 {
	top := m.heap[0]
	n := len(m.heap) - 1
	x := m.heap[n]
	m.heap = m.heap[:n]
	i := 0
	for {
		down := 2*i + 1
		if down >= n {
			break
		}
		if down+1 < n && m.heap[down+1] < m.heap[down] {
			down++
		}
		if x <= m.heap[down] {
			break
		}
		m.heap[i] = m.heap[down]
		i = down
	}
	if n > 0 {
		m.heap[i] = x
	}
	return top
}
