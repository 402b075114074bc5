package gguf

import "testing"

// The sizes of ggml-common.h, bits a weight from the documentation of the
// formats beside them.
func TestTypes(t *testing.T) {
	for _, c := range []struct {
		typ            Type
		name           string
		number         uint32
		weights, bytes int
		bits           float64
	}{
		{F32, "F32", 0, 1, 4, 32},
		{F16, "F16", 1, 1, 2, 16},
		{Q4_0, "Q4_0", 2, 32, 18, 4.5},
		{Q4_1, "Q4_1", 3, 32, 20, 5},
		{Q5_0, "Q5_0", 6, 32, 22, 5.5},
		{Q5_1, "Q5_1", 7, 32, 24, 6},
		{Q8_0, "Q8_0", 8, 32, 34, 8.5},
		{Q4_K, "Q4_K", 12, 256, 144, 4.5},
		{Q5_K, "Q5_K", 13, 256, 176, 5.5},
		{Q6_K, "Q6_K", 14, 256, 210, 6.5625},
		{BF16, "BF16", 30, 1, 2, 16},
	} {
		if uint32(c.typ) != c.number || c.typ.String() != c.name || !c.typ.Known() {
			t.Errorf("%v: number %d, known %v", c.typ, uint32(c.typ), c.typ.Known())
		}
		if c.typ.BlockLen() != c.weights || c.typ.BlockBytes() != c.bytes {
			t.Errorf("%v: %d weights in %d bytes, want %d in %d", c.typ, c.typ.BlockLen(), c.typ.BlockBytes(), c.weights, c.bytes)
		}
		if bits := 8 * float64(c.bytes) / float64(c.weights); bits != c.bits {
			t.Errorf("%v: %v bits a weight, want %v", c.typ, bits, c.bits)
		}
	}
	known := 0
	for typ := range Type(1 << 10) {
		if typ.Known() {
			known++
		} else if typ.BlockLen() != 0 || typ.BlockBytes() != 0 {
			t.Errorf("%v is not known and has a size", typ)
		}
	}
	if known != len(knownTypes) {
		t.Errorf("%d known types, want %d", known, len(knownTypes))
	}
	for typ, want := range map[Type]string{17: "IQ2_XS", 39: "MXFP4", 4: "Q4_2", 12345: "12345", 1<<32 - 1: "4294967295"} {
		if typ.String() != want {
			t.Errorf("type %d is %q, want %q", uint32(typ), typ, want)
		}
	}
}
