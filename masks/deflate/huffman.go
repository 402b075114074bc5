package deflate

import "math/bits"

// A code stands for a symbol: so many bits, the first of them lowest.
type code struct{ value, bits int }

// codesOf gives symbols codes by how often they come, none longer than the limit. A symbol
// that does not come has no bits.
func codesOf(often []int, limit int) []code {
	codes := make([]code, len(often))
	often = append([]int{}, often...)
	for {
		lengths(often, codes)
		longest := 0
		for _, c := range codes {
			longest = max(longest, c.bits)
		}
		if longest <= limit {
			break
		}
		for i, n := range often { // evens the tree out
			often[i] = (n + 1) / 2
		}
	}
	// RFC 1951, section 3.2.2: by length, then by symbol
	next := 0
	for length := 1; length <= limit; length++ {
		next <<= 1
		for i := range codes {
			if codes[i].bits == length {
				codes[i].value = int(bits.Reverse16(uint16(next)) >> (16 - length))
				next++
			}
		}
	}
	return codes
}

// lengths sets how many bits each symbol has, by Huffman's algorithm.
func lengths(often []int, codes []code) {
	type node struct {
		weight int
		under  []int // symbols
	}
	var nodes []node
	for i, n := range often {
		codes[i].bits = 0
		if n > 0 {
			nodes = append(nodes, node{n, []int{i}})
		}
	}
	if len(nodes) == 1 {
		codes[nodes[0].under[0]].bits = 1
	}
	takeLightest := func() node {
		least := 0
		for i := range nodes {
			if nodes[i].weight < nodes[least].weight {
				least = i
			}
		}
		taken := nodes[least]
		nodes[least] = nodes[len(nodes)-1]
		nodes = nodes[:len(nodes)-1]
		return taken
	}
	for len(nodes) > 1 {
		a, b := takeLightest(), takeLightest()
		both := append(a.under[:len(a.under):len(a.under)], b.under...)
		for _, i := range both {
			codes[i].bits++
		}
		nodes = append(nodes, node{a.weight + b.weight, both})
	}
}

// bitWriter packs bits into bytes, the lowest first.
type bitWriter struct {
	out     []byte
	pending uint64
	n       int // bits pending
}

func (w *bitWriter) put(value, bits int) {
	w.pending |= uint64(value) << w.n
	for w.n += bits; w.n >= 8; w.n -= 8 {
		w.out = append(w.out, byte(w.pending))
		w.pending >>= 8
	}
}

func (w *bitWriter) code(c code) { w.put(c.value, c.bits) }

// flush returns all, the last byte filled with zeros.
func (w *bitWriter) flush() []byte {
	if w.n > 0 {
		w.put(0, 8-w.n)
	}
	return w.out
}
