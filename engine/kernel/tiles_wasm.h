// Matrix tiles times activations, for WebAssembly SIMD. The including file
// names the kernels, and defines how sixteen products are summed into four rows:
//
//	DOT(ACT, W, LO, HI)   K4: LO, HI += dot of the 16 bytes of W with those of ACT
//	EVEN, ODD             the same for the chunks of K8 by turns: where each has a sum of
//	                      its own, an addition waits half as often for the one before
//	DOT1, EVEN1, ODD1     the same for the first chunk: they begin the sums
//	ROWS4, ROWS8(LO, HI)  leave the four row sums of LO, HI on the stack
//	LOWBITS               0x0F in every byte, on the stack
//	SIGNED, REBIAS        0x8FFFE000 and the float 2¹¹² in every lane
//	TIMES13               2¹³ and 0 in the lower and the upper half of every lane
//	CONSTANTS             prepares these, and what EVEN and ODD need in V15
//	TWO8, TWO4            a block of two vectors and four groups, for KERNEL2
//	ASIDE, BACK           put the constants where TWO8 and TWO4 have them, and back from there
//
// and the kernels of four vectors. A kernel is the loop that its stub's comment states.
// One or two vectors are multiplied with four groups of rows at a time, which are far
// apart, in the four quarters of the rows: processors follow a stream of loads in each
// page ahead, and WebAssembly has no other way to ask for that. Kernels of four vectors
// are bound by arithmetic and by loads of activations.
//
// Registers, of one vector and where the including file says nothing else:
//
//	R0 dst                         V0…V3   LO sums of group or vector 0…3
//	R1, R12…R14 tile of group 0…3  V4…V7   HI sums, or constants
//	R2 groups left                 V8…V11  their results, float32
//	R3 blocks                      V12     weights
//	R4 blocks left                 V13     activations
//	R5 stride (bytes)              V14     0x0F in every byte, or more activations
//	R6 activations of vector 0     V15     nibbles, or what EVEN and ODD need
//	R7…R10 current block of vector 0…3, or R8…R10 dst of group 1…3
//	R11 dst of the vector being stored, or groups left in a quarter
//	R15 bytes from group to group
//
// Of two vectors, R9…R11 are dst of group 1…3 and R15 the groups left in a quarter. No
// registers are left for eight results, so they are added up in dst, as those of four
// vectors are where there are eight.
//
// The offset of a V128Store is its second operand; alone it would be ignored.

#include "floats_wasm.h"

#define ZERO(V) \
	I64Const $0; I64x2Splat; Set V

// K8, tile W: the scales in V12; block P: V += float(rows − 64·Σq) · (scale_w·scale_q)
#define HEAD8(W) \
	LOAD(W, 0); Set V12
#define PLUS8(P, ROWS, SCALE, MIN) \
	ROWS; LOAD(P, 32); I32x4Add; F32x4ConvertI32x4S; \
	Get SCALE; LOAD(P, 0); F32x4Mul; F32x4Mul; F32x4Add
#define FINISH8(P, LO, HI, V) \
	Get V; PLUS8(P, ROWS8(LO, HI), V12, V15); Set V

// four finite numbers of half precision, sign-extended and 13 bits up, to floats: the
// exponent is in its place then, and is rescaled by 2¹¹²
#define SINGLE(SIGNED, REBIAS) \
	SIGNED; V128And; REBIAS; F32x4Mul

// K4: the minima in V15, too; V = (V + float(rows)·(scale_w·scale_q)) + min_w·(scale_q·Σq).
// Scales are the lower halves of their lanes and minima the upper ones.
#define HEADOF4(W, SIGNED, REBIAS, TIMES13, SCALE, MIN) \
	LOAD(W, 0); Tee MIN; TIMES13; I32x4DotI16x8S; SINGLE(SIGNED, REBIAS); Set SCALE; \
	Get MIN; I32Const $3; I32x4ShrS; SINGLE(SIGNED, REBIAS); Set MIN
#define HEAD4(W) \
	HEADOF4(W, SIGNED, REBIAS, TIMES13, V12, V15)
#define PLUS4(P, ROWS, SCALE, MIN) \
	ROWS; F32x4ConvertI32x4S; \
	Get SCALE; LOAD(P, 0); F32x4Mul; F32x4Mul; F32x4Add; \
	Get MIN; LOAD(P, 16); F32x4Mul; F32x4Add
#define FINISH4(P, LO, HI, V) \
	Get V; PLUS4(P, ROWS4(LO, HI), V12, V15); Set V

