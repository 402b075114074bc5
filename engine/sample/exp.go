package sample

import "math"

// exp is e^x for x ≤ 0, within 4e-15 of the value and with the same bits on every
// platform: math.Exp is assembly on some, and on some the compiler fuses x*y + z,
// which a conversion keeps it from (Go specification, "Floating-point operators").
//
// x = (64 n + i) ln 2 / 64 + r, so e^x = 2^n · 2^(i/64) · e^r, |r| ≤ ln 2 / 128.
func exp(x float64) float64 {
	const (
		// ln 2 / 64 in two parts, the first with room for a product with n without
		// rounding.
		high = 0x1.62e42fefap-7
		low  = 0x1.cf79abc9e3b3ap-46
	)
	if x < -708 {
		return 0 // below the smallest normal number
	}
	k := math.Floor(float64(x*(64/math.Ln2)) + 0.5)
	r := float64(x-float64(k*high)) - float64(k*low)
	p := 1.0 / 120
	p = 1.0/24 + float64(r*p)
	p = 1.0/6 + float64(r*p)
	p = 1.0/2 + float64(r*p)
	p = 1 + float64(r*p)
	p = 1 + float64(r*p)
	n := int64(k)
	scale := math.Float64frombits(uint64(n>>6+1023) << 52)
	return float64(p*roots[n&63]) * scale
}

// roots are 2^(i/64), made of square roots, which are exact to the last bit
// everywhere.
var roots = func() (table [64]float64) {
	for i := range table {
		table[i] = 1
		root := 2.0
		for bit := 32; bit > 0; bit >>= 1 {
			root = math.Sqrt(root)
			if i&bit != 0 {
				table[i] = float64(table[i] * root)
			}
		}
	}
	return table
}()
