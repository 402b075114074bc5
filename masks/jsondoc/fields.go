package jsondoc

import (
	"reflect"
	"strings"
	"sync"
)

// A field is a member of an object, as a struct has it.
type field struct {
	name     string
	opening  string // the name and its colon as they are written
	index    []int
	omitzero bool
}

// fields are those of a struct, the fields of structs that it embeds in their places.
type fields struct {
	list   []field
	byName map[string]int
	rest   int // number of the field for other members; -1 without one
}

var (
	knownFields = map[reflect.Type]*fields{}
	fieldsMutex sync.Mutex
)

// fieldsOf reads the tags of a struct, once.
func fieldsOf(t reflect.Type) *fields {
	fieldsMutex.Lock()
	defer fieldsMutex.Unlock()
	f, ok := knownFields[t]
	if !ok {
		f = &fields{byName: map[string]int{}, rest: -1}
		f.add(t, nil)
		knownFields[t] = f
	}
	return f
}

func (f *fields) add(t reflect.Type, at []int) {
	for i := range t.NumField() {
		sf := t.Field(i)
		tag, tagged := sf.Tag.Lookup("json")
		index := append(at[:len(at):len(at)], i)
		if sf.Anonymous && !tagged && sf.Type.Kind() == reflect.Struct {
			f.add(sf.Type, index)
			continue
		}
		if tag == "-" || !sf.IsExported() {
			continue
		}
		name, option, _ := strings.Cut(tag, ",")
		if option == "embed" && name == "" && sf.Type == rawType && at == nil {
			f.rest = i
			continue
		}
		if name == "" {
			name = sf.Name
		}
		_, twice := f.byName[name]
		if twice || option != "" && option != "omitzero" {
			panic("jsondoc: the tag of the field " + sf.Name + " of " + t.String() + " names a member again, or an option that there is not")
		}
		opening, _ := appendQuoted(nil, name, false)
		f.byName[name] = len(f.list)
		f.list = append(f.list, field{name, string(append(opening, ':')), index, option == "omitzero"})
	}
}

// isBytes reports whether values of a type are written as base64.
func isBytes(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 && t != rawType
}

// checkKeys makes sure that a map can be an object.
func checkKeys(t reflect.Type) {
	if t.Key().Kind() != reflect.String {
		panic("jsondoc: the keys of a map are strings, and not as in " + t.String())
	}
}
