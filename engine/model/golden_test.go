package model

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"masque/engine/model/modeltest"
)

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

// feed runs tokens through a session and returns the logits after the last.
func feed(t testing.TB, e *Engine, s *Session, ids []int32) []float32 {
	t.Helper()
	if err := s.Feed(ids, len(ids)-1, nil); err != nil {
		t.Fatal(err)
	}
	return e.Logits(0)
}

// fastBits is the SHA-256 of the fast path's logits after each 32nd token of the
// golden passage, and after its last.
const fastBits = "75dacf9b944a1958276ccc0564541002210af9d9d91799ef30762d8cffdd5a1b"

// TestFastBits: the fast path gives the same bits with every set of kernels,
// native or WebAssembly, so that what is shown of one holds for all. A change
// of its arithmetic changes the value; TestGoldenPassage says whether it is as
// good.
func TestFastBits(t *testing.T) {
	var golden struct{ IDs []int32 }
	readGolden(t, "passage.json", &golden)
	w, err := Load(modeltest.Real(t), Fast, nil)
	if err != nil {
		t.Fatal(err)
	}
	e := NewEngine(w, 2)
	defer e.Close()
	s := newSession(t, e, nil)
	hash := sha256.New()
	word := make([]byte, 4)
	for part := range slices.Chunk(golden.IDs, 32) {
		logits := feed(t, e, s, part)
		for _, v := range logits {
			binary.LittleEndian.PutUint32(word, math.Float32bits(v))
			hash.Write(word)
		}
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != fastBits {
		t.Errorf("the logits' SHA-256 is %s, want %s", got, fastBits)
	}
}
