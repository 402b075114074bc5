package model

import (
	"bytes"
	"testing"

	"masque/engine/gguf"
	"masque/engine/model/modeltest"
)

func openTiny(t testing.TB, c modeltest.Tiny) *gguf.File {
	t.Helper()
	b := c.Write()
	f, err := gguf.Open(bytes.NewReader(b), int64(len(b)), "tiny.gguf")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func tinyWeights(t testing.TB, c modeltest.Tiny, p Precision) *Weights {
	t.Helper()
	w, err := Load(openTiny(t, c), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func newSession(t testing.TB, e *Engine, o *Overlay) *Session {
	t.Helper()
	s, err := e.NewSession(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func forward(t testing.TB, e *Engine, rows ...Row) {
	t.Helper()
	if err := e.Forward(rows); err != nil {
		t.Fatal(err)
	}
}
