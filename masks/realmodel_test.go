package masks

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"masque/engine/chat"
	"masque/engine/gguf"
	"masque/engine/model"
	"masque/engine/tokenizer"
)

// openReading puts statements to the default model, whose path build.sh puts
// into $MASQUE_MODEL, after the neutral question.
func openReading(t testing.TB, p model.Precision) *Reading {
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
