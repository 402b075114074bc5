package gguf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"testing"
	"testing/iotest"
)

func TestOpen(t *testing.T) {
	for _, version := range []uint32{2, 3} {
		t.Run(fmt.Sprintf("version %d", version), func(t *testing.T) {
			file := written(t, sample(version))
			f := opened(t, file)
			if f.Name != "test.gguf" || f.Version != version {
				t.Errorf("name %q version %d, want test.gguf and %d", f.Name, f.Version, version)
			}
			i := 0
			for key, v := range f.Metadata.All() {
				if want := everyValue[i]; key != want.key || !reflect.DeepEqual(v, want.value) {
					t.Errorf("key %d is %q, %#v; want %q, %#v", i, key, v, want.key, want.value)
				}
				i++
			}
			if i != len(everyValue) || f.Metadata.Len() != i {
				t.Errorf("%d keys, Len %d, want %d", i, f.Metadata.Len(), len(everyValue))
			}
			if len(f.Tensors) != len(knownTypes) {
				t.Fatalf("%d tensors, want %d", len(f.Tensors), len(knownTypes))
			}
			for i, typ := range knownTypes {
				tensor, ok := f.Tensor("t." + typ.String())
				if !ok || tensor != &f.Tensors[i] {
					t.Fatalf("tensor of %v not found in its place", typ)
				}
				if tensor.Type != typ || tensor.Cols() != 256 || tensor.Rows() != 1<<(i%MaxDims) || len(tensor.Dims) != 1+i%MaxDims {
					t.Errorf("tensor %+v has %d rows of %d", tensor, tensor.Rows(), tensor.Cols())
				}
				data, err := io.ReadAll(f.Section(tensor))
				if err != nil || !bytes.Equal(data, ramp(int(tensor.Size), i)) {
					t.Errorf("tensor %v: data differ (%v)", typ, err)
				}
			}
			if _, ok := f.Tensor("t"); ok {
				t.Error("found a tensor that is not there")
			}
		})
	}
}

// A stream is read as a file is, in pieces of any size, and stands at the data
// afterwards.
func TestReadAgreesWithOpen(t *testing.T) {
	file := written(t, sample(3))
	f := opened(t, file)
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"whole":   func(r io.Reader) io.Reader { return r },
		"bytes":   iotest.OneByteReader,
		"halves":  iotest.HalfReader,
		"eof":     iotest.DataErrReader,
		"buffers": func(r io.Reader) io.Reader { return io.MultiReader(io.LimitReader(r, 1000), r) },
	} {
		for _, size := range []int64{-1, int64(len(file))} {
			under := bytes.NewReader(file)
			r := wrap(under)
			g, err := Read(r, size, "test.gguf")
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if at := under.Size() - int64(under.Len()); name != "eof" && at != g.DataOffset {
				t.Errorf("%s: the stream stands at %d, the data start at %d", name, at, g.DataOffset)
			}
			g.data = f.data
			if !reflect.DeepEqual(f, g) {
				t.Errorf("%s: Read gives %+v\nOpen %+v", name, g, f)
			}
		}
	}
}

// A file that ends early says so, wherever it ends.
func TestTruncatedAnywhere(t *testing.T) {
	file := written(t, sample(3))
	f := opened(t, file)
	end := int(f.DataOffset + f.DataSize())
	if end > len(file) {
		t.Fatalf("the data end at %d, the file at %d", end, len(file))
	}
	for n := range end {
		if _, err := Open(bytes.NewReader(file), int64(n), "test.gguf"); !errors.Is(err, ErrTruncated) {
			t.Fatalf("Open of the first %d of %d bytes: %v", n, end, err)
		}
		// The size is believed, even where the stream goes on.
		if _, err := Read(bytes.NewReader(file), int64(n), "test.gguf"); !errors.Is(err, ErrTruncated) {
			t.Fatalf("Read of %d bytes said to be %d: %v", end, n, err)
		}
		if n%7 != 0 && n < int(f.DataOffset) { // one in seven: this is slower
			continue
		}
		if err := stream(bytes.NewReader(file[:n])); !errors.Is(err, ErrTruncated) {
			t.Fatalf("Read of the first %d of %d bytes: %v", n, end, err)
		}
	}
	if _, err := Open(bytes.NewReader(file), int64(end), "test.gguf"); err != nil {
		t.Errorf("without the padding at its end: %v", err)
	}
	if err := stream(bytes.NewReader(file[:end])); err != nil {
		t.Errorf("without the padding at its end: %v", err)
	}
}

// Where the size lies, the missing bytes are found when they are read.
func TestShorterThanItsSize(t *testing.T) {
	file := written(t, sample(3))
	f := opened(t, file)
	_, err := Open(bytes.NewReader(file[:100]), int64(len(file)), "test.gguf")
	if !errors.Is(err, ErrTruncated) {
		t.Errorf("cut head: %v", err)
	}
	g, err := Open(bytes.NewReader(file[:f.DataOffset+10]), int64(len(file)), "test.gguf")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Digest(nil); !errors.Is(err, ErrTruncated) {
		t.Errorf("Digest of cut data: %v", err)
	}
}

