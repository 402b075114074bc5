// What the float loops share, for WebAssembly SIMD.

#define ADDR(P) \
	Get P; I32WrapI64
#define LOAD(P, OFF) \
	ADDR(P); V128Load $OFF
#define ADVANCE(P, BYTES) \
	Get P; I64Const $BYTES; I64Add; Set P
// counts N down by K and repeats the innermost loop until it is 0
#define REPEAT(N, K) \
	Get N; I64Const $K; I64Sub; Tee N; I64Eqz; I32Eqz; BrIf $0
#define SPLAT(BITS) \
	I32Const $BITS; I32x4Splat
// V with its 64-bit halves, or its neighbouring 32-bit lanes, swapped
#define HALVES(V) \
	Get V; V128Const $0x0F0E0D0C0B0A0908, $0x0706050403020100; I8x16Swizzle
#define NEIGHBOURS(V) \
	Get V; V128Const $0x0302010007060504, $0x0B0A09080F0E0D0C; I8x16Swizzle

// V0 = e^V0, as Exp: V1 is n, V2 r, V3 p.
#define EXP \
	Get V0; SPLAT(-0x3D520000); F32x4Max; SPLAT(0x42B00000); F32x4Min; Set V0; \
	Get V0; SPLAT(0x3FB8AA3B); F32x4Mul; SPLAT(0x4B400000); F32x4Add; SPLAT(0x4B400000); F32x4Sub; Set V1; \
	Get V0; Get V1; SPLAT(0x3F318000); F32x4Mul; F32x4Sub; \
	Get V1; SPLAT(-0x46A17F7D); F32x4Mul; F32x4Sub; Set V2; \
	SPLAT(0x39506967); Get V2; F32x4Mul; SPLAT(0x3AB743CE); F32x4Add; \
	Get V2; F32x4Mul; SPLAT(0x3C088908); F32x4Add; \
	Get V2; F32x4Mul; SPLAT(0x3D2AA9C1); F32x4Add; \
	Get V2; F32x4Mul; SPLAT(0x3E2AAAAA); F32x4Add; \
	Get V2; F32x4Mul; SPLAT(0x3F000000); F32x4Add; \
	Get V2; Get V2; F32x4Mul; F32x4Mul; Get V2; F32x4Add; SPLAT(0x3F800000); F32x4Add; \
	Get V1; I32x4TruncSatF32x4S; SPLAT(127); I32x4Add; I32Const $23; I32x4Shl; F32x4Mul; Set V0
