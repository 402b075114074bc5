// Package jsondoc reads and writes the project's JSON: persona documents, the lines of
// a study, the messages between the page and its program.
//
// It exists because of its size. The page's program is WebAssembly that every visitor
// fetches; encoding/json/v2 and what it brings along would be some 300 KB of it after
// brotli, this package is 80. To the types that it takes it does what
// encoding/json/v2 does by default, to the byte, which fuzz tests compare: names are
// case-sensitive, a name that stands twice, a text that is not UTF-8, a number out of
// range and anything behind the value are errors, null is the zero value, nil slices and
// maps are written as [] and {}.
//
// It is no replacement of that package. It takes booleans, numbers, strings, structs,
// pointers, slices, arrays, maps with strings for keys, []byte (as base64) and [Raw], and
// of struct tags a name, omitzero and embed; there are no interfaces, no methods of types,
// no streams. What it does not take is a mistake of the program, and panics.
//
//	type Doc struct {
//		Name    string `json:"name"`
//		Note    string `json:"note,omitzero"`
//		Unknown jsondoc.Raw `json:",embed"` // all other members
//	}
//	var d Doc
//	err := jsondoc.Unmarshal([]byte(`{"name": "x", "later": [1]}`), &d)
package jsondoc

import (
	"errors"
	"reflect"
)

// Raw is a JSON value as it is written. As a field with the tag `json:",embed"` it is an
// object of those members of the struct's object that no other field takes: they are kept,
// and written again behind the others.
type Raw []byte

var rawType = reflect.TypeFor[Raw]()

// maxDepth is how deep values may be nested. Reading recurses, and a browser gives a program
// a megabyte or less for that.
const maxDepth = 250

// Unmarshal reads data, which is one JSON value, into what v points to. The error is a
// [*SyntaxError] or a [*MemberError]. Nothing in v refers to data.
func Unmarshal(data []byte, v any) error { return unmarshal(&decoder{data: data}, v) }

// UnmarshalWhole is [Unmarshal] for what was written by [Marshal]: a number, a boolean or an
// array of these that is null, or whose member is not there although it has no omitzero, is
// an error, for its zero would be taken for what somebody has written.
func UnmarshalWhole(data []byte, v any) error {
	return unmarshal(&decoder{data: data, whole: true}, v)
}

// UnmarshalMessage is [Unmarshal] for text of JavaScript, whose strings may hold halves of
// surrogate pairs, which are no characters: each becomes U+FFFD, as it does when
// JavaScript encodes it.
func UnmarshalMessage(data []byte, v any) error {
	return unmarshal(&decoder{data: data, mend: true}, v)
}

func unmarshal(d *decoder, v any) error {
	to := reflect.ValueOf(v)
	if to.Kind() != reflect.Pointer || to.IsNil() {
		panic("jsondoc: there is no pointer to read into")
	}
	if err := d.value(to.Elem()); err != nil {
		return err
	}
	return d.end()
}

// Marshal writes v without white space. Numbers that are not finite, text that is not UTF-8
// and a [Raw] that is no JSON are errors.
func Marshal(v any) ([]byte, error) { return marshal(v, false) }

// MarshalMessage is [Marshal] for text that people read, which may hold what a damaged file
// says: what is not UTF-8 becomes U+FFFD.
func MarshalMessage(v any) ([]byte, error) { return marshal(v, true) }

func marshal(v any, mend bool) ([]byte, error) {
	e := &encoder{mend: mend}
	if err := e.value(reflect.ValueOf(v)); err != nil {
		return nil, err
	}
	return e.out, nil
}

// ErrLong: an indented value is longer than the caller has room for.
var ErrLong = errors.New("too long when indented")

// Indent returns a JSON value with a line for each member and element, indented by two
// spaces a level; ErrLong when that is more than some limit of bytes. Deep down, the
// spaces of an element are hundreds of times as long as the element may be.
func Indent(data []byte, limit int) ([]byte, error) { return format(nil, data, lines, limit) }

// Canonical returns the canonical form of a JSON value (RFC 8785): members sorted, no white
// space, numbers as JavaScript writes them.
func Canonical(data []byte) ([]byte, error) { return format(nil, data, canonical, 0) }
