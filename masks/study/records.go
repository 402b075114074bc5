package study

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"masque/masks/jsondoc"
)

// ParseRecords reads the lines of a study. whole is how many bytes of data are whole
// lines: a run that was cut short may have left the beginning of a record behind them, which
// is no fault.
func ParseRecords(data []byte) (records []Record, whole int, err error) {
	for n := 1; ; n++ {
		line, rest, ended := bytes.Cut(data[whole:], []byte("\n"))
		if !ended && BeginsRecord(line) {
			return records, whole, nil
		}
		var r Record
		switch err := jsondoc.UnmarshalWhole(line, &r); {
		case err != nil:
			return nil, whole, fmt.Errorf("line %d is no record of a study: %w", n, err)
		case r.Key == "":
			return nil, whole, fmt.Errorf("line %d is no record of a study: it has no key", n)
		case !ended:
			return nil, whole, fmt.Errorf("line %d is no record of a study: it has no end", n)
		}
		records = append(records, r)
		whole = len(data) - len(rest)
	}
}

// BeginsRecord reports whether a run may have left line when it was cut short, be it
// nothing: a record begins with its key. Whoever goes on with a study takes half a
// line away, which must not be somebody's text.
func BeginsRecord(line []byte) bool {
	const start, digits = `{"key":"`, 2 * keyBytes
	key, found := bytes.CutPrefix(line, []byte(start))
	if !found {
		return strings.HasPrefix(start, string(line))
	}
	return len(bytes.Trim(key[:min(len(key), digits)], "0123456789abcdef")) == 0
}

// Merge joins the parts of a study: each record once, in the order of the grid. Two
// different results of one cell are an error.
func Merge(parts ...[]Record) ([]Record, error) {
	known := map[string]int{} // number of a key's record
	var merged []Record
	for _, part := range parts {
		for _, r := range part {
			i, ok := known[r.Key]
			if !ok {
				known[r.Key] = len(merged)
				merged = append(merged, r)
				continue
			}
			// Earlier versions did not write the split's shares, which are in the key.
			have := &merged[i]
			switch none := (Shares{}); {
			case have.Shares == none:
				have.Shares = r.Shares
			case r.Shares == none:
				r.Shares = have.Shares
			}
			if !reflect.DeepEqual(*have, r) {
				return nil, fmt.Errorf("cell %s (%v, %s, seed %d) has two different results: they are not of one program", r.Key, &r.Settings, r.Kind, r.Seed)
			}
		}
	}
	slices.SortStableFunc(merged, func(a, b Record) int { return a.compare(b.Cell) })
	return merged, nil
}
