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

// swigluBack is the assembly of swigluBackGeneric; n is a multiple of four.
//
//go:noescape
func swigluBack(dGate, dUp, gate, up *float32, n int)

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

// mix is the assembly of mixGeneric; dims is a multiple of 16.
//
//go:noescape
func mix(dst *float32, dims int, weights, values *float32, n int)

// scores16 is scores16Generic.
//
//go:noescape
func scores16(dst *float32, stride int, q *int16, scales *float32, heads, dims int, keys *int16, keyScales *float32, chunks int)

// round16 is roundGeneric; n is a multiple of eight, at least eight.
//
//go:noescape
func round16(dst *int16, x *float32, n int, magnitude float32) float32

// turn is turnGeneric; n is a multiple of four.
//
//go:noescape
func turn(x, cos, sin *float32, n int, signs uint64)

// weights16 is weights16Generic.
//
//go:noescape
func weights16(dst *int16, scales, weights, valueScales *float32, chunks int)

// mix16 is mix16Generic; dims is a multiple of 16.
//
//go:noescape
func mix16(dst *float32, dims int, weights *int16, scales *float32, stride, heads int, values *int16, chunks int)

// addScaled adds f·y to x; n is a multiple of four.
//
//	for i < n: x[i] += f · y[i]
//
//go:noescape
func addScaled(x, y *float32, n int, f float32)
