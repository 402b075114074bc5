package study

import (
	"slices"
	"strings"
)

// Words returns how many words a statement has.
func Words(s string) int { return len(strings.Fields(s)) }

// negations are the words that deny what follows, and those that nearly do.
var negations = map[string]bool{
	"not": true, "no": true, "never": true, "none": true, "nobody": true, "nothing": true, "nowhere": true,
	"neither": true, "nor": true, "without": true, "cannot": true, "cant": true, "dont": true,
	"hardly": true, "barely": true, "scarcely": true, "rarely": true, "seldom": true,
}

// Negated reports whether a statement denies something.
func Negated(s string) bool {
	s = strings.ReplaceAll(strings.ToLower(s), "’", "'")
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r == '\'') }) {
		if negations[word] || strings.HasSuffix(word, "n't") {
			return true
		}
	}
	return false
}

// Matched returns the statements of a set that have a partner in the other pole,
// each partner one's only: negated both or neither, and within a tenth, or one
// word, of the same length. What separates them is neither.
func Matched(set Statements) Statements {
	var matched Statements
	for _, negated := range []bool{false, true} {
		class := func(statements []string) []string {
			var out []string
			for _, s := range statements {
				if Negated(s) == negated {
					out = append(out, s)
				}
			}
			slices.SortStableFunc(out, func(a, b string) int { return Words(a) - Words(b) })
			return out
		}
		// In ascending order, a statement that is too short for the other pole's
		// next is too short for all that follow.
		plus, minus := class(set.Plus), class(set.Minus)
		for i, j := 0, 0; i < len(plus) && j < len(minus); {
			p, m := Words(plus[i]), Words(minus[j])
			switch tolerance := max(1, max(p, m)/10); {
			case p < m-tolerance:
				i++
			case m < p-tolerance:
				j++
			default:
				matched.Plus, matched.Minus = append(matched.Plus, plus[i]), append(matched.Minus, minus[j])
				i++
				j++
			}
		}
	}
	return matched
}
