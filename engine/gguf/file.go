package gguf

import "io"

// File is the head of a GGUF file: everything but the tensors' bytes.
type File struct {
	Name       string // as given to Open or Read
	Version    uint32 // 2 or 3
	Metadata   Metadata
	Tensors    []Tensor // in the order of the table
	DataOffset int64    // where the tensors' bytes start, from the start of the file

	index map[string]int // tensor by name
	order []int          // tensors by offset
	data  io.ReaderAt    // nil after Read
}

// Tensor gives the tensor of that name, and whether there is one.
func (f *File) Tensor(name string) (*Tensor, bool) {
	i, ok := f.index[name]
	if !ok {
		return nil, false
	}
	return &f.Tensors[i], true
}

// DataSize is the number of bytes from DataOffset to the end of the last
// tensor.
func (f *File) DataSize() int64 {
	if len(f.order) == 0 {
		return 0
	}
	last := &f.Tensors[f.order[len(f.order)-1]] // tensors do not overlap
	return last.Offset + last.Size
}
