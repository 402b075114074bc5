package gguf

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/iotest"
)

// scattered has its tensors out of order, with a gap before and between them and
// bytes after the last.
func scattered() (file raw, data map[string][]byte) {
	data = map[string][]byte{"a": ramp(40, 1), "b": ramp(12, 100), "c": ramp(32, 200)}
	file = start(3, 0).tensor("b", F32, 160, 3).tensor("a", F32, 32, 10).tensor("c", F16, 96, 2, 8).pad(32)
	at := len(file)
	file = file.zeros(172 + 20)
	for i := range file[at:] {
		file[at+i] = 0xee
	}
	copy(file[at+32:], data["a"])
	copy(file[at+96:], data["c"])
	copy(file[at+160:], data["b"])
	return file, data
}

func TestSection(t *testing.T) {
	file, want := scattered()
	f := opened(t, file)
	if f.DataSize() != 172 {
		t.Errorf("DataSize %d, want 172", f.DataSize())
	}
	for name, data := range want {
		tensor, _ := f.Tensor(name)
		got, err := io.ReadAll(f.Section(tensor))
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("tensor %s: %v, %v", name, got, err)
		}
	}
}

func TestStream(t *testing.T) {
	file, want := scattered()
	f := opened(t, file)
	digest, err := f.Digest(nil)
	if sum := sha256.Sum256(file[f.DataOffset : f.DataOffset+172]); err != nil || digest != hex.EncodeToString(sum[:]) {
		t.Errorf("Digest %s, %v", digest, err)
	}
	for take := range 50 { // how much of each tensor is read
		under := bytes.NewReader(file)
		r := iotest.HalfReader(under)
		g, err := Read(r, -1, "test.gguf")
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		var order []string
		err = g.Stream(io.TeeReader(r, h), func(tensor *Tensor, r io.Reader) error {
			order = append(order, tensor.Name)
			p := make([]byte, take)
			n, err := io.ReadFull(r, p)
			data := want[tensor.Name]
			if !bytes.Equal(p[:n], data[:min(take, len(data))]) || take <= len(data) && err != nil {
				return fmt.Errorf("tensor %s: %v, %w", tensor.Name, p[:n], err)
			}
			return nil
		})
		if err != nil {
			t.Fatalf("reading %d bytes of each: %v", take, err)
		}
		if !slices.Equal(order, []string{"a", "c", "b"}) {
			t.Errorf("order %v", order)
		}
		if left := under.Len(); left != 20 {
			t.Errorf("reading %d bytes of each: %d bytes left, want 20", take, left)
		}
		if got := hex.EncodeToString(h.Sum(nil)); got != digest {
			t.Errorf("reading %d bytes of each: hash %s, digest %s", take, got, digest)
		}
	}
}

func TestStreamAfterOpen(t *testing.T) {
	file, want := scattered()
	f := opened(t, file)
	n := 0
	err := f.Stream(bytes.NewReader(file[f.DataOffset:]), func(tensor *Tensor, r io.Reader) error {
		n++
		return iotest.TestReader(r, want[tensor.Name])
	})
	if err != nil || n != 3 {
		t.Errorf("%d tensors, %v", n, err)
	}
}

func TestStreamStops(t *testing.T) {
	file, _ := scattered()
	f := opened(t, file)
	stop := errors.New("enough")
	n := 0
	err := f.Stream(bytes.NewReader(file[f.DataOffset:]), func(*Tensor, io.Reader) error {
		n++
		return stop
	})
	if err != stop || n != 1 {
		t.Errorf("%v after %d tensors", err, n)
	}
}

// A callback sees where its tensor's bytes end early, and cannot hide it.
func TestStreamTruncated(t *testing.T) {
	file, _ := scattered()
	f := opened(t, file)
	for n := range 172 {
		var seen error
		err := f.Stream(bytes.NewReader(file[f.DataOffset:f.DataOffset+int64(n)]), func(tensor *Tensor, r io.Reader) error {
			if _, err := io.ReadAll(r); err != nil {
				seen = err
			}
			return nil
		})
		e, ok := errors.AsType[*Error](err)
		if !ok || !errors.Is(err, ErrTruncated) || e.Offset != f.DataOffset+int64(n) {
			t.Fatalf("%d bytes: %v", n, err)
		}
		inside := n >= 32 && n < 72 || n >= 96 && n < 128 || n >= 160
		if inside != (seen != nil) || inside && !errors.Is(seen, ErrTruncated) {
			t.Errorf("%d bytes: the callback saw %v", n, seen)
		}
		want := "a"
		if n >= 72 {
			want = "c"
		}
		if n >= 128 {
			want = "b"
		}
		if e.Tensor != want {
			t.Errorf("%d bytes: %v, want tensor %s", n, err, want)
		}
	}
}

func TestDigestReaderFails(t *testing.T) {
	file, _ := scattered()
	f := opened(t, file)
	broken := errors.New("the disk is gone")
	f.data = brokenAt{bytes.NewReader(file), broken}
	if _, err := f.Digest(nil); !errors.Is(err, broken) || errors.Is(err, ErrTruncated) {
		t.Errorf("%v", err)
	}
}

// progress is told of all bytes, and its error is the digest's.
func TestDigestProgress(t *testing.T) {
	file, _ := scattered()
	f := opened(t, file)
	stop := errors.New("enough")
	var last int64
	digest, err := f.Digest(func(done, total int64) error {
		if done <= last || total != f.DataSize() {
			t.Errorf("%d of %d bytes after %d", done, total, last)
		}
		last = done
		return nil
	})
	if want, _ := f.Digest(nil); err != nil || digest != want || last != f.DataSize() {
		t.Errorf("Digest %s at %d bytes, %v", digest, last, err)
	}
	if _, err := f.Digest(func(int64, int64) error { return stop }); err != stop {
		t.Errorf("a stop ends it with %v", err)
	}
}

type brokenAt struct {
	io.ReaderAt
	err error
}

func (b brokenAt) ReadAt([]byte, int64) (int, error) { return 0, b.err }

func TestAfterReadNothingIsOpen(t *testing.T) {
	file, _ := scattered()
	f, err := Read(bytes.NewReader(file), -1, "test.gguf")
	if err != nil {
		t.Fatal(err)
	}
	panics(t, "gguf: Section of a File which did not come from Open", func() { f.Section(&f.Tensors[0]) })
	panics(t, "gguf: Digest of a File which did not come from Open", func() { f.Digest(nil) })
}
