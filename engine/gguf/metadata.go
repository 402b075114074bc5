package gguf

import (
	"fmt"
	"iter"
	"math"
)

// Metadata is the list of keys and values at the head of a file, in the file's
// order.
//
// A value is one of uint8, int8, uint16, int16, uint32, int32, uint64, int64,
// float32, float64, bool, string; a slice of one of these; or, for an array of
// arrays, a []any of such slices. Slices are shared: do not write to them.
type Metadata struct {
	keys   []string
	values map[string]any
}

// Len is the number of keys.
func (m Metadata) Len() int { return len(m.keys) }

// Keys gives the keys in the file's order. Do not write to the slice.
func (m Metadata) Keys() []string { return m.keys }

// All gives the keys and values in the file's order.
func (m Metadata) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for _, key := range m.keys {
			if !yield(key, m.values[key]) {
				return
			}
		}
	}
}

// Value gives the value of a key, and whether the key is there.
func (m Metadata) Value(key string) (any, bool) {
	v, ok := m.values[key]
	return v, ok
}

// String gives a string value. Like the methods below it fails with ErrNoKey
// where the key is absent, and with ErrValue where its value is something else.
func (m Metadata) String(key string) (string, error) {
	return value[string](m, key, "string")
}

// Bool gives a truth value.
func (m Metadata) Bool(key string) (bool, error) {
	return value[bool](m, key, "bool")
}

// Strings gives an array of strings. Do not write to it.
func (m Metadata) Strings(key string) ([]string, error) {
	return value[[]string](m, key, "array of string")
}

func value[T any](m Metadata, key, want string) (T, error) {
	var none T
	v, ok := m.values[key]
	if !ok {
		return none, noKey(key)
	}
	t, ok := v.(T)
	if !ok {
		return none, wrongType(key, want, v)
	}
	return t, nil
}

// Int gives an integer, whatever its width and sign in the file.
func (m Metadata) Int(key string) (int64, error) {
	v, ok := m.values[key]
	if !ok {
		return 0, noKey(key)
	}
	switch v := v.(type) {
	case uint8:
		return int64(v), nil
	case int8:
		return int64(v), nil
	case uint16:
		return int64(v), nil
	case int16:
		return int64(v), nil
	case uint32:
		return int64(v), nil
	case int32:
		return int64(v), nil
	case int64:
		return v, nil
	case uint64:
		if v > math.MaxInt64 {
			return 0, fmt.Errorf("gguf: key %s: %d does not fit a signed integer: %w", quote(key), v, ErrValue)
		}
		return int64(v), nil
	}
	return 0, wrongType(key, "integer", v)
}

// Uint gives an integer that is not negative, whatever its width and sign in
// the file.
func (m Metadata) Uint(key string) (uint64, error) {
	if v, ok := m.values[key].(uint64); ok {
		return v, nil
	}
	i, err := m.Int(key)
	if err != nil {
		return 0, err
	}
	if i < 0 {
		return 0, fmt.Errorf("gguf: key %s: %d is negative: %w", quote(key), i, ErrValue)
	}
	return uint64(i), nil
}

// Float gives a number: a float of either width, or an integer, which some
// writers use for a round value.
func (m Metadata) Float(key string) (float64, error) {
	v, ok := m.values[key]
	if !ok {
		return 0, noKey(key)
	}
	switch v := v.(type) {
	case float32:
		return float64(v), nil
	case float64:
		return v, nil
	case uint64:
		return float64(v), nil
	}
	i, err := m.Int(key)
	if err != nil {
		return 0, wrongType(key, "number", v)
	}
	return float64(i), nil
}

// Ints gives a copy of an array of integers, whatever their width and sign in
// the file.
func (m Metadata) Ints(key string) ([]int64, error) {
	v, ok := m.values[key]
	if !ok {
		return nil, noKey(key)
	}
	switch v := v.(type) {
	case []uint8:
		return convert[int64](v), nil
	case []int8:
		return convert[int64](v), nil
	case []uint16:
		return convert[int64](v), nil
	case []int16:
		return convert[int64](v), nil
	case []uint32:
		return convert[int64](v), nil
	case []int32:
		return convert[int64](v), nil
	case []int64:
		return convert[int64](v), nil
	case []uint64:
		for i, u := range v {
			if u > math.MaxInt64 {
				return nil, fmt.Errorf("gguf: key %s: element %d, %d, does not fit a signed integer: %w", quote(key), i, u, ErrValue)
			}
		}
		return convert[int64](v), nil
	}
	return nil, wrongType(key, "array of integers", v)
}

// Floats gives a copy of an array of floats of either width.
func (m Metadata) Floats(key string) ([]float64, error) {
	v, ok := m.values[key]
	if !ok {
		return nil, noKey(key)
	}
	switch v := v.(type) {
	case []float32:
		return convert[float64](v), nil
	case []float64:
		return convert[float64](v), nil
	}
	return nil, wrongType(key, "array of floats", v)
}

type number interface {
	~uint8 | ~int8 | ~uint16 | ~int16 | ~uint32 | ~int32 | ~uint64 | ~int64 | ~float32 | ~float64
}

func convert[To, From number](from []From) []To {
	to := make([]To, len(from))
	for i, v := range from {
		to[i] = To(v)
	}
	return to
}

func noKey(key string) error {
	return fmt.Errorf("gguf: key %s: %w", quote(key), ErrNoKey)
}

func wrongType(key, want string, v any) error {
	return fmt.Errorf("gguf: key %s: want %s, the file has %s: %w", quote(key), want, TypeName(v), ErrValue)
}
