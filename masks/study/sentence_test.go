package study

import (
	"strings"
	"testing"

	"masque/masks"
)

func TestSentence(t *testing.T) {
	estimate := func(v, low, high float64) *masks.Estimate { return &masks.Estimate{Value: v, Low: &low, High: &high} }
	half := .5
	for want, test := range map[string]masks.Test{
		"The plus mask makes statements that people label extraverted more likely": {AUC: estimate(.9, .8, .95), PPLRatio: &masks.Ratios{Plus: 1.01, Minus: 1.2}},
		"not shown to":        {AUC: estimate(.6, .45, .7)},
		"not shown to make":   {AUC: estimate(1, 1, 1), P: &half, N: &masks.Counts{Plus: 1, Minus: 1}},
		"These masks were":    {AUC: estimate(0, 0, 0), N: &masks.Counts{Plus: 1, Minus: 1}},
		"the wrong way round": {AUC: estimate(.2, .1, .3)},
		"put 70 in order":     {AUC: &masks.Estimate{Value: .7}},
		"has 50 (too few statements to tell how sure).":                             {AUC: estimate(1, 1, 1), N: &masks.Counts{Plus: 30, Minus: 19}},
		"(95 % interval 100 to 100)":                                                {AUC: estimate(1, 1, 1), N: &masks.Counts{Plus: 20, Minus: 20}},
		"(95 % interval 90 to 100, too few statements to tell how sure).":           {AUC: estimate(1, .9, 1), N: &masks.Counts{Plus: 6, Minus: 6}},
		"Such an order comes by chance too often to show it (p = .500, above .05).": {AUC: estimate(.9, .56, 1), P: &half, N: &masks.Counts{Plus: 3, Minus: 3}},
	} {
		got := Sentence("extraverted", &test)
		if !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
		if strings.Contains(got, "is an") || strings.Contains(got, "is extraverted") {
			t.Errorf("%q says what a mask is not", got)
		}
	}
	others := Sentence("extraverted", &masks.Test{AUC: estimate(.9, .8, .95), PPLRatio: &masks.Ratios{Plus: 1.01, Minus: 1.2}, Note: othersNote})
	if !strings.Contains(others, "masks made in the same way without these statements put 90 in order") || !strings.Contains(others, "The persona's own multiply") {
		t.Errorf("%q does not tell the masks that were tested from the persona's own", others)
	}
	full := Sentence("extraverted", &masks.Test{AUC: estimate(.9, .8, .95), PPLRatio: &masks.Ratios{Plus: 1.01, Minus: 1.2}})
	if !strings.Contains(full, "95 % interval 80 to 95") || !strings.Contains(full, "by 1.01 and 1.20.") {
		t.Errorf("%q lacks its interval or its cost", full)
	}
}

// The page has the same test.
func TestSentenceRoundsHalfUp(t *testing.T) {
	for i := range 1001 {
		if got, want := inHundred(float64(i)/1000), (i+5)/10; got != want {
			t.Errorf("%d of 1000 is %d of 100, want %d", i, got, want)
		}
	}
}