// K8: eight chunks of sixteen weights. STEP is the DOTs of one chunk.
#define CHUNKS8(STEP) \
	LOAD(R1, 16); Set V12; STEP(48, EVEN1); \
	LOAD(R1, 32); Set V12; STEP(64, ODD1); \
	LOAD(R1, 48); Set V12; STEP(80, EVEN); \
	LOAD(R1, 64); Set V12; STEP(96, ODD); \
	LOAD(R1, 80); Set V12; STEP(112, EVEN); \
	LOAD(R1, 96); Set V12; STEP(128, ODD); \
	LOAD(R1, 112); Set V12; STEP(144, EVEN); \
	LOAD(R1, 128); Set V12; STEP(160, ODD)

// K4: four times sixteen bytes, low nibbles chunk c, high nibbles chunk c+4.
// A shift of bytes would be four instructions on x86.
#define NIBBLES(OFF, STEP, LOW, SUM, HIGH) \
	LOAD(R1, OFF); Tee V15; Get V14; V128And; Set V12; STEP(LOW, SUM); \
	Get V15; I32Const $4; I16x8ShrU; Get V14; V128And; Set V12; STEP(HIGH, DOT)
#define CHUNKS4(STEP) \
	NIBBLES(16, STEP, 48, DOT1, 112); NIBBLES(32, STEP, 64, DOT, 128); \
	NIBBLES(48, STEP, 80, DOT, 144); NIBBLES(64, STEP, 96, DOT, 160)

#define ACT(P, OFF) \
	LOAD(P, OFF); Set V13
#define STEP1(OFF, SUM) \
	ACT(R7, OFF); SUM(V13, V12, V0, V4)
#define STEP2(OFF, SUM) \
	STEP1(OFF, SUM); ACT(R8, OFF); SUM(V13, V12, V1, V5)

// The same for one vector and four groups: the sixteen weights of each at AT times
// the activations in V13, of nibbles the high ones times those in V14.
#define WEIGHTS8(W, AT, LO, HI, SUM) \
	LOAD(W, AT); Set V12; SUM(V13, V12, LO, HI)
#define WEIGHTS4(W, AT, LO, HI, SUM) \
	LOAD(W, AT); Tee V15; LOWBITS; V128And; Set V12; SUM(V13, V12, LO, HI); \
	Get V15; I32Const $4; I16x8ShrU; LOWBITS; V128And; Set V12; DOT(V14, V12, LO, HI)
#define GROUPS(WEIGHTS, AT, SUM) \
	WEIGHTS(R1, AT, V0, V4, SUM); WEIGHTS(R12, AT, V1, V5, SUM); \
	WEIGHTS(R13, AT, V2, V6, SUM); WEIGHTS(R14, AT, V3, V7, SUM)
#define WIDE8 \
	ACT(R7, 48); GROUPS(WEIGHTS8, 16, EVEN1); ACT(R7, 64); GROUPS(WEIGHTS8, 32, ODD1); \
	ACT(R7, 80); GROUPS(WEIGHTS8, 48, EVEN); ACT(R7, 96); GROUPS(WEIGHTS8, 64, ODD); \
	ACT(R7, 112); GROUPS(WEIGHTS8, 80, EVEN); ACT(R7, 128); GROUPS(WEIGHTS8, 96, ODD); \
	ACT(R7, 144); GROUPS(WEIGHTS8, 112, EVEN); ACT(R7, 160); GROUPS(WEIGHTS8, 128, ODD)
#define ACTS(LOW, HIGH) \
	ACT(R7, LOW); LOAD(R7, HIGH); Set V14
#define WIDE4 \
	ACTS(48, 112); GROUPS(WEIGHTS4, 16, DOT1); ACTS(64, 128); GROUPS(WEIGHTS4, 32, DOT); \
	ACTS(80, 144); GROUPS(WEIGHTS4, 48, DOT); ACTS(96, 160); GROUPS(WEIGHTS4, 64, DOT)

// the sixteen activations at OFF of vector 0 and 1
#define ACTS2(OFF) \
	ACT(R7, OFF); LOAD(R8, OFF); Set V14

#define ARGS \
	MOVD dst+0(FP), R0; \
	MOVD w+16(FP), R1; \
	MOVD act+24(FP), R6; \
	MOVD groups+32(FP), R2; \
	MOVD blocks+40(FP), R3; \
	MOVD stride+8(FP), R5; \
	Get R5; I64Const $2; I64Shl; Set R5; \
	CONSTANTS; LOWBITS; Set V14

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

#define NEXTGROUP(P, Q) \
	PLUS(P, R15, Q)
#define KEEP(P, V) \
	ADDR(P); Get V; V128Store $0, $0