// An error of the reader is not taken for the end of the file.
func TestReaderFails(t *testing.T) {
	file := written(t, sample(3))
	broken := errors.New("the wire was cut")
	for _, n := range []int{0, 3, 24, 100, 500, len(file) - 100} {
		err := stream(io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(broken)))
		if e, ok := errors.AsType[*Error](err); !ok || !errors.Is(err, broken) || errors.Is(err, ErrTruncated) || e.File != "test.gguf" {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}

func TestEmptyFiles(t *testing.T) {
	// A vocabulary on its own has no tensors, and perhaps no padding.
	vocabulary := start(0, 1).key("k").array(kindString).u64(1).str("a")
	for _, file := range []raw{vocabulary, vocabulary.pad(32), start(0, 0)} {
		f := opened(t, file)
		if len(f.Tensors) != 0 || f.DataSize() != 0 || f.DataOffset > int64(len(file)) {
			t.Errorf("%d tensors, %d bytes at %d", len(f.Tensors), f.DataSize(), f.DataOffset)
		}
		if d, err := f.Digest(nil); err != nil || d != "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" {
			t.Errorf("Digest of nothing is %s, %v", d, err)
		}
		if err := stream(bytes.NewReader(file)); err != nil {
			t.Error(err)
		}
	}
}

func TestAlignment(t *testing.T) {
	for _, value := range []any{uint32(1), uint32(8), uint64(64), int32(256), uint32(MaxAlignment)} {
		a, _ := Metadata{values: map[string]any{"a": value}}.Int("a")
		var w Writer
		w.AddMeta(alignmentKey, value)
		w.AddTensor("a", F16, []uint64{1}, []byte{1, 2})
		w.AddTensor("b", F16, []uint64{2}, []byte{3, 4, 5, 6})
		f := opened(t, written(t, &w))
		if f.DataOffset%a != 0 || f.Tensors[1].Offset != max(a, 2) {
			t.Errorf("alignment %d: data at %d, the second tensor at %d", a, f.DataOffset, f.Tensors[1].Offset)
		}
		if data, err := io.ReadAll(f.Section(&f.Tensors[1])); err != nil || !bytes.Equal(data, []byte{3, 4, 5, 6}) {
			t.Errorf("alignment %d: data %v, %v", a, data, err)
		}
	}
}

// Values at the limits are read; one beyond is in the hostile table.
func TestAtTheLimits(t *testing.T) {
	name := string(bytes.Repeat([]byte("n"), MaxNameLen))
	key := string(bytes.Repeat([]byte("k"), MaxKeyLen))
	file := start(1, 2).key(key).kind(kindString).str(key).
		key("deep").array(kindArray).u64(1).kind(kindArray).u64(1).kind(kindArray).u64(1).kind(kindUint8).u64(1).u8(7).
		tensor(name, F32, 32, 1, 1, 1, 1).pad(32).zeros(36)
	f := opened(t, file)
	if s, err := f.Metadata.String(key); err != nil || s != key {
		t.Errorf("longest key: %v", err)
	}
	deep, _ := f.Metadata.Value("deep")
	if want := []any{[]any{[]any{[]uint8{7}}}}; !reflect.DeepEqual(deep, want) {
		t.Errorf("deepest array is %v, want %v", deep, want)
	}
	if _, ok := f.Tensor(name); !ok {
		t.Error("longest name not found")
	}

	long := make([]byte, MaxArrayLen)
	var w Writer
	w.AddMeta("long", long)
	f = opened(t, written(t, &w))
	if v, _ := f.Metadata.Value("long"); !reflect.DeepEqual(v, long) {
		t.Error("longest array differs")
	}
}

// Arrays longer than the buffer and the room made for them at first.
func TestLongArrays(t *testing.T) {
	const n = 100_003
	words, numbers := make([]string, n), make([]uint64, n)
	for i := range n {
		words[i] = fmt.Sprint(i * i)
		numbers[i] = uint64(i) * 0x9e3779b97f4a7c15
	}
	text := string(ramp(300_001, 0))
	var w Writer
	w.AddMeta("words", words)
	w.AddMeta("numbers", numbers)
	w.AddMeta("text", text)
	file := written(t, &w)
	for how, read := range map[string]func() (*File, error){
		"Open": func() (*File, error) { return Open(bytes.NewReader(file), int64(len(file)), "test.gguf") },
		"Read": func() (*File, error) { return Read(iotest.HalfReader(bytes.NewReader(file)), -1, "test.gguf") },
	} {
		f, err := read()
		if err != nil {
			t.Fatalf("%s: %v", how, err)
		}
		if got, err := f.Metadata.Strings("words"); err != nil || !slices.Equal(got, words) {
			t.Errorf("%s: strings differ (%v)", how, err)
		}
		if got, _ := f.Metadata.Value("numbers"); !slices.Equal(got.([]uint64), numbers) {
			t.Errorf("%s: numbers differ", how)
		}
		if got, err := f.Metadata.String("text"); err != nil || got != text {
			t.Errorf("%s: text differs (%v)", how, err)
		}
		// A vocabulary must not cost an allocation a string.
		if n := testing.AllocsPerRun(2, func() { read() }); n > 200 {
			t.Errorf("%s: %v allocations for %d strings", how, n, len(words))
		}
	}
}

func TestOpenPanicsOnNegativeSize(t *testing.T) {
	panics(t, "gguf: Open with a negative size", func() { Open(bytes.NewReader(nil), -1, "test.gguf") })
}

func panics(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := recover(); got != want {
			t.Errorf("panic %v, want %s", got, want)
		}
	}()
	f()
}
