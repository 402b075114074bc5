package gguf

import "io"

// Open reads the head of a file of size bytes, and keeps r for Section and
// Digest. The name stands in errors.
func Open(r io.ReaderAt, size int64, name string) (*File, error) {
	if size < 0 {
		panic("gguf: Open with a negative size")
	}
	f, err := newCursor(io.NewSectionReader(r, 0, size), size, name, true).head()
	if err != nil {
		return nil, err
	}
	f.data = r
	return f, nil
}

// Read reads the head of a file that arrives in order, and nothing beyond it:
// r then stands at DataOffset, where Stream starts. The size of the whole file
// is given where it is known, else −1: then a file that ends early is found out
// by Stream. The name stands in errors.
func Read(r io.Reader, size int64, name string) (*File, error) {
	f, err := newCursor(r, max(size, -1), name, false).head()
	if err != nil {
		return nil, err
	}
	return f, nil
}
