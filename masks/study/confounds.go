package study

import (
	"fmt"
	"slices"

	"masque/masks"
)

// Bounds beyond which a set is likely to teach something else than its trait.
const (
	FewStatements  = 20  // a pole with fewer is small
	maxLengthAUC   = .65 // of telling the poles apart by the number of words alone
	maxNegationGap = .15 // between the shares of negated statements
	maxCountRatio  = 1.5 // between the sizes of the poles
)

// A Confound is something that a mask could learn in place of the trait.
type Confound struct {
	Kind string // "few", "count", "duplicates", "both", "length" or "negation"
	Text string // for people: a sentence without its full stop
}

// Confounds looks for what else differs between two poles, as the statements were
// given: before [masks.Clean].
func Confounds(raw Statements) []Confound {
	var found []Confound
	say := func(kind, format string, args ...any) {
		found = append(found, Confound{kind, fmt.Sprintf(format, args...)})
	}
	set := Statements{masks.Clean(raw.Plus), masks.Clean(raw.Minus)}
	np, nm := len(set.Plus), len(set.Minus)
	if twice := filled(raw.Plus) + filled(raw.Minus) - np - nm; twice > 0 {
		say("duplicates", "%d statements stand more than once in their pole and count once", twice)
	}
	both := 0
	for _, s := range set.Plus {
		if slices.Contains(set.Minus, s) {
			both++
		}
	}
	if both > 0 {
		say("both", "%d statements stand in both poles and say nothing about either", both)
	}
	for _, pole := range []struct {
		name masks.Pole
		n    int
	}{{masks.Plus, np}, {masks.Minus, nm}} {
		if pole.n < FewStatements {
			say("few", "the %s pole has %d statements: below %d a mask learns the sentences more than the trait", pole.name, pole.n, FewStatements)
		}
	}
	if np == 0 || nm == 0 {
		return found
	}
	if float64(max(np, nm)) > maxCountRatio*float64(min(np, nm)) {
		say("count", "the poles have %d and %d statements: the smaller one weighs more a statement", np, nm)
	}
	if a := AUC(lengths(set.Plus), lengths(set.Minus)); max(a, 1-a) > maxLengthAUC {
		longer := masks.Plus
		if a < .5 {
			longer = masks.Minus
		}
		say("length", "the %s pole's statements are longer: their number of words alone tells the poles apart with AUC %.2f", longer, max(a, 1-a))
	}
	if p, m := shareNegated(set.Plus), shareNegated(set.Minus); max(p, m)-min(p, m) > maxNegationGap {
		say("negation", "%.0f %% of the plus and %.0f %% of the minus statements are negated: a mask may learn “not”", 100*p, 100*m)
	}
	return found
}

// filled counts the statements that are not blank.
func filled(statements []string) int {
	n := 0
	for _, s := range statements {
		if Words(s) > 0 {
			n++
		}
	}
	return n
}

func lengths(statements []string) []float64 {
	out := make([]float64, len(statements))
	for i, s := range statements {
		out[i] = float64(Words(s))
	}
	return out
}

func shareNegated(statements []string) float64 {
	n := 0
	for _, s := range statements {
		if Negated(s) {
			n++
		}
	}
	return float64(n) / float64(len(statements))
}
