package gguf

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// raw builds a file byte by byte, so that a test can build what Writer refuses.
type raw []byte

// start begins a file of version 3 with the two counts.
func start(tensors, keys uint64) raw {
	return raw(magic).u32(3).u64(tensors).u64(keys)
}

func (b raw) u8(v ...uint8) raw   { return append(b, v...) }
func (b raw) u32(v uint32) raw    { return binary.LittleEndian.AppendUint32(b, v) }
func (b raw) u64(v uint64) raw    { return binary.LittleEndian.AppendUint64(b, v) }
func (b raw) str(s string) raw    { return append(b.u64(uint64(len(s))), s...) }
func (b raw) zeros(n int) raw     { return append(b, make([]byte, n)...) }
func (b raw) pad(to int) raw      { return b.zeros((to - len(b)%to) % to) }
func (b raw) key(k string) raw    { return b.str(k) }
func (b raw) kind(k kind) raw     { return b.u32(uint32(k)) }
func (b raw) array(k kind) raw    { return b.kind(kindArray).kind(k) }
func (b raw) uint32Key(v int) raw { return b.key("k").kind(kindUint32).u32(uint32(v)) }

// tensor adds an entry of the table.
func (b raw) tensor(name string, t Type, offset uint64, dims ...uint64) raw {
	b = b.str(name).u32(uint32(len(dims)))
	for _, d := range dims {
		b = b.u64(d)
	}
	return b.u32(uint32(t)).u64(offset)
}

// everyValue has a value of each kind, the extremes among them.
var everyValue = []struct {
	key   string
	value any
	name  string
}{
	{"u8", uint8(255), "uint8"},
	{"i8", int8(-128), "int8"},
	{"u16", uint16(65535), "uint16"},
	{"i16", int16(-32768), "int16"},
	{"u32", uint32(1<<32 - 1), "uint32"},
	{"i32", int32(-1 << 31), "int32"},
	{"u64", uint64(1<<64 - 1), "uint64"},
	{"i64", int64(-1 << 63), "int64"},
	{"f32", float32(0.1), "float32"},
	{"f64", 0.1, "float64"},
	{"yes", true, "bool"},
	{"no", false, "bool"},
	{"text", "Ġhello\x00\xff", "string"},
	{"no text", "", "string"},
	{"u8s", []uint8{0, 255}, "array of uint8"},
	{"i8s", []int8{-128, 127}, "array of int8"},
	{"u16s", []uint16{0, 65535}, "array of uint16"},
	{"i16s", []int16{-32768, 32767}, "array of int16"},
	{"u32s", []uint32{0, 1<<32 - 1}, "array of uint32"},
	{"i32s", []int32{-1 << 31, 1<<31 - 1}, "array of int32"},
	{"u64s", []uint64{0, 1<<63 - 1}, "array of uint64"},
	{"i64s", []int64{-1 << 63, 1<<63 - 1}, "array of int64"},
	{"f32s", []float32{-1.5, 0.1}, "array of float32"},
	{"f64s", []float64{-1.5, 0.1}, "array of float64"},
	{"bools", []bool{true, false, true}, "array of bool"},
	{"strings", []string{"a", "", "Ġb"}, "array of string"},
	{"no u8s", []uint8{}, "array of uint8"},
	{"no strings", []string{}, "array of string"},
	{"no arrays", []any{}, "array of array"},
	{"arrays", []any{[]uint8{1}, []string{"x", "y"}, []any{[]any{[]bool{true}, []float64{}}}}, "array of array"},
}

// ramp makes n bytes that differ from one another and from padding.
func ramp(n, from int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte((from+i)%255 + 1)
	}
	return b
}

// sample writes a file with a value of each kind and a tensor of each type.
func sample(version uint32) *Writer {
	w := &Writer{Version: version}
	for _, v := range everyValue {
		w.AddMeta(v.key, v.value)
	}
	for i, typ := range knownTypes {
		dims := []uint64{256}
		for range i % MaxDims {
			dims = append(dims, 2)
		}
		size := 256 / typ.BlockLen() * typ.BlockBytes() << (i % MaxDims)
		w.AddTensor("t."+typ.String(), typ, dims, ramp(size, i))
	}
	return w
}

var knownTypes = []Type{F32, F16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, BF16}

func written(t testing.TB, w *Writer) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := w.WriteTo(&b)
	if err != nil {
		t.Fatal(err)
	}
	if n != int64(b.Len()) {
		t.Fatalf("WriteTo says %d bytes, wrote %d", n, b.Len())
	}
	return b.Bytes()
}

func opened(t testing.TB, file []byte) *File {
	t.Helper()
	f, err := Open(bytes.NewReader(file), int64(len(file)), "test.gguf")
	if err != nil {
		t.Fatal(err)
	}
	return f
}
