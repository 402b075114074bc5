package study

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"masque/masks"
)

// wordCounts tells poles apart by the words that their statements use, without any model:
// naive Bayes on which words are there. It is what a mask has to beat to have found more
// than vocabulary.
type wordCounts struct {
	plus, minus map[string]int // statements with the word
	np, nm      int
}

func countWords(set Statements) *wordCounts {
	count := func(statements []string) map[string]int {
		n := map[string]int{}
		for _, s := range statements {
			for _, w := range wordsOf(s) {
				n[w]++
			}
		}
		return n
	}
	return &wordCounts{count(set.Plus), count(set.Minus), len(set.Plus), len(set.Minus)}
}

// wordsOf are a text's words in lower case, each once, in the order of the alphabet: so that what
// is added up over them has the same bits.
func wordsOf(text string) []string {
	text = strings.ReplaceAll(strings.ToLower(text), "’", "'")
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' })
	for i, w := range words {
		words[i] = strings.Trim(w, "'")
	}
	slices.Sort(words)
	words = slices.Compact(words)
	if len(words) > 0 && words[0] == "" {
		words = words[1:]
	}
	return words
}

// evidence is the log odds, for the plus pole, of the words that a text has, each pole's
// frequencies smoothed by one half. Words that neither pole has say nothing.
func (c *wordCounts) evidence(text string) float64 {
	sum := 0.0
	for _, w := range wordsOf(text) {
		p, m := c.plus[w], c.minus[w]
		if p+m == 0 {
			continue
		}
		sum += math.Log((float64(p)+.5)/(float64(c.np)+1)) - math.Log((float64(m)+.5)/(float64(c.nm)+1))
	}
	return sum
}

// WordsAlone tells the poles of a set apart by the words of other statements, those that masks were
// made from.
func WordsAlone(from, set Statements, seed uint64) masks.Test {
	c := countWords(from)
	of := func(statements []string) []float64 {
		values := make([]float64, len(statements))
		for i, s := range statements {
			values[i] = c.evidence(s)
		}
		return values
	}
	s := Separate(of(set.Plus), of(set.Minus), seed)
	t := s.Test(WordsTopic)
	t.Note = strings.TrimSpace("Naive Bayes on the words that the calibration's statements have. " + t.Note)
	return t
}
