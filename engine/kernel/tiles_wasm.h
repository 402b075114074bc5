// Matrix tiles times activations, for WebAssembly SIMD. The including file
// defines how sixteen products are summed into four rows:
//
//	DOT(ACT, OFF, W, LO, HI)   LO, HI += dot of W with the 16 bytes at ACT+OFF
//	ROWS(LO, HI)               leaves the four row sums of LO, HI on the stack
//
// Registers:
//
//	R0 dst             V0…V3   LO sums of vector 0…3, int32
//	R1 tile            V4…V7   HI sums (baseline only)
//	R2 groups left     V8…V11  row results of vector 0…3, float32
//	R3 blocks          V12     weights
//	R4 blocks left     V13…15  scratch of DOT and ROWS
//	R5 stride (bytes)
//	R6 activations (first block of vector 0)
//	R7…R10 current block of vector 0…3
//	R11 dst of the vector being stored
//
// The offset of a V128Store is its second operand; alone it would be ignored.
//
// A kernel is the loop that its stub's comment states, once for a batch of one,
// two and four vectors: a tile is loaded once for all of them.

#define ZERO(V) \
	I64Const $0; I64x2Splat; Set V

#define ADDR(P) \
	Get P; I32WrapI64

#define LOAD(P, OFF) \
	ADDR(P); V128Load $OFF

// K8, one vector: V += float(ROWS − 64·Σq) · (scale_w·scale_q)
#define FINISH8(P, LO, HI, V) \
	ROWS(LO, HI); LOAD(P, 32); I32x4Add; F32x4ConvertI32x4S; \
	LOAD(R1, 0); LOAD(P, 0); F32x4Mul; F32x4Mul; Get V; F32x4Add; Set V

// K4, one vector: V = (V + float(ROWS)·(scale_w·scale_q)) + min_w·(scale_q·Σq)
#define FINISH4(P, LO, HI, V) \
	ROWS(LO, HI); F32x4ConvertI32x4S; \
	LOAD(R1, 0); LOAD(P, 0); F32x4Mul; F32x4Mul; Get V; F32x4Add; \
	LOAD(R1, 16); LOAD(P, 16); F32x4Mul; F32x4Add; Set V

#define ADVANCE(P, BYTES) \
	Get P; I64Const $BYTES; I64Add; Set P

// K8: eight chunks of sixteen weights. STEP is the DOTs of one chunk.
#define CHUNKS8(STEP) \
	LOAD(R1, 16); Set V12; STEP(48); \
	LOAD(R1, 32); Set V12; STEP(64); \
	LOAD(R1, 48); Set V12; STEP(80); \
	LOAD(R1, 64); Set V12; STEP(96); \
	LOAD(R1, 80); Set V12; STEP(112); \
	LOAD(R1, 96); Set V12; STEP(128); \
	LOAD(R1, 112); Set V12; STEP(144); \
	LOAD(R1, 128); Set V12; STEP(160)

// K4: four times sixteen bytes, low nibbles chunk c, high nibbles chunk c+4.
#define LOW \
	V128Const $0x0F0F0F0F0F0F0F0F, $0x0F0F0F0F0F0F0F0F; V128And; Set V12
#define HIGH \
	I32Const $4; I8x16ShrU; Set V12
#define CHUNKS4(STEP) \
	LOAD(R1, 32); LOW; STEP(48); LOAD(R1, 32); HIGH; STEP(112); \
	LOAD(R1, 48); LOW; STEP(64); LOAD(R1, 48); HIGH; STEP(128); \
	LOAD(R1, 64); LOW; STEP(80); LOAD(R1, 64); HIGH; STEP(144); \
	LOAD(R1, 80); LOW; STEP(96); LOAD(R1, 80); HIGH; STEP(160)

#define STEP1(OFF) \
	DOT(R7, OFF, V12, V0, V4)
#define STEP2(OFF) \
	DOT(R7, OFF, V12, V0, V4); DOT(R8, OFF, V12, V1, V5)
#define STEP4(OFF) \
	STEP2(OFF); DOT(R9, OFF, V12, V2, V6); DOT(R10, OFF, V12, V3, V7)

