//go:build !purego && wasm && relaxed

package kernel

// A variant is one set of assembly kernels.
type variant uint8

const (
	dots  variant = iota // by i32x4.relaxed_dot_i8x16_i7x16_add_s
	pairs                // by i16x8.relaxed_dot_i8x16_i7x16_s
)

// selected is the best variant of this machine. Tests change it.
var selected = best()

// best finds out what the machine makes of a dot product that adds in int32. It is one
// instruction on an x86 with AVX-VNNI and on most ARM; on any other x86 it is three to
// five, the first of which adds neighbours and saturates their sum at int16. With a
// second operand of eight bits, which the specification leaves open, it shows.
func best() variant {
	if dotOfBytes() == 2*32767 {
		return pairs
	}
	return dots
}

// dotOfBytes is a lane of the dot product of 127 with the byte 255: 4·127·255 or
// −4·127, or twice the largest int16.
func dotOfBytes() int32

// Variant names the kernels in use.
func Variant() string {
	if selected == pairs {
		return "relaxed SIMD by pairs"
	}
	return "relaxed SIMD"
}
