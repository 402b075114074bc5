package gguf

// Tensor is an entry of the tensor table.
type Tensor struct {
	Name   string
	Type   Type     // a known one
	Dims   []uint64 // innermost first, as in the file: 1 to MaxDims, none of them 0
	Offset int64    // bytes from File.DataOffset
	Size   int64    // bytes
}

// Cols is the length of a row: Dims[0], a multiple of Type.BlockLen.
func (t *Tensor) Cols() int { return int(t.Dims[0]) }

// Rows is the number of rows: the product of the other dimensions, 1 for a
// vector.
func (t *Tensor) Rows() int {
	n := 1
	for _, d := range t.Dims[1:] {
		n *= int(d)
	}
	return n
}
