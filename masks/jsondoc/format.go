package jsondoc

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// A style is one way to write a value.
type style uint8

const (
	compact   style = iota // without white space
	lines                  // a line for each member and element
	canonical              // RFC 8785
)

// format appends the value that data is, in a style; ErrLong when out becomes longer than
// some limit, 0 for none.
func format(out, data []byte, s style, limit int) ([]byte, error) {
	d := &decoder{data: data, room: limit}
	out, err := d.format(out, s, 0)
	if err != nil {
		return nil, err
	}
	return out, d.end()
}

// format takes a value and appends it in a style, level deep in lines.
func (d *decoder) format(out []byte, s style, level int) (_ []byte, err error) {
	if d.room > 0 && len(out) > d.room {
		return out, ErrLong
	}
	switch d.next() {
	case '{':
		return d.formatObject(out, s, level)
	case '[':
		out = append(out, '[')
		empty := len(out)
		err = d.array(func(i int) (err error) {
			if i > 0 {
				out = append(out, ',')
			}
			out, err = d.format(newline(out, s, level+1), s, level+1)
			return err
		})
		if len(out) > empty {
			out = newline(out, s, level)
		}
		return append(out, ']'), err
	case '"':
		return d.formatText(out)
	case 'n', 't', 'f':
		word, err := d.atom()
		return append(out, word...), err
	}
	number, err := d.atom()
	if err != nil || s != canonical {
		return append(out, number...), err
	}
	x, _ := strconv.ParseFloat(string(number), 64) // out of range: the infinity
	switch {
	case x == 0:
		x = 0 // and not −0
	case math.IsInf(x, 0):
		x = math.Copysign(math.MaxFloat64, x)
	}
	return appendFloat(out, x, 64), nil
}

// formatText takes a string.
func (d *decoder) formatText(out []byte) ([]byte, error) {
	start := d.at
	text, err := d.text()
	if err != nil {
		return out, err
	}
	if d.at-start == len(text)+2 { // nothing is escaped in it, so nothing need be
		return append(out, d.data[start:d.at]...), nil
	}
	out, _ = appendQuoted(out, string(text), true)
	return out, nil
}

// formatted is a member that has been written to out[start:end].
type formatted struct {
	name       []byte
	start, end int
}

func (d *decoder) formatObject(out []byte, s style, level int) ([]byte, error) {
	out = append(out, '{')
	first := len(out)
	var members []formatted
	err := d.object(func(name []byte) (err error) {
		if len(out) > first {
			out = append(out, ',')
		}
		out = newline(out, s, level+1)
		start := len(out)
		out, _ = appendQuoted(out, string(name), true)
		out = append(out, ':')
		if s == lines {
			out = append(out, ' ')
		}
		out, err = d.format(out, s, level+1)
		if s == canonical {
			members = append(members, formatted{name, start, len(out)})
		}
		return err
	})
	if err != nil {
		return out, err
	}
	sortMembers(out[first:], members, first)
	if len(out) > first {
		out = newline(out, s, level)
	}
	return append(out, '}'), nil
}

// sortMembers puts the members of an object, which are written one behind the other with
// commas between, into their order. text begins at the place first.
func sortMembers(text []byte, members []formatted, first int) {
	order := make([]int, len(members)) // of ints, so that the program has one such sort less
	sorted := true
	for i := range order {
		order[i] = i
		sorted = sorted && (i == 0 || members[i-1].compare(members[i]) < 0)
	}
	if sorted {
		return
	}
	slices.SortFunc(order, func(i, j int) int { return members[i].compare(members[j]) })
	unsorted := bytes.Clone(text)
	text = text[:0]
	for i, n := range order {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, unsorted[members[n].start-first:members[n].end-first]...)
	}
}

// compare orders names by their UTF-16 code units (RFC 8785, section 3.2.3).
func (m formatted) compare(o formatted) int {
	a, b := m.name, o.name
	for len(a) > 0 && len(b) > 0 {
		r, n := utf8.DecodeRune(a)
		q, k := utf8.DecodeRune(b)
		if r != q {
			return cmp.Compare(codeUnit(r), codeUnit(q))
		}
		a, b = a[n:], b[k:]
	}
	return cmp.Compare(len(a), len(b))
}

// codeUnit puts a character that UTF-16 writes as a pair among the others: pairs begin with
// D800 to DBFF, so they come before E000 to FFFF, which are one unit.
func codeUnit(r rune) rune {
	if r >= 0xE000 && r <= 0xFFFF {
		return r + utf8.MaxRune
	}
	return r
}

// newline begins a line in the style that has lines.
func newline(out []byte, s style, level int) []byte {
	if s != lines {
		return out
	}
	out = append(out, '\n')
	for range level {
		out = append(out, "  "...)
	}
	return out
}
