package deflate

import (
	"encoding/binary"
	"errors"
	"hash/adler32"
)

// The ways in which a stream can be wrong.
var (
	ErrCorrupt    = errors.New("the compressed text is not valid")
	ErrChecksum   = errors.New("the compressed text has another checksum")
	ErrDictionary = errors.New("the text was compressed with another dictionary")
	ErrCut        = errors.New("the compressed text ends early")
	ErrLong       = errors.New("the text is longer than it may be")
)

// Decompress returns the text of a stream, of at most limit bytes, and what stands behind
// the stream. That may be a zlib stream (RFC 1950), with the dictionary or with none, or
// a bare one (RFC 1951).
func Decompress(stream, dictionary []byte, limit int) (text, rest []byte, err error) {
	if len(stream) < 2 || stream[0]&0xf != 8 || stream[0]>>4 > 7 || binary.BigEndian.Uint16(stream)%31 != 0 {
		return inflate(stream, nil, limit)
	}
	preset := stream[1]&(1<<5) != 0
	stream = stream[2:]
	if preset {
		if len(stream) < 4 {
			return nil, nil, ErrCut
		}
		if binary.BigEndian.Uint32(stream) != adler32.Checksum(dictionary) {
			return nil, nil, ErrDictionary
		}
		stream = stream[4:]
	} else {
		dictionary = nil
	}
	text, rest, err = inflate(stream, dictionary, limit)
	switch {
	case err != nil:
		return nil, nil, err
	case len(rest) < 4:
		return nil, nil, ErrCut
	case binary.BigEndian.Uint32(rest) != adler32.Checksum(text):
		return nil, nil, ErrChecksum
	}
	return text, rest[4:], nil
}

// inflater reads bits, the lowest of a byte first, and writes what they stand for behind
// the dictionary.
type inflater struct {
	in      []byte
	pending uint
	n       int // bits pending
	out     []byte
	limit   int // bytes of out
}

