package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestParity gives the tiny model golden files that agree and that do not; package parity
// tests the comparisons themselves.
func TestParity(t *testing.T) {
	path, dir := tinyModel(t), t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	parity := func() result { return masque(t, "", path, "parity", "-golden", dir) }
	parity().fails(t, exitError, dir, "no golden files")

	write("tokenizer.json", `{"cases": [{"text": "he<|im_end|>", "ids": [259, 258]}]}`)
	write("later.json", `{}`)
	out := parity().works(t)
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "parity: ok: all 2 comparisons") {
		t.Errorf("the last line is %q", last)
	}
	if !strings.Contains(out, "later.json: unknown") {
		t.Errorf("a file that was not compared is not named:\n%s", out)
	}

	write("tokenizer.json", `{"cases": [{"text": "he", "ids": [104, 101]}]}`)
	r := parity()
	lines = strings.Split(strings.TrimSuffix(r.stdout, "\n"), "\n")
	if last := lines[len(lines)-1]; r.code != exitError || r.stderr != "" || !strings.HasPrefix(last, "parity: FAIL: 1 of 2 comparisons") {
		t.Errorf("exit code %d, stderr %q, last line %q", r.code, r.stderr, last)
	}

	write("passage.json", `{"ids": [1, 2, 49151]}`)
	parity().fails(t, exitError, "passage.json", "another model")
	masque(t, "", path, "parity", "-golden", dir+"x").fails(t, exitError, "no such file")
	masque(t, "", filepath.Join(dir, "passage.json"), "parity", "-golden", dir).fails(t, exitError, "not a GGUF file")
}
