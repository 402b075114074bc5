package masks

import (
	"math"
	"slices"
	"testing"

	"masque/engine/gguf"
	"masque/engine/model"
)

func togetherMask(t testing.TB, p *Persona, pole Pole) Mask {
	t.Helper()
	m, err := p.Mask(pole)
	if err != nil {
		t.Fatal(err)
	}
	if m.Kind() != KindTogether {
		t.Fatalf("the mask is of kind %s", m.Kind())
	}
	return m
}

// TestTogetherGates works every gate out from the sets.
func TestTogetherGates(t *testing.T) {
	a, b := sharing(t) // at ¾ and ½
	for _, swapped := range []bool{false, true} {
		b.Swapped = swapped
		p := combine(t, OpTogether, a, b)
		for _, pole := range []Pole{Plus, Minus} {
			first, second := unitMask(t, a.Persona, a.from(pole)), unitMask(t, b.Persona, b.from(pole))
			for _, gamma := range []float32{0, .25, 1} {
				o := overlay(t, togetherMask(t, p, pole), gamma)
				if gamma == 1 && o.Gates != nil {
					t.Error("γ = 1 is the dense model and needs no gates")
				}
				closed := 0
				for layer := range 4 {
					for _, f := range []struct {
						family Family
						width  int
					}{{Channel, 8}, {Neuron, 20}} {
						for i := range f.width {
							u, want := Unit{f.family, layer, i}, 1.
							if slices.Contains(first.units, u) {
								want *= 1 - .75*(1-float64(gamma))
							}
							if slices.Contains(second.units, u) {
								want *= 1 - .5*(1-float64(gamma))
							}
							if got := gate(o, u); math.Abs(float64(got)-want) > 1e-7 {
								t.Errorf("pole %s, γ %v: the gate of %v is %v, want %v", pole, gamma, u, got, want)
							}
							if want != 1 {
								closed++
							}
						}
					}
				}
				plus, minus := p.Size()
				if n := map[Pole]int{Plus: plus, Minus: minus}[pole]; gamma == 0 && n != closed {
					t.Errorf("pole %s has the size %d and closes %d units", pole, n, closed)
				}
			}
		}
	}
}

// overlay is laid over weights that have a shape and nothing else.
func overlay(t testing.TB, m Mask, gamma float32) *model.Overlay {
	t.Helper()
	o, err := m.Overlay(tinyWeights(), gamma)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// gate is a unit's factor.
func gate(o *model.Overlay, u Unit) float32 {
	if o.Gates == nil {
		return 1
	}
	gates := o.Gates[u.Layer].O
	if u.Family == Neuron {
		gates = o.Gates[u.Layer].Down
	}
	if gates == nil {
		return 1
	}
	return gates[u.Index]
}

// TestTogetherInTwoSteps: a persona with parts, given a strength, is its parts at their
// strengths times that.
func TestTogetherInTwoSteps(t *testing.T) {
	a, b := sharing(t)
	both := Operand{Persona: combine(t, OpTogether, a, b), Strength: .5, Swapped: true}
	third := Operand{Persona: weightPersona(t), Strength: .25}
	p := combine(t, OpTogether, both, third)
	var got []Part
	for _, part := range p.Together.Parts {
		got = append(got, Part{Strength: part.Strength, Swapped: part.Swapped, Kind: part.Kind})
	}
	want := []Part{{Strength: .375, Swapped: true, Kind: KindUnits}, {Strength: .25, Swapped: true, Kind: KindUnits}, {Strength: .25, Kind: KindWeights}}
	for i := range want {
		if len(got) != len(want) || got[i].Strength != want[i].Strength || got[i].Swapped != want[i].Swapped || got[i].Kind != want[i].Kind {
			t.Fatalf("parts %+v, want %+v", got, want)
		}
	}
	if len(p.Parents) != 2 || p.Parents[0].Key != both.Persona.Key() || p.Parents[0].Strength != .5 {
		t.Errorf("parents %+v", p.Parents)
	}
	// The strength of a whole is that of each part.
	units := combine(t, OpTogether, a, b)
	for number := range 84 {
		u := (&Units{Layers: [2]int{1, 3}, Channels: 8, Neurons: 20}).unit(number)
		whole := gate(overlay(t, togetherMask(t, units, Minus), .5), u)
		parts := *units.Together
		parts.Parts = slices.Clone(parts.Parts)
		for i := range parts.Parts {
			parts.Parts[i].Strength *= .5
		}
		m, err := parts.Mask(Minus)
		if err != nil {
			t.Fatal(err)
		}
		if one := gate(overlay(t, m, 0), u); whole != one {
			t.Errorf("the gate of %v is %v at half the whole and %v at half of each", u, whole, one)
		}
	}
}

// TestTogetherWeights multiplies the factors that each mask alone has, weight by weight.
func TestTogetherWeights(t *testing.T) {
	w := loadTiny(t, gguf.F32, model.F32)
	last := w.Layers - 1
	a := weightMask(t, w, everyRecipe[5], Plus, "attention", 0, last)
	b := weightMask(t, w, everyRecipe[0], Minus, "o,down", 0, last) // o is in both
	u := &Units{Layers: [2]int{0, last}, Channels: w.QDim(), Order: OrderScore}
	set, err := u.Pack([]Unit{{Channel, 0, 1}, {Channel, last, 2}})
	if err != nil {
		t.Fatal(err)
	}
	u.Plus, u.Minus = set, set
	together := &Together{Parts: []Part{
		{Strength: .75, Kind: KindWeights, Recipe: a.Recipe, Weights: a.Weights},
		{Strength: .5, Swapped: true, Kind: KindWeights, Recipe: b.Recipe, Weights: b.Weights},
		{Strength: 1, Kind: KindUnits, Recipe: Recipe{Name: RecipeUnits}, Units: u},
	}}
	m, err := together.Mask(Plus)
	if err != nil {
		t.Fatal(err)
	}
	for _, gamma := range []float32{0, .5} {
		o := bake(t, m, w, gamma)
		if got, want := gate(o, Unit{Channel, last, 2}), gamma; got != want {
			t.Errorf("a unit's gate is %v, want %v", got, want)
		}
		ga, gb := 1-.75*(1-gamma), 1-.5*(1-gamma)
		for layer := range w.Layers {
			for _, kind := range model.Kinds() {
				id := model.MatrixID{Layer: layer, Kind: kind}
				keptA, err := a.Kept(w, id)
				if err != nil {
					t.Fatal(err)
				}
				keptB, err := b.Kept(w, id)
				if err != nil {
					t.Fatal(err)
				}
				masked, dense := o.Matrices[id], w.Matrix(id)
				if (masked != nil) != (kind != model.Gate && kind != model.Up) {
					t.Fatalf("γ %v: %v is masked: %v", gamma, id, masked != nil)
				}
				if masked == nil {
					continue
				}
				for i, v := range dense.Floats {
					f := float32(1)
					if !keptA[i] {
						f *= ga
					}
					if !keptB[i] {
						f *= gb
					}
					if got := masked.Floats[i]; got != v*f {
						t.Fatalf("γ %v: weight %d of %v is %v, want %v·%v", gamma, i, id, got, v, f)
					}
				}
			}
		}
	}
	if o := bake(t, m, w, 1); o.Matrices != nil || o.Gates != nil {
		t.Error("γ = 1 is the dense model and bakes nothing")
	}
}
