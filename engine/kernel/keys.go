package kernel

import (
	"fmt"
	"math"
)

// Keys are integers that rank a row of products by magnitude: the bits of floats that
// are not negative compare as the floats do.

const signBit = 1 << 31

// Keys writes a key of |x[i]·y[i]| to keys[i], which is not negative, and returns the
// highest.
func Keys(keys []int32, x, y []float32) (peak int32) {
	n := len(keys)
	if len(x) != n || len(y) != n {
		panic(fmt.Sprintf("kernel: %d keys of %d and %d values", n, len(x), len(y)))
	}
	whole := n &^ (lanes - 1)
	if whole > 0 {
		peak = productKeys(&keys[0], &x[0], &y[0], whole)
	}
	return max(peak, productKeysGeneric(keys[whole:], x[whole:], y[whole:]))
}

// productKeysGeneric is Keys.
func productKeysGeneric(keys []int32, x, y []float32) (peak int32) {
	x, y = x[:len(keys)], y[:len(keys)]
	for i := range keys {
		key := int32(math.Float32bits(x[i]*y[i]) &^ signBit)
		keys[i] = key
		peak = max(peak, key)
	}
	return peak
}

// KeysOver is Keys, but where x[i]·y[i] is zero, a key of |x[i]·z[i]| ranks the
// zeros among each other, below all others: it is negative.
func KeysOver(keys []int32, x, y, z []float32) (peak int32) {
	n := len(keys)
	if len(x) != n || len(y) != n || len(z) != n {
		panic(fmt.Sprintf("kernel: %d keys of %d, %d and %d values", n, len(x), len(y), len(z)))
	}
	peak = math.MinInt32
	whole := n &^ (lanes - 1)
	if whole > 0 {
		peak = productKeysOver(&keys[0], &x[0], &y[0], &z[0], whole)
	}
	return max(peak, productKeysOverGeneric(keys[whole:], x[whole:], y[whole:], z[whole:]))
}

// productKeysOverGeneric is KeysOver.
func productKeysOverGeneric(keys []int32, x, y, z []float32) (peak int32) {
	x, y, z = x[:len(keys)], y[:len(keys)], z[:len(keys)]
	peak = math.MinInt32
	for i, v := range x {
		key := int32(math.Float32bits(v*y[i]) &^ signBit)
		if key == 0 {
			key = int32(math.Float32bits(v*z[i]) | signBit)
		}
		keys[i] = key
		peak = max(peak, key)
	}
	return peak
}

// CountBelow returns how many keys are lower than limit.
func CountBelow(keys []int32, limit int32) (n int) {
	if whole := len(keys) &^ (lanes - 1); whole > 0 {
		n = countBelow(&keys[0], whole, limit)
		keys = keys[whole:]
	}
	return n + countBelowGeneric(keys, limit)
}

// countBelowGeneric is CountBelow.
func countBelowGeneric(keys []int32, limit int32) (n int) {
	for _, key := range keys {
		n += int(uint64(int64(key)-int64(limit)) >> 63) // a branch would go either way
	}
	return n
}

// Gate writes factors to g: below where a key is lower than limit, else above.
func Gate(g []float32, keys []int32, limit int32, above, below float32) {
	if len(g) != len(keys) {
		panic(fmt.Sprintf("kernel: %d gates of %d keys", len(g), len(keys)))
	}
	if whole := len(keys) &^ (lanes - 1); whole > 0 {
		gate(&g[0], &keys[0], whole, limit, above, below)
		g, keys = g[whole:], keys[whole:]
	}
	gateGeneric(g, keys, limit, above, below)
}

// gateGeneric is Gate.
func gateGeneric(g []float32, keys []int32, limit int32, above, below float32) {
	g = g[:len(keys)]
	factors := [2]float32{above, below}
	for i, key := range keys {
		g[i] = factors[uint64(int64(key)-int64(limit))>>63]
	}
}
