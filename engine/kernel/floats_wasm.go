//go:build !purego

package kernel

// quantize is quantizeGeneric: n blocks of 32 floats to the layout of an Input.
//
//go:noescape
func quantize(dst *byte, src *float32, n int)

// swiglu writes silu(gate[i])·up[i] to gate; n is a multiple of four.
//
//	for i < n: gate[i] = gate[i] / (1 + Exp(−gate[i])) · up[i]
//
//go:noescape
func swiglu(gate, up *float32, n int)

// softmax writes the exponentials to x and returns their sum; n is a multiple
// of four.
//
//	for i < n: x[i] = Exp(x[i] − peak); s[i%4] += x[i]
//	return (s[0] + s[2]) + (s[1] + s[3])
//
//go:noescape
func softmax(x *float32, n int, peak float32) float32

// normalize is normalizeGeneric; n is a multiple of four.
//
//go:noescape
func normalize(dst, x, weight *float32, n int, f float32)

// add is addGeneric; n is a multiple of four.
//
//go:noescape
func add(x, y *float32, n int)

// peak is peakGeneric; n is a multiple of four.
//
//go:noescape
func peak(x *float32, n int) float32

// rescale is rescaleGeneric; n is a multiple of four.
//
//go:noescape
func rescale(x *float32, n int, f float32)

// sumExp is sumExpGeneric; n is a multiple of eight.
//
//go:noescape
func sumExp(x *float32, n int, peak float32) float32

// diverge is divergeGeneric; n is a multiple of eight.
//
//go:noescape
func diverge(sums *[3]float32, p, q *float32, n int, peakP, peakQ float32)

// scores multiplies a query with n transposed keys; n is a multiple of 16.
//
//	for p < n: dst[p] = (Σ_d q[d] · keys[d*PageLen+p]) · scale, d < dims in order
//
//go:noescape
func scores(dst, q, keys *float32, dims, n int, scale float32)

// mix adds weighted values; dims is a multiple of 16.
//
//	for p < n, in order: dst[d] += weights[p] · values[p*dims+d], d < dims
//
//go:noescape
func mix(dst, weights, values *float32, dims, n int)
