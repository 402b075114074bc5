package gguf

import "io"

// Open reads the head of a file of size bytes, and keeps r for Section and
// Digest. The name stands in errors.
func Open(r io.ReaderAt, size int64, name string) (*File, error) {
	return nil, &Error{File: name, Reason: "reading is being built", Err: ErrUnsupported}
}

// Read reads the head of a file that arrives in order, and nothing beyond it:
// r then stands at DataOffset, where Stream starts. The size of the whole file
// is given where it is known, else −1. The name stands in errors.
func Read(r io.Reader, size int64, name string) (*File, error) {
	return nil, &Error{File: name, Reason: "reading is being built", Err: ErrUnsupported}
}

// Section gives the bytes of a tensor. It panics if f came from Read.
func (f *File) Section(t *Tensor) *io.SectionReader {
	return io.NewSectionReader(f.data, f.DataOffset+t.Offset, t.Size)
}

// Stream calls fn for each tensor in the order of the file, with a reader of
// the tensor's bytes, from r, which stands at DataOffset. What fn leaves unread
// is read and dropped, so that r is read to the end of the last tensor: a
// caller who hashes r gets the Digest. An error of fn ends the stream and is
// returned as it is.
func (f *File) Stream(r io.Reader, fn func(t *Tensor, r io.Reader) error) error {
	return nil
}

// Digest is the fingerprint of a model: the SHA-256, in hex, of the bytes from
// DataOffset to the end of the last tensor. Metadata are not part of it, so a
// corrected chat template does not make another model. It panics if f came
// from Read.
func (f *File) Digest() (string, error) {
	return "", nil
}
