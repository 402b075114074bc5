// What the loops over tiles share, for AVX2.

#define SPLAT(BITS, X, Y) \
	MOVL $BITS, AX; VMOVD AX, X; VPBROADCASTD X, Y

// 32 integers of Y0…Y3, bytes by value, to the words of a K8 row at DI. Packing leaves
// words 0, 2, 4, 6 in the lower half and 1, 3, 5, 7 in the upper.
#define STOREWORDS \
	VPACKSSDW Y1, Y0, Y0; VPACKSSDW Y3, Y2, Y2; VPACKUSWB Y2, Y0, Y0; VEXTRACTI128 $1, Y0, X1; \
	VMOVD X0, 16(DI); VMOVD X1, 32(DI); \
	VPEXTRD $1, X0, 48(DI); VPEXTRD $1, X1, 64(DI); \
	VPEXTRD $2, X0, 80(DI); VPEXTRD $2, X1, 96(DI); \
	VPEXTRD $3, X0, 112(DI); VPEXTRD $3, X1, 128(DI)
