package parity

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"masque/engine/chat"
	"masque/engine/gguf"
	"masque/engine/model"
	"masque/engine/tokenizer"
)

const goldenDir = "../../engine/testdata/golden"

// TestGolden compares the default model with all golden values, on both paths.
func TestGolden(t *testing.T) {
	path := os.Getenv("MASQUE_MODEL")
	if path == "" {
		if os.Getenv("MASQUE_REQUIRE_MODEL") == "1" {
			t.Fatal("MASQUE_MODEL is not set; ./build.sh model prints the file to set it to")
		}
		t.Skip("MASQUE_MODEL is not set; ./build.sh model prints the file to set it to")
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Open(file, info.Size(), filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	run := &Run{Golden: os.DirFS(goldenDir)}
	if run.Tokenizer, err = tokenizer.FromGGUF(f); err != nil {
		t.Fatal(err)
	}
	template, err := f.Metadata.String("tokenizer.chat_template")
	if err != nil {
		t.Fatal(err)
	}
	if run.Family, err = chat.Detect(template); err != nil {
		t.Fatal(err)
	}
	checks, err := run.Text()
	if err != nil {
		t.Fatal(err)
	}
	for _, precision := range []model.Precision{model.F32, model.Fast} {
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
	for name, want := range map[string]int{
		"tokenizer.json ": 3, "chat.json ": 2,
		"logits.json f32": 3, "passage.json f32": 1, "personas/extraversion.json f32": 16,
		"passage.json fast": 2, "personas/extraversion.json fast": 8,
	} {
		if bounded[name] != want {
			t.Errorf("%d comparisons with a bound of %s, want %d", bounded[name], name, want)
		}
	}
	if len(skipped) != 3 {
		t.Errorf("skipped: %v", skipped)
	}
}
