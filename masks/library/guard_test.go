//go:build !js

package library

import (
	"bytes"
	"os"
	"testing"

	"masque/engine/chat"
	"masque/engine/gguf"
	"masque/engine/model"
	"masque/engine/model/modeltest"
	"masque/engine/tokenizer"
	"masque/masks"
	"masque/masks/study"
)

// TestGuardFile computes what ships of the default model again: bit for bit.
func TestGuardFile(t *testing.T) {
	of := masks.GuardFor{Model: modelDigest, Family: "smollm2"}
	f := modeltest.Real(t)
	l := lab(t, f)
	g, err := l.Guard(t.Context(), masks.DefaultUnits(l.Engine().Weights().Layers).Scope)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := g.Write(&file, of); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("guard.bin", file.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(file.Bytes(), GuardFile) {
		t.Error("guard.bin is not what the model gives: write it anew with ./build.sh personas")
	}
}

func lab(t *testing.T, f *gguf.File) *study.Lab {
	t.Helper()
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
	l, err := study.New(e, tok, family)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
