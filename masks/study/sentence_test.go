package study

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"masque/masks"
)

// TestSentence: what a sentence says of a separation is what the page's sentence says of
// the same figures (web/src/lib/meaning.ts, which is tested with the same cases).
func TestSentence(t *testing.T) {
	file, err := os.ReadFile("testdata/separations.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Is       string  `json:"is"`
		Order    int     `json:"order"`
		Interval *[2]int `json:"interval"`
		Few      bool    `json:"few"`
		Chance   *string `json:"chance"`
		masks.Test
	}
	if err := json.Unmarshal(file, &cases); err != nil || len(cases) == 0 {
		t.Fatal(len(cases), err)
	}
	verdicts := map[string]string{
		"shown":     "The plus mask makes statements that people label extraverted more likely than the minus mask does",
		"reversed":  "The masks work the wrong way round",
		"not shown": "These masks were not shown to make statements that people label extraverted more likely",
	}
	for i, c := range cases {
		got := Sentence("extraverted", &c.Test)
		says := map[string]bool{fmt.Sprintf("they put %d in order", c.Order): true, "95 % interval": c.Interval != nil, "too few statements to tell how sure": c.Few, "(p = ": c.Chance != nil}
		for is, text := range verdicts {
			says[text] = is == c.Is
		}
		if c.Interval != nil {
			says[fmt.Sprintf("95 %% interval %d to %d", c.Interval[0], c.Interval[1])] = true
		}
		if c.Chance != nil {
			says["(p = "+*c.Chance+", above .05)"] = true
		}
		for text, want := range says {
			if strings.Contains(got, text) != want {
				t.Errorf("case %d: that %q says %q should be %v", i, got, text, want)
			}
		}
		if strings.Contains(got, "is an") || strings.Contains(got, "is extraverted") {
			t.Errorf("%q says what a mask is not", got)
		}
	}
}

func TestSentenceWords(t *testing.T) {
	estimate := func(v, low, high float64) *masks.Estimate { return &masks.Estimate{Value: v, Low: &low, High: &high} }
	for want, test := range map[string]masks.Test{
		"has 50 (too few statements to tell how sure).":                   {AUC: estimate(1, 1, 1), N: &masks.Counts{Plus: 30, Minus: 19}},
		"(95 % interval 90 to 100, too few statements to tell how sure).": {AUC: estimate(1, .9, 1), N: &masks.Counts{Plus: 6, Minus: 6}},
		"has 50.": {AUC: &masks.Estimate{Value: .7}},
	} {
		if got := Sentence("extraverted", &test); !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
	}
	others := Sentence("extraverted", &masks.Test{AUC: estimate(.9, .8, .95), PPLRatio: &masks.Ratios{Plus: 1.01, Minus: 1.2}, Of: masks.OfPart})
	if !strings.Contains(others, "masks made in the same way without these statements put 90 in order") || !strings.Contains(others, "The persona's own multiply") {
		t.Errorf("%q does not tell the masks that were tested from the persona's own", others)
	}
	own := Sentence("extraverted", &masks.Test{Set: OwnStatements, AUC: estimate(1, 1, 1), PPLRatio: &masks.Ratios{Plus: 1.01, Minus: 1.2}})
	if strings.Contains(own, "unseen") || !strings.Contains(own, "shows nothing of others: of 100 pairs of a seen extraverted statement") || !strings.Contains(own, "by 1.01 and 1.20.") {
		t.Errorf("%q takes statements that the masks were made from for evidence", own)
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
