package quant

import (
	"encoding/binary"
	"math"

	"masque/engine/gguf"
)

// superLen is the number of weights in a K-quant super-block.
const superLen = 256

// Supported reports whether weights of a GGUF type can be read.
func Supported(t gguf.Type) bool {
	switch t {
	case gguf.F32, gguf.F16, gguf.BF16, gguf.Q4_0, gguf.Q4_1, gguf.Q5_0, gguf.Q5_1,
		gguf.Q8_0, gguf.Q4_K, gguf.Q5_K, gguf.Q6_K:
		return true
	}
	return false
}

// Dequantize writes the weights of whole blocks of a GGUF type to dst. The
// formats are those of ggml's quants.c (block_q4_0 … block_q6_K).
func Dequantize(dst []float32, t gguf.Type, data []byte) {
	if len(dst)%t.BlockLen() != 0 || len(dst)/t.BlockLen()*t.BlockBytes() != len(data) {
		panic("quant: Dequantize: data and dst differ in length")
	}
	dequantRow(dst, t, data)
}

func dequantRow(dst []float32, t gguf.Type, data []byte) {
	switch t {
	case gguf.F32:
		for i := range dst {
			dst[i] = getF32(data, i)
		}
		return
	case gguf.F16:
		for i := range dst {
			dst[i] = F16(binary.LittleEndian.Uint16(data[2*i:]))
		}
		return
	case gguf.BF16:
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(data[2*i:])) << 16)
		}
		return
	}
	n, size := t.BlockLen(), t.BlockBytes()
	for len(dst) > 0 {
		out, block := dst[:n], data[:size]
		switch t {
		case gguf.Q4_0:
			dequantQ4(out, block[2:], F16(le16(block)), -8*F16(le16(block)))
		case gguf.Q4_1:
			dequantQ4(out, block[4:], F16(le16(block)), F16(le16(block[2:])))
		case gguf.Q5_0:
			dequantQ5(out, block[2:], F16(le16(block)), -16*F16(le16(block)))
		case gguf.Q5_1:
			dequantQ5(out, block[4:], F16(le16(block)), F16(le16(block[2:])))
		case gguf.Q8_0:
			d := F16(le16(block))
			for i := range out {
				out[i] = d * float32(int8(block[2+i]))
			}
		case gguf.Q4_K:
			dequantQ4K(out, block)
		case gguf.Q5_K:
			dequantQ5K(out, block)
		case gguf.Q6_K:
			dequantQ6K(out, block)
		}
		dst, data = dst[n:], data[size:]
	}
}

func le16(b []byte) uint16 { return binary.LittleEndian.Uint16(b) }

// dequantQ4 reads 16 bytes: low nibbles are weights 0…15, high 16…31.
func dequantQ4(dst []float32, qs []byte, d, least float32) {
	for i := range 16 {
		dst[i] = float32(d*float32(qs[i]&15)) + least
		dst[16+i] = float32(d*float32(qs[i]>>4)) + least
	}
}

// dequantQ5 is dequantQ4 with a fifth bit a weight in four leading bytes.
func dequantQ5(dst []float32, block []byte, d, least float32) {
	high := binary.LittleEndian.Uint32(block)
	for i, q := range block[4:20] {
		lo := uint32(q)&15 | high>>i&1<<4
		hi := uint32(q)>>4 | high>>(i+16)&1<<4
		dst[i] = float32(d*float32(lo)) + least
		dst[16+i] = float32(d*float32(hi)) + least
	}
}

// scaleMinK4 unpacks the 6-bit scale and minimum of sub-block j from the 12
// bytes of a Q4_K or Q5_K super-block.
func scaleMinK4(q []byte, j int) (scale, least uint8) {
	if j < 4 {
		return q[j] & 63, q[j+4] & 63
	}
	return q[j+4]&15 | q[j-4]>>6<<4, q[j+4]>>4 | q[j]>>6<<4
}

// dequantQ4K reads d, dmin, 12 bytes of scales, 128 of nibbles.
func dequantQ4K(dst []float32, block []byte) {
	d, dmin := F16(le16(block)), F16(le16(block[2:]))
	for j := range 8 {
		sc, least := scaleMinK4(block[4:16], j)
		qs := block[16+j/2*32:][:32]
		scale, sub := d*float32(sc), dmin*float32(least)
		for i, q := range qs {
			dst[32*j+i] = float32(scale*float32(q>>(j%2*4)&15)) - sub
		}
	}
}

// dequantQ5K is dequantQ4K with 32 bytes of fifth bits before the nibbles: bit
// j of byte i belongs to weight i of sub-block j.
func dequantQ5K(dst []float32, block []byte) {
	d, dmin := F16(le16(block)), F16(le16(block[2:]))
	high := block[16:48]
	for j := range 8 {
		sc, least := scaleMinK4(block[4:16], j)
		qs := block[48+j/2*32:][:32]
		scale, sub := d*float32(sc), dmin*float32(least)
		for i, q := range qs {
			v := q>>(j%2*4)&15 | high[i]>>j&1<<4
			dst[32*j+i] = float32(scale*float32(v)) - sub
		}
	}
}

// dequantQ6K reads 128 bytes of low nibbles, 64 of high bit pairs, 16 signed
// scales (one for 16 weights) and d.
func dequantQ6K(dst []float32, block []byte) {
	ql, qh, sc := block[:128], block[128:192], block[192:208]
	d := F16(le16(block[208:]))
	for half := range 2 {
		for i := range 32 {
			l, h := ql[64*half:], qh[32*half+i]
			for part := range 4 {
				low := l[i+part%2*32] >> (part / 2 * 4) & 15
				q := int(low|h>>(2*part)&3<<4) - 32
				at := 128*half + 32*part + i
				scale := d * float32(int8(sc[at/16]))
				dst[at] = scale * float32(q)
			}
		}
	}
}

// F16 converts an IEEE 754 half-precision number.
func F16(h uint16) float32 {
	sign := uint32(h>>15) << 31
	exp, frac := uint32(h>>10&31), uint32(h&1023)
	switch exp {
	case 0: // zero or subnormal: frac · 2^-24
		v := float32(frac) * (1.0 / (1 << 24))
		return math.Float32frombits(sign | math.Float32bits(v))
	case 31:
		return math.Float32frombits(sign | 255<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}
