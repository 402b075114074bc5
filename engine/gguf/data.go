package gguf

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"masque/engine/sha256"
)

// Section gives the bytes of a tensor. It panics if f came from Read.
func (f *File) Section(t *Tensor) *io.SectionReader {
	f.mustBeOpen("Section")
	return io.NewSectionReader(f.data, f.DataOffset+t.Offset, t.Size)
}

// Digest is the fingerprint of a model: the SHA-256, in hex, of the bytes from
// DataOffset to the end of the last tensor. Metadata are not part of it, so a
// corrected chat template does not make another model. progress, which may be
// nil, is told the bytes read so far; an error of it ends the reading and is
// returned as it is. Digest panics if f came from Read.
func (f *File) Digest(progress func(done, total int64) error) (string, error) {
	f.mustBeOpen("Digest")
	h, buffer := sha256.New(), make([]byte, 256<<10)
	for done, total := int64(0), f.DataSize(); done < total; {
		part := buffer[:min(int64(len(buffer)), total-done)]
		n, err := f.data.ReadAt(part, f.DataOffset+done)
		done += int64(n)
		if n < len(part) {
			return "", f.fault(nil, done, err)
		}
		h.Write(part)
		if progress == nil {
			continue
		}
		if err := progress(done, total); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (f *File) mustBeOpen(method string) {
	if f.data == nil {
		panic("gguf: " + method + " of a File which did not come from Open")
	}
}

// Stream calls fn for each tensor in the order of the file, with a reader of
// the tensor's bytes, from r, which stands at DataOffset. What fn leaves unread
// is read and dropped, so that r is read to the end of the last tensor: a
// caller who hashes r gets the Digest. An error of fn ends the stream and is
// returned as it is.
func (f *File) Stream(r io.Reader, fn func(t *Tensor, r io.Reader) error) error {
	at := int64(0) // from DataOffset
	for _, i := range f.order {
		t := &f.Tensors[i]
		n, err := io.CopyN(io.Discard, r, t.Offset-at)
		if err != nil {
			return f.fault(t, at+n, err)
		}
		data := &tensorReader{r: r, f: f, t: t, left: t.Size}
		if err := fn(t, data); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, data); err != nil {
			return err
		}
		at = t.Offset + t.Size
	}
	return nil
}

// tensorReader reads the bytes of a tensor from a stream. It ends early only
// with an error that names the tensor.
type tensorReader struct {
	r    io.Reader
	f    *File
	t    *Tensor
	left int64
}

func (d *tensorReader) Read(p []byte) (int, error) {
	if d.left == 0 {
		return 0, io.EOF
	}
	if int64(len(p)) > d.left {
		p = p[:d.left]
	}
	n, err := d.r.Read(p)
	d.left -= int64(n)
	if err == nil || d.left == 0 { // whatever comes after the tensor is not its fault
		return n, nil
	}
	return n, d.f.fault(d.t, d.t.Offset+d.t.Size-d.left, err)
}

// fault makes the error of data that end or fail at an offset from DataOffset,
// in or before tensor t.
func (f *File) fault(t *Tensor, at int64, err error) error {
	e := &Error{File: f.Name, Offset: f.DataOffset + at, Err: err}
	if t != nil {
		e.Tensor = t.Name
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		e.Err = ErrTruncated
		e.Reason = fmt.Sprintf("the data end here, %d bytes early: is the download complete?", f.DataSize()-at)
	} else {
		e.Reason = fmt.Sprintf("reading failed: %v", err)
	}
	return e
}
