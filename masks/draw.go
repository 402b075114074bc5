package masks

import "math/bits"

// draw writes the upper 24 bits of the numbers that rand.NewPCG(seed1, seed2) yields
// to keys, and returns the highest: PCG-DXSM (O'Neill, 2014), with its state in
// registers, which halves the time of a call a number.
func draw(keys []int32, seed1, seed2 uint64) (peak int32) {
	const (
		mulHi = 2549297995355413924
		mulLo = 4865540595714422341
		incHi = 6364136223846793005
		incLo = 1442695040888963407
		mix   = 0xda942042e4dd58b5
	)
	hi, lo := seed1, seed2
	for i := range keys {
		upper, lower := bits.Mul64(lo, mulLo)
		upper += hi*mulLo + lo*mulHi
		var carry uint64
		lo, carry = bits.Add64(lower, incLo, 0)
		hi, _ = bits.Add64(upper, incHi, carry)

		x := hi ^ hi>>32
		x *= mix
		x ^= x >> 48
		x *= lo | 1
		key := int32(x >> 40)
		keys[i] = key
		peak = max(peak, key)
	}
	return peak
}
