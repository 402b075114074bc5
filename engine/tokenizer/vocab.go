package tokenizer

import (
	"fmt"
	"hash/maphash"
	"math/bits"
)

// maxTokens bounds a vocabulary; the largest in use have 262,144 tokens.
const maxTokens = 1 << 22

// kind is what a token is for, numbered as in a GGUF file
// (tokenizer.ggml.token_type).
type kind uint8

const (
	kindNormal  kind = 1
	kindUnknown kind = 2 // stands for what the vocabulary cannot say
	kindControl kind = 3
	kindDefined kind = 4 // user-defined: text that is always one token
	kindUnused  kind = 5
	kindByte    kind = 6 // llama: one byte of text that no piece covers
)

// class says how a token is found. The same bytes may be a piece of text and,
// apart from that, the name of a special token.
type class uint8

const (
	classNone class = iota // not found by its bytes
	classText              // a piece that text is merged into
	className              // a control, unknown or user-defined token, by its spelling
)

// vocab holds the bytes of all tokens in one block, and a hash table over them:
// for 49,152 tokens 1.2 MB, with no pointers for the collector to follow.
type vocab struct {
	text    []byte   // the tokens' bytes, one after the other
	start   []uint32 // [tokens+1] where each begins in text
	kind    []kind   // [tokens]
	class   []class  // [tokens]
	slots   []int32  // [a power of two] id+1, 0 where free
	seed    maphash.Seed
	longest int // of the tokens of classText, in bytes
}

func newVocab(tokens []string) vocab {
	n, size := len(tokens), 0
	for _, s := range tokens {
		size += len(s)
	}
	return vocab{
		text:  make([]byte, 0, size),
		start: append(make([]uint32, 0, n+1), 0),
		kind:  make([]kind, 0, n),
		class: make([]class, 0, n),
		slots: make([]int32, tableSize(n)),
		seed:  maphash.MakeSeed(),
	}
}

// tableSize is the number of slots for n entries: at most half of them are used.
func tableSize(n int) int {
	return 1 << bits.Len(uint(2*max(n, 4)-1))
}

func (v *vocab) size() int             { return len(v.kind) }
func (v *vocab) has(id int32) bool     { return id >= 0 && int(id) < len(v.kind) }
func (v *vocab) bytes(id int32) []byte { return v.text[v.start[id]:v.start[id+1]:v.start[id+1]] }

// add appends a token whose bytes stand at the end of v.text already, beyond
// those of the last token. Of two tokens with the same class and bytes nothing
// could ever choose the second: that is an error.
func (v *vocab) add(k kind, c class) error {
	id := int32(len(v.kind))
	v.start = append(v.start, uint32(len(v.text)))
	v.kind = append(v.kind, k)
	v.class = append(v.class, c)
	raw := v.bytes(id)
	if c == classNone || len(raw) == 0 {
		return nil
	}
	slot, found := v.slot(c, raw)
	if found {
		return fmt.Errorf("%w: tokens %d and %d are both %q", ErrVocabulary, v.slots[slot]-1, id, raw)
	}
	v.slots[slot] = id + 1
	if c == classText {
		v.longest = max(v.longest, len(raw))
	}
	return nil
}

// joins says whether a token is the text of two others, one after the other. False may
// also mean that this takes more than a look at their bytes.
func (v *vocab) joins(id, left, right int32) bool {
	if !v.has(id) || v.class[id] != classText || v.class[left] != classText || v.class[right] != classText {
		return false
	}
	raw, first, second := v.bytes(id), v.bytes(left), v.bytes(right)
	return len(raw) == len(first)+len(second) && string(raw[:len(first)]) == string(first) && string(raw[len(first):]) == string(second)
}

// find gives the token of a class with these bytes.
func (v *vocab) find(c class, raw []byte) (int32, bool) {
	slot, found := v.slot(c, raw)
	return v.slots[slot] - 1, found
}

// slot gives the place of a token in the table, or the free place where it would
// stand.
func (v *vocab) slot(c class, raw []byte) (slot uint64, found bool) {
	mask := uint64(len(v.slots) - 1)
	slot = (maphash.Bytes(v.seed, raw) ^ uint64(c)) & mask
	for {
		id := v.slots[slot] - 1
		if id < 0 {
			return slot, false
		}
		if v.class[id] == c && string(v.bytes(id)) == string(raw) {
			return slot, true
		}
		slot = (slot + 1) & mask
	}
}

// markers are the names of tokens that bound turns and texts in the models which
// this project knows. Some converters leave them normal or user-defined; then a
// user could forge them, so they are made control tokens, as llama.cpp does.
var markers = map[string]bool{
	"<|im_start|>": true, "<|im_end|>": true, "<|endoftext|>": true,
	"<|begin_of_text|>": true, "<|end_of_text|>": true, "<|eot_id|>": true, "<|eom_id|>": true,
	"<|start_header_id|>": true, "<|end_header_id|>": true,
	"<bos>": true, "<eos>": true, "<start_of_turn>": true, "<end_of_turn>": true,
	"<s>": true, "</s>": true,
}

// isMarker looks before it hashes: this is asked of every token.
func isMarker(s string) bool { return s != "" && s[0] == '<' && markers[s] }

// kindOf gives the kind of token id, mended where the file is known to be wrong.
func kindOf(c *Config, id int) (kind, error) {
	k := kindNormal
	if len(c.Types) != 0 {
		// 0 is "undefined", which llama.cpp takes as normal.
		if c.Types[id] < 0 || c.Types[id] > int32(kindByte) {
			return 0, fmt.Errorf("%w: token %d has type %d; types go from 1 to %d", ErrVocabulary, id, c.Types[id], kindByte)
		}
		k = max(kind(c.Types[id]), kindNormal)
	}
	if (k == kindNormal || k == kindDefined) && (isMarker(c.Tokens[id]) || id == int(c.BOS) || id == int(c.EOS)) {
		k = kindControl
	}
	return k, nil
}
