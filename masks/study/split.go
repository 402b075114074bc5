package study

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
)

// Statements are sentences of two poles.
type Statements struct{ Plus, Minus []string }

// all lists both poles, plus first.
func (s Statements) all() []string { return slices.Concat(s.Plus, s.Minus) }

// both says whether there is something to compare.
func (s Statements) both() error {
	if len(s.Plus) > 0 && len(s.Minus) > 0 {
		return nil
	}
	return fmt.Errorf("study: %d plus and %d minus statements; a comparison needs both", len(s.Plus), len(s.Minus))
}

// Shares are the parts of a set that are kept out of calibration: Development
// for choosing settings, Test for reporting what was chosen. Each statement lies
// in one part for good: its part depends on its own text and not on the others, and a
// larger share takes from calibration only what it did not have.
type Shares struct{ Development, Test float64 }

// Check says whether the shares leave something to calibrate on.
func (s Shares) Check() error {
	if s.Development >= 0 && s.Test >= 0 && s.Development+s.Test < 1 {
		return nil
	}
	return fmt.Errorf("study: %v of the statements for development and %v for the test leave none to calibrate on", s.Development, s.Test)
}

// Held are the statements that calibration does not see.
type Held struct{ Development, Test Statements }

// ByStatement splits a set by the hash of each statement. Another salt is another
// split; 0 is the split that everybody shares.
func ByStatement(set Statements, shares Shares, salt uint64) (calibration Statements, held Held) {
	var parts [parts]Statements
	for _, s := range set.Plus {
		to := &parts[place(s, salt).in(shares)].Plus
		*to = append(*to, s)
	}
	for _, s := range set.Minus {
		to := &parts[place(s, salt).in(shares)].Minus
		*to = append(*to, s)
	}
	return parts[forCalibration], Held{parts[development], parts[test]}
}

// ByLine splits a set whose poles are written line against line, so that a
// statement and its opposite, which have words in common, land in the same part.
// Poles of different lengths are split by [ByStatement].
func ByLine(set Statements, shares Shares, salt uint64) (calibration Statements, held Held) {
	if len(set.Plus) != len(set.Minus) {
		return ByStatement(set, shares, salt)
	}
	var parts [parts]Statements
	for i, p := range set.Plus {
		m := set.Minus[i]
		to := &parts[place(p+"\n"+m, salt).in(shares)]
		to.Plus, to.Minus = append(to.Plus, p), append(to.Minus, m)
	}
	return parts[forCalibration], Held{parts[development], parts[test]}
}

// spot is where a text's hash lies between 0 and 1.
type spot float64

func place(text string, salt uint64) spot {
	h := sha256.Sum256(fmt.Appendf(nil, "masque split %d\n%s", salt, text))
	return spot(float64(binary.BigEndian.Uint64(h[:])>>11) / (1 << 53))
}

type part int

const (
	forCalibration part = iota
	development
	test
	parts // how many there are
)

func (s spot) in(shares Shares) part {
	switch {
	case float64(s) < shares.Test:
		return test
	case float64(s) < shares.Test+shares.Development:
		return development
	}
	return forCalibration
}
