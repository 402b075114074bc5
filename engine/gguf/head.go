package gguf

import "fmt"

// The head of a file: magic, version, the two counts, keys, tensor table,
// padding to the alignment.

const magic = "GGUF"

// The smallest key and tensor a file can have: names of one byte.
const (
	minKey    = 8 + 1 + 4 + 1         // name, kind, value
	minTensor = 8 + 1 + 4 + 8 + 4 + 8 // name, dimensions, type, offset
)

// alignmentKey is the one key whose value says how to read the rest.
const alignmentKey = "general.alignment"

// defaultAlignment holds where a file has no alignmentKey.
const defaultAlignment = 32

// strangers are the first four bytes of what people take for a GGUF file. The
// older formats wrote their magic as a number, so it reads backwards.
var strangers = map[string]string{
	"FUGG":       "a GGUF file in big-endian order",
	"lmgg":       "a GGML file, GGUF's ancestor",
	"fmgg":       "a GGMF file, GGUF's ancestor",
	"tjgg":       "a GGJT file, GGUF's ancestor",
	"algg":       "an adapter in an old format",
	"vers":       "a Git LFS pointer: the download holds the file's address, not the file",
	"<!DO":       "a web page: the download went wrong",
	"<!do":       "a web page: the download went wrong",
	"<htm":       "a web page: the download went wrong",
	"PK\x03\x04": "a zip archive, perhaps with a model inside",
}

// head reads the head of a file.
func (c *cursor) head() (*File, error) {
	version, err := c.version()
	if err != nil {
		return nil, err
	}
	at := c.off
	tensors, err := c.uint64()
	if err != nil {
		return nil, err
	}
	keys, err := c.uint64()
	if err != nil {
		return nil, err
	}
	switch {
	case tensors > MaxTensors:
		return nil, c.fail(at, ErrLimit, "%d tensors; the limit is %d", tensors, MaxTensors)
	case keys > MaxKeys:
		return nil, c.fail(at+8, ErrLimit, "%d metadata keys; the limit is %d", keys, MaxKeys)
	}
	if err := c.promise(int64(keys)*minKey + int64(tensors)*minTensor); err != nil {
		return nil, err
	}

	f := &File{Name: c.name, Version: version}
	alignment, err := c.metadata(&f.Metadata, keys)
	if err != nil {
		return nil, err
	}
	if err := c.table(f, tensors, alignment); err != nil {
		return nil, err
	}
	// Where there are no tensors (a vocabulary on its own), the padding may be
	// missing too.
	if tensors > 0 {
		if err := c.skip(-c.off & (alignment - 1)); err != nil {
			return nil, err
		}
	}
	f.DataOffset = c.off
	return f, c.layout(f)
}

// version reads the magic number and the version.
func (c *cursor) version() (uint32, error) {
	b, err := c.next(len(magic))
	if err != nil {
		return 0, err
	}
	if m := string(b); m != magic {
		kind, reason := ErrFormat, strangers[m]
		if reason == "" {
			return 0, c.fail(0, kind, "not a GGUF file: it starts with %q", m)
		}
		if m == "FUGG" {
			kind = ErrUnsupported
		}
		return 0, c.fail(0, kind, "this is %s", reason)
	}
	at := c.off
	v, err := c.uint32()
	if err != nil {
		return 0, err
	}
	switch {
	case v == 2, v == 3:
		return v, nil
	case v == 0:
		return 0, c.fail(at, ErrFormat, "version 0 does not exist")
	case v&0xffff == 0: // a small number from the other end
		return 0, c.fail(at, ErrUnsupported, "the file is in big-endian order, for another kind of machine; get the little-endian one")
	}
	return 0, c.fail(at, ErrUnsupported, "version %d is not supported: versions 2 and 3 are", v)
}

// metadata reads n keys and their values, and gives the alignment.
func (c *cursor) metadata(m *Metadata, n uint64) (alignment int64, err error) {
	alignment = defaultAlignment
	m.values = make(map[string]any)
	c.part, c.n = "key", n
	for c.i = range n {
		c.key = ""
		c.owed -= minKey
		at := c.off
		key, err := c.text(MaxKeyLen, "a name")
		if err != nil {
			return 0, err
		}
		if key == "" {
			return 0, c.fail(at, ErrFormat, "the name is empty")
		}
		c.key = key
		if _, twice := m.values[key]; twice {
			return 0, c.fail(at, ErrFormat, "the key is there twice")
		}
		at = c.off
		k, err := c.uint32()
		if err != nil {
			return 0, err
		}
		v, err := c.value(kind(k), at, 0)
		if err != nil {
			return 0, err
		}
		m.keys = append(m.keys, key)
		m.values[key] = v
		if key == alignmentKey {
			a, err := m.Uint(key)
			if err != nil {
				return 0, c.fail(at, ErrFormat, "the alignment must be a positive integer, not %s", TypeName(v))
			}
			if err := checkAlignment(a); err != nil {
				return 0, c.fail(at, ErrFormat, "%v", err)
			}
			alignment = int64(a)
		}
	}
	c.part, c.key = "", ""
	return alignment, nil
}

// checkAlignment follows ggml, which wants a power of two; the specification
// wants a multiple of 8.
func checkAlignment(a uint64) error {
	if a == 0 || a&(a-1) != 0 || a > MaxAlignment {
		return fmt.Errorf("the alignment must be a power of two up to %d, not %d", MaxAlignment, a)
	}
	return nil
}
