package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"masque/engine/gguf"
	"masque/engine/model/modeltest"
)

func readTestManifest(t *testing.T, dir string) manifest {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSplit(t *testing.T) {
	path, dir := tinyModel(t), filepath.Join(t.TempDir(), "new", "model")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const size = 100_000
	out := masque(t, "", path, "split", "-o", dir, "-size", "100000", "-licence", "CC0-1.0").works(t)
	if !strings.HasPrefix(out, dir+": ") || !strings.Contains(out, "0 parts were there already") {
		t.Errorf("it says %q", out)
	}
	m := readTestManifest(t, dir)
	f, err := gguf.Open(bytes.NewReader(whole), int64(len(whole)), "tiny")
	if err != nil {
		t.Fatal(err)
	}
	digest, err := f.Digest(nil)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(whole)
	if m.Version != 1 || m.Name != "tiny" || m.File != "tiny.Q4_0.gguf" || m.Licence != "CC0-1.0" ||
		m.Size != int64(len(whole)) || m.SHA256 != hex.EncodeToString(sum[:]) || m.Digest != digest {
		t.Errorf("the manifest says %+v", m)
	}
	var joined []byte
	for i, p := range m.Parts {
		data, err := os.ReadFile(filepath.Join(dir, p.File))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		if int64(len(data)) != p.Size || hex.EncodeToString(sum[:]) != p.SHA256 || p.Size > size || i < len(m.Parts)-1 && p.Size != size {
			t.Errorf("part %s has %d bytes and the hash %x, the manifest says %+v", p.File, len(data), sum, p)
		}
		joined = append(joined, data...)
	}
	if !bytes.Equal(joined, whole) || len(m.Parts) < 3 {
		t.Errorf("%d parts do not make the file again", len(m.Parts))
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(m.Parts)+1 {
		t.Errorf("the folder holds %v", entries)
	}
}

// TestSplitResumes: parts that are whole stay untouched, others are written again, and the
// result is the same.
func TestSplitResumes(t *testing.T) {
	path, dir := tinyModel(t), t.TempDir()
	split := func() string { return masque(t, "", path, "split", "-o", dir, "-size", "100000").works(t) }
	split()
	before := readTestManifest(t, dir)
	old := time.Unix(1_000_000_000, 0)
	for _, p := range before.Parts {
		if err := os.Chtimes(filepath.Join(dir, p.File), old, old); err != nil {
			t.Fatal(err)
		}
	}
	// As after an interruption: no manifest, a part missing, one cut short, one damaged
	// in the middle, one half written.
	part := func(i int) string { return filepath.Join(dir, before.Parts[i].File) }
	for _, err := range []error{
		os.Remove(filepath.Join(dir, manifestFile)),
		os.Remove(part(0)),
		os.Truncate(part(1), 10),
		os.WriteFile(part(0)+".partial", []byte("half"), 0o644),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	damaged, err := os.ReadFile(part(2))
	if err != nil {
		t.Fatal(err)
	}
	damaged[len(damaged)/2] ^= 1
	if err := os.WriteFile(part(2), damaged, 0o644); err != nil {
		t.Fatal(err)
	}
	out := split()
	after := readTestManifest(t, dir)
	for i, p := range after.Parts {
		if p != before.Parts[i] {
			t.Errorf("part %d is %+v, was %+v", i, p, before.Parts[i])
		}
		data, err := os.ReadFile(part(i))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != p.SHA256 {
			t.Errorf("part %d is not repaired", i)
		}
		info, err := os.Stat(part(i))
		if err != nil {
			t.Fatal(err)
		}
		if kept := info.ModTime().Equal(old); kept != (i > 2) {
			t.Errorf("part %d: kept is %v", i, kept)
		}
	}
	if _, err := os.Stat(part(0) + ".partial"); !os.IsNotExist(err) {
		t.Errorf("the half written part is still there: %v", err)
	}
	if !strings.Contains(out, "parts were there already") || strings.Contains(out, " 0 parts were") {
		t.Errorf("it says %q", out)
	}
}

// TestSplitSweeps: parts of the model that was there before go, other files stay.
func TestSplitSweeps(t *testing.T) {
	path, dir := tinyModel(t), t.TempDir()
	masque(t, "", path, "split", "-o", dir, "-size", "50000").works(t)
	before := readTestManifest(t, dir)
	before.Parts = append(before.Parts, part{File: "../" + filepath.Base(dir) + ".keep"}, part{File: "keep.txt"})
	data, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	outside := dir + ".keep"
	backup := filepath.Join(dir, before.File+".20240101")
	for name, data := range map[string][]byte{filepath.Join(dir, manifestFile): data, filepath.Join(dir, "keep.txt"): nil, outside: nil, backup: nil} {
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	other := filepath.Join(t.TempDir(), "other.gguf")
	c := modeltest.Default()
	c.Layers = 1
	if err := os.WriteFile(other, c.Write(), 0o644); err != nil {
		t.Fatal(err)
	}
	masque(t, "", "", "split", "-model", other, "-o", dir, "-size", "100000", "-name", "Other").works(t)
	m := readTestManifest(t, dir)
	if m.Name != "Other" || m.File != "other.gguf" {
		t.Errorf("the manifest says %+v", m)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(m.Parts)+3 { // the manifest, keep.txt and the backup
		t.Errorf("%d files for %d parts: %v", len(entries), len(m.Parts), entries)
	}
	if _, err := os.Stat(outside); err != nil {
		t.Errorf("a file outside the folder: %v", err)
	}
}

// TestSplitCutShort: a run that ends in the middle leaves no manifest that names parts
// which are no more, and what it wrote goes with the next run.
func TestSplitCutShort(t *testing.T) {
	path, dir := tinyModel(t), t.TempDir()
	masque(t, "", path, "split", "-o", dir, "-size", "100000").works(t)
	parts := len(readTestManifest(t, dir).Parts)
	blocked := filepath.Join(dir, "tiny.Q4_0.gguf.01")
	for _, err := range []error{os.Remove(blocked), os.MkdirAll(filepath.Join(blocked, "x"), 0o755)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	masque(t, "", path, "split", "-o", dir, "-size", "50000").fails(t, exitError, "tiny.Q4_0.gguf.01")
	if _, err := os.Stat(filepath.Join(dir, manifestFile)); !os.IsNotExist(err) {
		t.Errorf("the manifest of %d parts still stands: %v", parts, err)
	}
	keep := []string{
		"tiny.Q4_0.gguf", "tiny.Q4_0.gguf.1", "tiny.Q4_0.gguf.00.txt", "other.gguf.00",
		"tiny.Q4_0.gguf.20240101", "tiny.Q4_0.gguf.007", "tiny.Q4_0.gguf.1000", "tiny.Q4_0.gguf.+77",
	}
	for _, name := range append(keep, "tiny.Q4_0.gguf.77", "tiny.Q4_0.gguf.78.partial") {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(blocked); err != nil {
		t.Fatal(err)
	}
	masque(t, "", path, "split", "-o", dir).works(t)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := len(readTestManifest(t, dir).Parts) + 1 + len(keep); len(entries) != want {
		t.Errorf("%d files, want %d: %v", len(entries), want, entries)
	}
}

// TestSplitAlone: of two at once in one folder each would sweep away what the other writes.
func TestSplitAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no locks here")
	}
	path, dir := tinyModel(t), t.TempDir()
	other, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !locked(other) {
		t.Fatal("a new folder is locked")
	}
	masque(t, "", path, "split", "-o", dir).fails(t, exitError, "another split writes "+dir)
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	masque(t, "", path, "split", "-o", dir).works(t)
}

func TestSplitErrors(t *testing.T) {
	path := tinyModel(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("not JSON"), 0o644); err != nil {
		t.Fatal(err)
	}
	masque(t, "", path, "split", "-o", file).fails(t, exitError, "not a directory")
	masque(t, "", file, "split", "-o", t.TempDir()).fails(t, exitError, "not a GGUF file")
	// A manifest that cannot be understood is replaced.
	dir := filepath.Dir(file)
	if err := os.Rename(file, filepath.Join(dir, manifestFile)); err != nil {
		t.Fatal(err)
	}
	masque(t, "", path, "split", "-o", dir).works(t)
	if m := readTestManifest(t, dir); len(m.Parts) != 1 {
		t.Errorf("%d parts of at most 20 MiB", len(m.Parts))
	}
}
