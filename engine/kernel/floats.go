package kernel

import (
	"fmt"
	"math"
)

// lanes is the number of partial sums of a reduction. Fixing it makes a
// reduction the same with vectors of four or eight and without any.
const lanes = 8

// Dot returns Σ a[i]·b[i], summed in eight lanes (i mod 8) that are then added
// in a fixed order.
func Dot(a, b []float32) float32 {
	if len(a) != len(b) {
		panic(fmt.Sprintf("kernel: Dot of %d and %d values", len(a), len(b)))
	}
	if len(a) == 0 {
		return 0
	}
	return dot(&a[0], &b[0], len(a))
}

// dotGeneric is Dot over n ≥ 1 values.
func dotGeneric(a, b []float32) float32 {
	var s [lanes]float32
	i := 0
	for ; i+lanes <= len(a); i += lanes {
		x, y := a[i:][:lanes], b[i:][:lanes]
		for l := range lanes {
			s[l] += float32(x[l] * y[l])
		}
	}
	addProducts(&s, a[i:], b[i:])
	return sumLanes(&s)
}

// addProducts adds up to seven products to the first lanes.
func addProducts(s *[lanes]float32, a, b []float32) {
	for i, v := range a {
		s[i] += float32(v * b[i])
	}
}

// sumLanes adds partial sums in the order that halving a vector gives.
func sumLanes(s *[lanes]float32) float32 {
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

// RMSNorm writes x[i]·weight[i] / sqrt(mean(x²)+eps) to dst.
func RMSNorm(dst, x, weight []float32, eps float32) {
	mean := float32(Dot(x, x) / float32(len(x)))
	scaleBoth(dst, x, weight, 1/float32(math.Sqrt(float64(mean+eps))))
}

// normalizeGeneric writes (x[i]·f)·weight[i] to dst.
func normalizeGeneric(dst, x, weight []float32, f float32) {
	for i, v := range x {
		dst[i] = float32(v*f) * weight[i]
	}
}

// Add adds y to x.
func Add(x, y []float32) {
	y = y[:len(x)]
	if whole := len(x) &^ 3; whole > 0 {
		add(&x[0], &y[0], whole)
		x, y = x[whole:], y[whole:]
	}
	addGeneric(x, y)
}

func addGeneric(x, y []float32) {
	for i := range x {
		x[i] += y[i]
	}
}

// AddScaled adds f·y to x.
func AddScaled(x, y []float32, f float32) {
	y = y[:len(x)]
	if whole := len(x) &^ 3; whole > 0 {
		addScaled(&x[0], &y[0], whole, f)
		x, y = x[whole:], y[whole:]
	}
	addScaledGeneric(x, y, f)
}

func addScaledGeneric(x, y []float32, f float32) {
	for i := range x {
		x[i] += float32(f * y[i])
	}
}

// Scale multiplies x by a factor for each value.
func Scale(x, factors []float32) { scaleBoth(x, x, factors, 1) }

// scaleBoth writes (x[i]·f)·factors[i] to dst.
func scaleBoth(dst, x, factors []float32, f float32) {
	n := len(x)
	dst, factors = dst[:n], factors[:n]
	if whole := n &^ 3; whole > 0 {
		normalize(&dst[0], &x[0], &factors[0], whole, f)
		dst, x, factors = dst[whole:], x[whole:], factors[whole:]
	}
	normalizeGeneric(dst, x, factors, f)
}

// Coefficients of exp on |r| ≤ ln2/2 and of its range reduction, from Cephes
// (expf.c): relative error below 2e-7.
const (
	log2e  = 1.44269504088896341
	ln2Hi  = 0.693359375
	ln2Lo  = -2.12194440e-4
	expP0  = 1.9875691500e-4
	expP1  = 1.3981999507e-3
	expP2  = 8.3334519073e-3
	expP3  = 4.1665795894e-2
	expP4  = 1.6666665459e-1
	expP5  = 5.0000001201e-1
	expMax = 88
	expMin = -87
)

// Exp returns e^x in float32, the same bits on every platform. Arguments are
// clamped to −87 … 88, where the result is a normal number.
func Exp(x float32) float32 {
	x = min(max(x, expMin), expMax)
	n := (float32(x*log2e) + rounder) - rounder
	r := x - float32(n*ln2Hi)
	r -= float32(n * ln2Lo)
	p := float32(expP0)
	p = float32(p*r) + expP1
	p = float32(p*r) + expP2
	p = float32(p*r) + expP3
	p = float32(p*r) + expP4
	p = float32(p*r) + expP5
	y := float32(p*float32(r*r)) + r
	y += 1
	return y * math.Float32frombits(uint32(int32(n)+127)<<23)
}

// swigluGeneric writes silu(gate[i])·up[i] to gate, silu(x) = x/(1+e^−x).
func swigluGeneric(gate, up []float32) {
	up = up[:len(gate)]
	for i, x := range gate {
		gate[i] = float32(x/(1+Exp(-x))) * up[i]
	}
}

// SwiGLU writes silu(gate[i])·up[i] to gate.
func SwiGLU(gate, up []float32) {
	if len(gate) != len(up) {
		panic(fmt.Sprintf("kernel: SwiGLU of %d and %d values", len(gate), len(up)))
	}
	if n := len(gate) &^ 3; n > 0 {
		swiglu(&gate[0], &up[0], n)
		gate, up = gate[n:], up[n:]
	}
	swigluGeneric(gate, up)
}

// swigluBackGeneric is SwiGLUBack.
func swigluBackGeneric(dGate, dUp, gate, up []float32) {
	for i, g := range gate {
		dh := dGate[i]
		s := 1 / (1 + Exp(-g))
		inner := 1 + float32(g*float32(1-s))
		dGate[i] = float32(float32(dh*up[i])*s) * inner
		dUp[i] = float32(dh*g) * s
	}
}

// SwiGLUBack takes a gradient dh of silu(gate)·up back. It finds dh in dGate. With s =
// 1/(1+e^−gate),
//
//	dGate = dh·up·s·(1 + gate·(1−s))
//	dUp   = dh·gate·s
func SwiGLUBack(dGate, dUp, gate, up []float32) {
	if len(dGate) != len(gate) || len(dUp) != len(gate) || len(up) != len(gate) {
		panic(fmt.Sprintf("kernel: SwiGLUBack of %d and %d values from %d and %d", len(dGate), len(dUp), len(gate), len(up)))
	}
	n := len(gate) &^ 3
	if n > 0 {
		swigluBack(&dGate[0], &dUp[0], &gate[0], &up[0], n)
	}
	swigluBackGeneric(dGate[n:], dUp[n:], gate[n:], up[n:])
}

// softmaxGeneric writes e^(x[i]−peak) to x and returns the sum, in four lanes
// (i mod 4) that are then added in a fixed order.
func softmaxGeneric(x []float32, peak float32) float32 {
	var s [4]float32
	for i, v := range x {
		e := Exp(v - peak)
		x[i] = e
		s[i%4] += e
	}
	return (s[0] + s[2]) + (s[1] + s[3])
}

// Softmax turns x into probabilities in place. Memory behind x up to the next
// multiple of four must belong to x's array; it is overwritten.
func Softmax(x []float32) {
	if len(x) == 0 {
		return
	}
	padded := x[: (len(x)+3)&^3 : cap(x)]
	for i := len(x); i < len(padded); i++ {
		padded[i] = float32(math.Inf(-1))
	}
	peak := peak(&padded[0], len(padded))
	// The padding adds e^−87 a value, once at most three times: below half a
	// unit in the last place of the sum, which is at least 1.
	sum := softmax(&padded[0], len(padded), peak)
	rescale(&padded[0], len(padded), 1/sum)
}
