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

// TestSeparateClusters: values that come in clusters are fewer than they seem.
func TestSeparateClusters(t *testing.T) {
	var plus, minus []float64
	var plusOf, minusOf []int
	for cluster := range 10 {
		for k := range 6 { // six copies of one thing
			plus, plusOf = append(plus, float64(cluster)+.01*float64(k)), append(plusOf, cluster)
			minus, minusOf = append(minus, float64((cluster*7+3)%10)-2+.01*float64(k)), append(minusOf, cluster)
		}
	}
	free, clustered := Separate(plus, minus, 1), SeparateClusters(plus, minus, plusOf, minusOf, 1)
	if free.AUC.Value != clustered.AUC.Value || free.P > .05 || !math.IsNaN(clustered.P) || free.N != clustered.N {
		t.Errorf("%+v and %+v", free, clustered)
	}
	width := func(e masks.Estimate) float64 { return *e.High - *e.Low }
	if test := clustered.Test(RepliesTopic); test.P != nil || test.AUC == nil {
		t.Errorf("clusters have the p of values that were independent: %v", *test.P)
	}
	if width(clustered.AUC) < 1.5*width(free.AUC) {
		t.Errorf("an interval of %v over clusters, %v over values", width(clustered.AUC), width(free.AUC))
	}
	// A cluster each is nothing else than values by pairs, and one cluster varies in nothing.
	if one := SeparateClusters([]float64{2, 3}, []float64{1, 2}, []int{0, 0}, []int{0, 0}, 1); width(one.AUC) != 0 {
		t.Errorf("one cluster has an interval: %v", width(one.AUC))
	}
}
