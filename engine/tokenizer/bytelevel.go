package tokenizer

import "fmt"

// byteLevel is the BPE of GPT-2 and its heirs: text is split into words, a word
// into its bytes, and neighbours merge in the order in which training found them.
//
// Radford et al., "Language Models are Unsupervised Multitask Learners" (2019),
// §2.2; Sennrich et al., arXiv 1508.07909.
type byteLevel struct {
	vocab  *vocab
	split  splitter
	whole  bool // a word that is a token is taken whole, whatever the merges say
	single [256]int32
	merges mergeTable
}

// buildByteLevel fills t from a vocabulary of model "gpt2".
func (t *Tokenizer) buildByteLevel(c *Config) error {
	pre, err := preTokenizerOf(c.Pre)
	if err != nil {
		return err
	}
	t.vocab = newVocab(c.Tokens)
	v := &t.vocab
	for id, spelling := range c.Tokens {
		k, err := kindOf(c, id)
		if err != nil {
			return err
		}
		as := classText
		if k == kindControl || k == kindUnknown || k == kindDefined {
			as = className
		}
		text := v.text
		if as == classText {
			var ok bool
			if v.text, ok = unspell(v.text, spelling); !ok {
				as = className // a normal token that no bytes are spelled as
			}
		}
		if as == className {
			v.text = append(text, spelling...)
		}
		if err := v.add(k, as); err != nil {
			return err
		}
	}
	m := &byteLevel{vocab: v, split: pre.split, whole: pre.whole}
	for b := range m.single {
		m.single[b] = -1
		if id, ok := v.find(classText, []byte{byte(b)}); ok {
			m.single[b] = id
		}
	}
	if err := m.readMerges(c.Merges); err != nil {
		return err
	}
	t.model = m
	return nil
}

// readMerges fills the merge table. A merge is spelled "left right"; as in
// llama.cpp the space is looked for from the second byte on.
func (m *byteLevel) readMerges(merges []string) error {
	if len(merges) > maxTokens {
		return fmt.Errorf("%w: %d merges; the limit is %d", ErrVocabulary, len(merges), maxTokens)
	}
	m.merges = newMergeTable(len(merges))
	var buf [512]byte
	last := int32(-1) // the token of the merge before
	for rank, s := range merges {
		cut := 1
		for cut < len(s) && s[cut] != ' ' {
			cut++
		}
		if cut >= len(s)-1 {
			return fmt.Errorf("%w: merge %d is %q, which is not two pieces with a space between", ErrVocabulary, rank, s)
		}
		left, okLeft := m.find(buf[:0], s[:cut])
		right, okRight := m.find(buf[:0], s[cut+1:])
		// Training numbers tokens in the order of its merges: the next one is likely.
		joined, okJoined := last+1, okLeft && okRight && m.vocab.joins(last+1, left, right)
		if !okJoined {
			joined, okJoined = m.find(buf[:0], s[:cut], s[cut+1:])
		}
		switch {
		case !okLeft:
			return fmt.Errorf("%w: merge %d is %q, and %q is not a token", ErrVocabulary, rank, s, s[:cut])
		case !okRight:
			return fmt.Errorf("%w: merge %d is %q, and %q is not a token", ErrVocabulary, rank, s, s[cut+1:])
		case !okJoined:
			return fmt.Errorf("%w: merge %d is %q, and %q is not a token", ErrVocabulary, rank, s, s[:cut]+s[cut+1:])
		}
		m.merges.add(merge{left, right, joined})
		last = joined
	}
	return nil
}

// find finds a token by its spelling, which may come in two halves.
func (m *byteLevel) find(buf []byte, spelling ...string) (int32, bool) {
	raw, ok := buf, true
	for _, s := range spelling {
		if raw, ok = unspell(raw, s); !ok {
			break
		}
	}
	if ok {
		if id, ok := m.vocab.find(classText, raw); ok {
			return id, true
		}
	}
	// A special token may be the product of a merge: it is found by its name.
	raw = buf
	for _, s := range spelling {
		raw = append(raw, s...)
	}
	return m.vocab.find(className, raw)
}

func (m *byteLevel) lookup(spelling string) (int32, bool) { return m.find(nil, spelling) }

// encode appends the ids of plain text. A byte that the vocabulary has no token
// for is left out, as in llama.cpp; SmolLM2 lacks 21, none of which stands in
// text: control characters and lead bytes of unassigned planes.
func (m *byteLevel) encode(e *encoder, text string) {
	for text != "" {
		id, at, length := e.t.defined.next(text)
		for words := text[:at]; words != ""; {
			n := m.split(words)
			m.word(e, words[:n])
			words = words[n:]
		}
		if id >= 0 {
			e.out = append(e.out, id)
		}
		text = text[at+length:]
	}
}

// word appends the ids of a word.
func (m *byteLevel) word(e *encoder, word string) {
	if len(word) == 1 {
		if id := m.single[word[0]]; id >= 0 {
			e.out = append(e.out, id)
		}
		return
	}
	if m.whole && len(word) <= m.vocab.longest {
		if id, ok := m.vocab.find(classText, []byte(word)); ok {
			e.out = append(e.out, id)
			return
		}
	}
	e.reset()
	for i := range len(word) {
		e.add(m.single[word[i]], i, i+1)
	}
	e.run(word, m)
	for i := int32(0); i >= 0; i = e.symbols[i].next {
		if id := e.symbols[i].id; id >= 0 {
			e.out = append(e.out, id)
		}
	}
}

func (m *byteLevel) join(_ string, left, right *symbol) (id int32, rank uint32) {
	return m.merges.find(left.id, right.id)
}
