//go:build !purego

#include "textflag.h"

// Attention with keys and values of 16 bits. What one head reads from memory, the next
// ones find in the cache.

// T = pairs of products at AT with those in Y15; V += T
#define PAIRS(AT, V, T) \
	VPMADDWD AT, Y15, T; VPADDD T, V, V

// DI dst, R8 bytes of a row of dst, R12 q, R13 heads, DX pairs of dims, SI keys, R11 their
// scales, CX chunks left; AX pairs left, BX q of a pair, R9 keys of a pair, R10 scales of q,
// R15 heads left, R14 dst of a head; Y0 and Y1 sums of 16 positions, Y15 q of a pair
TEXT ·scores16AVX2(SB), NOSPLIT, $0-72
	MOVQ dst+0(FP), DI
	MOVQ stride+8(FP), R8
	MOVQ q+16(FP), R12
	MOVQ heads+32(FP), R13
	MOVQ dims+40(FP), DX
	MOVQ keys+48(FP), SI
	MOVQ keyScales+56(FP), R11
	MOVQ chunks+64(FP), CX
	SHLQ $2, R8
	SHRQ $1, DX
chunk:
	MOVQ R13, R15
	MOVQ R12, BX
	MOVQ DI, R14
	MOVQ scales+24(FP), R10
head:
	MOVQ DX, AX
	MOVQ SI, R9
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
pair:
	VPBROADCASTD (BX), Y15
	PAIRS((R9), Y0, Y8)
	PAIRS(32(R9), Y1, Y9)
	ADDQ $4, BX
	ADDQ $64, R9
	DECQ AX
	JNZ pair
	VBROADCASTSS (R10), Y14
	VCVTDQ2PS Y0, Y0
	VCVTDQ2PS Y1, Y1
	VMULPS (R11), Y0, Y0
	VMULPS 32(R11), Y1, Y1
	VMULPS Y14, Y0, Y0
	VMULPS Y14, Y1, Y1
	VMOVUPS Y0, (R14)
	VMOVUPS Y1, 32(R14)
	ADDQ $4, R10
	ADDQ R8, R14
	DECQ R15
	JNZ head
	ADDQ $64, DI
	ADDQ $64, R11
	MOVQ R9, SI
	DECQ CX
	JNZ chunk
	VZEROUPPER
	RET

DATA ·roundings+0(SB)/4, $0x7FFFFFFF
DATA ·roundings+4(SB)/4, $0x0DA24260 // 1e-30
DATA ·roundings+8(SB)/4, $0x467FFC00 // 16383
DATA ·roundings+12(SB)/4, $0x38800200 // 1/16383
DATA ·roundings+16(SB)/4, $0x3F800000 // 1
GLOBL ·roundings(SB), RODATA|NOPTR, $20

// the largest of the eight lanes of Y2 to X2, with scratch X3
#define LARGEST \
	VEXTRACTI128 $1, Y2, X3; VPMAXSD X3, X2, X2; \
	VPSHUFD $0x4E, X2, X3; VPMAXSD X3, X2, X2; \
	VPSHUFD $0xB1, X2, X3; VPMAXSD X3, X2, X2

// DI dst, SI x, CX values left, AX values, R9 x again; Y0 eight values, X2 peak, Y3 inverse,
// X4 scale; Y10 mask of magnitudes, X12 magnitude
TEXT ·round16AVX2(SB), NOSPLIT, $0-36
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	VMOVSS magnitude+24(FP), X12
	VPBROADCASTD ·roundings+0(SB), Y10
	VPBROADCASTD ·roundings+4(SB), Y2
	MOVQ CX, AX
	MOVQ SI, R9
peak:
	VPAND (R9), Y10, Y0
	VPMAXSD Y0, Y2, Y2
	ADDQ $32, R9
	SUBQ $8, AX
	JNZ peak
	LARGEST
	VMOVSS ·roundings+16(SB), X4
	VDIVSS X12, X4, X4
	VMULSS X4, X2, X4
	VMOVSS X4, ret+32(FP)
	VDIVSS X2, X12, X3
	VBROADCASTSS X3, Y3
