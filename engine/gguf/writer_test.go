package gguf

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// The bytes of a small file, by hand, so that reader and writer cannot agree on
// a mistake.
func TestWriterBytes(t *testing.T) {
	w := Writer{Version: 2}
	w.AddMeta("k", int16(-2))
	w.AddMeta("a", []string{"xy"})
	w.AddTensor("t", Q8_0, []uint64{32, 1}, ramp(34, 0))
	w.AddTensor("u", F32, []uint64{1}, []byte{0, 0, 128, 63})
	want := "GGUF\x02\x00\x00\x00" + "\x02\x00\x00\x00\x00\x00\x00\x00" + "\x02\x00\x00\x00\x00\x00\x00\x00" +
		"\x01\x00\x00\x00\x00\x00\x00\x00k" + "\x03\x00\x00\x00" + "\xfe\xff" +
		"\x01\x00\x00\x00\x00\x00\x00\x00a" + "\x09\x00\x00\x00" + "\x08\x00\x00\x00" + "\x01\x00\x00\x00\x00\x00\x00\x00" + "\x02\x00\x00\x00\x00\x00\x00\x00xy" +
		"\x01\x00\x00\x00\x00\x00\x00\x00t" + "\x02\x00\x00\x00" + "\x20\x00\x00\x00\x00\x00\x00\x00" + "\x01\x00\x00\x00\x00\x00\x00\x00" + "\x08\x00\x00\x00" + strings.Repeat("\x00", 8) +
		"\x01\x00\x00\x00\x00\x00\x00\x00u" + "\x01\x00\x00\x00" + "\x01\x00\x00\x00\x00\x00\x00\x00" + "\x00\x00\x00\x00" + "\x40\x00\x00\x00\x00\x00\x00\x00"
	want += strings.Repeat("\x00", -len(want)&31)
	want += string(ramp(34, 0)) + strings.Repeat("\x00", 30) + "\x00\x00\x80\x3f" + strings.Repeat("\x00", 28)
	if got := string(written(t, &w)); got != want {
		t.Errorf("wrote\n%q\nwant\n%q", got, want)
	}
}

func TestWriterPanics(t *testing.T) {
	deepest := []any{[]any{[]any{[]any{}}}}
	var w Writer
	w.AddMeta("deepest", deepest)
	w.AddMeta("there", true)
	w.AddTensor("there", F32, []uint64{1}, make([]byte, 4))
	before := slices.Clone(written(t, &w))
	for want, f := range map[string]func(){
		"version 1":                                      func() { (&Writer{Version: 1}).WriteTo(io.Discard) },
		"a key of 0 bytes":                               func() { w.AddMeta("", true) },
		"a key of 65536 bytes":                           func() { w.AddMeta(strings.Repeat("k", MaxKeyLen+1), true) },
		`key "there" added twice`:                        func() { w.AddMeta("there", false) },
		"a value of type int":                            func() { w.AddMeta("k1", 1) },
		"a value of type []int":                          func() { w.AddMeta("k2", []int{1}) },
		"a value of type <nil>":                          func() { w.AddMeta("k3", nil) },
		"a bool in an array of arrays":                   func() { w.AddMeta("k4", []any{true}) },
		"arrays nest deeper than 4":                      func() { w.AddMeta("k5", []any{deepest}) },
		"an array of 4194305 elements":                   func() { w.AddMeta("k6", make([]bool, MaxArrayLen+1)) },
		"a string of 67108865 bytes":                     func() { w.AddMeta("k7", strings.Repeat("s", MaxStringLen+1)) },
		"a tensor name of 0 bytes":                       func() { w.AddTensor("", F32, []uint64{1}, make([]byte, 4)) },
		"a tensor name of 257 bytes":                     func() { w.AddTensor(strings.Repeat("t", 257), F32, []uint64{1}, make([]byte, 4)) },
		`tensor "there" added twice`:                     func() { w.AddTensor("there", F32, []uint64{1}, make([]byte, 4)) },
		`tensor "t" has type IQ2_XS`:                     func() { w.AddTensor("t", 17, []uint64{256}, nil) },
		`tensor "t" has 0 dimensions`:                    func() { w.AddTensor("t", F32, nil, make([]byte, 4)) },
		`tensor "t" has 5 dimensions`:                    func() { w.AddTensor("t", F32, []uint64{1, 1, 1, 1, 1}, make([]byte, 4)) },
		`tensor "t" has shape [1 0]`:                     func() { w.AddTensor("t", F32, []uint64{1, 0}, nil) },
		`tensor "t" has shape [2 1099511627776]`:         func() { w.AddTensor("t", F32, []uint64{2, MaxElements}, nil) },
		`tensor "t" of F16 [3 2] takes 12 bytes, not 13`: func() { w.AddTensor("t", F16, []uint64{3, 2}, make([]byte, 13)) },
		`tensor "t": rows of 48 weights do not divide into Q4_0 blocks of 32`:                    func() { w.AddTensor("t", Q4_0, []uint64{48}, nil) },
		"the alignment must be a power of two up to 65536, not 12":                               func() { w.AddMeta(alignmentKey, uint32(12)) },
		`gguf: key "general.alignment": want integer, the file has string: unfit metadata value`: func() { w.AddMeta(alignmentKey, "32") },
	} {
		panics(t, "gguf: Writer: "+want, f)
	}
	if !bytes.Equal(written(t, &w), before) {
		t.Error("what panicked has changed the file")
	}
}

type fullDisk struct{ room int }

var errFull = errors.New("the disk is full")

func (d *fullDisk) Write(p []byte) (int, error) {
	if len(p) > d.room {
		n := d.room
		d.room = 0
		return n, errFull
	}
	d.room -= len(p)
	return len(p), nil
}

func TestWriterFails(t *testing.T) {
	var w Writer
	w.AddTensor("a", F32, []uint64{1}, make([]byte, 4))
	w.AddTensor("b", F32, []uint64{1}, make([]byte, 4))
	size := len(written(t, &w))
	for room := range size {
		n, err := w.WriteTo(&fullDisk{room})
		if n != int64(room) || !errors.Is(err, errFull) {
			t.Errorf("room for %d: %d, %v", room, n, err)
		}
		want := "the metadata"
		if room >= size-64 {
			want = `tensor "a"`
		}
		if room >= size-32 {
			want = `tensor "b"`
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("room for %d: %v, want %s", room, err, want)
		}
	}
}
