package jsondoc

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SyntaxError says where a text is not JSON.
type SyntaxError struct {
	Offset  int // in bytes
	Problem string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("no valid JSON at byte %d: %s", e.Offset, e.Problem)
}

// MemberError says which value is of another kind than it must be.
type MemberError struct {
	path    []string // names and indices, innermost first
	Problem string   // what is wrong, for behind the member's name
}

func (e *MemberError) Error() string {
	if len(e.path) == 0 {
		return "the document " + e.Problem
	}
	return "field " + e.Field() + " " + e.Problem
}

// Field is the path from the top, such as "units.plus.set"; empty for the whole document. A
// name that cannot be shown as it is, which a map's key may be, is quoted, a long one cut.
func (e *MemberError) Field() string {
	var b strings.Builder
	for _, name := range slices.Backward(e.path) {
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		if name = short(name); strings.ContainsFunc(name, unicode.IsControl) {
			name = strconv.Quote(name)
		}
		b.WriteString(name)
	}
	return b.String()
}

// longestName is how much of a member's name an error shows, in bytes.
const longestName = 80

// short cuts a name that would drown the sentence that it stands in.
func short(name string) string {
	if len(name) <= longestName {
		return name
	}
	n := longestName
	for !utf8.RuneStart(name[n]) {
		n--
	}
	return name[:n] + "…"
}

// within puts a member's name, or an element's index, before the path of an error.
func within(name string, err error) error {
	if e, ok := err.(*MemberError); ok {
		e.path = append(e.path, name)
	}
	return err
}

// mismatch is the error of a value that t cannot hold.
func mismatch(kind byte, t reflect.Type) error {
	return &MemberError{Problem: fmt.Sprintf("holds a JSON %s; it must be %s", kindName(kind), wanted(t))}
}

func kindName(kind byte) string {
	switch kind {
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	case '{':
		return "object"
	case '[':
		return "array"
	}
	return "number"
}

// wanted says in words what is read into a type.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number, not negative"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Array:
		return fmt.Sprintf("an array of %d numbers", t.Len())
	case reflect.Slice:
		if isBytes(t) {
			return "a string of base64"
		}
		return "an array"
	}
	return "an object"
}
