// Package quant lays the weights of a model out for the matrix kernels.
//
// A GGUF tensor is a list of rows, each a list of blocks. The kernels want
// something else: four rows at a time, so that one vector instruction feeds
// four output rows and nothing has to be shuffled or added across lanes. A
// [Matrix] therefore stores groups of 4 rows × 32 columns ("tiles"), a tile
// after another along the columns, then the next four rows:
//
//	K8  144 bytes   4 × f32 scale,              128 × weight + 64 (7 bits)
//	K4   80 bytes   4 × (f16 scale, f16 min),    64 × two nibbles
//	F32 512 bytes   none: plain row-major floats, the reference
//
// Inside a tile the weights stand in chunks of 4 rows × 4 columns: chunk c
// holds columns 4c…4c+3 of row 0, then of row 1, 2 and 3, sixteen weights in
// all. In K4 the low nibbles of sixteen bytes are chunk c and the high nibbles
// chunk c+4, which is also how Q4_0 and Q4_1 pair them: a block of Q4_1 is the words of
// a row of a tile.
//
// K4 keeps what Q4_0 and Q4_1 say exactly, and Q4_K but for rounding the products
// of its two levels of scales to half precision. Everything else becomes K8, where zero is exact: a pruned weight is exactly zero.
//
//	m, err := quant.New(quant.FormatFor(t.Type), t.Rows(), t.Cols())
//	err = m.Convert(0, t.Type, data) // all rows, or a few at a time
package quant
