package gguf

import (
	"errors"
	"math"
	"reflect"
	"testing"
)

// accessors holds what each method gives for each value of everyValue it
// accepts; all others must be ErrValue.
var accessors = []struct {
	name string
	call func(m Metadata, key string) (any, error)
	want map[string]any
}{
	{
		"String", func(m Metadata, key string) (any, error) { return m.String(key) },
		map[string]any{"text": "Ġhello\x00\xff", "no text": ""},
	},
	{
		"Bool", func(m Metadata, key string) (any, error) { return m.Bool(key) },
		map[string]any{"yes": true, "no": false},
	},
	{
		"Uint", func(m Metadata, key string) (any, error) { return m.Uint(key) },
		map[string]any{"u8": uint64(255), "u16": uint64(65535), "u32": uint64(1<<32 - 1), "u64": uint64(1<<64 - 1)},
	},
	{
		"Int", func(m Metadata, key string) (any, error) { return m.Int(key) },
		map[string]any{
			"u8": int64(255), "u16": int64(65535), "u32": int64(1<<32 - 1),
			"i8": int64(-128), "i16": int64(-32768), "i32": int64(math.MinInt32), "i64": int64(math.MinInt64),
		},
	},
	{
		"Float", func(m Metadata, key string) (any, error) { return m.Float(key) },
		map[string]any{
			"f32": float64(float32(0.1)), "f64": 0.1,
			"u8": 255., "u16": 65535., "u32": float64(1<<32 - 1), "u64": float64(1 << 64),
			"i8": -128., "i16": -32768., "i32": float64(math.MinInt32), "i64": float64(math.MinInt64),
		},
	},
	{
		"Strings", func(m Metadata, key string) (any, error) { return m.Strings(key) },
		map[string]any{"strings": []string{"a", "", "Ġb"}, "no strings": []string{}},
	},
	{
		"Ints", func(m Metadata, key string) (any, error) { return m.Ints(key) },
		map[string]any{
			"u8s": []int64{0, 255}, "u16s": []int64{0, 65535}, "u32s": []int64{0, 1<<32 - 1}, "u64s": []int64{0, math.MaxInt64},
			"i8s": []int64{-128, 127}, "i16s": []int64{-32768, 32767}, "i32s": []int64{math.MinInt32, math.MaxInt32},
			"i64s": []int64{math.MinInt64, math.MaxInt64}, "no u8s": []int64{},
		},
	},
	{
		"Floats", func(m Metadata, key string) (any, error) { return m.Floats(key) },
		map[string]any{"f32s": []float64{-1.5, float64(float32(0.1))}, "f64s": []float64{-1.5, 0.1}},
	},
}

func TestAccessors(t *testing.T) {
	m := opened(t, written(t, sample(3))).Metadata
	for _, a := range accessors {
		for _, v := range everyValue {
			got, err := a.call(m, v.key)
			want, ok := a.want[v.key]
			switch {
			case ok && err != nil:
				t.Errorf("%s of %s: %v", a.name, v.key, err)
			case ok && !reflect.DeepEqual(got, want):
				t.Errorf("%s of %s is %#v, want %#v", a.name, v.key, got, want)
			case !ok && !errors.Is(err, ErrValue):
				t.Errorf("%s of %s is %#v, %v; want ErrValue", a.name, v.key, got, err)
			}
		}
		if _, err := a.call(m, "absent"); !errors.Is(err, ErrNoKey) {
			t.Errorf("%s of an absent key: %v", a.name, err)
		}
		if _, err := a.call(Metadata{}, "absent"); !errors.Is(err, ErrNoKey) {
			t.Errorf("%s of no metadata: %v", a.name, err)
		}
	}
}

func TestAccessorSentences(t *testing.T) {
	m := opened(t, written(t, sample(3))).Metadata
	m.values["big"] = []uint64{1, 1 << 63}
	for want, call := range map[string]func() (any, error){
		`gguf: key "absent": no such metadata key`:                                                             func() (any, error) { return m.Uint("absent") },
		`gguf: key "text": want integer, the file has string: unfit metadata value`:                            func() (any, error) { return m.Uint("text") },
		`gguf: key "u8": want string, the file has uint8: unfit metadata value`:                                func() (any, error) { return m.String("u8") },
		`gguf: key "arrays": want array of string, the file has array of array: unfit metadata value`:          func() (any, error) { return m.Strings("arrays") },
		`gguf: key "text": want number, the file has string: unfit metadata value`:                             func() (any, error) { return m.Float("text") },
		`gguf: key "i8": -128 is negative: unfit metadata value`:                                               func() (any, error) { return m.Uint("i8") },
		`gguf: key "u64": 18446744073709551615 does not fit a signed integer: unfit metadata value`:            func() (any, error) { return m.Int("u64") },
		`gguf: key "big": element 1, 9223372036854775808, does not fit a signed integer: unfit metadata value`: func() (any, error) { return m.Ints("big") },
	} {
		if v, err := call(); err == nil || err.Error() != want {
			t.Errorf("%v, %v\nwant %s", v, err, want)
		}
	}
}

func TestAllStops(t *testing.T) {
	m := opened(t, written(t, sample(3))).Metadata
	n := 0
	for range m.All() {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("%d keys", n)
	}
}

func TestTypeName(t *testing.T) {
	for _, v := range everyValue {
		if got := TypeName(v.value); got != v.name {
			t.Errorf("TypeName of %s is %q, want %q", v.key, got, v.name)
		}
	}
}
