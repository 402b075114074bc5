//go:build !wasm

package study

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"masque/engine/chat"
	"masque/engine/gguf"
	"masque/engine/model"
	"masque/engine/tokenizer"
	"masque/masks"
)

// realLab is the default model, whose path build.sh puts into $MASQUE_MODEL.
func realLab(t *testing.T) *Lab {
	t.Helper()
	path := os.Getenv("MASQUE_MODEL")
	if path == "" {
		if os.Getenv("MASQUE_REQUIRE_MODEL") == "1" {
			t.Fatal("MASQUE_MODEL is not set; `./build.sh model` prints the file to set it to")
		}
		t.Skip("MASQUE_MODEL is not set; `./build.sh model` prints the file to set it to")
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Open(file, info.Size(), filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	w, err := model.Load(f, model.Fast, nil)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.FromGGUF(f)
	if err != nil {
		t.Fatal(err)
	}
	family, err := chat.ByName("smollm2")
	if err != nil {
		t.Fatal(err)
	}
	e := model.NewEngine(w, 2)
	t.Cleanup(e.Close)
	l, err := New(e, tok, family)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestRealModel calibrates on ten statements a pole and tests on eight others: even
// so few tell the poles apart in the default model. It is short because the machine
// that runs it may be slow; what masks reach is measured by masque personas.
func TestRealModel(t *testing.T) {
	l := realLab(t)
	read := func(name string) []string {
		b, err := os.ReadFile(filepath.Join("../../engine/testdata/golden/personas", name))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(string(b)), "\n")
	}
	plus, minus := read("extravert.txt"), read("introvert.txt")
	calibration, unseen := Statements{plus[:10], minus[:10]}, Statements{plus[10:18], minus[10:18]}
	s, err := DefaultSettings(masks.RecipeUnits, &l.engine.Weights().Config)
	if err != nil {
		t.Fatal(err)
	}
	l.guard = l.guard[:1]
	src, err := l.Source(ctx, calibration, s, 0, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	own, err := src.Own(s)
	if err != nil {
		t.Fatal(err)
	}
	r, err := l.Separate(ctx, own, s.Gamma, unseen, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d + %d statements: AUC %.3f [%.3f, %.3f], d %.2f, p %.4f",
		r.N.Plus, r.N.Minus, r.AUC.Value, *r.AUC.Low, *r.AUC.High, r.D.Value, r.P)
	if r.AUC.Value < .75 || r.P > .05 {
		t.Errorf("AUC %.3f, p %.4f", r.AUC.Value, r.P)
	}
}
