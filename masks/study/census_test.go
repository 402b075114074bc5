package study

import (
	"slices"
	"testing"

	"masque/masks"
)

func TestCensus(t *testing.T) {
	l := tinyLab(t)
	w := l.engine.Weights()
	u := &masks.Units{Layers: [2]int{0, w.Layers - 1}, Channels: w.QDim(), Neurons: w.FFN, Order: masks.OrderScore}
	pack := func(units ...masks.Unit) masks.UnitSet {
		set, err := u.Pack(units)
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	last := w.FFN - 1
	u.Plus = pack(
		masks.Unit{Family: masks.Channel, Layer: 1, Index: 0}, masks.Unit{Family: masks.Channel, Layer: 1, Index: w.HeadDim - 1},
		masks.Unit{Family: masks.Channel, Layer: 1, Index: w.HeadDim}, masks.Unit{Family: masks.Neuron, Layer: 0, Index: last},
	)
	u.Minus = pack(masks.Unit{Family: masks.Channel, Layer: 2, Index: 1})
	own, err := unitMasks(u)
	if err != nil {
		t.Fatal(err)
	}
	c, err := l.Census(own.Plus)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Heads) != w.Layers || len(c.Heads[0]) != w.QDim()/w.HeadDim || c.HeadSize != w.HeadDim {
		t.Fatalf("a census of %d layers: %+v", w.Layers, c)
	}
	if !slices.Equal(c.Heads[1][:2], []float64{2, 1}) {
		t.Errorf("the heads of layer 1 close %v, want 2 and 1", c.Heads[1])
	}
	groups := len(c.Neurons[0])
	if groups > NeuronGroups || groups*c.NeuronsEach < w.FFN || (groups-1)*c.NeuronsEach >= w.FFN || c.Neurons[0][last/c.NeuronsEach] != 1 {
		t.Errorf("%d groups of %d of %d neurons: %v", groups, c.NeuronsEach, w.FFN, c.Neurons[0])
	}
	total := 0.0
	for layer := range w.Layers {
		for _, v := range slices.Concat(c.Heads[layer], c.Neurons[layer]) {
			total += v
		}
	}
	if total != 4 {
		t.Errorf("%v units are counted, want 4", total)
	}

	// Worn at half strength, a mask closes its units by half.
	together := &masks.Together{Parts: []masks.Part{{Strength: .5, Kind: masks.KindUnits, Recipe: masks.Recipe{Name: "units"}, Units: u}}}
	half, err := together.Mask(masks.Plus)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = l.Census(half); err != nil || c.Heads[1][0] != 1 {
		t.Errorf("at half strength: %v, %v", c.Heads[1], err)
	}
	s, err := DefaultSettings(masks.RecipeTilt, &w.Config)
	if err != nil {
		t.Fatal(err)
	}
	src, err := l.Source(ctx, numbered(8), s, 0, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	weights, err := src.Own(s)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = l.Census(weights.Plus); err != nil || len(c.Heads) != w.Layers || slices.Max(c.Heads[0]) != 0 {
		t.Errorf("a weight mask closes units: %v, %v", c, err)
	}
}
