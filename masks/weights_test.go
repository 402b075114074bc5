package masks

import (
	"math"
	"testing"

	"masque/engine/quant"
)

// TestHalves tries every half-precision number, and the neighbours of each border
// between two.
func TestHalves(t *testing.T) {
	round := func(f float32) uint16 {
		h := NewHalves([]float32{f})
		if h.Len() != 1 {
			t.Fatalf("one value gives %d", h.Len())
		}
		return uint16(h[0]) | uint16(h[1])<<8
	}
	for h := range uint16(0x7c00) {
		f := quant.F16(h)
		if got := round(f); got != h {
			t.Fatalf("%v is %#04x, not %#04x", f, h, got)
		}
		if got := round(-f); got != h|0x8000 {
			t.Fatalf("%v is %#04x, not %#04x", -f, h|0x8000, got)
		}
		next := float32(65536) // what follows the largest half, if its exponent had room
		if h+1 < 0x7c00 {
			next = quant.F16(h + 1)
		}
		middle := f/2 + next/2 // exact
		even := h + h&1
		if got := round(middle); got != even {
			t.Fatalf("%v lies between %#04x and its successor and rounds to %#04x; ties go to even", middle, h, got)
		}
		if got := round(math.Nextafter32(middle, 0)); got != h {
			t.Fatalf("just below %v rounds to %#04x, not down to %#04x", middle, got, h)
		}
		if got := round(math.Nextafter32(middle, math.MaxFloat32)); got != h+1 {
			t.Fatalf("just above %v rounds to %#04x, not up to %#04x", middle, got, h+1)
		}
	}
	if h := NewHalves([]float32{float32(math.NaN()), float32(math.Inf(-1)), 1e30}); !math.IsNaN(float64(h.At(0))) ||
		!math.IsInf(float64(h.At(1)), -1) || !math.IsInf(float64(h.At(2)), 1) {
		t.Errorf("NaN, −Inf and 1e30 became %v, %v, %v", h.At(0), h.At(1), h.At(2))
	}
}
