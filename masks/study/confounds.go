package study

import (
	"fmt"

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
	Kind string     `json:"kind"` // "few", "count", "duplicates", "both", "length" or "negation"
	Pole masks.Pole `json:"pole"` // the one it is to be mended in; empty: either
	Text string     `json:"text"` // for people: a sentence without its full stop
}

// Drops reports whether it is about statements that [Statements.Clean] leaves out.
func (c *Confound) Drops() bool { return c.Kind == "duplicates" || c.Kind == "both" }

// Confounds looks for what else differs between two poles, as the statements were
// given: before [Statements.Clean]. plus and minus are what the poles are called.
func Confounds(raw Statements, plus, minus string) []Confound {
	var found []Confound
	say := func(kind string, pole masks.Pole, format string, args ...any) {
		found = append(found, Confound{kind, pole, fmt.Sprintf(format, args...)})
	}
	names := map[masks.Pole]string{masks.Plus: plus, masks.Minus: minus}
	set := Statements{Plus: masks.Clean(raw.Plus), Minus: masks.Clean(raw.Minus)}
	np, nm := len(set.Plus), len(set.Minus)
	for _, p := range []struct {
		pole masks.Pole
		raw  []string
		n    int
	}{{masks.Plus, raw.Plus, np}, {masks.Minus, raw.Minus, nm}} {
		if twice := filled(p.raw) - p.n; twice > 0 {
			say("duplicates", p.pole, "%s in the %s pole: each statement counts once", repeated(twice), names[p.pole])
		}
	}
	if both := np - len(without(set.Plus, set.Minus)); both > 0 {
		say("both", "", "%s in both poles and will be left out: what both say tells nothing apart", stand(both))
		set = raw.Clean() // what is left out teaches nothing
		np, nm = len(set.Plus), len(set.Minus)
	}
	for _, p := range []struct {
		pole masks.Pole
		n    int
	}{{masks.Plus, np}, {masks.Minus, nm}} {
		if p.n < FewStatements {
			say("few", p.pole, "the %s pole has %s: below %d a mask learns the sentences more than the trait", names[p.pole], counted(p.n), FewStatements)
		}
	}
	if np == 0 || nm == 0 {
		return found
	}
	if float64(max(np, nm)) > maxCountRatio*float64(min(np, nm)) {
		fewer := masks.Plus
		if nm < np {
			fewer = masks.Minus
		}
		say("count", fewer, "the poles have %d and %d statements: a statement of the %s pole weighs more", np, nm, names[fewer])
	}
	if a := AUC(lengths(set.Plus), lengths(set.Minus)); max(a, 1-a) > maxLengthAUC {
		longer := masks.Plus
		if a < .5 {
			longer = masks.Minus
		}
		say("length", longer, "the %s pole's statements are longer: their number of words alone tells the poles apart with AUC %.2f", names[longer], max(a, 1-a))
	}
	if p, m := shareNegated(set.Plus), shareNegated(set.Minus); max(p, m)-min(p, m) > maxNegationGap {
		more := masks.Plus
		if m > p {
			more = masks.Minus
		}
		say("negation", more, "%.0f %% of the %s and %.0f %% of the %s statements are negated: a mask may learn “not”", 100*p, plus, 100*m, minus)
	}
	return found
}

func counted(n int) string {
	if n == 1 {
		return "1 statement"
	}
	return fmt.Sprintf("%d statements", n)
}

func repeated(n int) string {
	if n == 1 {
		return "1 statement is repeated"
	}
	return fmt.Sprintf("%d statements are repeated", n)
}

func stand(n int) string {
	if n == 1 {
		return "1 statement stands"
	}
	return fmt.Sprintf("%d statements stand", n)
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
