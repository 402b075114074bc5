// What the loops over tiles share, for WebAssembly SIMD.

#define ADDR(P) \
	Get P; I32WrapI64
#define LOAD(P, OFF) \
	ADDR(P); V128Load $OFF
#define ADVANCE(P, BYTES) \
	Get P; I64Const $BYTES; I64Add; Set P
// counts N down and repeats the innermost loop until it is 0
#define REPEAT(N) \
	Get N; I64Const $1; I64Sub; Tee N; I64Eqz; I32Eqz; BrIf $0
#define SPLAT(BITS) \
	I32Const $BITS; I32x4Splat
// V with its 64-bit halves, or its neighbouring 32-bit lanes, swapped
#define HALVES(V) \
	Get V; V128Const $0x0F0E0D0C0B0A0908, $0x0706050403020100; I8x16Swizzle
#define NEIGHBOURS(V) \
	Get V; V128Const $0x0302010007060504, $0x0B0A09080F0E0D0C; I8x16Swizzle
// four finite numbers of half precision, sign-extended to 32 bits, to floats: the
// exponent is moved to its place and rescaled. BITS leaves 0x8FFFE000 in every lane,
// REBIAS the float 2¹¹².
#define SINGLE(BITS, REBIAS) \
	I32Const $13; I32x4Shl; BITS; V128And; REBIAS; F32x4Mul
