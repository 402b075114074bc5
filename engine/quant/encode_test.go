package quant

import (
	"math"
	"math/rand/v2"
	"testing"

	"masque/engine/gguf"
)

// TestEncodeQ8_0: what comes back is within half a step, or the step's own
// rounding.
func TestEncodeQ8_0(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	const blocks = 50
	w := make([]float32, 32*blocks)
	for i := range w {
		w[i] = float32(rng.NormFloat64()) * float32(math.Exp(float64(i/32)/4-8))
	}
	clear(w[32*7 : 32*8])
	data := EncodeQ8_0(nil, w)
	if len(data) != blocks*gguf.Q8_0.BlockBytes() {
		t.Fatalf("%d bytes", len(data))
	}
	back := make([]float32, len(w))
	Dequantize(back, gguf.Q8_0, data)
	for b := range blocks {
		var peak, worst float64
		for i := b * 32; i < b*32+32; i++ {
			peak = max(peak, math.Abs(float64(w[i])))
			worst = max(worst, math.Abs(float64(back[i]-w[i])))
		}
		if step := peak / 127; worst > step*0.5001+peak/1024 || peak > 0 && worst == 0 {
			t.Errorf("block %d: off by %v at a step of %v", b, worst, step)
		}
	}
}
