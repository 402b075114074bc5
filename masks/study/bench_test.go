package study

import (
	"testing"

	"masque/engine/model/modeltest"
	"masque/masks"
)

// BenchmarkCost measures what the evidence of a persona waits for longest: neutral text,
// read by the plain model and through both masks.
func BenchmarkCost(b *testing.B) {
	l := newLab(b, modeltest.Real(b), 1)
	layers := l.engine.Weights().Layers
	u := &masks.Units{Layers: [2]int{layers / 3, layers - 1}, Channels: l.engine.Weights().QDim(), Order: masks.OrderIndex}
	for i, set := range []*masks.UnitSet{&u.Plus, &u.Minus} {
		var list []masks.Unit
		for layer := layers / 3; layer < layers; layer++ {
			for k := range 10 {
				list = append(list, masks.Unit{Family: masks.Channel, Layer: layer, Index: 20*k + i})
			}
		}
		var err error
		if *set, err = u.Pack(list); err != nil {
			b.Fatal(err)
		}
	}
	m, err := unitMasks(u)
	if err != nil {
		b.Fatal(err)
	}
	tokens := 0
	for b.Loop() {
		cost, err := l.Cost(b.Context(), m, Same(0), nil)
		if err != nil {
			b.Fatal(err)
		}
		tokens += cost.Tokens
	}
	b.ReportMetric(float64(tokens)/b.Elapsed().Seconds(), "tokens/s")
}
