package jsondoc

import (
	"bytes"
	"encoding/base64"
	"errors"
	"reflect"
	"strconv"
)

// value reads the next value into v.
func (d *decoder) value(v reflect.Value) error {
	kind, t := d.next(), v.Type()
	if t == rawType {
		start := d.at
		if err := d.skip(); err != nil {
			return err
		}
		v.SetBytes(bytes.Clone(d.data[start:d.at]))
		return nil
	}
	if kind == 'n' {
		err := d.null(v)
		if err == nil && d.whole {
			err = absent(t, "is null")
		}
		return err
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(t.Elem()))
		}
		return d.value(v.Elem())
	case reflect.Struct:
		if kind == '{' {
			return d.members(v)
		}
	case reflect.Map:
		if kind == '{' {
			return d.entries(v)
		}
	case reflect.Slice:
		switch {
		case isBytes(t) && kind == '"':
			return d.base64(v)
		case !isBytes(t) && kind == '[':
			return d.elements(v)
		}
	case reflect.Array:
		if kind == '[' {
			return d.exactly(v)
		}
	case reflect.String:
		if kind == '"' {
			s, err := d.text()
			v.SetString(string(s))
			return err
		}
	case reflect.Bool:
		if kind == 't' || kind == 'f' {
			_, err := d.atom()
			v.SetBool(kind == 't')
			return err
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Float32, reflect.Float64:
		if kind == '-' || kind-'0' <= 9 {
			return d.number(v)
		}
	default:
		panic("jsondoc: there are no values of JSON for " + t.String())
	}
	// What is no JSON at all is told first.
	if err := d.skip(); err != nil {
		return err
	}
	return mismatch(kind, t)
}

// null takes null for the zero value.
func (d *decoder) null(v reflect.Value) error {
	_, err := d.word("null")
	v.SetZero()
	return err
}

func (d *decoder) members(v reflect.Value) error {
	f := fieldsOf(v.Type())
	there := make([]bool, len(f.list))
	err := d.object(func(name []byte) error {
		if i, ok := f.byName[string(name)]; ok {
			there[i] = true
			to := v.FieldByIndex(f.list[i].index)
			if d.whole && f.list[i].omitzero && to.Type() != rawType && d.next() == 'n' {
				return d.null(to) // as if it were not there
			}
			return within(f.list[i].name, d.value(to))
		}
		d.next()
		start := d.at
		err := d.skip()
		if err == nil && f.rest >= 0 {
			keep(v.Field(f.rest), name, d.data[start:d.at])
		}
		return err
	})
	for i := range there {
		if err == nil && d.whole && !there[i] {
			err = f.list[i].absent(v.Type(), "is missing")
		}
	}
	return err
}

// absent says what is wrong with a value that is null or not there, where zero would be
// taken for it. Text, lists, maps and what is behind a pointer have a zero of their own, and
// an object has that of its members.
func absent(t reflect.Type, problem string) error {
	switch t.Kind() {
	case reflect.Pointer, reflect.String, reflect.Slice, reflect.Map:
		return nil
	case reflect.Struct:
		for _, f := range fieldsOf(t).list {
			if err := f.absent(t, problem); err != nil {
				return err
			}
		}
		return nil
	}
	return &MemberError{Problem: problem + "; it must be " + wanted(t)}
}

// absent is that of the member of a struct.
func (f *field) absent(of reflect.Type, problem string) error {
	if f.omitzero {
		return nil
	}
	return within(f.name, absent(of.FieldByIndex(f.index).Type, problem))
}

// keep adds a member to those that no field takes.
func keep(rest reflect.Value, name, value []byte) {
	out := rest.Bytes()
	if len(out) == 0 {
		out = append(out, '{')
	} else {
		out[len(out)-1] = ','
	}
	out, _ = appendQuoted(out, string(name), true)
	out = append(append(append(out, ':'), value...), '}')
	rest.SetBytes(out)
}

func (d *decoder) entries(v reflect.Value) error {
	t := v.Type()
	checkKeys(t)
	if v.IsNil() {
		v.Set(reflect.MakeMap(t))
	}
	return d.object(func(name []byte) error {
		entry := reflect.New(t.Elem()).Elem()
		if err := d.value(entry); err != nil {
			return within(string(name), err)
		}
		key := reflect.New(t.Key()).Elem()
		key.SetString(string(name))
		v.SetMapIndex(key, entry)
		return nil
	})
}

func (d *decoder) elements(v reflect.Value) error {
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	return d.array(func(i int) error {
		if i == v.Cap() {
			v.Grow(1)
		}
		v.SetLen(i + 1)
		return within(strconv.Itoa(i), d.value(v.Index(i)))
	})
}

// exactly reads an array, whose length is part of its type.
func (d *decoder) exactly(v reflect.Value) error {
	n := 0
	err := d.array(func(i int) error {
		if n++; n > v.Len() {
			return d.skip()
		}
		return within(strconv.Itoa(i), d.value(v.Index(i)))
	})
	if err == nil && n != v.Len() {
		err = &MemberError{Problem: "holds a JSON value of another length; it must be " + wanted(v.Type())}
	}
	return err
}

func (d *decoder) base64(v reflect.Value) error {
	s, err := d.text()
	if err != nil {
		return err
	}
	b, err := base64.StdEncoding.AppendDecode([]byte{}, s)
	if err == nil && len(s) != base64.StdEncoding.EncodedLen(len(b)) {
		err = errors.New("a line break in it") // which the decoder skips (RFC 4648, section 3.3)
	}
	if err != nil {
		return &MemberError{Problem: "is not base64: " + err.Error()}
	}
	v.SetBytes(b)
	return nil
}

func (d *decoder) number(v reflect.Value) error {
	text, err := d.atom()
	if err != nil {
		return err
	}
	s, bits := string(text), v.Type().Bits()
	switch {
	case v.CanInt():
		var n int64
		n, err = strconv.ParseInt(s, 10, bits)
		v.SetInt(n)
	case v.CanUint():
		var n uint64
		n, err = strconv.ParseUint(s, 10, bits)
		v.SetUint(n)
	default:
		var x float64
		x, err = strconv.ParseFloat(s, bits)
		v.SetFloat(x)
	}
	switch {
	case errors.Is(err, strconv.ErrRange):
		return &MemberError{Problem: "holds a JSON number that is too large; it must be " + wanted(v.Type()) + " of " + strconv.Itoa(bits) + " bits"}
	case err != nil:
		return mismatch('0', v.Type())
	}
	return nil
}
