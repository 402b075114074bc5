package masks

import (
	"encoding/binary"
	"math"

	"masque/engine/quant"
)

// Halves is a vector of IEEE 754 half-precision numbers, little-endian, as the
// statistics of weight masks are stored (base64 in JSON).
type Halves []byte

// Len returns the number of values.
func (h Halves) Len() int { return len(h) / 2 }

// At returns value i, exactly.
func (h Halves) At(i int) float32 {
	return quant.F16(binary.LittleEndian.Uint16(h[2*i:]))
}

// part returns the values first ≤ i < last.
func (h Halves) part(first, last int) []float32 {
	values := make([]float32, last-first)
	for i := range values {
		values[i] = h.At(first + i)
	}
	return values
}

// NewHalves rounds values to the nearest half, ties to even. A magnitude beyond
// 65,504 becomes an infinity, which no valid document holds.
func NewHalves(values []float32) Halves {
	h := make(Halves, 0, 2*len(values))
	for _, v := range values {
		h = binary.LittleEndian.AppendUint16(h, quant.ToF16(v))
	}
	return h
}

func (h Halves) validate(field string, layers, width int) error {
	if want := 2 * layers * width; len(h) != want {
		return fault(field, "has %d bytes; %d layers of %d half-precision numbers take %d", len(h), layers, width, want)
	}
	for i := range h.Len() {
		if v := float64(h.At(i)); math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
			return fault(field, "holds %v at place %d; means and deviations of RMS values are finite and not negative", v, i)
		}
	}
	return nil
}
