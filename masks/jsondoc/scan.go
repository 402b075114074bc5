package jsondoc

import (
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// decoder stands at a place in a text. Its methods take one thing off the text and
// leave it behind that.
type decoder struct {
	data  []byte
	at    int
	depth int
	mend  bool // what is no character becomes U+FFFD; else it is an error
	whole bool // a value without a zero of its own must be there; see [UnmarshalWhole]
	room  int  // for what is being formatted; 0 = any
}

func (d *decoder) fault(at int, problem string, args ...any) error {
	return &SyntaxError{Offset: at, Problem: fmt.Sprintf(problem, args...)}
}

// unexpected is the fault of the byte at a place, or of the text's end.
func (d *decoder) unexpected(at int, where string) error {
	if at >= len(d.data) {
		return d.fault(len(d.data), "the text ends %s", where)
	}
	r, n := utf8.DecodeRune(d.data[at:])
	if r == utf8.RuneError && n == 1 {
		return d.fault(at, "invalid UTF-8 %s", where)
	}
	return d.fault(at, "unexpected %s %s", strconv.QuoteRune(r), where)
}

// next skips white space and returns the byte behind it, 0 at the end.
func (d *decoder) next() byte {
	for ; d.at < len(d.data); d.at++ {
		switch c := d.data[d.at]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// end makes sure that nothing follows.
func (d *decoder) end() error {
	if d.next(); d.at < len(d.data) {
		return d.unexpected(d.at, "after top-level value")
	}
	return nil
}

// skip takes a whole value.
func (d *decoder) skip() error {
	switch c := d.next(); c {
	case '{':
		return d.object(func([]byte) error { return d.skip() })
	case '[':
		return d.array(func(int) error { return d.skip() })
	case '"':
		_, err := d.text()
		return err
	default:
		_, err := d.atom()
		return err
	}
}

// atom takes null, true, false or a number, and returns it as it is written.
func (d *decoder) atom() ([]byte, error) {
	start := d.at
	switch d.next() {
	case 'n':
		return d.word("null")
	case 't':
		return d.word("true")
	case 'f':
		return d.word("false")
	case '-':
		d.at++
	}
	// RFC 8259, section 6
	switch c := d.peek(); {
	case c == '0':
		d.at++
	case c >= '1' && c <= '9':
		d.digits()
	case d.at > start:
		return nil, d.unexpected(d.at, "in a number")
	default:
		return nil, d.unexpected(d.at, "at start of value")
	}
	if d.peek() == '.' {
		d.at++
		if !d.digits() {
			return nil, d.unexpected(d.at, "in a number")
		}
	}
	if c := d.peek(); c == 'e' || c == 'E' {
		d.at++
		if c := d.peek(); c == '+' || c == '-' {
			d.at++
		}
		if !d.digits() {
			return nil, d.unexpected(d.at, "in a number")
		}
	}
	return d.data[start:d.at], nil
}

func (d *decoder) word(w string) ([]byte, error) {
	start := d.at
	for i := range len(w) {
		if d.peek() != w[i] {
			return nil, d.unexpected(d.at, "in "+w)
		}
		d.at++
	}
	return d.data[start:d.at], nil
}

// peek returns the byte here, 0 at the end.
func (d *decoder) peek() byte {
	if d.at < len(d.data) {
		return d.data[d.at]
	}
	return 0
}

func (d *decoder) digits() (some bool) {
	for ; d.at < len(d.data) && d.data[d.at]-'0' <= 9; d.at++ {
		some = true
	}
	return some
}

// text takes a string and returns what it means: a part of the data where it is written
// as it is, else a copy.
func (d *decoder) text() ([]byte, error) {
	i := d.at + 1
	start, copied := i, false
	var out []byte // what comes before start
	for {
		if i >= len(d.data) {
			return nil, d.unexpected(i, "in a string")
		}
		switch c := d.data[i]; {
		case c == '"':
			d.at = i + 1
			if !copied {
				return d.data[start:i], nil
			}
			return append(out, d.data[start:i]...), nil
		case c == '\\':
			r, n, err := d.escape(i)
			if err != nil {
				return nil, err
			}
			out = utf8.AppendRune(append(out, d.data[start:i]...), r)
			i += n
			start, copied = i, true
		case c < ' ':
			return nil, d.unexpected(i, "in a string")
		case c < utf8.RuneSelf:
			i++
		default:
			r, n := utf8.DecodeRune(d.data[i:])
			if r == utf8.RuneError && n == 1 {
				if !d.mend {
					return nil, d.fault(i, "invalid UTF-8 in a string")
				}
				out = utf8.AppendRune(append(out, d.data[start:i]...), utf8.RuneError)
				start, copied = i+1, true
			}
			i += n
		}
	}
}

// escape reads what begins with the backslash at i, n bytes long.
func (d *decoder) escape(i int) (r rune, n int, err error) {
	if i+1 >= len(d.data) {
		return 0, 0, d.unexpected(i+1, "in a string")
	}
	switch c := d.data[i+1]; c {
	case '"', '\\', '/':
		return rune(c), 2, nil
	case 'b':
		return '\b', 2, nil
	case 'f':
		return '\f', 2, nil
	case 'n':
		return '\n', 2, nil
	case 'r':
		return '\r', 2, nil
	case 't':
		return '\t', 2, nil
	case 'u':
		r, ok := d.hex(i)
		if !ok {
			return 0, 0, d.fault(i, "\\u needs four hexadecimal digits behind it")
		}
		if !utf16.IsSurrogate(r) {
			return r, 6, nil
		}
		if second, ok := d.hex(i + 6); ok {
			if pair := utf16.DecodeRune(r, second); pair != utf8.RuneError {
				return pair, 12, nil
			}
		}
		if !d.mend {
			return 0, 0, d.fault(i, "half of a surrogate pair in a string: no valid UTF-16")
		}
		return utf8.RuneError, 6, nil
	}
	return 0, 0, d.unexpected(i+1, "behind a backslash")
}

// hex reads \uFFFF.
func (d *decoder) hex(i int) (r rune, ok bool) {
	if i+6 > len(d.data) || d.data[i] != '\\' || d.data[i+1] != 'u' {
		return 0, false
	}
	for _, c := range d.data[i+2 : i+6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// object takes an object. member is called behind the colon of each member, and takes
// its value.
func (d *decoder) object(member func(name []byte) error) error {
	var names nameSet
	return d.list('}', func(int) error {
		if d.next() != '"' {
			return d.unexpected(d.at, "where a member's name must be")
		}
		start := d.at
		name, err := d.text()
		if err != nil {
			return err
		}
		if !names.add(name) {
			return d.fault(start, "duplicate object member name %q", short(string(name)))
		}
		if d.next() != ':' {
			return d.unexpected(d.at, "after a member's name")
		}
		d.at++
		return member(name)
	})
}

// array takes an array. element takes one.
func (d *decoder) array(element func(i int) error) error { return d.list(']', element) }

// list takes what stands between brackets and commas.
func (d *decoder) list(closing byte, entry func(i int) error) error {
	if d.depth++; d.depth > maxDepth {
		return d.fault(d.at, "values are nested deeper than %d levels", maxDepth)
	}
	d.at++
	if d.next() != closing {
		for i := 0; ; i++ {
			if err := entry(i); err != nil {
				return err
			}
			c := d.next()
			if c == closing {
				break
			}
			if c != ',' {
				return d.unexpected(d.at, "where a comma or the end of an array or object must be")
			}
			d.at++
			if d.next() == closing {
				return d.unexpected(d.at, "after a comma")
			}
		}
	}
	d.at++
	d.depth--
	return nil
}

// nameSet holds the names of an object's members.
type nameSet struct {
	few  [][]byte
	many map[string]struct{} // once there are more than a few
}

// fewNames is how many names are compared one by one: more than structs have.
const fewNames = 24

// add reports whether a name is new.
func (s *nameSet) add(name []byte) bool {
	if s.many == nil {
		for _, have := range s.few {
			if string(have) == string(name) {
				return false
			}
		}
		if len(s.few) < fewNames {
			s.few = append(s.few, name)
			return true
		}
		s.many = make(map[string]struct{}, 2*fewNames)
		for _, have := range s.few {
			s.many[string(have)] = struct{}{}
		}
	}
	if _, twice := s.many[string(name)]; twice {
		return false
	}
	s.many[string(name)] = struct{}{}
	return true
}
