package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// build links a program for the browser.
func build(t *testing.T, pkg string, flags ...string) []byte {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a program")
	}
	out := filepath.Join(t.TempDir(), "linked.wasm")
	cmd := exec.Command("go", append(append([]string{"build", "-o", out}, flags...), pkg)...)
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, b)
	}
	program, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// TestProgram finishes the page's program as build.sh does.
func TestProgram(t *testing.T) {
	linked := build(t, "masque/wasm/page", "-tags", "relaxed")
	mended, err := finish(bytes.Clone(linked), options{relaxed: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := finish(bytes.Clone(mended), options{relaxed: true}); !errors.Is(err, errNothing) {
		t.Errorf("a second time: %v", err)
	}
	stripped, err := finish(bytes.Clone(mended), options{strip: true})
	if err != nil {
		t.Fatal(err)
	}
	both, err := finish(linked, options{relaxed: true, strip: true})
	if err != nil || !bytes.Equal(both, stripped) {
		t.Errorf("at once it is another program than one after the other: %v", err)
	}
	if again, err := finish(bytes.Clone(stripped), options{strip: true}); err != nil || !bytes.Equal(again, stripped) {
		t.Errorf("stripped twice it is another program: %v", err)
	}
	if _, err := finish(stripped, options{relaxed: true}); !errors.Is(err, errNames) {
		t.Errorf("mending a stripped program: %v", err)
	}
}

// TestStripped runs a program before and after: it does the same, and its last trace
// still says where it stood, but for the lines and the arguments.
func TestStripped(t *testing.T) {
	linked := build(t, "masque/wasm/link/testdata/walk")
	before, whole := runProgram(t, linked)
	if !strings.Contains(whole, "main.deepest(0x") || !strings.Contains(whole, "walk/main.go:") {
		t.Fatalf("the linker's own program prints no trace:\n%s", whole)
	}
	stripped, err := finish(linked, options{strip: true})
	if err != nil {
		t.Fatal(err)
	}
	after, trace := runProgram(t, stripped)
	if after != before {
		t.Errorf("it prints\n%s\nbefore it was stripped\n%s", after, before)
	}
	for _, want := range []string{"stop", "main.deepest()", "main.last[...]()", "reflect.*()", "main.main()"} {
		if !strings.Contains(trace, want) {
			t.Errorf("the trace has no %s:\n%s", want, trace)
		}
	}
	is, was := frames(trace), frames(whole)
	for i, name := range was {
		if strings.HasPrefix(name, "reflect.") {
			was[i] = "reflect.*" // of others' packages the name is enough
		}
	}
	if !slices.Equal(is, was) {
		t.Errorf("the trace goes through %q, before it was stripped through %q", is, was)
	}
	if strings.Contains(trace, "main.go") {
		t.Errorf("the trace knows files:\n%s", trace)
	}
}

// TestShares: which functions have one name, and that it is no other's.
func TestShares(t *testing.T) {
	for name, want := range map[string]string{
		"runtime.mallocgc": "runtime", "runtime.(*mheap).alloc": "runtime", "runtime.gopanic": "", "runtime.GC": "", "runtime.(*Func).Name": "",
		"internal/abi.(*Type).Key": "internal/abi", "internal/runtime/maps.(*Iter).Next": "internal/runtime/maps", "internal/sync.(*HashTrieMap[go.shape.int]).Load": "internal/sync",
		"reflect.Value.Call": "reflect", "reflect.makeFuncStub": "", "reflect.methodValueCall": "", "type:.eq.masque/engine/gguf.Value": "type:",
		"masque/engine/model.(*Engine).Step": "", "main.main": "", "mainly.F": "mainly", "runtime/debug.Stack": "runtime/debug", "sync.(*Mutex).Lock": "sync", "slices.Sort[go.shape.[]masque/masks.Unit]": "slices",
		"github.com/hack-pad/safejs/internal/catch.Try[...].func1": "github.com/hack-pad/safejs/internal/catch",
	} {
		if got := shares([]byte(name)); got != want {
			t.Errorf("%s shares the name of %q, want %q", name, got, want)
		}
	}
}

// frames are the functions that a trace goes through.
func frames(trace string) []string {
	var names []string
	for line := range strings.Lines(trace) {
		if at := strings.LastIndexByte(line, '('); at > 0 && strings.HasSuffix(line, ")\n") && line[0] != '\t' {
			names = append(names, line[:at])
		}
	}
	return names
}

// runProgram runs a program that ends with a panic under Node.
func runProgram(t *testing.T, program []byte) (stdout, stderr string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program.wasm")
	if err := os.WriteFile(path, program, 0o755); err != nil {
		t.Fatal(err)
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "wasm_exec_node.js"), path)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")} // Node hands it on, and there is little room
	var said, trace strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &trace
	err = cmd.Run()
	if exit := new(exec.ExitError); !errors.As(err, &exit) {
		t.Fatalf("the program did not end with a panic: %v\n%s%s", err, said.String(), trace.String())
	}
	return said.String(), trace.String()
}

func TestFinishErrors(t *testing.T) {
	for name, c := range map[string]struct {
		b    []byte
		o    options
		want error
	}{
		"no format":     {[]byte("#!/bin/sh echo"), options{strip: true}, errFormat},
		"no tables":     {program([]string{"imported", "main.main"}, nil), options{strip: true}, errTables},
		"nothing to do": {program([]string{"imported", "main.main"}, nil), options{relaxed: true}, errNothing},
	} {
		if _, err := finish(c.b, c.o); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func FuzzFinish(f *testing.F) {
	f.Add(program([]string{"imported", "masque_engine_kernel.k8x1"}, wrong(0x93)), true, false)
	f.Add(program(nil, wrong(0x93)), true, true)
	f.Add(append([]byte(header), frame(sectionData, 1, 0, opI32Const, 8, opEnd, 8, 0xF1, 0xFF, 0xFF, 0xFF, 0, 0, 1, 8)...), false, true)
	f.Fuzz(func(t *testing.T, b []byte, relaxed, strip bool) {
		_, _ = finish(b, options{relaxed, strip}) // must not panic
	})
}
