package jsondoc

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"
)

type encoder struct {
	out  []byte
	mend bool // what is no character becomes U+FFFD; else it is an error
}

// value writes v.
func (e *encoder) value(v reflect.Value) (err error) {
	switch v.Kind() {
	case reflect.Bool:
		e.out = strconv.AppendBool(e.out, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		e.out = strconv.AppendInt(e.out, v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		e.out = strconv.AppendUint(e.out, v.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		x := v.Float()
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("%v is no number of JSON", x)
		}
		e.out = appendFloat(e.out, x, v.Type().Bits())
	case reflect.String:
		return e.text(v.String())
	case reflect.Pointer:
		if v.IsNil() {
			e.out = append(e.out, "null"...)
			return nil
		}
		return e.value(v.Elem())
	case reflect.Struct:
		return e.members(v)
	case reflect.Map:
		return e.entries(v)
	case reflect.Slice, reflect.Array:
		switch {
		case v.Type() == rawType:
			return e.raw(v)
		case isBytes(v.Type()):
			e.out = append(base64.StdEncoding.AppendEncode(append(e.out, '"'), v.Bytes()), '"')
			return nil
		}
		e.out = append(e.out, '[')
		for i := range v.Len() {
			e.comma('[')
			if err := e.value(v.Index(i)); err != nil {
				return err
			}
		}
		e.out = append(e.out, ']')
	default:
		panic("jsondoc: there are no values of JSON for " + v.Kind().String())
	}
	return nil
}

// comma parts an entry from the one before it.
func (e *encoder) comma(opening byte) {
	if e.out[len(e.out)-1] != opening {
		e.out = append(e.out, ',')
	}
}

func (e *encoder) text(s string) error {
	out, ok := appendQuoted(e.out, s, e.mend)
	if !ok {
		return fmt.Errorf("the text %q is not valid UTF-8", s)
	}
	e.out = out
	return nil
}

func (e *encoder) members(v reflect.Value) error {
	f := fieldsOf(v.Type())
	var rest []byte
	if f.rest >= 0 {
		rest = v.Field(f.rest).Bytes()
	}
	var names nameSet // written, where others follow
	e.out = append(e.out, '{')
	for i := range f.list {
		field := &f.list[i]
		member := v.FieldByIndex(field.index)
		if field.omitzero && member.IsZero() {
			continue
		}
		e.comma('{')
		e.out = append(e.out, field.opening...)
		if err := e.value(member); err != nil {
			return within(field.name, err)
		}
		if len(rest) > 0 {
			names.add([]byte(field.name))
		}
	}
	if len(rest) > 0 {
		if err := e.rest(rest, &names); err != nil {
			return err
		}
	}
	e.out = append(e.out, '}')
	return nil
}

// rest writes the members that no field takes.
func (e *encoder) rest(rest []byte, names *nameSet) error {
	d := &decoder{data: rest}
	if d.next() != '{' {
		return errors.New("other members of an object are not written as an object")
	}
	err := d.object(func(name []byte) (err error) {
		if !names.add(name) {
			return fmt.Errorf("the member %q would stand twice", name)
		}
		e.comma('{')
		e.out, _ = appendQuoted(e.out, string(name), true)
		e.out, err = d.format(append(e.out, ':'), compact, 0)
		return err
	})
	if err != nil {
		return err
	}
	return d.end()
}

func (e *encoder) raw(v reflect.Value) (err error) {
	if v.IsNil() {
		e.out = append(e.out, "null"...)
		return nil
	}
	e.out, err = format(e.out, v.Bytes(), compact, 0)
	return err
}

// entries writes a map, sorted by its keys.
func (e *encoder) entries(v reflect.Value) error {
	checkKeys(v.Type())
	names := make([]string, 0, v.Len())
	for all := v.MapRange(); all.Next(); {
		names = append(names, all.Key().String())
	}
	slices.Sort(names)
	key := reflect.New(v.Type().Key()).Elem()
	e.out = append(e.out, '{')
	for _, name := range names {
		e.comma('{')
		if err := e.text(name); err != nil {
			return err
		}
		e.out = append(e.out, ':')
		key.SetString(name)
		if err := e.value(v.MapIndex(key)); err != nil {
			return err
		}
	}
	e.out = append(e.out, '}')
	return nil
}

// appendQuoted writes a string with as few escapes as there may be. It is not ok for text
// that is not UTF-8, unless that is mended.
func appendQuoted(out []byte, s string, mend bool) ([]byte, bool) {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	start := 0 // of what is still to be copied
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				if !mend {
					return nil, false
				}
				out = utf8.AppendRune(append(out, s[start:i]...), r)
				start = i + 1
			}
			i += n
			continue
		}
		i++
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		out = append(out, s[start:i-1]...)
		start = i
		switch c {
		case '"', '\\':
			out = append(out, '\\', c)
		case '\b':
			out = append(out, `\b`...)
		case '\f':
			out = append(out, `\f`...)
		case '\n':
			out = append(out, `\n`...)
		case '\r':
			out = append(out, `\r`...)
		case '\t':
			out = append(out, `\t`...)
		default:
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(out, s[start:]...), '"'), true
}

// appendFloat writes a number as JavaScript does (ECMA-262, Number::toString), but for −0.
func appendFloat(out []byte, x float64, bits int) []byte {
	low, high := 1e-6, 1e21 // from where on exponents are written
	if bits == 32 {
		low, high = float64(float32(low)), float64(float32(high))
	}
	form := byte('f')
	if abs := math.Abs(x); abs != 0 && (abs < low || abs >= high) {
		form = 'e'
	}
	out = strconv.AppendFloat(out, x, form, -1, bits)
	if n := len(out); form == 'e' && n > 4 && out[n-2] == '0' && out[n-3] == '-' {
		out[n-2] = out[n-1] // e-09 is e-9
		out = out[:n-1]
	}
	return out
}
