package gguf

import (
	"cmp"
	"math"
	"slices"
)

// table reads the table of n tensors.
func (c *cursor) table(f *File, n uint64, alignment int64) error {
	f.Tensors = make([]Tensor, 0, min(n, 1<<10))
	f.index = make(map[string]int)
	c.part, c.n = "tensor", n
	for c.i = range n {
		c.tensor = ""
		c.owed -= minTensor
		at := c.off
		name, err := c.text(MaxNameLen, "a name")
		if err != nil {
			return err
		}
		if name == "" {
			return c.fail(at, ErrFormat, "the name is empty")
		}
		c.tensor = name
		if _, twice := f.index[name]; twice {
			return c.fail(at, ErrFormat, "the tensor is there twice")
		}
		t := Tensor{Name: name}
		if err := c.entry(&t, alignment); err != nil {
			return err
		}
		f.index[name] = len(f.Tensors)
		f.Tensors = append(f.Tensors, t)
	}
	c.part, c.tensor = "", ""
	return nil
}

// entry reads an entry of the table after its name.
func (c *cursor) entry(t *Tensor, alignment int64) error {
	at := c.off
	n, err := c.uint32()
	if err != nil {
		return err
	}
	switch {
	case n == 0:
		return c.fail(at, ErrFormat, "the tensor has no dimensions")
	case n > MaxDims:
		return c.fail(at, ErrLimit, "the tensor has %d dimensions; the limit is %d", n, MaxDims)
	}
	t.Dims = make([]uint64, n)
	weights := uint64(1)
	for i := range t.Dims {
		at := c.off
		d, err := c.uint64()
		if err != nil {
			return err
		}
		if d == 0 {
			return c.fail(at, ErrFormat, "dimension %d is 0", i)
		}
		if d > maxElements/weights {
			return c.fail(at, ErrLimit, "the tensor has more than %d weights", uint64(maxElements))
		}
		weights *= d
		t.Dims[i] = d
	}

	at = c.off
	number, err := c.uint32()
	if err != nil {
		return err
	}
	t.Type = Type(number)
	if !t.Type.Known() {
		return c.fail(at, ErrUnsupported, "the tensor has type %v, which is not supported", t.Type)
	}
	if t.Dims[0]%uint64(t.Type.BlockLen()) != 0 {
		return c.fail(at, ErrFormat, "rows of %d weights do not divide into %v blocks of %d", t.Dims[0], t.Type, t.Type.BlockLen())
	}
	t.Size = int64(weights) / int64(t.Type.BlockLen()) * int64(t.Type.BlockBytes())

	at = c.off
	offset, err := c.uint64()
	switch {
	case err != nil:
		return err
	case offset > MaxOffset:
		return c.fail(at, ErrLimit, "the data start at %d; the limit is %d", offset, int64(MaxOffset))
	case offset&uint64(alignment-1) != 0:
		return c.fail(at, ErrFormat, "the data start at %d, which is not a multiple of the alignment, %d", offset, alignment)
	}
	t.Offset = int64(offset)
	return nil
}

// maxElements keeps Rows and Cols within an int on small machines too.
const maxElements = min(MaxElements, math.MaxInt)

// layout checks that the tensors lie side by side within the file. Gaps are
// allowed.
func (c *cursor) layout(f *File) error {
	f.order = make([]int, len(f.Tensors))
	for i := range f.order {
		f.order[i] = i
	}
	slices.SortStableFunc(f.order, func(a, b int) int {
		return cmp.Compare(f.Tensors[a].Offset, f.Tensors[b].Offset)
	})
	var before *Tensor
	for _, i := range f.order {
		t := &f.Tensors[i]
		c.tensor = t.Name
		start := f.DataOffset + t.Offset
		if before != nil && t.Offset < before.Offset+before.Size {
			return c.fail(start, ErrFormat, "the data overlap those of tensor %s, which end at %d",
				quote(before.Name), f.DataOffset+before.Offset+before.Size)
		}
		if end := start + t.Size; c.size >= 0 && end > c.size {
			return c.fail(start, ErrTruncated, "the data end at %d, but the file ends after %d bytes: is the download complete?", end, c.size)
		}
		before = t
	}
	return nil
}