eight:
	VMULPS (SI), Y3, Y0
	VCVTPS2DQ Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPACKSSDW X1, X0, X0
	VMOVDQU X0, (DI)
	ADDQ $32, SI
	ADDQ $16, DI
	SUBQ $8, CX
	JNZ eight
	VZEROUPPER
	RET

// DI dst, R8 scales, SI weights, R9 scales of values, CX chunks left; Y0 and Y1 16 weights,
// X2 peak, Y3 inverse, X4 scale; Y10 mask of magnitudes, X11 the least peak, X12 16383, X13
// its inverse
TEXT ·weights16AVX2(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ scales+8(FP), R8
	MOVQ weights+16(FP), SI
	MOVQ valueScales+24(FP), R9
	MOVQ chunks+32(FP), CX
	VPBROADCASTD ·roundings+0(SB), Y10
	VMOVSS ·roundings+4(SB), X11
	VMOVSS ·roundings+8(SB), X12
	VMOVSS ·roundings+12(SB), X13
chunk:
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	VMULPS (R9), Y0, Y0
	VMULPS 32(R9), Y1, Y1
	VPAND Y10, Y0, Y2
	VPAND Y10, Y1, Y3
	VPMAXSD Y3, Y2, Y2
	LARGEST
	VPMAXSD X11, X2, X2
	VMULSS X13, X2, X4
	VMOVSS X4, (R8)
	VDIVSS X2, X12, X3
	VBROADCASTSS X3, Y3
	VMULPS Y3, Y0, Y0
	VMULPS Y3, Y1, Y1
	VCVTPS2DQ Y0, Y0
	VCVTPS2DQ Y1, Y1
	VPACKSSDW Y1, Y0, Y0
	VPERMQ $0xD8, Y0, Y0
	VMOVDQU Y0, (DI)
	ADDQ $64, SI
	ADDQ $64, R9
	ADDQ $32, DI
	ADDQ $4, R8
	DECQ CX
	JNZ chunk
	VZEROUPPER
	RET

// the next two positions of a chunk
#define TWO(AT, W) \
	VPBROADCASTD W(R14), Y15; PAIRS(AT(R9), Y0, Y8); PAIRS((AT+32)(R9), Y1, Y9)

// DI dst of 16 dims, DX bytes of an output, R14 weights of a head, R11 their scale, R8 bytes
// of a row of them, R10 of their scales, SI values of the chunk, CX chunks left, R13 heads
// left; R9 values of 16 dims, R12 dims left; Y0 and Y1 16 sums, Y14 scale, Y15 two weights
TEXT ·mix16AVX2(SB), NOSPLIT, $0-64
	MOVQ weights+16(FP), BX
	MOVQ scales+24(FP), AX
	MOVQ stride+32(FP), R8
	MOVQ values+48(FP), SI
	MOVQ chunks+56(FP), CX
	MOVQ R8, R10
	SHLQ $1, R8
	SHRQ $2, R10
chunk:
	MOVQ dst+0(FP), DI
	MOVQ heads+40(FP), R13
	MOVQ BX, R14
	MOVQ AX, R11
head:
	MOVQ dims+8(FP), R12
	MOVQ SI, R9
	VBROADCASTSS (R11), Y14
sixteen:
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	TWO(0, 0)
	TWO(64, 4)
	TWO(128, 8)
	TWO(192, 12)
	TWO(256, 16)
	TWO(320, 20)
	TWO(384, 24)
	TWO(448, 28)
	VCVTDQ2PS Y0, Y0
	VCVTDQ2PS Y1, Y1
	VMULPS Y14, Y0, Y0
	VMULPS Y14, Y1, Y1
	VADDPS (DI), Y0, Y0
	VADDPS 32(DI), Y1, Y1
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	ADDQ $64, DI
	ADDQ $512, R9
	SUBQ $16, R12
	JNZ sixteen
	ADDQ R8, R14
	ADDQ R10, R11
	DECQ R13
	JNZ head
	MOVQ R9, SI
	ADDQ $32, BX
	ADDQ $4, AX
	DECQ CX
	JNZ chunk
	VZEROUPPER
	RET
