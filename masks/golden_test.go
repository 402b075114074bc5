//go:build !wasm

package masks

import (
	"context"
	"math"
	"slices"
	"strconv"
	"testing"

	"masque/engine/model"
)

// TestGoldenAttribution compares gradients and guard with the reference's, on
// the f32 path.
func TestGoldenAttribution(t *testing.T) {
	var golden struct {
		Prefix   string
		Plus     []string
		Minus    []string
		Guard    []string `json:"guard_text"`
		Gradient map[string][]float64
		F        map[string][]float64 `json:"guard"`
		FFN      []float64            `json:"gradient_ffn_layer28_first64"`
	}
	readGolden(t, "personas/attribution.json", &golden)
	r := openReading(t, model.F32)
	if want := r.tok.Encode(golden.Prefix, true); !slices.Equal(r.Prefix(), want) {
		t.Fatalf("the prefix is %v, want %v", r.Prefix(), want)
	}
	scope := Scope{First: 20, Last: 29, Channels: true, Neurons: true}
	guard, err := r.Guard(context.Background(), scope, golden.Guard, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := r.Attribute(context.Background(), nil, scope, golden.Plus, golden.Minus, guard, nil)
	if err != nil {
		t.Fatal(err)
	}
	e := a.Effects(nil)
	close := func(what string, got, want []float64) {
		t.Helper()
		var worst, largest float64
		for i, v := range want {
			worst, largest = max(worst, math.Abs(got[i]-v)), max(largest, math.Abs(v))
		}
		t.Logf("%s: off by %.2g, the largest is %.2g", what, worst, largest)
		if !(worst <= 0.01*largest) {
			t.Errorf("%s: off by %v, want within 1 %% of %v", what, worst, largest)
		}
	}
	for name, want := range golden.Gradient {
		layer, err := strconv.Atoi(name)
		if err != nil {
			t.Fatal(err)
		}
		at, _ := a.units.place(layer, model.AttnValue)
		close("gradient of layer "+name, Opposite(e)[at:at+576], want)
		close("guard of layer "+name, a.guard[at:at+576], golden.F[name])
	}
	at, _ := a.units.place(28, model.FFNHidden)
	close("gradient of neurons of layer 28", Opposite(e)[at:at+64], golden.FFN)
}
