package kernel

import (
	"fmt"
	"math"
)

// The signs of sin for the two of a pair, the first one's in the lower half.
const (
	forth uint64 = signBit
	back  uint64 = signBit << 32
)

// Turn rotates the pairs of neighbours in x, as rotary position embedding does:
//
//	x[2i], x[2i+1] = x[2i]·cos[i] − x[2i+1]·sin[i], x[2i+1]·cos[i] + x[2i]·sin[i]
//
// for the len(cos) first pairs.
func Turn(x, cos, sin []float32) { turnPairs(x, cos, sin, forth) }

// TurnBack undoes Turn, which is also what a gradient needs.
func TurnBack(x, cos, sin []float32) { turnPairs(x, cos, sin, back) }

func turnPairs(x, cos, sin []float32, signs uint64) {
	n := len(cos)
	if len(sin) != n || len(x) < 2*n {
		panic(fmt.Sprintf("kernel: Turn of %d values by %d and %d", len(x), n, len(sin)))
	}
	whole := n &^ 3
	if whole > 0 {
		turn(&x[0], &cos[0], &sin[0], whole, signs)
	}
	turnGeneric(x[2*whole:], cos[whole:], sin[whole:], signs)
}

// turnGeneric is Turn, or with other signs TurnBack.
func turnGeneric(x, cos, sin []float32, signs uint64) {
	first, second := uint32(signs), uint32(signs>>32)
	for i, c := range cos {
		s := math.Float32bits(sin[i])
		a, b := x[2*i], x[2*i+1]
		x[2*i] = float32(a*c) + float32(b*math.Float32frombits(s^first))
		x[2*i+1] = float32(b*c) + float32(a*math.Float32frombits(s^second))
	}
}