func inflate(stream, dictionary []byte, limit int) (text, rest []byte, err error) {
	f := &inflater{in: stream, out: dictionary[:len(dictionary):len(dictionary)], limit: len(dictionary) + limit}
	for last := 0; last == 0; {
		if last, err = f.take(1); err == nil {
			err = f.block()
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return f.out[len(dictionary):], f.in, nil
}

// take returns the next bits as a number. There is never a whole byte pending.
func (f *inflater) take(bits int) (int, error) {
	for f.n < bits {
		if len(f.in) == 0 {
			return 0, ErrCut
		}
		f.pending |= uint(f.in[0]) << f.n
		f.in = f.in[1:]
		f.n += 8
	}
	value := f.pending & (1<<bits - 1)
	f.pending >>= bits
	f.n -= bits
	return int(value), nil
}

func (f *inflater) put(text ...byte) error {
	if len(f.out)+len(text) > f.limit {
		return ErrLong
	}
	f.out = append(f.out, text...)
	return nil
}

// block reads a block, of which its first bit has been taken.
func (f *inflater) block() error {
	kind, err := f.take(2)
	if err != nil {
		return err
	}
	switch kind {
	case 0:
		return f.stored()
	case 1: // RFC 1951, section 3.2.6
		lengths := make([]int, 288+numDistances)
		for i := range lengths {
			switch {
			case i < 144:
				lengths[i] = 8
			case i < 256:
				lengths[i] = 9
			case i < 280:
				lengths[i] = 7
			case i < 288:
				lengths[i] = 8
			default:
				lengths[i] = 5
			}
		}
		return f.tokens(newTree(lengths[:288]), newTree(lengths[288:]))
	case 2:
		return f.ownCodes()
	}
	return ErrCorrupt
}

// stored copies text that is not compressed. It begins at a byte.
func (f *inflater) stored() error {
	f.pending, f.n = 0, 0
	if len(f.in) < 4 {
		return ErrCut
	}
	n := binary.LittleEndian.Uint16(f.in)
	if n != ^binary.LittleEndian.Uint16(f.in[2:]) {
		return ErrCorrupt
	}
	f.in = f.in[4:]
	if len(f.in) < int(n) {
		return ErrCut
	}
	err := f.put(f.in[:n]...)
	f.in = f.in[n:]
	return err
}

// ownCodes reads a block that brings its codes (section 3.2.7).
func (f *inflater) ownCodes() error {
	var head [3]int
	for i, bits := range []int{5, 5, 4} {
		var err error
		if head[i], err = f.take(bits); err != nil {
			return err
		}
	}
	literals, distances := head[0]+firstLength, head[1]+1
	if literals > numLiterals || distances > numDistances {
		return ErrCorrupt
	}
	of := make([]int, len(lengthOrder))
	for _, i := range lengthOrder[:head[2]+4] {
		var err error
		if of[i], err = f.take(3); err != nil {
			return err
		}
	}
	tree := newTree(of)
	if !tree.complete {
		return ErrCorrupt
	}
	var lengths []int
	for len(lengths) < literals+distances {
		symbol, err := f.symbol(tree)
		if err != nil {
			return err
		}
		r, often := run{symbol: symbol}, 1
		switch symbol {
		case 16:
			if len(lengths) == 0 {
				return ErrCorrupt
			}
			r, often = run{lengths[len(lengths)-1], 0, 2}, 3
		case 17:
			r, often = run{0, 0, 3}, 3
		case 18:
			r, often = run{0, 0, 7}, 11
		}
		more, err := f.take(r.moreBits)
		if err != nil {
			return err
		}
		for range often + more {
			lengths = append(lengths, r.symbol)
		}
	}
	if len(lengths) > literals+distances {
		return ErrCorrupt
	}
	a, b := newTree(lengths[:literals]), newTree(lengths[literals:])
	if !a.usable() || !b.usable() {
		return ErrCorrupt
	}
	return f.tokens(a, b)
}

// tokens reads literals and matches up to the end of their block.
func (f *inflater) tokens(literals, distances *tree) error {
	for {
		symbol, err := f.symbol(literals)
		switch {
		case err != nil:
			return err
		case symbol == endOfBlock:
			return nil
		case symbol < endOfBlock:
			if err := f.put(byte(symbol)); err != nil {
				return err
			}
			continue
		case symbol >= numLiterals:
			return ErrCorrupt
		}
		length := maxMatch
		if symbol != numLiterals-1 {
			if length, err = f.number(symbol-firstLength, 2); err != nil {
				return err
			}
			length += minMatch
		}
		if symbol, err = f.symbol(distances); err != nil {
			return err
		}
		distance, err := f.number(symbol, 1)
		if err != nil {
			return err
		}
		if distance++; distance > len(f.out) {
			return ErrCorrupt
		}
		for range length { // one by one: a match may reach into itself
			if err := f.put(f.out[len(f.out)-distance]); err != nil {
				return err
			}
		}
	}
}

// number undoes split, with the bits that follow.
func (f *inflater) number(symbol, k int) (int, error) {
	if symbol < 1<<k {
		return symbol, nil
	}
	follow := follows(symbol, k)
	low, err := f.take(follow)
	return (1<<k+symbol&(1<<k-1))<<follow + low, err
}

// A tree is codes to be read: how many there are of each length, and their symbols in
// the order of the codes.
type tree struct {
	counts   [maxCode + 1]int
	symbols  []int
	complete bool // every sequence of bits is a code
	over     bool // there are more codes than there can be
}

func newTree(lengths []int) *tree {
	t := new(tree)
	room := 1 << maxCode
	for length := 1; length <= maxCode; length++ {
		for symbol, l := range lengths {
			if l == length {
				t.counts[length]++
				t.symbols = append(t.symbols, symbol)
				room -= 1 << (maxCode - length)
			}
		}
	}
	t.complete, t.over = room == 0, room < 0
	return t
}

// usable reports whether symbols can be read: a code may have room where it has no symbol
// or one alone.
func (t *tree) usable() bool {
	return t.complete || !t.over && len(t.symbols) <= 1 && t.counts[1] == len(t.symbols)
}

// symbol reads a code bit by bit: codes of one length are numbers that follow each other.
func (f *inflater) symbol(t *tree) (int, error) {
	code, first, index := 0, 0, 0
	for _, count := range t.counts[1:] {
		bit, err := f.take(1)
		if err != nil {
			return 0, err
		}
		code |= bit
		if code-first < count {
			return t.symbols[index+code-first], nil
		}
		index += count
		first = (first + count) << 1
		code <<= 1
	}
	return 0, ErrCorrupt
}
