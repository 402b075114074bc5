package masks

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"masque/engine/model"
)

func TestPackKeepsOrder(t *testing.T) {
	// Widths of 1, 5, 7, 8, 13 and 20 bits, both sides of a byte's border.
	for _, u := range []Units{
		{Layers: [2]int{0, 0}, Channels: 1},
		{Layers: [2]int{0, 0}, Channels: 2},
		{Layers: [2]int{5, 5}, Neurons: 17},
		{Layers: [2]int{1, 3}, Channels: 8, Neurons: 20},
		{Layers: [2]int{0, 3}, Channels: 64},
		{Layers: [2]int{20, 29}, Channels: 576},
		{Layers: [2]int{0, 31}, Channels: 4096, Neurons: 14336},
	} {
		var units []Unit
		step := u.Scope()/37 + 1
		for number := u.Scope() - 1; number >= 0; number -= step { // not ascending
			units = append(units, u.unit(number))
		}
		set, err := u.Pack(units)
		if err != nil {
			t.Fatal(err)
		}
		got, err := u.unpack(set, "test")
		if err != nil {
			t.Errorf("%+v: %v", u, err)
		} else if !slices.Equal(got, units) {
			t.Errorf("%+v: packed %v, unpacked %v", u, units, got)
		}
	}
}

// TestPackBits states the format by an example that can be worked out by hand.
func TestPackBits(t *testing.T) {
	u := &Units{Layers: [2]int{10, 11}, Channels: 3, Neurons: 4} // 14 units, 4 bits
	set, err := u.Pack([]Unit{{Neuron, 11, 3}, {Channel, 10, 1}, {Neuron, 10, 0}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []byte{13<<4 | 1, 3 << 4}; set.N != 3 || !slices.Equal(set.Set, want) {
		t.Errorf("packed %v, want 3 units in %v", set, want)
	}
}

func TestPackOutOfScope(t *testing.T) {
	u := &Units{Layers: [2]int{1, 3}, Channels: 8}
	for _, unit := range []Unit{{Channel, 0, 0}, {Channel, 4, 0}, {Channel, 1, 8}, {Channel, 1, -1}, {Neuron, 1, 0}} {
		if _, err := u.Pack([]Unit{unit}); err == nil || !strings.Contains(err.Error(), unit.String()) {
			t.Errorf("Pack(%v): %v; the error should name the unit", unit, err)
		}
	}
}

func tinyWeights() *model.Weights {
	return &model.Weights{Config: model.Config{Layers: 4, Dim: 8, FFN: 20, Heads: 2, HeadDim: 4}}
}

func unitMask(t *testing.T, p *Persona, pole Pole) *UnitMask {
	t.Helper()
	m, err := p.Mask(pole)
	if err != nil {
		t.Fatal(err)
	}
	if m.Kind() != KindUnits {
		t.Fatalf("the mask is of kind %s", m.Kind())
	}
	return m.(*UnitMask)
}

func TestUnitOverlay(t *testing.T) {
	p := unitPersona(t)
	m := unitMask(t, p, Plus)
	if !slices.Equal(m.Units(), plusUnits) {
		t.Fatalf("units %v, want %v", m.Units(), plusUnits)
	}
	for _, gamma := range []float32{0, .25, 1} {
		for n := range m.Len() + 1 {
			top, err := m.Top(n)
			if err != nil {
				t.Fatal(err)
			}
			o, err := top.Overlay(tinyWeights(), gamma)
			if err != nil {
				t.Fatal(err)
			}
			if len(o.Matrices) != 0 {
				t.Error("a unit mask touches no matrix")
			}
			if (gamma == 1 || n == 0) != (o.Gates == nil) {
				t.Errorf("n %d, γ %v: gates %v; only a dense overlay has none", n, gamma, o.Gates)
			}
			for layer, gates := range o.Gates {
				checkGates(t, gates.O, Channel, layer, 8, top.Units(), gamma)
				checkGates(t, gates.Down, Neuron, layer, 20, top.Units(), gamma)
			}
		}
	}
	quiet := unitMask(t, p, Minus)
	if want := []Unit{{Channel, 1, 0}, {Channel, 2, 3}}; !slices.Equal(quiet.Units(), want) {
		t.Errorf("the minus pole closes %v, want %v", quiet.Units(), want)
	}
}

func checkGates(t *testing.T, gates []float32, family Family, layer, width int, closed []Unit, gamma float32) {
	t.Helper()
	touched := slices.ContainsFunc(closed, func(u Unit) bool { return u.Family == family && u.Layer == layer })
	if !touched {
		if gates != nil {
			t.Errorf("layer %d has gates for each %s, and no unit closed", layer, family)
		}
		return
	}
	if len(gates) != width {
		t.Fatalf("layer %d has %d gates, want %d", layer, len(gates), width)
	}
	for i, g := range gates {
		want := float32(1)
		if slices.Contains(closed, Unit{family, layer, i}) {
			want = gamma
		}
		if g != want {
			t.Errorf("the gate of %v is %v, want %v", Unit{family, layer, i}, g, want)
		}
	}
}

func TestUnitOverlayRefuses(t *testing.T) {
	m := unitMask(t, unitPersona(t), Plus)
	for _, gamma := range []float32{-.01, 1.01, float32(math.NaN()), float32(math.Inf(1))} {
		if _, err := m.Overlay(tinyWeights(), gamma); err == nil {
			t.Errorf("γ = %v was taken", gamma)
		}
	}
	for _, test := range []struct {
		says   string
		change func(*model.Config)
	}{
		{"8 attention value channels a layer, the model has 12", func(c *model.Config) { c.Heads = 3 }},
		{"20 FFN neurons a layer, the model has 32", func(c *model.Config) { c.FFN = 32 }},
		{"layer 3, the model has 3 layers", func(c *model.Config) { c.Layers = 3 }},
	} {
		w := tinyWeights()
		test.change(&w.Config)
		if _, err := m.Overlay(w, 0); !errors.Is(err, ErrModel) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("error %v does not say %q", err, test.says)
		}
	}
}

func TestTop(t *testing.T) {
	m := unitMask(t, unitPersona(t), Plus)
	for _, n := range []int{-1, m.Len() + 1} {
		if _, err := m.Top(n); err == nil {
			t.Errorf("Top(%d) of %d units", n, m.Len())
		}
	}
	p := unitPersona(t)
	p.Units.Order = OrderIndex
	unranked := unitMask(t, p, Plus)
	if unranked.Ranked() || !m.Ranked() {
		t.Error("Ranked does not follow the document's order")
	}
	if all, err := unranked.Top(unranked.Len()); err != nil || all.Len() != 5 {
		t.Errorf("all units of an unranked mask: %v", err)
	}
	if _, err := unranked.Top(2); !errors.Is(err, ErrUnranked) {
		t.Errorf("two units of an unranked mask: %v", err)
	}
}
