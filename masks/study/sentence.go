package study

import (
	"fmt"
	"math"
	"strings"

	"masque/masks"
)

// OwnStatements is the set, for [Result.On], of statements that the masks under test were made
// from: on them any masks do well.
const OwnStatements = "Its own statements"

// Sentence says in plain words what a separation means, and whose it is: that of the
// persona's masks, or of others that stand for them. The cost is the persona's own. label
// is what people call statements of the plus pole, such as "extraverted".
func Sentence(label string, t *masks.Test) string {
	var b strings.Builder
	low, high := t.AUC.Value, t.AUC.Value
	if t.AUC.Low != nil {
		low, high = *t.AUC.Low, *t.AUC.High
	}
	shown := low > .5 && (t.P == nil || *t.P <= .05) // of a few statements an interval may have no width
	own, one := t.Set == OwnStatements, "an unseen"
	switch {
	case own:
		one = "a seen"
		fmt.Fprintf(&b, "The masks were made from these very statements, which shows nothing of others")
	case shown:
		fmt.Fprintf(&b, "The plus mask makes statements that people label %s more likely than the minus mask does", label)
	case high < .5 && !unsure(t):
		fmt.Fprintf(&b, "The masks work the wrong way round: the minus mask makes statements that people label %s more likely", label)
	default:
		fmt.Fprintf(&b, "These masks were not shown to make statements that people label %s more likely", label)
	}
	tested, whose := "they", "They"
	if t.Of == masks.OfPart {
		tested, whose = masks.OtherMasks, "The persona's own"
	}
	fmt.Fprintf(&b, ": of 100 pairs of %s %s statement and an opposite one, %s put %d in order, where chance has 50", one, label, tested, inHundred(t.AUC.Value))
	var surety []string
	if t.AUC.Low != nil && !unsure(t) {
		surety = append(surety, fmt.Sprintf("95 %% interval %d to %d", inHundred(low), inHundred(high)))
	}
	if t.AUC.Low != nil && few(t) {
		surety = append(surety, "too few statements to tell how sure")
	}
	if len(surety) > 0 {
		fmt.Fprintf(&b, " (%s)", strings.Join(surety, ", "))
	}
	if low > .5 && !shown && !own {
		fmt.Fprintf(&b, ". Such an order comes by chance too often to show it (p = %s, above .05)", strings.TrimPrefix(fmt.Sprintf("%.3f", rounded(1e3**t.P)/1e3), "0"))
	}
	if r := t.PPLRatio; r != nil {
		fmt.Fprintf(&b, ". %s multiply the perplexity of neutral text by %.2f and %.2f", whose, r.Plus, r.Minus)
	}
	return b.String() + "."
}

// unsure reports whether an interval is without width only because few statements were
// tested: each draw of them then gives the same.
func unsure(t *masks.Test) bool {
	low, high := t.AUC.Low, t.AUC.High
	return few(t) && low != nil && *low == *high
}

// few reports whether so few statements were tested that their interval is none to rely on.
func few(t *masks.Test) bool {
	return t.N != nil && min(t.N.Plus, t.N.Minus) < FewStatements
}

func inHundred(share float64) int { return int(rounded(100 * share)) }

// rounded rounds half up, as the page does: .145 is no less than .14500, whatever is the
// nearest binary number.
func rounded(v float64) float64 { return math.Floor(v + .5 + 1e-9) }
