//go:build !wasm

package study

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"masque/engine/model/modeltest"
	"masque/masks"
	"masque/masks/library"
)

var update = flag.Bool("update", false, "write the library's guard, which is computed from the default model")

// realLab is the default model, whose path build.sh puts into $MASQUE_MODEL.
func realLab(t *testing.T) *Lab {
	t.Helper()
	return newLab(t, modeltest.Real(t), 2)
}

// TestRealModel reads statements by other authors through the mask of the reference
// run. It is short, because the machine that runs it may be slow; what masks reach
// is measured by masque personas.
func TestRealModel(t *testing.T) {
	l := realLab(t)
	read := func(path string) []string {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(string(b)), "\n")
	}
	var golden struct {
		Recipe struct{ Layers [2]int }
		Mask   struct{ Extravert, Introvert map[int][]int }
	}
	b, err := os.ReadFile("../../engine/testdata/golden/personas/extraversion.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &golden); err != nil {
		t.Fatal(err)
	}
	units := &masks.Units{Layers: golden.Recipe.Layers, Channels: l.engine.Weights().QDim(), Order: masks.OrderIndex}
	for _, pole := range []struct {
		set    *masks.UnitSet
		layers map[int][]int
	}{{&units.Plus, golden.Mask.Extravert}, {&units.Minus, golden.Mask.Introvert}} {
		var list []masks.Unit
		for layer := units.Layers[0]; layer <= units.Layers[1]; layer++ {
			for _, index := range pole.layers[layer] {
				list = append(list, masks.Unit{Family: masks.Channel, Layer: layer, Index: index})
			}
		}
		if *pole.set, err = units.Pack(list); err != nil {
			t.Fatal(err)
		}
	}
	m, err := unitMasks(units)
	if err != nil {
		t.Fatal(err)
	}
	const n = 12
	dir := "../library/statements/extraversion"
	set := Statements{Plus: read(filepath.Join(dir, "plus.txt"))[:n], Minus: read(filepath.Join(dir, "minus.txt"))[:n]}
	r, err := l.Separate(ctx, m, Same(0), set, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d + %d statements: AUC %.3f [%.3f, %.3f], d %.2f, p %.4f",
		r.N.Plus, r.N.Minus, r.AUC.Value, *r.AUC.Low, *r.AUC.High, r.D.Value, r.P)
	if r.AUC.Value < .65 || r.P > .05 {
		t.Errorf("AUC %.3f, p %.4f", r.AUC.Value, r.P)
	}
	l.neutral = l.neutral[:1]
	cost, err := l.Cost(ctx, m, Same(0), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("on one neutral text: perplexity ratios %.3f and %.3f, KL %.3f and %.3f", cost.PPLRatio.Plus, cost.PPLRatio.Minus, cost.KL.Plus, cost.KL.Minus)
	if max(cost.PPLRatio.Plus, cost.PPLRatio.Minus) > 1.15 || max(cost.KL.Plus, cost.KL.Minus) > .2 {
		t.Errorf("the cost is %+v", cost)
	}
}

// TestLibraryGuard computes what ships of the default model again: bit for bit.
func TestLibraryGuard(t *testing.T) {
	l := realLab(t)
	_, of, err := masks.ReadGuard(library.GuardFile)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := l.WriteGuard(t.Context(), &file, masks.DefaultUnits(l.Engine().Weights().Layers).Scope, of.Model); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("../library/guard.bin", file.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(file.Bytes(), library.GuardFile) {
		t.Error("guard.bin is not what the model gives: write it anew with ./build.sh personas")
	}
	all, err := library.All()
	if err != nil {
		t.Fatal(err)
	}
	if of.Model != all[0].Model.Digest || of.Family != l.family.Name() {
		t.Errorf("the guard is for %+v, the personas for %s", of, all[0].Model.Digest)
	}
}
