package kernel

import (
	"fmt"
	"math"
)

// Totals returns Σ|w[i]|·x[i] and Σ|w[i]|·y[i], added one after the other in float64.
func Totals(w, x, y []float32) (ofX, ofY float64) {
	n := len(w)
	if len(x) != n || len(y) != n {
		panic(fmt.Sprintf("kernel: totals of %d weights of %d and %d values", n, len(x), len(y)))
	}
	var sums [2]float64
	whole := n &^ (lanes - 1)
	if whole > 0 {
		totals(&sums, &w[0], &x[0], &y[0], whole)
	}
	totalsGeneric(&sums, w[whole:], x[whole:], y[whole:])
	return sums[0], sums[1]
}

// totalsGeneric adds to sums.
func totalsGeneric(sums *[2]float64, w, x, y []float32) {
	x, y = x[:len(w)], y[:len(w)]
	for i, v := range w {
		size := math.Abs(float64(v))
		sums[0] += float64(size * float64(x[i]))
		sums[1] += float64(size * float64(y[i]))
	}
}

// Share writes factors to g: above where x[i]·fx ≥ y[i]·fy in float64, else below.
func Share(g, x, y []float32, fx, fy float64, above, below float32) {
	n := len(g)
	if len(x) != n || len(y) != n {
		panic(fmt.Sprintf("kernel: %d gates of %d and %d shares", n, len(x), len(y)))
	}
	whole := n &^ (lanes - 1)
	if whole > 0 {
		share(&g[0], &x[0], &y[0], whole, fx, fy, above, below)
	}
	shareGeneric(g[whole:], x[whole:], y[whole:], fx, fy, above, below)
}

// shareGeneric is Share.
func shareGeneric(g, x, y []float32, fx, fy float64, above, below float32) {
	x, y = x[:len(g)], y[:len(g)]
	factors := [2]float32{below, above}
	for i := range g {
		at := 0 // a branch would go either way
		if float64(x[i])*fx >= float64(y[i])*fy {
			at = 1
		}
		g[i] = factors[at&1]
	}
}
