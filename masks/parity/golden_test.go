package parity

import (
	"maps"
	"os"
	"runtime"
	"strings"
	"testing"

	"masque/engine/chat"
	"masque/engine/model"
	"masque/engine/model/modeltest"
	"masque/engine/tokenizer"
)

const goldenDir = "../../engine/testdata/golden"

// TestGolden compares the default model with all golden values, on both paths; as wasm on
// the fast path alone: in floats one pass takes a wasm program minutes.
func TestGolden(t *testing.T) {
	f := modeltest.Real(t)
	run := &Run{Golden: os.DirFS(goldenDir)}
	var err error
	if run.Tokenizer, err = tokenizer.FromGGUF(f); err != nil {
		t.Fatal(err)
	}
	if run.Family, err = chat.FromGGUF(f); err != nil {
		t.Fatal(err)
	}
	checks, err := run.Text()
	if err != nil {
		t.Fatal(err)
	}
	precisions := []model.Precision{model.F32, model.Fast}
	if runtime.GOARCH == "wasm" {
		precisions = precisions[1:]
	}
	for _, precision := range precisions {
		w, err := model.Load(f, precision, nil)
		if err != nil {
			t.Fatal(err)
		}
		e := model.NewEngine(w, 2)
		more, err := run.Path(e)
		e.Close()
		if err != nil {
			t.Fatal(err)
		}
		checks = append(checks, more...)
	}
	skipped, err := run.Skipped()
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	beyond, err := Write(&table, checks, skipped)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", &table)
	if beyond != 0 {
		t.Errorf("%d comparisons are beyond their bounds", beyond)
	}
	// What is compared cannot shrink unseen.
	bounded := map[string]int{}
	for _, c := range checks {
		if c.Bounded() {
			bounded[c.File+" "+c.Path]++
		}
	}
	want := map[string]int{"tokenizer.json ": 3, "chat.json ": 2, "passage.json fast": 1, "personas/extraversion.json fast": 8}
	wantSkipped := 4
	if len(precisions) == 2 {
		want["passage.json fast"] = 2 // the f32 path is its reference
		want["logits.json f32"], want["passage.json f32"], want["personas/extraversion.json f32"] = 3, 1, 16
		wantSkipped = 3
	}
	if !maps.Equal(bounded, want) {
		t.Errorf("comparisons with a bound: %v, want %v", bounded, want)
	}
	if len(skipped) != wantSkipped {
		t.Errorf("%d values were not compared, want %d: %v", len(skipped), wantSkipped, skipped)
	}
}
