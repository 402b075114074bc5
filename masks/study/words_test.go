package study

import (
	"math"
	"strings"
	"testing"

	"masque/masks"
)

func TestWordsAlone(t *testing.T) {
	from := Statements{
		Plus:  []string{"I love parties.", "I love crowds and noise.", "People give me energy."},
		Minus: []string{"I love silence.", "Crowds tire me.", "Being alone gives me energy."},
	}
	c := countWords(from)
	odds := func(plus, minus float64) float64 { return math.Log((plus+.5)/4) - math.Log((minus+.5)/4) }
	for text, want := range map[string]float64{
		"LOVE, love!":       odds(2, 1), // present once
		"parties":           odds(1, 0),
		"“I” don’t":         odds(2, 1), // don't is in neither pole
		"unheard words":     0,
		"alone with energy": odds(0, 1) + odds(1, 1),
	} {
		if got := c.evidence(text); math.Abs(got-want) > 1e-12 {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	test := WordsAlone(from, Statements{Plus: []string{"Parties and noise", "unheard"}, Minus: []string{"silence", "not heard"}}, 1)
	if test.Topic() != WordsTopic || test.AUC.Value != .875 || *test.N != (masks.Counts{Plus: 2, Minus: 2}) || !strings.Contains(test.Note, "Naive Bayes") {
		t.Errorf("%+v, %+v", test, test.AUC)
	}
}
