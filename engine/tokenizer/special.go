package tokenizer

import (
	"bytes"
	"slices"
	"sort"
)

// matcher finds tokens by their names in text: the longest that starts at a
// place. It is the list of the tokens in the order of their bytes; a name is
// looked for by narrowing the list byte by byte.
type matcher struct {
	vocab *vocab
	ids   []int     // and not int32, for the sake of its sort: the page's program has that of ints
	first [256]bool // bytes that a name starts with
}

// newMatcher gives the matcher of all tokens of some kinds.
func newMatcher(v *vocab, kinds ...kind) matcher {
	m := matcher{vocab: v}
	for id, k := range v.kind {
		if slices.Contains(kinds, k) && len(v.bytes(int32(id))) > 0 {
			m.ids = append(m.ids, id)
			m.first[v.bytes(int32(id))[0]] = true
		}
	}
	slices.SortFunc(m.ids, func(a, b int) int { return bytes.Compare(m.name(a), m.name(b)) })
	return m
}

func (m *matcher) name(id int) []byte { return m.vocab.bytes(int32(id)) }

// next gives the first token in text, where it starts, and how long it is; −1 if
// there is none.
func (m *matcher) next(text string) (id int32, at, length int) {
	if len(m.ids) == 0 {
		return -1, len(text), 0
	}
	for at := range len(text) {
		if m.first[text[at]] {
			if id := m.at(text[at:]); id >= 0 {
				return id, at, len(m.vocab.bytes(id))
			}
		}
	}
	return -1, len(text), 0
}

// at gives the longest token that text starts with, −1 if there is none.
func (m *matcher) at(text string) int32 {
	best, ids := -1, m.ids
	for depth := range len(text) {
		// All of ids start with text[:depth], and are longer than that.
		c := text[depth]
		lo := sort.Search(len(ids), func(i int) bool { return m.name(ids[i])[depth] >= c })
		ids = ids[lo:]
		ids = ids[:sort.Search(len(ids), func(i int) bool { return m.name(ids[i])[depth] > c })]
		if len(ids) == 0 {
			break
		}
		if len(m.name(ids[0])) == depth+1 {
			best, ids = ids[0], ids[1:]
		}
	}
	return int32(best)
}
