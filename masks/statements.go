package masks

import (
	"encoding/hex"
	"io"
	"slices"
	"strings"

	"masque/engine/sha256"
)

// HashStatements identifies a set of statements: the SHA-256, in hexadecimal, of one
// line a statement in the order given, the plus pole first, each line made of "+" or
// "-", the statement and a newline.
func HashStatements(plus, minus []string) string {
	h := sha256.New()
	for _, s := range plus {
		io.WriteString(h, "+"+s+"\n")
	}
	for _, s := range minus {
		io.WriteString(h, "-"+s+"\n")
	}
	return hex.EncodeToString(h.Sum(nil))
}

// StatementsOf identifies sentences.
func StatementsOf(plus, minus []string) Statements {
	return Statements{Plus: len(plus), Minus: len(minus), SHA256: HashStatements(plus, minus)}
}

// HashSorted is [HashStatements] of the statements of each pole in the order of their bytes.
func HashSorted(plus, minus []string) string {
	return HashStatements(slices.Sorted(slices.Values(plus)), slices.Sorted(slices.Values(minus)))
}

// foldSpace trims a line and makes each run of white space one space.
func foldSpace(s string) string { return strings.Join(strings.Fields(s), " ") }
