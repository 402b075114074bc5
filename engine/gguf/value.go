package gguf

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// kind is the type of a metadata value, with the numbers of the file.
type kind uint32

const (
	kindUint8 kind = iota
	kindInt8
	kindUint16
	kindInt16
	kindUint32
	kindInt32
	kindFloat32
	kindBool
	kindString
	kindArray
	kindUint64
	kindInt64
	kindFloat64
	kinds // their number
)

// kindSize is the size of a value of each kind in the file; of a string or an
// array, the smallest it can have.
var kindSize = [kinds]int64{
	kindUint8: 1, kindInt8: 1, kindBool: 1,
	kindUint16: 2, kindInt16: 2,
	kindUint32: 4, kindInt32: 4, kindFloat32: 4,
	kindUint64: 8, kindInt64: 8, kindFloat64: 8,
	kindString: 8,     // its length
	kindArray:  4 + 8, // the kind and number of its elements
}

// TypeName names the type of a metadata value as the specification does:
// "uint32", "array of string".
func TypeName(v any) string {
	if _, ok := v.([]any); ok {
		return "array of array"
	}
	name := fmt.Sprintf("%T", v)
	if element, ok := strings.CutPrefix(name, "[]"); ok {
		return "array of " + element
	}
	return name
}

// value reads a value of kind k, whose number stands at offset at. Arrays
// around it number depth.
func (c *cursor) value(k kind, at int64, depth int) (any, error) {
	switch {
	case k >= kinds:
		return nil, c.fail(at, ErrFormat, "value type %d does not exist", uint32(k))
	case k == kindString:
		return c.text(MaxStringLen, "a string")
	case k == kindArray:
		return c.array(depth + 1)
	}
	at = c.off
	b, err := c.next(int(kindSize[k]))
	if err != nil {
		return nil, err
	}
	switch k {
	case kindUint8:
		return b[0], nil
	case kindInt8:
		return int8(b[0]), nil
	case kindUint16:
		return binary.LittleEndian.Uint16(b), nil
	case kindInt16:
		return readInt16(b), nil
	case kindUint32:
		return binary.LittleEndian.Uint32(b), nil
	case kindInt32:
		return readInt32(b), nil
	case kindFloat32:
		return readFloat32(b), nil
	case kindUint64:
		return binary.LittleEndian.Uint64(b), nil
	case kindInt64:
		return readInt64(b), nil
	case kindFloat64:
		return readFloat64(b), nil
	default: // kindBool
		if b[0] > 1 {
			return nil, c.notBool(at, b[0])
		}
		return b[0] == 1, nil
	}
}

// array reads an array, the depth-th of those inside one another.
func (c *cursor) array(depth int) (any, error) {
	at := c.off
	if depth > MaxArrayDepth {
		return nil, c.fail(at, ErrLimit, "arrays nest deeper than %d", MaxArrayDepth)
	}
	b, err := c.next(int(kindSize[kindArray]))
	if err != nil {
		return nil, err
	}
	k, n := kind(binary.LittleEndian.Uint32(b)), binary.LittleEndian.Uint64(b[4:])
	switch {
	case k >= kinds:
		return nil, c.fail(at, ErrFormat, "element type %d does not exist", uint32(k))
	case n > MaxArrayLen:
		return nil, c.fail(at+4, ErrLimit, "an array of %d elements; the limit is %d", n, MaxArrayLen)
	}
	if err := c.promise(int64(n) * kindSize[k]); err != nil {
		return nil, err
	}
	switch k {
	case kindUint8:
		return elements(c, k, n, func(b []byte) uint8 { return b[0] })
	case kindInt8:
		return elements(c, k, n, func(b []byte) int8 { return int8(b[0]) })
	case kindUint16:
		return elements(c, k, n, binary.LittleEndian.Uint16)
	case kindInt16:
		return elements(c, k, n, readInt16)
	case kindUint32:
		return elements(c, k, n, binary.LittleEndian.Uint32)
	case kindInt32:
		return elements(c, k, n, readInt32)
	case kindFloat32:
		return elements(c, k, n, readFloat32)
	case kindUint64:
		return elements(c, k, n, binary.LittleEndian.Uint64)
	case kindInt64:
		return elements(c, k, n, readInt64)
	case kindFloat64:
		return elements(c, k, n, readFloat64)
	case kindBool:
		return c.bools(n)
	case kindString:
		return c.strings(n)
	default: // kindArray
		return c.arrays(n, depth)
	}
}

// firstCap is the most elements for which room is made before they arrive.
const firstCap = 1 << 16

// elements reads n numbers of kind k, which get reads from the start of a slice.
// The caller has promised them.
func elements[T any](c *cursor, k kind, n uint64, get func([]byte) T) ([]T, error) {
	width := int(kindSize[k])
	list := make([]T, 0, min(n, firstCap))
	for left := int(n); left > 0; {
		run := min(left, bufferLen/width)
		c.owed -= int64(run * width)
		b, err := c.next(run * width)
		if err != nil {
			return nil, err
		}
		for ; len(b) > 0; b = b[width:] {
			list = append(list, get(b))
		}
		left -= run
	}
	return list, nil
}

func (c *cursor) bools(n uint64) ([]bool, error) {
	at := c.off
	list, err := elements(c, kindBool, n, func(b []byte) uint8 { return b[0] })
	if err != nil {
		return nil, err
	}
	bools := make([]bool, len(list))
	for i, b := range list {
		if b > 1 {
			return nil, c.notBool(at+int64(i), b)
		}
		bools[i] = b == 1
	}
	return bools, nil
}

func (c *cursor) notBool(at int64, b byte) error {
	return c.fail(at, ErrFormat, "a bool is 0 or 1, not %d", b)
}

// strings reads n strings into one backing string: a vocabulary has tens of
// thousands.
func (c *cursor) strings(n uint64) ([]string, error) {
	var text []byte
	ends := make([]uint32, 0, min(n, firstCap)) // MaxHeader fits
	for range n {
		c.owed -= kindSize[kindString]
		if b, ok := c.short(); ok {
			text = append(text, b...)
		} else {
			length, err := c.length(MaxStringLen, "a string")
			if err != nil {
				return nil, err
			}
			if text, err = c.bytes(text, length); err != nil {
				return nil, err
			}
		}
		ends = append(ends, uint32(len(text)))
	}
	all := string(text)
	list := make([]string, len(ends))
	start := uint32(0)
	for i, end := range ends {
		list[i] = all[start:end]
		start = end
	}
	return list, nil
}

func (c *cursor) arrays(n uint64, depth int) ([]any, error) {
	list := make([]any, 0, min(n, 64)) // few have any; each holds more room than its 12 bytes
	for range n {
		c.owed -= kindSize[kindArray]
		a, err := c.array(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

func readInt16(b []byte) int16     { return int16(binary.LittleEndian.Uint16(b)) }
func readInt32(b []byte) int32     { return int32(binary.LittleEndian.Uint32(b)) }
func readInt64(b []byte) int64     { return int64(binary.LittleEndian.Uint64(b)) }
func readFloat32(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }
func readFloat64(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }
