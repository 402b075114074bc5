package gguf

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// Writer makes a GGUF file, for tests and for tools that change a model. The
// zero value is an empty file; keys and tensors are written in the order in
// which they are added.
//
// What it is given is the program's own: a value or a shape that no file can
// have panics.
type Writer struct {
	// Version is 2 or 3; 0 means 3. The two differ in nothing that is written
	// here.
	Version uint32

	keys, names map[string]bool
	metadata    []byte
	alignment   int64 // 0: the default
	tensors     []Tensor
	data        [][]byte
}

// AddMeta adds a key with a value of one of the types that Metadata lists. An
// int is not among them: the file needs a width.
func (w *Writer) AddMeta(key string, value any) {
	switch {
	case key == "" || len(key) > MaxKeyLen:
		panic(fmt.Sprintf("gguf: Writer: a key of %d bytes", len(key)))
	case w.keys[key]:
		panic(fmt.Sprintf("gguf: Writer: key %q added twice", key))
	}
	alignment := w.alignment
	if key == alignmentKey {
		a, err := Metadata{values: map[string]any{key: value}}.Uint(key)
		if err == nil {
			err = checkAlignment(a)
		}
		if err != nil {
			panic(fmt.Sprintf("gguf: Writer: %v", err))
		}
		alignment = int64(a)
	}
	k, _ := kindOf(value)
	b := appendString(w.metadata, key)
	b = binary.LittleEndian.AppendUint32(b, uint32(k))
	w.metadata = appendValue(b, value, 0)
	w.alignment = alignment
	if w.keys == nil {
		w.keys = make(map[string]bool)
	}
	w.keys[key] = true
}

// AddTensor adds a tensor; dims has the innermost dimension first. The data are
// kept, not copied.
func (w *Writer) AddTensor(name string, t Type, dims []uint64, data []byte) {
	switch {
	case name == "" || len(name) > MaxNameLen:
		panic(fmt.Sprintf("gguf: Writer: a tensor name of %d bytes", len(name)))
	case w.names[name]:
		panic(fmt.Sprintf("gguf: Writer: tensor %q added twice", name))
	case !t.Known():
		panic(fmt.Sprintf("gguf: Writer: tensor %q has type %v", name, t))
	case len(dims) == 0 || len(dims) > MaxDims:
		panic(fmt.Sprintf("gguf: Writer: tensor %q has %d dimensions", name, len(dims)))
	case dims[0]%uint64(t.BlockLen()) != 0:
		panic(fmt.Sprintf("gguf: Writer: tensor %q: rows of %d weights do not divide into %v blocks of %d", name, dims[0], t, t.BlockLen()))
	}
	weights := uint64(1)
	for _, d := range dims {
		if d == 0 || d > maxElements/weights {
			panic(fmt.Sprintf("gguf: Writer: tensor %q has shape %v", name, dims))
		}
		weights *= d
	}
	if size := weights / uint64(t.BlockLen()) * uint64(t.BlockBytes()); size != uint64(len(data)) {
		panic(fmt.Sprintf("gguf: Writer: tensor %q of %v %v takes %d bytes, not %d", name, t, dims, size, len(data)))
	}
	if w.names == nil {
		w.names = make(map[string]bool)
	}
	w.names[name] = true
	w.tensors = append(w.tensors, Tensor{Name: name, Type: t, Dims: slices.Clone(dims)})
	w.data = append(w.data, data)
}

