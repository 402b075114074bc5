// What loops share, for WebAssembly SIMD.

#define ADDR(P) \
	Get P; I32WrapI64
#define LOAD(P, OFF) \
	ADDR(P); V128Load $OFF
// the float at P, four times, to V. Of this instruction the assembler writes the opcode
// alone: its alignment and offset follow as two zeroes, which is what UNDEF is. An
// assembler that knows better refuses this.
#define BROADCAST(P, V) \
	ADDR(P); V128Load32Splat; UNDEF; UNDEF; Set V
#define ADVANCE(P, BYTES) \
	Get P; I64Const $BYTES; I64Add; Set P
#define PLUS(P, Q, R) \
	Get P; Get Q; I64Add; Set R
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

// The constants of Exp, four times each, stand at ·exps, in floats_wasm.s: loading
// one is an instruction where making one of an integer is three.
#define EXPSETUP \
	MOVD $·exps(SB), R15

// V0 = e^V0, as Exp: V1 is n, V2 r, V3 p. The order of the operands of Pmax and Pmin
// lets a NaN through. 1.5·2²³ + n has n in its lowest bits, so shifting that into the
// exponent is all the conversion it takes.
#define EXP \
	Get V0; LOAD(R15, 0); F32x4Pmax; LOAD(R15, 16); F32x4Pmin; Set V0; \
	Get V0; LOAD(R15, 32); F32x4Mul; LOAD(R15, 48); F32x4Add; Set V3; \
	Get V3; LOAD(R15, 48); F32x4Sub; Set V1; \
	Get V0; Get V1; LOAD(R15, 64); F32x4Mul; F32x4Sub; \
	Get V1; LOAD(R15, 80); F32x4Mul; F32x4Sub; Set V2; \
	LOAD(R15, 96); Get V2; F32x4Mul; LOAD(R15, 112); F32x4Add; \
	Get V2; F32x4Mul; LOAD(R15, 128); F32x4Add; \
	Get V2; F32x4Mul; LOAD(R15, 144); F32x4Add; \
	Get V2; F32x4Mul; LOAD(R15, 160); F32x4Add; \
	Get V2; F32x4Mul; LOAD(R15, 176); F32x4Add; \
	Get V2; Get V2; F32x4Mul; F32x4Mul; Get V2; F32x4Add; LOAD(R15, 192); F32x4Add; \
	Get V3; I32Const $23; I32x4Shl; LOAD(R15, 192); I32x4Add; F32x4Mul; Set V0