#define KERNEL1(WIDE, CHUNKS, HEAD, FINISH, BYTES) \
	ARGS; \
	Get R2; I64Const $2; I64ShrU; Tee R11; I64Const $4; I64Shl; Set R15; \
	NEXTGROUP(R0, R8); NEXTGROUP(R8, R9); NEXTGROUP(R9, R10); \
	Get R11; Get R3; I64Mul; I64Const $BYTES; I64Mul; Set R15; \
	NEXTGROUP(R1, R12); NEXTGROUP(R12, R13); NEXTGROUP(R13, R14); \
	Block; Loop; \
		Get R11; I64Eqz; BrIf $1; \
		Get R6; Set R7; ZERO(V8); ZERO(V9); ZERO(V10); ZERO(V11); \
		BLOCKS_BEGIN; \
			WIDE; \
			HEAD(R1); FINISH(R7, V0, V4, V8); HEAD(R12); FINISH(R7, V1, V5, V9); \
			HEAD(R13); FINISH(R7, V2, V6, V10); HEAD(R14); FINISH(R7, V3, V7, V11); \
			ADVANCE(R1, BYTES); ADVANCE(R12, BYTES); ADVANCE(R13, BYTES); ADVANCE(R14, BYTES); \
			ADVANCE(R7, 176); \
		BLOCKS_END; \
		KEEP(R0, V8); KEEP(R8, V9); KEEP(R9, V10); KEEP(R10, V11); \
		ADVANCE(R0, 16); ADVANCE(R8, 16); ADVANCE(R9, 16); ADVANCE(R10, 16); \
		Get R11; I64Const $1; I64Sub; Set R11; \
		Br $0; \
	End; End; \
	Get R14; Set R1; Get R10; Set R0; \
	Get R2; I64Const $3; I64And; Set R2; \
	Get R2; I64Eqz; If; RET; End; \
	LOWBITS; Set V14; \
	GROUPS_BEGIN; \
		Get R6; Set R7; ZERO(V8); \
		BLOCKS_BEGIN; \
			CHUNKS(STEP1); \
			HEAD(R1); \
			FINISH(R7, V0, V4, V8); \
			ADVANCE(R1, BYTES); ADVANCE(R7, 176); \
		BLOCKS_END; \
		KEEP(R0, V8); \
	GROUPS_END; \
	RET

// The first vector's four results stand at D, the second one's a stride behind.
#define ADDR2(D) \
	Get D; Get R5; I64Add; I32WrapI64
#define CLEAR2(D) \
	ZERO(V13); KEEP(D, V13); ADDR2(D); Get V13; V128Store $0, $0

#define KERNEL2(TWO, CHUNKS, HEAD, FINISH, BYTES) \
	ARGS; \
	Get R2; I64Const $2; I64ShrU; Tee R4; I64Const $4; I64Shl; Set R15; \
	NEXTGROUP(R0, R9); NEXTGROUP(R9, R10); NEXTGROUP(R10, R11); \
	Get R4; Get R3; I64Mul; I64Const $BYTES; I64Mul; Set R15; \
	NEXTGROUP(R1, R12); NEXTGROUP(R12, R13); NEXTGROUP(R13, R14); \
	Get R4; Set R15; \
	ASIDE; \
	Block; Loop; \
		Get R15; I64Eqz; BrIf $1; \
		Get R6; Set R7; NEXT(R7, R8); \
		CLEAR2(R0); CLEAR2(R9); CLEAR2(R10); CLEAR2(R11); \
		BLOCKS_BEGIN; \
			TWO; \
			ADVANCE(R1, BYTES); ADVANCE(R12, BYTES); ADVANCE(R13, BYTES); ADVANCE(R14, BYTES); \
			ADVANCE(R7, 176); ADVANCE(R8, 176); \
		BLOCKS_END; \
		ADVANCE(R0, 16); ADVANCE(R9, 16); ADVANCE(R10, 16); ADVANCE(R11, 16); \
		Get R15; I64Const $1; I64Sub; Set R15; \
		Br $0; \
	End; End; \
	Get R14; Set R1; Get R11; Set R0; \
	Get R2; I64Const $3; I64And; Set R2; \
	Get R2; I64Eqz; If; RET; End; \
	BACK; LOWBITS; Set V14; \
	GROUPS_BEGIN; \
		Get R6; Set R7; NEXT(R7, R8); ZERO(V8); ZERO(V9); \
		BLOCKS_BEGIN; \
			CHUNKS(STEP2); \
			HEAD(R1); \
			FINISH(R7, V0, V4, V8); FINISH(R8, V1, V5, V9); \
			ADVANCE(R1, BYTES); ADVANCE(R7, 176); ADVANCE(R8, 176); \
		BLOCKS_END; \
		Get R0; Set R11; STORE(V8); STORE(V9); \
	GROUPS_END; \
	RET

// K8 and K4, for one and two vectors
#define K8_1 \
	KERNEL1(WIDE8, CHUNKS8, HEAD8, FINISH8, 144)
#define K8_2 \
	KERNEL2(TWO8, CHUNKS8, HEAD8, FINISH8, 144)
#define K4_1 \
	KERNEL1(WIDE4, CHUNKS4, HEAD4, FINISH4, 80)
#define K4_2 \
	KERNEL2(TWO4, CHUNKS4, HEAD4, FINISH4, 80)
