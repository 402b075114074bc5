package tokenizer

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// splitter gives the length in bytes of the first word of a text that is not
// empty. Words are what the regular expressions of the pre-tokenizers match, one
// after the other; the splitters are written by hand because the expressions look
// ahead, which Go's regexp does not, and tests compare the two.
type splitter func(text string) int

type preTokenizer struct {
	name  string
	split splitter
	whole bool // a word that is a token is taken whole (llama.cpp: ignore_merges)
}

// preTokenizers by the names that model files give them
// (tokenizer.ggml.pre), in alphabetical order.
var preTokenizers = []preTokenizer{
	{"gpt-2", splitGPT2, false},
	{"llama-bpe", splitLlama3, true},
	{"qwen2", splitQwen2, false},
	{"smollm", splitSmolLM, false},
}

// PreTokenizers lists the pre-tokenizers of byte-level BPE that are known.
func PreTokenizers() []string {
	names := make([]string, len(preTokenizers))
	for i, p := range preTokenizers {
		names[i] = p.name
	}
	return names
}

func preTokenizerOf(name string) (preTokenizer, error) {
	for _, p := range preTokenizers {
		if p.name == name {
			return p, nil
		}
	}
	return preTokenizer{}, fmt.Errorf("%w: the pre-tokenizer is %q; known are %s", ErrUnsupported, name, strings.Join(PreTokenizers(), ", "))
}

// category is the class of a character in the regular expressions.
type category uint8

const (
	catEnd    category = iota // the text has ended
	catLetter                 // \p{L}
	catNumber                 // \p{N}
	catSpace                  // \s
	catOther                  // [^\s\p{L}\p{N}]; bytes that are not UTF-8 are of it, one by one
)

// catASCII is the category of each character below U+0080.
var catASCII = func() (table [utf8.RuneSelf]category) {
	for r := range table {
		table[r] = categoryOf(rune(r))
	}
	return table
}()

func categoryOf(r rune) category {
	switch {
	case unicode.IsLetter(r):
		return catLetter
	case unicode.IsNumber(r):
		return catNumber
	case unicode.IsSpace(r): // the property White_Space, as \s has it
		return catSpace
	}
	return catOther
}

// at gives the category and the length of the character at text[i:].
func at(text string, i int) (category, int) {
	if i >= len(text) {
		return catEnd, 0
	}
	if c := text[i]; c < utf8.RuneSelf {
		return catASCII[c], 1
	}
	r, size := utf8.DecodeRuneInString(text[i:])
	return categoryOf(r), size
}

// while gives where the characters of a category that start at text[i:] end.
func while(text string, i int, c category) int {
	for {
		is, size := at(text, i)
		if is != c {
			return i
		}
		i += size
	}
}

// contraction gives the length of 's, 't, 're, 've, 'm, 'll or 'd at the start of
// text, 0 if there is none. Fold is whether capitals count too; they are those of
// ASCII, as in llama.cpp.
func contraction(text string, fold bool) int {
	if len(text) < 2 || text[0] != '\'' {
		return 0
	}
	lower := func(c byte) byte {
		if fold && c >= 'A' && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}
	a := lower(text[1])
	if a == 's' || a == 't' || a == 'm' || a == 'd' {
		return 2
	}
	if len(text) > 2 {
		b := lower(text[2])
		if a == 'r' && b == 'e' || a == 'v' && b == 'e' || a == 'l' && b == 'l' {
			return 3
		}
	}
	return 0
}

// blank gives the length of \s+(?!\S)|\s+ at the start of text, where run is the
// length of all the white space there: a run that other text follows leaves its
// last character to that, unless it is the only one. Follows is whether text
// follows.
func blank(text string, run int, follows bool) int {
	if !follows {
		return run
	}
	_, last := utf8.DecodeLastRuneInString(text[:run])
	if last == run {
		return run
	}
	return run - last
}
