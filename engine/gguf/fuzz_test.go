package gguf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"testing"
)

// seed gives a fuzz target files of every sort: sound ones and all hostile ones.
// What fuzzing finds is kept in testdata/fuzz: crashes, and files that are like
// none of these.
//
// Fuzz with -fuzzminimizetime 10x: by default Go spends a minute on making each
// find smaller, and hardly runs anything new.
func seed(f *testing.F, add func(file []byte)) {
	f.Helper()
	add(written(f, sample(2)))
	add(written(f, sample(3)))
	scattered, _ := scattered()
	add(scattered)
	for _, v := range everyValue {
		var w Writer
		w.AddMeta(v.key, v.value)
		w.AddTensor("t", F32, []uint64{1}, make([]byte, 4))
		add(written(f, &w))
	}
	for _, h := range hostile {
		add(h.file)
	}
}

// FuzzOpen: whatever the bytes, Open answers with a file that keeps its promises
// or with an *Error of one of the sentinels.
func FuzzOpen(f *testing.F) {
	seed(f, func(file []byte) { f.Add(file) })
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Open(bytes.NewReader(data), int64(len(data)), "fuzz.gguf")
		if err != nil {
			sound(t, err)
			return
		}
		sections(t, file, data)
		rewrite(t, file)
	})
}

// FuzzRead: a stream in pieces gives what Open gives, with the size and without.
func FuzzRead(f *testing.F) {
	seed(f, func(file []byte) { f.Add(file, uint16(7)) })
	f.Fuzz(func(t *testing.T, data []byte, chunk uint16) {
		opened, openErr := Open(bytes.NewReader(data), int64(len(data)), "fuzz.gguf")
		file, err := Read(&pieces{data, int(chunk) + 1}, int64(len(data)), "fuzz.gguf")
		if fmt.Sprint(err) != fmt.Sprint(openErr) {
			t.Fatalf("Read with the size: %v\nOpen: %v", err, openErr)
		}
		if err == nil {
			same(t, opened, file)
		}

		r := &pieces{data, int(chunk) + 1}
		file, err = Read(r, -1, "fuzz.gguf")
		if err == nil {
			if at := int64(len(data) - len(r.data)); at != file.DataOffset {
				t.Fatalf("the stream stands at %d, the data start at %d", at, file.DataOffset)
			}
			err = file.Stream(r, func(tensor *Tensor, r io.Reader) error {
				if openErr != nil {
					return nil
				}
				got, err := io.ReadAll(r)
				start := file.DataOffset + tensor.Offset
				if err != nil || !bytes.Equal(got, data[start:start+tensor.Size]) {
					t.Fatalf("tensor %q differs: %v", tensor.Name, err)
				}
				return nil
			})
		}
		switch {
		case openErr != nil:
			if err == nil {
				t.Fatalf("Read and Stream are content; Open: %v", openErr)
			}
			sound(t, err)
		case err != nil:
			t.Fatalf("Open is content; Read or Stream: %v", err)
		default:
			same(t, opened, file)
		}
	})
}

// pieces gives its bytes in reads of a fixed length.
type pieces struct {
	data []byte
	n    int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.data) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.data[:min(p.n, len(p.data))])
	p.data = p.data[n:]
	return n, nil
}

func sound(t *testing.T, err error) {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok || e.File != "fuzz.gguf" || e.Offset < 0 || e.Reason == "" {
		t.Fatalf("error %#v", err)
	}
	switch e.Err {
	case ErrFormat, ErrUnsupported, ErrLimit, ErrTruncated:
	default:
		t.Fatalf("error of no kind: %#v", err)
	}
}

// sections checks that the tensors lie in the file, side by side.
func sections(t *testing.T, file *File, data []byte) {
	t.Helper()
	owner := make([]bool, len(data))
	for i := range file.Tensors {
		tensor := &file.Tensors[i]
		if got, ok := file.Tensor(tensor.Name); !ok || got != tensor {
			t.Fatalf("tensor %q is not found", tensor.Name)
		}
		bytes, err := io.ReadAll(file.Section(tensor))
		if err != nil || int64(len(bytes)) != tensor.Size {
			t.Fatalf("tensor %q: %d bytes, %v", tensor.Name, len(bytes), err)
		}
		if n := tensor.Rows() * tensor.Cols() / tensor.Type.BlockLen() * tensor.Type.BlockBytes(); n != len(bytes) {
			t.Fatalf("tensor %q: %d bytes for a shape of %d", tensor.Name, len(bytes), n)
		}
		if tensor.Offset+tensor.Size > file.DataSize() {
			t.Fatalf("tensor %q ends beyond DataSize", tensor.Name)
		}
		start := file.DataOffset + tensor.Offset
		for i := range owner[start : start+tensor.Size] {
			if owner[start+int64(i)] {
				t.Fatalf("tensor %q overlaps another", tensor.Name)
			}
			owner[start+int64(i)] = true
		}
	}
	if _, err := file.Digest(nil); err != nil {
		t.Fatal(err)
	}
}

// rewrite checks that a file which was read can be written, and read again, with
// nothing lost.
func rewrite(t *testing.T, file *File) {
	t.Helper()
	first := rewritten(t, file)
	again, err := Open(bytes.NewReader(first), int64(len(first)), "again.gguf")
	if err != nil {
		t.Fatal(err)
	}
	if second := rewritten(t, again); !bytes.Equal(first, second) {
		t.Fatalf("written %q\nagain %q", first, second)
	}
	if !reflect.DeepEqual(file.Metadata.Keys(), again.Metadata.Keys()) || len(file.Tensors) != len(again.Tensors) {
		t.Fatal("keys or tensors are lost")
	}
}

func rewritten(t *testing.T, file *File) []byte {
	t.Helper()
	w := Writer{Version: file.Version}
	for key, value := range file.Metadata.All() {
		w.AddMeta(key, value)
	}
	for i := range file.Tensors {
		tensor := &file.Tensors[i]
		data, err := io.ReadAll(file.Section(tensor))
		if err != nil {
			t.Fatal(err)
		}
		w.AddTensor(tensor.Name, tensor.Type, tensor.Dims, data)
	}
	return written(t, &w)
}

// same compares two files by what they say; NaN in the metadata equals itself.
func same(t *testing.T, a, b *File) {
	t.Helper()
	var wa, wb Writer
	for key, value := range a.Metadata.All() {
		wa.AddMeta(key, value)
	}
	for key, value := range b.Metadata.All() {
		wb.AddMeta(key, value)
	}
	if !bytes.Equal(written(t, &wa), written(t, &wb)) {
		t.Fatalf("metadata differ:\n%v\n%v", a.Metadata, b.Metadata)
	}
	if a.Version != b.Version || a.DataOffset != b.DataOffset || !reflect.DeepEqual(a.Tensors, b.Tensors) || !reflect.DeepEqual(a.order, b.order) {
		t.Fatalf("files differ:\n%+v\n%+v", a, b)
	}
}
