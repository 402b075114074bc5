package masks

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"masque/engine/chat"
	"masque/engine/model"
	"masque/engine/model/modeltest"
	"masque/engine/tokenizer"
)

// openReading puts statements to the default model, whose path build.sh puts
// into $MASQUE_MODEL, after the neutral question.
func openReading(t testing.TB, p model.Precision) *Reading {
	t.Helper()
	f := modeltest.Real(t)
	w, err := model.Load(f, p, nil)
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
	r, err := NewReading(e, tok, family, Ask(Question))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const goldenDir = "../engine/testdata/golden"

func readGolden(t testing.TB, name string, v any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(goldenDir, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// extraversion returns the golden statements in the order of the files.
func extraversion(t testing.TB) (plus, minus []string) {
	t.Helper()
	return readLines(t, "personas/extravert.txt"), readLines(t, "personas/introvert.txt")
}

// readLines returns the statements of a golden file.
func readLines(t testing.TB, name string) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(goldenDir, name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(b)), "\n")
}
