package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"masque/engine/gguf"
	"masque/engine/quant"
)

// TestRequantise: the same model, metadata and all, with Q8_0 matrices whose
// weights are those of the file.
func TestRequantise(t *testing.T) {
	path, out := tinyModel(t), filepath.Join(t.TempDir(), "eight.gguf")
	said := masque(t, "", path, "requantise", "-o", out).works(t)
	if !strings.HasPrefix(said, out+": ") {
		t.Errorf("it says %q", said)
	}
	before, err := openModel(path)
	if err != nil {
		t.Fatal(err)
	}
	defer before.Close()
	after, err := openModel(out)
	if err != nil {
		t.Fatal(err)
	}
	defer after.Close()
	if after.Metadata.Len() != before.Metadata.Len() || len(after.Tensors) != len(before.Tensors) {
		t.Fatalf("%d keys and %d tensors, before %d and %d", after.Metadata.Len(), len(after.Tensors), before.Metadata.Len(), len(before.Tensors))
	}
	changed := 0
	for i := range before.Tensors {
		was, is := &before.Tensors[i], &after.Tensors[i]
		if is.Name != was.Name {
			t.Fatalf("tensor %d is %s, was %s", i, is.Name, was.Name)
		}
		if is.Type == was.Type {
			continue
		}
		changed++
		if is.Type != gguf.Q8_0 || was.Rows() == 1 {
			t.Errorf("%s became %v", is.Name, is.Type)
		}
		want, got := tensorValues(t, before, was), tensorValues(t, after, is)
		var miss, norm float64
		for k, v := range want {
			d := float64(got[k] - v)
			miss, norm = miss+d*d, norm+float64(v)*float64(v)
		}
		if rel := math.Sqrt(miss / norm); !(rel < 0.01) || rel == 0 {
			t.Errorf("%s is off by %v of its size", is.Name, rel)
		}
	}
	if changed == 0 {
		t.Error("nothing was requantised")
	}
	masque(t, "", path, "requantise").fails(t, exitUsage, "-o FILE")
	masque(t, "", path, "requantise", "-o", path).fails(t, exitUsage, "-o "+path+" would replace "+path)
	masque(t, "", path, "requantise", "-o", t.TempDir()).fails(t, exitError, "is a folder")
	if err := os.WriteFile(out, []byte("no model"), 0o644); err != nil {
		t.Fatal(err)
	}
	masque(t, "", out, "requantise", "-o", out+"2").fails(t, exitError, "GGUF")
}

func tensorValues(t *testing.T, m *modelFile, tensor *gguf.Tensor) []float32 {
	t.Helper()
	data := make([]byte, tensor.Size)
	if _, err := m.Section(tensor).ReadAt(data, 0); err != nil {
		t.Fatal(err)
	}
	out := make([]float32, tensor.Rows()*tensor.Cols())
	quant.Dequantize(out, tensor.Type, data)
	return out
}