// WriteTo writes the file. It implements io.WriterTo.
func (w *Writer) WriteTo(dst io.Writer) (int64, error) {
	alignment := w.alignment
	if alignment == 0 {
		alignment = defaultAlignment
	}
	version := w.Version
	switch version {
	case 0:
		version = 3
	case 2, 3:
	default:
		panic(fmt.Sprintf("gguf: Writer: version %d", version))
	}
	head := []byte(magic)
	head = binary.LittleEndian.AppendUint32(head, version)
	head = binary.LittleEndian.AppendUint64(head, uint64(len(w.tensors)))
	head = binary.LittleEndian.AppendUint64(head, uint64(len(w.keys)))
	head = append(head, w.metadata...)
	offset := int64(0)
	for i, t := range w.tensors {
		head = appendString(head, t.Name)
		head = binary.LittleEndian.AppendUint32(head, uint32(len(t.Dims)))
		for _, d := range t.Dims {
			head = binary.LittleEndian.AppendUint64(head, d)
		}
		head = binary.LittleEndian.AppendUint32(head, uint32(t.Type))
		head = binary.LittleEndian.AppendUint64(head, uint64(offset))
		offset += int64(len(w.data[i]))
		offset += -offset & (alignment - 1)
	}

	padding := make([]byte, alignment)
	total := int64(0)
	for i, run := range append([][]byte{head}, w.data...) {
		for _, b := range [][]byte{run, padding[:-int64(len(run))&(alignment-1)]} {
			n, err := dst.Write(b)
			total += int64(n)
			if err != nil {
				if i > 0 {
					return total, fmt.Errorf("gguf: writing tensor %q: %w", w.tensors[i-1].Name, err)
				}
				return total, fmt.Errorf("gguf: writing the metadata: %w", err)
			}
		}
	}
	return total, nil
}

// kindOf gives the kind of a value, and of its elements where it is an array.
func kindOf(value any) (k, element kind) {
	switch value.(type) {
	case uint8:
		return kindUint8, 0
	case int8:
		return kindInt8, 0
	case uint16:
		return kindUint16, 0
	case int16:
		return kindInt16, 0
	case uint32:
		return kindUint32, 0
	case int32:
		return kindInt32, 0
	case uint64:
		return kindUint64, 0
	case int64:
		return kindInt64, 0
	case float32:
		return kindFloat32, 0
	case float64:
		return kindFloat64, 0
	case bool:
		return kindBool, 0
	case string:
		return kindString, 0
	case []uint8:
		return kindArray, kindUint8
	case []int8:
		return kindArray, kindInt8
	case []uint16:
		return kindArray, kindUint16
	case []int16:
		return kindArray, kindInt16
	case []uint32:
		return kindArray, kindUint32
	case []int32:
		return kindArray, kindInt32
	case []uint64:
		return kindArray, kindUint64
	case []int64:
		return kindArray, kindInt64
	case []float32:
		return kindArray, kindFloat32
	case []float64:
		return kindArray, kindFloat64
	case []bool:
		return kindArray, kindBool
	case []string:
		return kindArray, kindString
	case []any:
		return kindArray, kindArray
	}
	panic(fmt.Sprintf("gguf: Writer: a value of type %T", value))
}

// appendValue appends a value without its kind. Arrays around it number depth.
func appendValue(b []byte, value any, depth int) []byte {
	if k, _ := kindOf(value); k == kindArray && depth == MaxArrayDepth {
		panic(fmt.Sprintf("gguf: Writer: arrays nest deeper than %d", MaxArrayDepth))
	}
	switch v := value.(type) {
	case string:
		return appendString(b, v)
	case []string:
		b = appendArray(b, kindString, len(v))
		for _, s := range v {
			b = appendString(b, s)
		}
		return b
	case []any:
		b = appendArray(b, kindArray, len(v))
		for _, a := range v {
			if k, _ := kindOf(a); k != kindArray {
				panic(fmt.Sprintf("gguf: Writer: a %T in an array of arrays", a))
			}
			b = appendValue(b, a, depth+1)
		}
		return b
	}
	size := binary.Size(value)
	if k, element := kindOf(value); k == kindArray {
		b = appendArray(b, element, size/int(kindSize[element]))
	}
	b, err := binary.Append(b, binary.LittleEndian, value)
	if err != nil { // kindOf lets through only what binary knows
		panic(err)
	}
	return b
}

func appendArray(b []byte, element kind, n int) []byte {
	if n > MaxArrayLen {
		panic(fmt.Sprintf("gguf: Writer: an array of %d elements", n))
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(element))
	return binary.LittleEndian.AppendUint64(b, uint64(n))
}

func appendString(b []byte, s string) []byte {
	if len(s) > MaxStringLen {
		panic(fmt.Sprintf("gguf: Writer: a string of %d bytes", len(s)))
	}
	b = binary.LittleEndian.AppendUint64(b, uint64(len(s)))
	return append(b, s...)
}
