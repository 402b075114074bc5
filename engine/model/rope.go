package model

import (
	"math"

	"masque/engine/kernel"
)

// rope holds the angles of rotary position embedding, computed once for each
// position as it is reached. Pairs are neighbours (x0,x1), (x2,x3), …, as
// llama.cpp stores them for this architecture.
type rope struct {
	freq     []float64 // [ropeDims/2]
	cos, sin []float32 // [positions][ropeDims/2]
}

func newRope(w *Weights) *rope {
	r := &rope{freq: make([]float64, w.RopeDims/2)}
	step := root(w.RopeBase, len(r.freq))
	f := 1 / w.RopeScale
	for i := range r.freq {
		r.freq[i] = f // ropeBase^(−2i/ropeDims) / ropeScale
		if w.RopeFactor != nil {
			r.freq[i] /= float64(w.RopeFactor[i])
		}
		f /= step
	}
	return r
}

// root returns the n-th root of a ≥ 1 by Newton's method. Unlike math.Pow,
// which is assembly on some platforms, it has the same bits everywhere.
func root(a float64, n int) float64 {
	x := a
	for range 64 * n { // far more than it takes: each step at worst takes 1/n off
		power := 1.0
		for range n - 1 {
			power *= x
		}
		next := x - (x-a/power)/float64(n)
		if next >= x { // it comes down to the root from above
			break
		}
		x = next
	}
	return x
}

// reach makes the angles of positions 0…n−1 available.
func (r *rope) reach(n int) {
	half := len(r.freq)
	have := len(r.cos) / max(half, 1)
	if have >= n || half == 0 {
		return
	}
	n = max(n, 2*have, 256)
	cos, sin := make([]float32, n*half), make([]float32, n*half)
	copy(cos, r.cos)
	copy(sin, r.sin)
	for p := have; p < n; p++ {
		for i, f := range r.freq {
			s, c := math.Sincos(float64(p) * f)
			cos[p*half+i], sin[p*half+i] = float32(c), float32(s)
		}
	}
	r.cos, r.sin = cos, sin
}

// rotate turns the pairs of one head at a position.
func (r *rope) rotate(x []float32, pos int) {
	cos, sin := r.at(pos)
	kernel.Turn(x, cos, sin)
}

// turnBack undoes rotate.
func (r *rope) turnBack(x []float32, pos int) {
	cos, sin := r.at(pos)
	kernel.TurnBack(x, cos, sin)
}

// at returns the angles of a position.
func (r *rope) at(pos int) (cos, sin []float32) {
	half := len(r.freq)
	return r.cos[pos*half:][:half], r.sin[pos*half:][:half]
}

// invSqrt returns 1/√n, the scale of attention scores.
func invSqrt(n int) float32 { return float32(1 / math.Sqrt(float64(n))) }
