package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// section frames the body of a section, or of a name subsection.
func section(id byte, body ...byte) []byte {
	return append([]byte{id, byte(len(body))}, body...)
}

func str(s string) []byte { return append([]byte{byte(len(s))}, s...) }

// program makes a module with one imported function and the given bodies,
// named as they would be by Go.
func program(names []string, bodies ...[]byte) []byte {
	b := []byte("\x00asm\x01\x00\x00\x00")
	imports := bytes.Join([][]byte{{3}, str("go"), str("f"), {0, 0}, str("go"), str("t"), {1, 0x70, 0, 1}, str("go"), str("m"), {2, 1, 1, 9}}, nil)
	b = append(b, section(sectionImport, imports...)...)
	code := []byte{byte(len(bodies))}
	for _, body := range bodies {
		code = append(append(code, byte(len(body))), body...)
	}
	b = append(b, section(sectionCode, code...)...)
	if names == nil {
		return b
	}
	functions := []byte{byte(len(names))}
	for i, n := range names {
		functions = append(append(functions, byte(i)), str(n)...)
	}
	custom := append(str("name"), section(0, str("module")...)...)
	custom = append(custom, section(1, functions...)...)
	return append(b, section(sectionCustom, custom...)...)
}

func TestMend(t *testing.T) {
	kernel := append(append([]byte{0x20}, wrong...), append([]byte{0x21}, wrong...)...)
	other := append([]byte{0x20}, wrong...) // a real sub_sat_u and a block
	p := program([]string{"imported", "main.main", "masque_engine_kernel.k8x1"}, other, kernel)
	n, err := mend(p)
	if err != nil || n != 2 {
		t.Fatalf("mend: %d changes, %v", n, err)
	}
	if !bytes.Contains(p, other) {
		t.Error("code of another package was changed")
	}
	if want := append(append([]byte{0x20}, right...), append([]byte{0x21}, right...)...); !bytes.Contains(p, want) {
		t.Error("the kernel was not mended")
	}
	if n, err := mend(p); n != 0 || err != nil {
		t.Errorf("a second time: %d changes, %v", n, err)
	}
}

func TestMendErrors(t *testing.T) {
	whole := program([]string{"imported", "masque_engine_kernel.k8x1"}, wrong)
	for name, c := range map[string]struct {
		b    []byte
		want error
	}{
		"empty":      {nil, errFormat},
		"text":       {[]byte("#!/bin/sh echo"), errFormat},
		"version 2":  {[]byte("\x00asm\x02\x00\x00\x00"), errFormat},
		"no names":   {program(nil, wrong), errNames},
		"other kind": {append(whole[:8:8], section(sectionImport, 1, 0, 0, 9)...), nil},
	} {
		if _, err := mend(bytes.Clone(c.b)); err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	for n := range whole {
		_, _ = mend(bytes.Clone(whole[:n])) // must not panic
	}
}

// TestProgram builds the page's program as build.sh does, and mends it.
func TestProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	out := filepath.Join(t.TempDir(), "page.wasm")
	build := exec.Command("go", "build", "-tags", "relaxed", "-o", out, "masque/wasm/page")
	build.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if b, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, b)
	}
	if err := run(out, ""); err != nil {
		t.Fatal(err)
	}
	if err := run(out, ""); err == nil || !strings.Contains(err.Error(), errNothing.Error()) {
		t.Errorf("a second time: %v", err)
	}
}

func FuzzMend(f *testing.F) {
	f.Add(program([]string{"imported", "masque_engine_kernel.k8x1"}, wrong))
	f.Add(program(nil, wrong))
	f.Fuzz(func(t *testing.T, b []byte) {
		size := len(b)
		if _, err := mend(b); err == nil && len(b) != size {
			t.Error("the size changed")
		}
	})
}
