package masks

import (
	"encoding/json/jsontext"
	"slices"
	"strings"
	"testing"
)

// unitPersona is a valid persona of both families of units, ranked, for a model of 4
// layers with 8 attention value channels and 20 FFN neurons each.
func unitPersona(t testing.TB) *Persona {
	t.Helper()
	u := &Units{Layers: [2]int{1, 3}, Channels: 8, Neurons: 20, Order: OrderScore}
	pack := func(units ...Unit) UnitSet {
		set, err := u.Pack(units)
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	u.Plus = pack(plusUnits...)
	u.Minus = pack(Unit{Channel, 1, 0}, Unit{Channel, 2, 3})
	low, high := .9, .99
	return &Persona{
		Format: Format, Version: Version,
		Name: "Loudness", Description: "Loud or quiet.\nFor tests.", Author: "A. Tester", Licence: "Apache-2.0",
		Model: Model{Name: "tiny", Arch: "llama", Digest: strings.Repeat("0a", 32)},
		Poles: Poles{
			Plus:  PoleText{Name: "Loud", Description: "Shouts."},
			Minus: PoleText{Name: "Quiet"},
		},
		Kind:       KindUnits,
		Recipe:     Recipe{Name: RecipeUnits, Parameters: map[string]float64{"n": 5, "kappa": 1, "gamma": 0}, Seed: 7},
		Units:      u,
		Statements: Statements{Plus: 2, Minus: 2, SHA256: strings.Repeat("1b", 32)},
		Evidence: &Evidence{
			Source: "made up",
			Origin: OriginHeldOut, Holdout: .5,
			SettingsTried: 3,
			Tests: []Test{{
				Name: "Unseen statements", Set: SetUnseen, N: &Counts{20, 20},
				AUC: &Estimate{Value: .95, Low: &low, High: &high}, D: &Estimate{Value: -1.5},
				PPLRatio: &Ratios{1.01, .99},
			}},
			Controls: []Test{{Name: "shuffled", Set: SetUnseen, Kind: ControlShuffled, AUC: &Estimate{Value: .5, Draws: []float64{.4, .6}}, Note: "two draws"}},
			Note:     "none",
		},
	}
}

// plusUnits are not in the order of layers, families or indices: the order is theirs.
var plusUnits = []Unit{{Neuron, 3, 19}, {Channel, 1, 7}, {Neuron, 1, 0}, {Channel, 3, 0}, {Channel, 2, 2}}

// weightPersona is a valid persona of a weight mask over q, o and down of 2 layers.
func weightPersona(t testing.TB) *Persona {
	t.Helper()
	p := unitPersona(t)
	p.Kind, p.Units = KindWeights, nil
	p.Recipe = Recipe{Name: RecipeTilt, Parameters: map[string]float64{"rho": .4, "gamma": .5, "lambda": 2, "tau": .3}}
	vector := func(width int, start float32) Halves {
		values := make([]float32, 2*width)
		for i := range values {
			values[i] = start + float32(i)/8
		}
		return NewHalves(values)
	}
	input := func(name string, width int) Input {
		return Input{
			Name: name, Width: width,
			Plus:  Moments{Mean: vector(width, 0), Deviation: vector(width, 1)},
			Minus: Moments{Mean: vector(width, 2), Deviation: vector(width, 3)},
		}
	}
	p.Weights = &Weights{
		Layers:   [2]int{2, 3},
		Matrices: []string{"q", "o", "down"},
		Inputs:   []Input{input("attn", 6), input("attn_output", 8), input("ffn_down", 20)},
	}
	return p
}

// togetherPersona wears the masks of unitPersona and weightPersona at once, the second with
// its poles swapped, and has evidence.
func togetherPersona(t testing.TB) *Persona {
	t.Helper()
	weights := weightPersona(t)
	weights.Name = "Weight"
	p := combine(t, OpTogether, Operand{Persona: unitPersona(t), Strength: .7}, Operand{Persona: weights, Swapped: true, Strength: 1})
	p.Evidence = weights.Evidence
	return p
}

func document(t testing.TB, p *Persona) string {
	t.Helper()
	var b strings.Builder
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// canonicalJSON makes documents comparable whatever their layout.
func canonicalJSON(t testing.TB, doc string) string {
	t.Helper()
	v := jsontext.Value(slices.Clone([]byte(doc)))
	if err := v.Canonicalize(); err != nil {
		t.Fatal(err)
	}
	return string(v)
}
