package quant

import (
	"encoding/binary"
	"fmt"
	"math"

	"masque/engine/gguf"
)

// EncodeQ8_0 appends weights as Q8_0 blocks, rounded as ggml's
// quantize_row_q8_0_ref does: scale = max|w|/127, kept as f16, weights rounded
// to the nearest step of the scale before it was rounded, halves away from zero.
// The weights are whole blocks of 32.
func EncodeQ8_0(dst []byte, weights []float32) []byte {
	n := gguf.Q8_0.BlockLen()
	if len(weights)%n != 0 {
		panic(fmt.Sprintf("quant: EncodeQ8_0 of %d weights, which are no blocks of %d", len(weights), n))
	}
	for ; len(weights) > 0; weights = weights[n:] {
		var peak float32
		for _, w := range weights[:n] {
			peak = max(peak, max(w, -w))
		}
		scale := peak / 127
		var inv float32
		if scale > 0 {
			inv = 1 / scale
		}
		dst = binary.LittleEndian.AppendUint16(dst, ToF16(scale))
		for _, w := range weights[:n] {
			dst = append(dst, byte(int8(math.Round(float64(w*inv)))))
		}
	}
	return dst
}

// ToF16 rounds to an IEEE 754 half-precision number, to the nearest, ties to
// even. A magnitude beyond 65,504 becomes an infinity.
func ToF16(f float32) uint16 {
	b := math.Float32bits(f)
	sign := uint16(b >> 31 << 15)
	switch a := math.Float32frombits(b &^ (1 << 31)); {
	case a != a:
		return sign | 0x7e00
	case a >= 65520: // half way from the largest half to 2¹⁶ and beyond
		return sign | 0x7c00
	case a < 0x1p-14: // subnormal: adding 2⁻¹ puts the unit of 2⁻²⁴ at the last bit
		return sign | uint16(math.Float32bits(a+0.5)-math.Float32bits(0.5))
	}
	// Normal: rebias the exponent, then round the 13 bits that fall away.
	b = b&^(1<<31) - (127-15)<<23
	return sign | uint16((b+0xfff+b>>13&1)>>13)
}
