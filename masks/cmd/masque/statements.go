package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"masque/masks"
	"masque/masks/study"
)

// readStatements reads a pole's statements: of a text, one a line; of a table, much as the
// page reads them (web/src/lib/statements.ts). guess, where there is one, says which column
// of a table was taken for them.
func readStatements(path string, pole masks.Pole) (statements []string, guess string, err error) {
	data, err := readBounded(path, maxStatements, "text file of statements, one a line")
	if err != nil {
		return nil, "", err
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if bytes.IndexByte(data, 0) >= 0 || !utf8.Valid(data) {
		return nil, "", fmt.Errorf("%s is no text file (UTF-8) of statements, one a line", path)
	}
	text := lineEnds.Replace(string(data))
	if begin := strings.TrimSpace(text); strings.HasPrefix(begin, "[") || strings.HasPrefix(begin, "{") {
		return nil, "", fmt.Errorf("%s begins as JSON does; give a text file with one statement a line", path)
	}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv", ".tsv":
		return tableStatements(path, text, pole)
	}
	return textStatements(text), "", nil
}

// textStatements are the lines of a text.
func textStatements(text string) []string {
	return slices.DeleteFunc(strings.Split(text, "\n"), invisible)
}

// lineEnds makes the line ends of every system one.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// invisible reports whether nothing is to be seen of a line: it may hold space without
// width, which text that was copied brings along.
func invisible(line string) bool {
	return !strings.ContainsFunc(line, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) })
}

// row is one of a table, with the line of its file.
type row struct {
	line  int
	cells []string
}

// statementHead are names that a column of statements goes by in a table's first row,
// poleHead are those of one that says which pole a row is of.
var (
	statementHead = regexp.MustCompile(`(?i)^(statements?|texts?|items?|sentences?)$`)
	poleHead      = regexp.MustCompile(`(?i)^poles?$`)
)

// tableStatements returns those of a pole in a table: of the column that says so in the first
// row, or else of the one with the longest texts; where a column names poles, of the rows of
// this one. Rows of different lengths that nothing heads are no table, but sentences with
// commas in them.
func tableStatements(path, text string, pole masks.Pole) (statements []string, guess string, err error) {
	rows, err := tableRows(path, text)
	if err != nil || len(rows) == 0 {
		return nil, "", err
	}
	statement := slices.IndexFunc(rows[0].cells, statementHead.MatchString)
	poles := slices.IndexFunc(rows[0].cells, poleHead.MatchString)
	headed := statement >= 0 || poles >= 0 && len(rows[0].cells) > 1
	if odd := slices.IndexFunc(rows, func(r row) bool { return len(r.cells) != len(rows[0].cells) }); odd >= 0 {
		if !headed {
			return textStatements(text), "", nil
		}
		return nil, "", fmt.Errorf("%s: line %d has %d cells and the first row %d; put a statement with commas in quotes", path, rows[odd].line, len(rows[odd].cells), len(rows[0].cells))
	}
	if headed {
		rows = rows[1:]
	} else {
		poles = poleColumn(rows)
	}
	if statement < 0 {
		statement = longestColumn(rows, poles)
		guess = guessed(path, statement, poles, rows)
	}
	for _, r := range rows {
		if poles >= 0 {
			of, ok := poleOf(r.cells[poles])
			if !ok {
				return nil, "", fmt.Errorf("%s: line %d is of the pole %q; write plus or minus", path, r.line, r.cells[poles])
			}
			if of != pole {
				continue
			}
		}
		if s := r.cells[statement]; !invisible(s) {
			statements = append(statements, s)
		}
	}
	return statements, guess, nil
}

// tableRows splits a table into cells, each on one line, without rows of which nothing is to
// be seen.
func tableRows(path, text string) ([]row, error) {
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comma, reader.FieldsPerRecord = separator(text), -1
	reader.TrimLeadingSpace = reader.Comma != '\t' // which is a space itself
	var rows []row
	for {
		cells, err := reader.Read()
		var fault *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return rows, nil
		case errors.As(err, &fault):
			return nil, fmt.Errorf("%s: line %d: %w in a table; put cells with quotes in quotes and write theirs twice, or name a file with one statement a line .txt", path, fault.StartLine, fault.Err)
		case err != nil:
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		line, _ := reader.FieldPos(0)
		for i, cell := range cells {
			cells[i] = strings.Join(strings.Fields(cell), " ")
		}
		if !slices.ContainsFunc(cells, func(cell string) bool { return !invisible(cell) }) {
			continue
		}
		rows = append(rows, row{line, cells})
	}
}

// separator is what stands between a table's cells. A comma is also what sentences have: it
// separates only where nothing else does.
func separator(text string) rune {
	first, _, _ := strings.Cut(text, "\n")
	for _, r := range "\t;" {
		if strings.ContainsRune(first, r) {
			return r
		}
	}
	return ','
}

// poleColumn is the column of a table without a first row of names that holds poles and
// nothing else, beside others; -1 without one.
func poleColumn(rows []row) int {
	if len(rows[0].cells) < 2 {
		return -1
	}
	for i := range rows[0].cells {
		if !slices.ContainsFunc(rows, func(r row) bool { _, ok := poleOf(r.cells[i]); return !ok }) {
			return i
		}
	}
	return -1
}

func poleOf(cell string) (masks.Pole, bool) {
	switch strings.ToLower(cell) {
	case "plus", "+":
		return masks.Plus, true
	case "minus", "-", "−":
		return masks.Minus, true
	}
	return "", false
}

// longestColumn is the column, but for one, whose texts are longest.
func longestColumn(rows []row, but int) int {
	var lengths []int
	for _, r := range rows {
		if lengths == nil {
			lengths = make([]int, len(r.cells))
		}
		for i, cell := range r.cells {
			if i != but {
				lengths[i] += len(cell)
			}
		}
	}
	best := 0
	for i, n := range lengths {
		if n > lengths[best] {
			best = i
		}
	}
	return best
}

// guessed says which column of a table was taken for the statements where its first row
// names none, and there are others.
func guessed(path string, statement, poles int, rows []row) string {
	if len(rows) == 0 || len(rows[0].cells) < 2 {
		return ""
	}
	text := fmt.Sprintf("the first row of %s names no column \"statement\": they are taken from column %d of %d", path, statement+1, len(rows[0].cells))
	if poles >= 0 {
		text += fmt.Sprintf(", their poles from column %d", poles+1)
	}
	return text
}

// readSet reads both poles, as they stand in the files, and says what was guessed of each.
func readSet(plus, minus string) (raw study.Statements, guesses [2]string, err error) {
	if raw.Plus, guesses[0], err = readStatements(plus, masks.Plus); err != nil {
		return raw, guesses, err
	}
	raw.Minus, guesses[1], err = readStatements(minus, masks.Minus)
	return raw, guesses, err
}

// readBoth reads both poles for a command, says what was guessed of their files, and refuses
// them where cleaning leaves nothing of one.
func (e *env) readBoth(command, plus, minus string) (raw, set study.Statements, err error) {
	raw, guesses, err := readSet(plus, minus)
	if err != nil {
		return raw, set, err
	}
	set = raw.Clean()
	if len(set.Plus) == 0 || len(set.Minus) == 0 {
		err = fmt.Errorf("%d plus statements are left of %s and %d minus statements of %s, without those of both; give two files with different statements", len(set.Plus), plus, len(set.Minus), minus)
		return raw, set, err
	}
	for _, text := range slices.Compact(guesses[:]) {
		if text != "" {
			fmt.Fprintf(e.stderr, "masque %s: warning: %s\n", command, text)
		}
	}
	return raw, set, nil
}
