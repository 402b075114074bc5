package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

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
