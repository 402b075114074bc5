package study

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"

	"masque/masks/jsondoc"
)

// ParseRecords reads the lines of a study. whole is how many bytes of data are whole
// lines: a run that was cut short may have left half a line behind them, which is
// no fault.
func ParseRecords(data []byte) (records []Record, whole int, err error) {
	for n := 1; ; n++ {
		line, rest, ended := bytes.Cut(data[whole:], []byte("\n"))
		if !ended {
			return records, whole, nil
		}
		var r Record
		if err := jsondoc.Unmarshal(line, &r); err != nil || r.Key == "" {
			return nil, whole, fmt.Errorf("line %d is no record of a study", n)
		}
		records = append(records, r)
		whole = len(data) - len(rest)
	}
}

// Merge joins the parts of a study: each record once, in the order of the grid. Two
// different results of one cell are an error.
func Merge(parts ...[]Record) ([]Record, error) {
	known := map[string]Record{}
	var merged []Record
	for _, part := range parts {
		for _, r := range part {
			if have, ok := known[r.Key]; !ok {
				known[r.Key] = r
				merged = append(merged, r)
			} else if !reflect.DeepEqual(have, r) {
				return nil, fmt.Errorf("cell %s (%v, %s, seed %d) has two different results: they are not of one program", r.Key, &r.Settings, r.Kind, r.Seed)
			}
		}
	}
	slices.SortStableFunc(merged, func(a, b Record) int { return a.compare(b.Cell) })
	return merged, nil
}
