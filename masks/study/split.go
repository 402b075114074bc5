package study

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"

	"masque/engine/sha256"
	"masque/masks"
)

// Statements are sentences of two poles.
type Statements struct {
	Plus, Minus []string

	// lone are those whose opposite [Statements.Clean] has left out, where the poles
	// were written line against line.
	lone map[string]bool
}

// Equal reports whether sets hold the same statements in the same order.
func (s Statements) Equal(o Statements) bool {
	return slices.Equal(s.Plus, o.Plus) && slices.Equal(s.Minus, o.Minus) && maps.Equal(s.lone, o.lone)
}

// Clean leaves each statement once, white space folded, and those of both poles out.
func (s Statements) Clean() Statements {
	plus, minus := masks.Clean(s.Plus), masks.Clean(s.Minus)
	set := Statements{Plus: without(plus, minus), Minus: without(minus, plus), lone: map[string]bool{}}
	at, lines := places(s.Plus)
	minusAt, minusLines := places(s.Minus)
	if lines != minusLines {
		return set // never line against line
	}
	maps.Copy(at, minusAt)
	left := map[int]int{} // how many statements of a line
	for _, statement := range set.all() {
		left[at[statement]]++
	}
	for _, statement := range set.all() {
		if left[at[statement]] == 1 {
			set.lone[statement] = true
		}
	}
	return set
}

// places says in which line each statement stands first, and how many lines there
// are. Blank ones do not count.
func places(statements []string) (at map[string]int, lines int) {
	at = map[string]int{}
	for _, s := range statements {
		for _, clean := range masks.Clean([]string{s}) {
			if _, again := at[clean]; !again {
				at[clean] = lines
			}
			lines++
		}
	}
	return at, lines
}

// And returns the statements of both sets.
func (s Statements) And(o Statements) Statements {
	return Statements{Plus: slices.Concat(s.Plus, o.Plus), Minus: slices.Concat(s.Minus, o.Minus)}
}

// Without leaves out what another set has in either pole.
func (s Statements) Without(o Statements) Statements {
	return Statements{Plus: without(s.Plus, o.all()), Minus: without(s.Minus, o.all()), lone: s.lone}
}

// all lists both poles, plus first.
func (s Statements) all() []string { return slices.Concat(s.Plus, s.Minus) }

// both says whether there is something to compare.
func (s Statements) both() error {
	if len(s.Plus) > 0 && len(s.Minus) > 0 {
		return nil
	}
	return fmt.Errorf("study: %d plus and %d minus statements; a comparison needs both", len(s.Plus), len(s.Minus))
}

// enough says whether a mask can be made from the statements.
func (s Statements) enough() error {
	if len(s.Plus) >= minStatements && len(s.Minus) >= minStatements {
		return nil
	}
	return fmt.Errorf("study: %d plus and %d minus statements to calibrate on; a mask needs at least %d a pole", len(s.Plus), len(s.Minus), minStatements)
}

// in says of each statement, plus statements first, whether a part has it.
func (s Statements) in(part Statements) []bool {
	has := map[string]bool{}
	for _, statement := range part.all() {
		has[statement] = true
	}
	in := make([]bool, 0, len(s.Plus)+len(s.Minus))
	for _, statement := range s.all() {
		in = append(in, has[statement])
	}
	return in
}

// Shares are the parts of a set that are kept out of calibration: Development
// for choosing settings, Test for reporting what was chosen. Statements are ordered by
// a hash of their text; the test has the first of them, development the next. So
// the split depends on nobody's choice, the shares are exact even of small sets, and
// a larger test part has all that a smaller one had.
type Shares struct {
	Development float64 `json:"development"`
	Test        float64 `json:"test"`
}

// LibraryShares are how the library's statements are used. What is chosen is chosen on
// development, whose statements then go into the mask as well; what is reported is
// measured on the test part, once.
var LibraryShares = Shares{Development: .2, Test: .3}

// Check says whether the shares leave something to calibrate on.
func (s Shares) Check() error {
	if s.Development >= 0 && s.Test >= 0 && s.Development+s.Test < 1 {
		return nil
	}
	return fmt.Errorf("study: %v of the statements for development and %v for the test leave none to calibrate on", s.Development, s.Test)
}

// Held are the statements that calibration does not see.
type Held struct{ Development, Test Statements }

// ByStatement splits each pole by the hashes of its statements. Another salt is
// another split; 0 is the split that everybody shares.
func ByStatement(set Statements, shares Shares, salt uint64) (calibration Statements, held Held) {
	var parts [parts]Statements
	for i, p := range shares.parts(set.Plus, salt) {
		parts[p].Plus = append(parts[p].Plus, set.Plus[i])
	}
	for i, p := range shares.parts(set.Minus, salt) {
		parts[p].Minus = append(parts[p].Minus, set.Minus[i])
	}
	return parts[forCalibration], Held{parts[development], parts[test]}
}

// ByLine splits a set whose poles are written line against line, so that a
// statement and its opposite, which have words in common, land in the same part.
// Poles of different lengths are split by [ByStatement], and so are the statements that
// have lost their opposites.
func ByLine(set Statements, shares Shares, salt uint64) (calibration Statements, held Held) {
	if len(set.lone) > 0 {
		alone := func(s string) bool { return set.lone[s] }
		paired := func(s string) bool { return !set.lone[s] }
		calibration, held = ByLine(Statements{Plus: only(set.Plus, paired), Minus: only(set.Minus, paired)}, shares, salt)
		others, heldOthers := ByStatement(Statements{Plus: only(set.Plus, alone), Minus: only(set.Minus, alone)}, shares, salt)
		return calibration.And(others), Held{held.Development.And(heldOthers.Development), held.Test.And(heldOthers.Test)}
	}
	if len(set.Plus) != len(set.Minus) {
		return ByStatement(set, shares, salt)
	}
	lines := make([]string, len(set.Plus))
	for i, p := range set.Plus {
		lines[i] = p + "\n" + set.Minus[i]
	}
	var parts [parts]Statements
	for i, p := range shares.parts(lines, salt) {
		parts[p].Plus, parts[p].Minus = append(parts[p].Plus, set.Plus[i]), append(parts[p].Minus, set.Minus[i])
	}
	return parts[forCalibration], Held{parts[development], parts[test]}
}

// only returns the statements of which something holds.
func only(statements []string, holds func(string) bool) (some []string) {
	for _, s := range statements {
		if holds(s) {
			some = append(some, s)
		}
	}
	return some
}

type part int

const (
	forCalibration part = iota
	development
	test
	parts // how many there are
)

// parts says for each text which part it belongs to.
func (s Shares) parts(texts []string, salt uint64) []part {
	hashes := make([][sha256.Size]byte, len(texts))
	order := make([]int, len(texts))
	for i, text := range texts {
		hashes[i] = sha256.Sum256(fmt.Appendf(nil, "masque split %d\n%s", salt, text))
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return bytes.Compare(hashes[i][:], hashes[j][:]) })
	n := float64(len(texts))
	tested, held := int(math.Round(s.Test*n)), int(math.Round((s.Test+s.Development)*n))
	of := make([]part, len(texts))
	for rank, i := range order {
		switch {
		case rank < tested:
			of[i] = test
		case rank < held:
			of[i] = development
		}
	}
	return of
}
