package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// TestOutputTogether: of runs that write one file at once each writes it whole, and none
// takes away what another is writing.
func TestOutputTogether(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no locks here")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	var wait sync.WaitGroup
	for run := range 8 {
		wait.Go(func() {
			data := bytes.Repeat([]byte{byte('a' + run)}, 1+run*10_000)
			for range 20 {
				if err := writable(path); err != nil {
					t.Error(err)
				}
				if err := writeFile(path, data); err != nil {
					t.Error(err)
				}
				got, err := os.ReadFile(path)
				if err != nil || len(got) == 0 || len(got) != 1+int(got[0]-'a')*10_000 || len(bytes.Trim(got, string(got[:1]))) > 0 {
					t.Errorf("%d bytes are there, %v", len(got), err)
				}
			}
		})
	}
	wait.Wait()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("there are %v, %v", entries, err)
	}
}

// TestOutputMode: a file that is written anew keeps who may read it; one that nobody may
// write stays as it is.
func TestOutputMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("other permissions")
	}
	a, b := tinyPair(t)
	out := filepath.Join(t.TempDir(), "x.persona.json")
	args := []string{"combine", "-op", "union", "-o", out, a, b}
	write(t, out, "private")
	if err := os.Chmod(out, 0o600); err != nil {
		t.Fatal(err)
	}
	masque(t, "", "", args...).works(t)
	if info, err := os.Stat(out); err != nil || info.Mode().Perm() != 0o600 || len(persona(t, out).Parents) != 2 {
		t.Errorf("the private file is %v, %v", info.Mode(), err)
	}
	before := read(t, out)
	if err := os.Chmod(out, 0o400); err != nil {
		t.Fatal(err)
	}
	plus, minus := statementFiles(t, 24)
	for _, args := range [][]string{args, {"study", "-plus", plus, "-minus", minus, "-o", out}} {
		masque(t, "", tinyModel(t), args...).fails(t, exitError, out+" is read-only; name another file to write")
	}
	if read(t, out) != before {
		t.Error("a read-only file was written")
	}
}

// TestOutputLink: what a link leads to is written, and the link stays.
func TestOutputLink(t *testing.T) {
	a, b := tinyPair(t)
	dir := t.TempDir()
	file, link, nowhere := filepath.Join(dir, "x.persona.json"), filepath.Join(t.TempDir(), "link"), filepath.Join(dir, "nowhere")
	write(t, file, "old")
	for from, to := range map[string]string{link: file, nowhere: filepath.Join(dir, "gone")} {
		if err := os.Symlink(to, from); err != nil {
			t.Skipf("no links here: %v", err)
		}
	}
	masque(t, "", "", "combine", "-op", "union", "-o", link, a, b).works(t)
	if to, err := os.Readlink(link); err != nil || to != file {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	if p := persona(t, file); len(p.Parents) != 2 {
		t.Errorf("behind the link is %+v", p)
	}
	masque(t, "", "", "combine", "-op", "union", "-o", link, link, b).fails(t, exitUsage, "-o "+link+" would replace "+link)
	masque(t, "", "", "combine", "-op", "union", "-o", nowhere, a, b).fails(t, exitError, nowhere+" is a link that leads to no file")
}

// TestOutputPipe: what is no regular file, such as a device, is not replaced by one.
func TestOutputPipe(t *testing.T) {
	a, b := tinyPair(t)
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := exec.Command("mkfifo", pipe).Run(); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	plus, minus := statementFiles(t, 24)
	model := tinyModel(t)
	for _, args := range [][]string{
		{"combine", "-op", "union", a, b},
		{"calibrate", "-plus", plus, "-minus", minus},
		{"study", "-plus", plus, "-minus", minus},
		{"study", "-merge", plus},
		{"requantise", "-model", model},
	} {
		args = append([]string{args[0], "-o", pipe}, args[1:]...)
		masque(t, "", model, args...).fails(t, exitError, pipe+" is no regular file; name another file to write")
	}
	if info, err := os.Stat(pipe); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Errorf("the pipe is %v, %v", info, err)
	}
}
