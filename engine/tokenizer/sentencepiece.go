package tokenizer

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// sentencePiece is the BPE of SentencePiece: a text is its characters, and
// neighbours merge into the piece with the highest score, spaces included. What
// no piece covers falls back to bytes.
//
// Kudo and Richardson, arXiv 1808.06226; src/bpe_model.cc of the library. A
// piece is spelled with "▁" (U+2581) for a space; here it stands with the space.
// The one difference: a "▁" in a text is not taken for a space but falls back to
// its bytes, so that it comes back.
type sentencePiece struct {
	vocab *vocab
	ranks []uint32 // by id, the lower the higher the score
	bytes [256]int32
	unk   int32
}

const lowerBlock = "▁"

// buildSentencePiece fills t from a vocabulary of model "llama".
func (t *Tokenizer) buildSentencePiece(c *Config) error {
	if len(c.Scores) == 0 {
		return fmt.Errorf("%w: a SentencePiece vocabulary has a score for each token, and this one has none", ErrVocabulary)
	}
	t.vocab = newVocab(c.Tokens)
	v := &t.vocab
	m := &sentencePiece{vocab: v, ranks: make([]uint32, len(c.Tokens)), unk: c.UNK}
	for b := range m.bytes {
		m.bytes[b] = -1
	}
	for id, spelling := range c.Tokens {
		k, err := kindOf(c, id)
		if err != nil {
			return err
		}
		if m.ranks[id], err = rankOf(c.Scores[id]); err != nil {
			return fmt.Errorf("%w: token %d, %q: %w", ErrVocabulary, id, spelling, err)
		}
		as := classText
		switch k {
		case kindByte:
			b, ok := byteToken(spelling)
			if !ok {
				return fmt.Errorf("%w: token %d stands for a byte and is spelled %q, not like <0x0A>", ErrVocabulary, id, spelling)
			}
			as = classNone
			v.text = append(v.text, b)
			m.bytes[b] = int32(id)
		case kindControl, kindUnknown, kindDefined:
			as = className
			fallthrough
		default:
			v.text = appendSpaced(v.text, spelling)
		}
		if err := v.add(k, as); err != nil {
			return err
		}
	}
	for b, id := range m.bytes {
		if id < 0 && m.unk < 0 {
			return fmt.Errorf("%w: it has no token for the byte 0x%02X and no unknown token", ErrVocabulary, b)
		}
	}
	t.model = m
	return nil
}

// rankOf turns a score into a rank: its bits in an order that falls as the score
// rises.
func rankOf(score float32) (uint32, error) {
	if s := float64(score); math.IsNaN(s) || math.IsInf(s, 0) {
		return 0, fmt.Errorf("its score is %v", score)
	}
	u := math.Float32bits(score + 0) // −0 becomes 0
	if u>>31 == 0 {
		u |= 1 << 31
	} else {
		u = ^u
	}
	return ^u, nil
}

// byteToken reads the spelling of a token that stands for a byte: <0x0A>.
func byteToken(spelling string) (byte, bool) {
	const digits = "0123456789ABCDEF"
	if len(spelling) != 6 || spelling[:3] != "<0x" || spelling[5] != '>' {
		return 0, false
	}
	hi, lo := strings.IndexByte(digits, spelling[3]), strings.IndexByte(digits, spelling[4])
	return byte(hi<<4 | lo), hi >= 0 && lo >= 0
}

// appendSpaced appends a spelling with its spaces.
func appendSpaced(dst []byte, spelling string) []byte {
	for {
		before, after, found := strings.Cut(spelling, lowerBlock)
		dst = append(dst, before...)
		if !found {
			return dst
		}
		dst = append(dst, ' ')
		spelling = after
	}
}

func (m *sentencePiece) lookup(spelling string) (int32, bool) {
	raw := appendSpaced(nil, spelling)
	if id, ok := m.vocab.find(classText, raw); ok {
		return id, true
	}
	if id, ok := m.vocab.find(className, raw); ok {
		return id, true
	}
	if b, ok := byteToken(spelling); ok && m.bytes[b] >= 0 {
		return m.bytes[b], true
	}
	return -1, false
}

// encode appends the ids of plain text.
func (m *sentencePiece) encode(e *encoder, text string) {
	e.reset()
	for i := 0; i < len(text); {
		if e.t.defined.first[text[i]] {
			if id := e.t.defined.at(text[i:]); id >= 0 {
				n := len(m.vocab.bytes(id))
				e.add(id, i, i+n)
				i += n
				continue
			}
		}
		_, n := utf8.DecodeRuneInString(text[i:])
		id := int32(-1)
		if known, ok := m.vocab.find(classText, []byte(text[i:i+n])); ok {
			id = known
		}
		e.add(id, i, i+n)
		i += n
	}
	e.run(text, m)
	unknown := false
	for i := int32(0); i >= 0; {
		s := &e.symbols[i]
		if s.id >= 0 {
			e.out = append(e.out, s.id)
			unknown = false
		} else {
			unknown = m.fall(e, text[s.start:s.end], unknown)
		}
		i = s.next
	}
}

// fall appends the byte tokens of a character that no piece covers. A vocabulary
// without them has the unknown token, one for a run of such characters; unknown
// is whether the last id is of that run, and so is the result.
func (m *sentencePiece) fall(e *encoder, char string, unknown bool) bool {
	for i := range len(char) {
		if m.bytes[char[i]] < 0 {
			if !unknown {
				e.out = append(e.out, m.unk)
			}
			return true
		}
	}
	for i := range len(char) {
		e.out = append(e.out, m.bytes[char[i]])
	}
	return false
}

// join merges two symbols whose text is a piece. User-defined tokens do not merge.
func (m *sentencePiece) join(text string, left, right *symbol) (id int32, rank uint32) {
	if m.frozen(left.id) || m.frozen(right.id) || int(right.end-left.start) > m.vocab.longest {
		return -1, noRank
	}
	id, ok := m.vocab.find(classText, []byte(text[left.start:right.end]))
	if !ok {
		return -1, noRank
	}
	return id, m.ranks[id]
}

func (m *sentencePiece) frozen(id int32) bool {
	return id >= 0 && m.vocab.kind[id] == kindDefined
}