#define ARGS \
	MOVD dst+0(FP), R0; \
	MOVD w+16(FP), R1; \
	MOVD act+24(FP), R6; \
	MOVD groups+32(FP), R2; \
	MOVD blocks+40(FP), R3; \
	MOVD stride+8(FP), R5; \
	Get R5; I64Const $2; I64Shl; Set R5

// R(n) = R(n−1) + one vector of activations (blocks · 176 bytes)
#define NEXT(P, Q) \
	Get P; Get R3; I64Const $176; I64Mul; I64Add; Set Q

// stores V at R11 and moves R11 to the next vector's results
#define STORE(V) \
	ADDR(R11); Get V; V128Store $0, $0; \
	Get R11; Get R5; I64Add; Set R11

#define GROUPS_BEGIN \
	Block; Loop
#define GROUPS_END \
	Get R0; I64Const $16; I64Add; Set R0; \
	Get R2; I64Const $1; I64Sub; Tee R2; I64Eqz; I32Eqz; BrIf $0; \
	End; End

#define BLOCKS_BEGIN \
	Get R3; Set R4; Loop
#define BLOCKS_END \
	Get R4; I64Const $1; I64Sub; Tee R4; I64Eqz; I32Eqz; BrIf $0; \
	End

#define KERNEL1(CHUNKS, FINISH, BYTES) \
	ARGS; \
	GROUPS_BEGIN; \
		Get R6; Set R7; ZERO(V8); \
		BLOCKS_BEGIN; \
			ZERO(V0); ZERO(V4); \
			CHUNKS(STEP1); \
			FINISH(R7, V0, V4, V8); \
			ADVANCE(R1, BYTES); ADVANCE(R7, 176); \
		BLOCKS_END; \
		Get R0; Set R11; STORE(V8); \
	GROUPS_END; \
	RET

#define KERNEL2(CHUNKS, FINISH, BYTES) \
	ARGS; \
	GROUPS_BEGIN; \
		Get R6; Set R7; NEXT(R7, R8); ZERO(V8); ZERO(V9); \
		BLOCKS_BEGIN; \
			ZERO(V0); ZERO(V4); ZERO(V1); ZERO(V5); \
			CHUNKS(STEP2); \
			FINISH(R7, V0, V4, V8); FINISH(R8, V1, V5, V9); \
			ADVANCE(R1, BYTES); ADVANCE(R7, 176); ADVANCE(R8, 176); \
		BLOCKS_END; \
		Get R0; Set R11; STORE(V8); STORE(V9); \
	GROUPS_END; \
	RET

#define KERNEL4(CHUNKS, FINISH, BYTES) \
	ARGS; \
	GROUPS_BEGIN; \
		Get R6; Set R7; NEXT(R7, R8); NEXT(R8, R9); NEXT(R9, R10); \
		ZERO(V8); ZERO(V9); ZERO(V10); ZERO(V11); \
		BLOCKS_BEGIN; \
			ZERO(V0); ZERO(V4); ZERO(V1); ZERO(V5); \
			ZERO(V2); ZERO(V6); ZERO(V3); ZERO(V7); \
			CHUNKS(STEP4); \
			FINISH(R7, V0, V4, V8); FINISH(R8, V1, V5, V9); \
			FINISH(R9, V2, V6, V10); FINISH(R10, V3, V7, V11); \
			ADVANCE(R1, BYTES); ADVANCE(R7, 176); ADVANCE(R8, 176); \
			ADVANCE(R9, 176); ADVANCE(R10, 176); \
		BLOCKS_END; \
		Get R0; Set R11; STORE(V8); STORE(V9); STORE(V10); STORE(V11); \
	GROUPS_END; \
	RET

TEXT ·k8x1(SB), NOSPLIT, $0-48
	KERNEL1(CHUNKS8, FINISH8, 144)

TEXT ·k8x2(SB), NOSPLIT, $0-48
	KERNEL2(CHUNKS8, FINISH8, 144)

TEXT ·k8x4(SB), NOSPLIT, $0-48
	KERNEL4(CHUNKS8, FINISH8, 144)

TEXT ·k4x1(SB), NOSPLIT, $0-48
	KERNEL1(CHUNKS4, FINISH4, 96)

TEXT ·k4x2(SB), NOSPLIT, $0-48
	KERNEL2(CHUNKS4, FINISH4, 96)

TEXT ·k4x4(SB), NOSPLIT, $0-48
	KERNEL4(CHUNKS4, FINISH4, 96)
