package parity

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Write prints the comparisons as a table, what was skipped below it, and a summary as
// the last line. It returns how many comparisons are beyond their bounds.
func Write(w io.Writer, checks []Check, skipped []Skipped) (beyond int, err error) {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\tfile\tcompared\tpath\tvalue\tbound\tmeasure\tdetail")
	bounded := 0
	for i := range checks {
		c := &checks[i]
		verdict, bound := "ok", fmt.Sprintf("≤ %g", c.Bound)
		switch {
		case !c.Bounded():
			verdict, bound = "–", "none"
		case !c.OK():
			verdict = "BEYOND"
			beyond++
		}
		if c.Bounded() {
			bounded++
		}
		path := c.Path
		if path == "" {
			path = "–"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%.4g\t%s\t%s\t%s\n", verdict, c.File, c.What, path, c.Value, bound, c.Measure, c.Detail)
	}
	if err := table.Flush(); err != nil {
		return beyond, err
	}
	for _, s := range skipped {
		fmt.Fprintf(&b, "%s: %s\n", s.File, s.Why)
	}
	switch {
	case beyond > 0:
		fmt.Fprintf(&b, "parity: FAIL: %d of %d comparisons are beyond their bounds\n", beyond, bounded)
	default:
		fmt.Fprintf(&b, "parity: ok: all %d comparisons are within their bounds, %d more are shown without one, %d values are not covered\n",
			bounded, len(checks)-bounded, len(skipped))
	}
	var text strings.Builder
	for line := range strings.Lines(b.String()) {
		text.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	_, err = io.WriteString(w, text.String())
	return beyond, err
}
