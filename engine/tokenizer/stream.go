package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// Decode gives the text of ids: their bytes, one after the other, which may be
// no UTF-8 if the ids are not. Control tokens show their names. Where Encode
// puts a space in front of text, Decode takes it away again. An id that is not
// in the vocabulary stands for nothing.
func (t *Tokenizer) Decode(ids []int32) string {
	var b strings.Builder
	fresh := true
	for _, id := range ids {
		b.Write(t.piece(id, &fresh))
	}
	return b.String()
}

// piece gives the bytes of the next token of a text. Fresh is whether the space
// which Encode puts in front of text would stand here.
func (t *Tokenizer) piece(id int32, fresh *bool) []byte {
	raw := t.Bytes(id)
	if len(raw) == 0 {
		return nil
	}
	control := t.vocab.kind[id] == kindControl
	if *fresh && t.spacePrefix && raw[0] == ' ' && !control {
		raw = raw[1:]
	}
	*fresh = control
	return raw
}

// Stream decodes ids one by one, as a model gives them. What it gives out is
// always valid UTF-8: the bytes of a character that is not complete yet are held
// back, and bytes that cannot be part of one become U+FFFD, one for each maximal
// subpart (Unicode 16, §3.9, table 3-8), as browsers do. It serves one reply and
// one goroutine.
type Stream struct {
	t     *Tokenizer
	held  []byte
	fresh bool
}

// Stream starts the decoding of a text.
func (t *Tokenizer) Stream() *Stream {
	return &Stream{t: t, held: make([]byte, 0, 64), fresh: true}
}

// Next takes a token and gives the text that is complete now, "" where the token
// ends inside a character.
func (s *Stream) Next(id int32) string {
	s.held = append(s.held, s.t.piece(id, &s.fresh)...)
	text, n := mend(s.held, false)
	s.held = append(s.held[:0], s.held[n:]...)
	return text
}

// Flush ends the text: it gives U+FFFD for a character that stayed incomplete,
// else "". The Stream is then at the start of another text.
func (s *Stream) Flush() string {
	text, _ := mend(s.held, true)
	s.held, s.fresh = s.held[:0], true
	return text
}

// mend gives the text of bytes, and how many bytes that is: all of them, or, if
// more may come, all but an incomplete character at the end.
func mend(b []byte, last bool) (text string, n int) {
	var mended []byte // nil as long as nothing had to be mended
	from := 0         // b[from:n] is good and not in mended yet
	for n < len(b) {
		r, size := utf8.DecodeRune(b[n:])
		if r != utf8.RuneError || size > 1 {
			n += size
			continue
		}
		if !last && !utf8.FullRune(b[n:]) {
			break
		}
		mended = append(mended, b[from:n]...)
		mended = append(mended, "\uFFFD"...)
		n += subpart(b[n:])
		from = n
	}
	if mended == nil {
		return string(b[:n]), n
	}
	return string(append(mended, b[from:n]...)), n
}

// subpart is the number of bytes of the ill-formed sequence at the start of b
// which one U+FFFD stands for: as many as could have started a character.
func subpart(b []byte) int {
	for n := min(len(b), utf8.UTFMax-1); n > 1; n-- {
		if !utf8.FullRune(b[:n]) {
			return n
		}
	}
	return 1
}
