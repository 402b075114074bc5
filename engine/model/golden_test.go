package model

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"masque/engine/gguf"
)

// openModel opens the default model, whose path build.sh puts into
// $MASQUE_MODEL.
func openModel(t testing.TB) *gguf.File {
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
	return f
}

func readGolden(t testing.TB, name string, v any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "testdata", "golden", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

type goldenLogits struct {
	Cases []struct {
		Text string
		IDs  []int32
		F32  struct {
			Top20 [][2]float64 `json:"top20"`
		} `json:"f32"`
	}
}

// feed runs tokens through a session and returns the logits after the last.
func feed(t testing.TB, e *Engine, s *Session, ids []int32) []float32 {
	t.Helper()
	for at := 0; at < len(ids); at += MaxRows {
		part := ids[at:min(len(ids), at+MaxRows)]
		rows := make([]Row, len(part))
		for i, id := range part {
			rows[i] = Row{Session: s, Token: id}
		}
		rows[len(rows)-1].Logits = at+len(part) == len(ids)
		if err := e.Forward(rows); err != nil {
			t.Fatal(err)
		}
	}
	return e.Logits(0)
}

func TestGoldenLogits(t *testing.T) {
	var golden goldenLogits
	readGolden(t, "logits.json", &golden)
	f := openModel(t)
	for _, c := range []struct {
		p     Precision
		bound float64 // of a logit; the whole distribution is bounded in package parity
	}{{F32, 1e-3}, {Fast, 1.0}} {
		w, err := Load(f, c.p, nil)
		if err != nil {
			t.Fatal(err)
		}
		e := NewEngine(w, 2)
		for _, g := range golden.Cases {
			s, err := e.NewSession(nil)
			if err != nil {
				t.Fatal(err)
			}
			logits := feed(t, e, s, g.IDs)
			worst := 0.0
			for _, top := range g.F32.Top20 {
				worst = max(worst, math.Abs(float64(logits[int(top[0])])-top[1]))
			}
			t.Logf("%v: %.40q: largest difference of a logit %.6f", c.p, g.Text, worst)
			if !(worst <= c.bound) {
				t.Errorf("%v: %q: a logit is off by %v, want ≤ %v", c.p, g.Text, worst, c.bound)
			}
		}
		e.Close()
	}
}
