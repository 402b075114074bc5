package gguf

import "strconv"

// Type is the number format of a tensor, with ggml's numbers.
type Type uint32

// The types this package knows how to lay out. A K type is one of ggml's
// k-quants, in blocks of 256 weights.
const (
	F32  Type = 0
	F16  Type = 1
	Q4_0 Type = 2
	Q4_1 Type = 3
	Q5_0 Type = 6
	Q5_1 Type = 7
	Q8_0 Type = 8
	Q4_K Type = 12
	Q5_K Type = 13
	Q6_K Type = 14
	BF16 Type = 30
)

// blocks gives the weights and the bytes of a block of each known type: ggml's
// type_traits.
var blocks = map[Type]struct{ weights, bytes int }{
	F32:  {1, 4},
	F16:  {1, 2},
	BF16: {1, 2},
	Q4_0: {32, 2 + 16},         // f16 scale, 32 nibbles
	Q4_1: {32, 2 + 2 + 16},     // f16 scale and minimum, nibbles
	Q5_0: {32, 2 + 4 + 16},     // f16 scale, 32 fifth bits, nibbles
	Q5_1: {32, 2 + 2 + 4 + 16}, // f16 scale and minimum, fifth bits, nibbles
	Q8_0: {32, 2 + 32},         // f16 scale, 32 int8
	Q4_K: {256, 2 + 2 + 12 + 128},
	Q5_K: {256, 2 + 2 + 12 + 32 + 128},
	Q6_K: {256, 128 + 64 + 16 + 2},
}

// typeNames holds the names of all ggml types, known here or not, so that an
// error can say what a file has.
var typeNames = map[Type]string{
	F32: "F32", F16: "F16", Q4_0: "Q4_0", Q4_1: "Q4_1", Q5_0: "Q5_0", Q5_1: "Q5_1", Q8_0: "Q8_0",
	Q4_K: "Q4_K", Q5_K: "Q5_K", Q6_K: "Q6_K", BF16: "BF16",

	4: "Q4_2", 5: "Q4_3", 9: "Q8_1", 10: "Q2_K", 11: "Q3_K", 15: "Q8_K",
	16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS",
	24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M",
	31: "Q4_0_4_4", 32: "Q4_0_4_8", 33: "Q4_0_8_8", 34: "TQ1_0", 35: "TQ2_0",
	36: "IQ4_NL_4_4", 37: "IQ4_NL_4_8", 38: "IQ4_NL_8_8", 39: "MXFP4", 40: "NVFP4", 41: "Q1_0", 42: "Q2_0",
}

// String gives ggml's name of the type, also of those not known here, and the
// number where ggml has none.
func (t Type) String() string {
	if name, ok := typeNames[t]; ok {
		return name
	}
	return strconv.Itoa(int(t))
}

// Known reports whether the type is one of this package's constants: the only
// ones a tensor of a File has.
func (t Type) Known() bool {
	_, ok := blocks[t]
	return ok
}

// BlockLen is the number of weights in a block: 1 for the plain floats. It is 0
// for a type which is not known.
func (t Type) BlockLen() int { return blocks[t].weights }

// BlockBytes is the number of bytes of a block, 0 for a type which is not known.
func (t Type) BlockBytes() int { return blocks[t].bytes }
