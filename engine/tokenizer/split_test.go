package tokenizer

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/dlclark/regexp2"
)

// The expressions of the pre-tokenizers, from src/llama-vocab.cpp of llama.cpp.
// smollm has two: the first isolates digits, the second splits what is between.
const (
	gpt2Expression   = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	llama3Expression = `(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	qwen2Expression  = `(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

var expressions = map[string][]string{
	"gpt-2":     {gpt2Expression},
	"smollm":    {`\p{N}`, gpt2Expression},
	"llama-bpe": {llama3Expression},
	"qwen2":     {qwen2Expression},
}

// oracle splits text by expressions, each within the words of the one before; what
// none matches stays together. It gives the lengths of the words in characters,
// where a byte that is not UTF-8 is a character.
func oracle(t testing.TB, expressions []*regexp2.Regexp, text string) []int {
	words := [][]rune{[]rune(text)}
	for _, re := range expressions {
		var finer [][]rune
		for _, w := range words {
			from := 0
			m, err := re.FindRunesMatch(w)
			for m != nil {
				if m.Index > from {
					finer = append(finer, w[from:m.Index])
				}
				finer = append(finer, w[m.Index:m.Index+m.Length])
				from = m.Index + m.Length
				m, err = re.FindNextMatch(m)
			}
			if err != nil {
				t.Fatal(err)
			}
			if from < len(w) {
				finer = append(finer, w[from:])
			}
		}
		words = finer
	}
	lengths := make([]int, len(words))
	for i, w := range words {
		lengths[i] = len(w)
	}
	return lengths
}

// split gives the words of a text.
func split(s splitter, text string) []string {
	var words []string
	for text != "" {
		n := s(text)
		words = append(words, text[:n])
		text = text[n:]
	}
	return words
}

// compiled gives the expressions of each pre-tokenizer, ready to match.
func compiled(t testing.TB) map[string][]*regexp2.Regexp {
	all := map[string][]*regexp2.Regexp{}
	for name, list := range expressions {
		for _, e := range list {
			re, err := regexp2.Compile(e, regexp2.None)
			if err != nil {
				t.Fatal(err)
			}
			all[name] = append(all[name], re)
		}
	}
	return all
}

// agree compares all splitters with their expressions on a text.
func agree(t testing.TB, all map[string][]*regexp2.Regexp, text string) {
	t.Helper()
	for _, p := range preTokenizers {
		words := split(p.split, text)
		if strings.Join(words, "") != text {
			t.Fatalf("%s: the words of %q are %q", p.name, text, words)
		}
		lengths := make([]int, len(words))
		for i, w := range words {
			lengths[i] = len([]rune(w))
		}
		if want := oracle(t, all[p.name], text); !slices.Equal(lengths, want) {
			t.Fatalf("%s: the words of %q are %q, with lengths %v; the expression has %v", p.name, text, words, lengths, want)
		}
	}
}

// alphabet holds characters that take different ways through the splitters, and
// pieces of the contractions.
var alphabet = []string{
	" ", " ", " ", "  ", "\t", "\n", "\r", "\r\n", "\v", "\f", "\u0085", "\u00a0", "\u1680", "\u2003", "\u2028", "\u3000",
	"a", "b", "s", "S", "t", "re", "RE", "rE", "ve", "Ve", "m", "M", "ll", "lL", "d", "D", "l", "r", "v", "ſ", "é", "ß", "e\u0301", "Ж", "中", "ー", "ª", "ʰ", "ǅ", "𝔘",
	"0", "1", "9", "²", "½", "Ⅷ", "٣", "〇", "𝟘",
	"'", "'", "’", ".", ",", "!", "_", "-", "$", "+", "©", "😀", "\u200d", "\ufe0f", "\u20e3", "\u00ad", "\u0300", "\ufeff", "\ufffd", "\x00", "\x1c", "\x1f", "\u200b", "\u180e", "\U000e0001", "\U0010ffff", "\ue000", "\u0378",
	"\xff", "\x80", "\xc3", "\xf0\x9f", "\xed\xa0\x80",
}

func TestSplit(t *testing.T) {
	all := compiled(t)
	agree(t, all, "")
	for _, a := range alphabet {
		for _, b := range alphabet {
			for _, c := range []string{"", " ", "\n", "a", "7", "!", "\t", "'", "\r"} {
				agree(t, all, a+b+c)
				agree(t, all, c+a+b)
			}
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		var b strings.Builder
		for range rng.IntN(14) {
			b.WriteString(alphabet[rng.IntN(len(alphabet))])
		}
		agree(t, all, b.String())
	}
}

// TestCategories compares the class of every character.
func TestCategories(t *testing.T) {
	expression := map[category]*regexp2.Regexp{}
	for c, e := range map[category]string{catLetter: `\p{L}`, catNumber: `\p{N}`, catSpace: `\s`, catOther: `[^\s\p{L}\p{N}]`} {
		expression[c] = regexp2.MustCompile(e, regexp2.None)
	}
	for r := rune(0); r <= 0x10ffff; r++ {
		is, _ := at(string(r), 0)
		if r >= 0xd800 && r < 0xe000 {
			continue // no characters; string(r) is U+FFFD
		}
		if ok, err := expression[is].MatchRunes([]rune{r}); err != nil || !ok {
			t.Fatalf("%U has category %d, and its expression does not match: %v", r, is, err)
		}
	}
}

func FuzzSplit(f *testing.F) {
	for _, s := range []string{"don't", "  a\r\n\n b", "x 123  4'S", "\xff'll \u3000\n1"} {
		f.Add(s)
	}
	all := compiled(f)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1000 {
			return // the oracle backtracks
		}
		agree(t, all, text)
	})
}
