package main

import (
	"bytes"
	"errors"
	"slices"
	"testing"
)

// mendBytes mends a program where it stands.
func mendBytes(program []byte) (int, error) {
	m, err := parse(program)
	if err != nil {
		return 0, err
	}
	return mend(m)
}

func TestMend(t *testing.T) {
	kernel := slices.Concat([]byte{0x20}, wrong(0x93), []byte{0x21}, wrong(0x92))
	other := slices.Concat([]byte{0x20}, wrong(0x93)) // a real sub_sat_u and a block
	p := program([]string{"imported", "main.main", "masque_engine_kernel.k8x1"}, other, kernel)
	n, err := mendBytes(p)
	if err != nil || n != 2 {
		t.Fatalf("mend: %d changes, %v", n, err)
	}
	if !bytes.Contains(p, other) {
		t.Error("code of another package was changed")
	}
	if want := slices.Concat([]byte{0x20}, right(0x93), []byte{0x21}, right(0x92)); !bytes.Contains(p, want) {
		t.Error("the kernel was not mended")
	}
	if n, err := mendBytes(p); n != 0 || err != nil {
		t.Errorf("a second time: %d changes, %v", n, err)
	}
}

func TestMendErrors(t *testing.T) {
	whole := program([]string{"imported", "masque_engine_kernel.k8x1"}, wrong(0x93))
	for name, c := range map[string]struct {
		b    []byte
		want error
	}{
		"empty":      {nil, errFormat},
		"text":       {[]byte("#!/bin/sh echo"), errFormat},
		"version 2":  {[]byte("\x00asm\x02\x00\x00\x00"), errFormat},
		"no names":   {program(nil, wrong(0x93)), errNames},
		"other kind": {append(whole[:8:8], frame(sectionImport, 1, 0, 0, 9)...), nil},
	} {
		if _, err := mendBytes(bytes.Clone(c.b)); err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	for n := range whole {
		_, _ = mendBytes(bytes.Clone(whole[:n])) // must not panic
	}
}
