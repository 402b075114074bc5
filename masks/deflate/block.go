package deflate

import "math/bits"

// Symbols of RFC 1951, section 3.2.5.
const (
	endOfBlock   = 256
	firstLength  = 257
	numLiterals  = 286 // and lengths
	numDistances = 30
	maxCode      = 15 // bits
)

// split tells the symbol of a number from the bits that follow it: there are 2^k symbols a
// doubling, and the first 2^k have none that follow.
func split(x, k int) (symbol, follow int) {
	n := bits.Len(uint(x)) - 1
	if n < k {
		return x, 0
	}
	follow = n - k
	return (follow+1)<<k + x>>follow&(1<<k-1), follow
}

// lengthSymbol is split for a match's length, whose greatest has a symbol of its own.
func lengthSymbol(length int) (symbol, follow int) {
	if length == maxMatch {
		return numLiterals - 1, 0
	}
	symbol, follow = split(length-minMatch, 2)
	return firstLength + symbol, follow
}

// follows undoes split as to the bits that follow a symbol.
func follows(symbol, k int) int { return max(0, symbol>>k-1) }

// A block is a part of the text with codes of its own (RFC 1951, section 3.2.7).
type block struct {
	tokens    []token
	literals  alphabet // and lengths
	distances alphabet
}

// An alphabet is symbols with their codes, and how often they come.
type alphabet struct {
	often []int
	codes []code
}

func newBlock(tokens []token) *block {
	literals, distances := make([]int, numLiterals), make([]int, numDistances)
	literals[endOfBlock] = 1
	for _, t := range tokens {
		if t.distance == 0 {
			literals[t.length]++
			continue
		}
		symbol, _ := lengthSymbol(t.length)
		literals[symbol]++
		symbol, _ = split(t.distance-1, 1)
		distances[symbol]++
	}
	distances[0] = max(distances[0], 1) // some readers want one to be there
	return coded(tokens, literals, distances)
}

func coded(tokens []token, literals, distances []int) *block {
	return &block{tokens, alphabet{literals, codesOf(literals, maxCode)}, alphabet{distances, codesOf(distances, maxCode)}}
}

// piece is how many tokens are put into one block or another together.
const piece = 512

// cut cuts the text where it changes: a persona's document is words, and then sets of units
// in base64. Blocks grow by pieces, as long as that takes fewer bits than a new block.
func cut(tokens []token) (blocks []*block) {
	last := newBlock(tokens[:min(piece, len(tokens))])
	start := 0
	for end := piece; end < len(tokens); end += piece {
		next := newBlock(tokens[end:min(end+piece, len(tokens))])
		both := coded(tokens[start:end+len(next.tokens)], sum(last.literals.often, next.literals.often), sum(last.distances.often, next.distances.often))
		if both.size() <= last.size()+next.size() {
			last = both
			continue
		}
		blocks = append(blocks, last)
		last, start = next, end
	}
	return append(blocks, last)
}

func sum(a, b []int) []int {
	out := make([]int, len(a))
	for i := range out {
		out[i] = a[i] + b[i]
	}
	return out
}

// size is how many bits the block takes, about.
func (b *block) size() int {
	var head bitWriter
	b.writeCodes(&head, false)
	n := 8*len(head.out) + head.n
	for symbol, often := range b.literals.often {
		n += often * b.literals.codes[symbol].bits
		if symbol >= firstLength && symbol < numLiterals-1 {
			n += often * follows(symbol-firstLength, 2)
		}
	}
	for symbol, often := range b.distances.often {
		n += often * (b.distances.codes[symbol].bits + follows(symbol, 1))
	}
	return n
}

// unused is the price of symbols that a text does not have yet.
const unused = 13

func (b *block) prices() *prices {
	bitsOf := func(c code) int {
		if c.bits == 0 {
			return unused
		}
		return c.bits
	}
	return priced(func(symbol int) int { return bitsOf(b.literals.codes[symbol]) }, func(symbol int) int { return bitsOf(b.distances.codes[symbol]) })
}

// supposed are prices to begin with: those of the codes of section 3.2.6, about.
func supposed() *prices {
	return priced(func(symbol int) int {
		if symbol > endOfBlock {
			return 7
		}
		return 8
	}, func(int) int { return 5 })
}

func priced(literal, distance func(symbol int) int) *prices {
	p := new(prices)
	for i := range p.literal {
		p.literal[i] = literal(i)
	}
	for n := minMatch; n <= maxMatch; n++ {
		symbol, follow := lengthSymbol(n)
		p.length[n] = literal(symbol) + follow
	}
	for i := range p.distance {
		p.distance[i] = distance(i) + follows(i, 1)
	}
	return p
}

// lengthOrder is the order in which the codes of the codes' lengths stand.
var lengthOrder = [...]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// writeCodes begins the block.
func (b *block) writeCodes(w *bitWriter, last bool) {
	literals, distances := trim(b.literals.codes, firstLength), trim(b.distances.codes, 1)
	var lengths []int
	for _, c := range literals {
		lengths = append(lengths, c.bits)
	}
	for _, c := range distances {
		lengths = append(lengths, c.bits)
	}
	runs := runsOf(lengths)
	var often [len(lengthOrder)]int
	for _, r := range runs {
		often[r.symbol]++
	}
	lengthCodes := codesOf(often[:], 7)
	n := len(lengthOrder)
	for n > 4 && lengthCodes[lengthOrder[n-1]].bits == 0 {
		n--
	}

	if last {
		w.put(1, 1)
	} else {
		w.put(0, 1)
	}
	w.put(2, 2) // codes of its own
	w.put(len(literals)-firstLength, 5)
	w.put(len(distances)-1, 5)
	w.put(n-4, 4)
	for _, i := range lengthOrder[:n] {
		w.put(lengthCodes[i].bits, 3)
	}
	for _, r := range runs {
		w.code(lengthCodes[r.symbol])
		w.put(r.more, r.moreBits)
	}
}

func (b *block) write(w *bitWriter, last bool) {
	b.writeCodes(w, last)
	literals, distances := b.literals.codes, b.distances.codes
	for _, t := range b.tokens {
		if t.distance == 0 {
			w.code(literals[t.length])
			continue
		}
		symbol, follow := lengthSymbol(t.length)
		w.code(literals[symbol])
		w.put((t.length-minMatch)&(1<<follow-1), follow)
		symbol, follow = split(t.distance-1, 1)
		w.code(distances[symbol])
		w.put((t.distance-1)&(1<<follow-1), follow)
	}
	w.code(literals[endOfBlock])
}

// trim leaves codes out that no symbol from there on has, but keeps least of them.
func trim(codes []code, least int) []code {
	n := len(codes)
	for n > least && codes[n-1].bits == 0 {
		n--
	}
	return codes[:n]
}

// A run is a symbol of the lengths of codes: a length, or how often one is repeated.
type run struct{ symbol, more, moreBits int }

func runsOf(lengths []int) (runs []run) {
	for i := 0; i < len(lengths); {
		length, n := lengths[i], 1
		for i+n < len(lengths) && lengths[i+n] == length {
			n++
		}
		i += n
		if length != 0 { // written once, then repeated
			runs = append(runs, run{symbol: length})
			n--
		}
		for n > 0 {
			r := run{symbol: length}
			took := 1
			switch {
			case n < 3:
			case length != 0:
				took = min(n, 6)
				r = run{16, took - 3, 2}
			case n > 10:
				took = min(n, 138)
				r = run{18, took - 11, 7}
			default:
				took = n
				r = run{17, took - 3, 3}
			}
			runs = append(runs, r)
			n -= took
		}
	}
	return runs
}
