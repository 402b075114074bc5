package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"masque/engine/model/modeltest"
)

// result is what a command line leaves behind.
type result struct {
	code           int
	stdout, stderr string
}

// masque runs a command line with the given input and $MASQUE_MODEL.
func masque(t *testing.T, stdin, model string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	e := &env{
		stdin: strings.NewReader(stdin), stdout: &out, stderr: &errs,
		getenv: func(name string) string {
			if name == "MASQUE_MODEL" {
				return model
			}
			return ""
		},
		interrupt: make(chan os.Signal),
	}
	code := run(args, e)
	return result{code, out.String(), errs.String()}
}

// fails expects an exit code, nothing on stdout, and one sentence on stderr.
func (r result) fails(t *testing.T, code int, says ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d (%q)", r.code, code, r.stderr)
	}
	if r.stdout != "" {
		t.Errorf("a command that fails printed %q", r.stdout)
	}
	if strings.Count(r.stderr, "\n") != 1 || !strings.HasSuffix(r.stderr, "\n") || !strings.HasPrefix(r.stderr, "masque") {
		t.Errorf("the error is not one line: %q", r.stderr)
	}
	for _, s := range says {
		if !strings.Contains(r.stderr, s) {
			t.Errorf("the error %q does not say %q", r.stderr, s)
		}
	}
}

// works expects exit code 0 and a silent stderr, as it is where there is no terminal.
func (r result) works(t *testing.T) string {
	t.Helper()
	if r.code != exitOK || r.stderr != "" {
		t.Fatalf("exit code %d, stderr %q", r.code, r.stderr)
	}
	return r.stdout
}

// tinyModel writes a model that takes no time, and returns its path.
func tinyModel(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tiny.Q4_0.gguf")
	if err := os.WriteFile(path, modeltest.Default().Write(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestHelp(t *testing.T) {
	r := masque(t, "", "")
	if r.code != exitUsage || r.stdout != "" {
		t.Errorf("no command: exit code %d, stdout %q", r.code, r.stdout)
	}
	list := masque(t, "", "", "help").works(t)
	if list != r.stderr {
		t.Error("help and no command at all show different texts")
	}
	for _, ask := range []string{"-h", "-help", "--help"} {
		for _, args := range [][]string{{ask}, {"help", ask}, {"help", "help"}} {
			if got := masque(t, "", "", args...).works(t); got != list {
				t.Errorf("masque %q shows another text than masque help", args)
			}
		}
	}
	column := 0
	for _, c := range commands {
		_, line, found := strings.Cut(list, "\n  "+c.name+" ")
		line, _, _ = strings.Cut(line, "\n")
		if !found || strings.TrimLeft(line, " ") != c.summary {
			t.Errorf("masque help does not list %s", c.name)
		}
		if at := len(c.name) + len(line) - len(c.summary); column != 0 && at != column {
			t.Errorf("masque help shows the summary of %s in column %d, those before it in %d", c.name, at, column)
		} else {
			column = at
		}
		text := masque(t, "", "", c.name, "-h").works(t)
		if got := masque(t, "", "", "help", c.name).works(t); got != text {
			t.Errorf("masque help %s and masque %s -h differ", c.name, c.name)
		}
		for line := range strings.Lines(text) {
			if strings.Count(line, "(default") > 1 {
				t.Errorf("masque %s -h names two defaults: %q", c.name, line)
			}
		}
		for _, want := range []string{"usage: masque " + c.name, c.summary, c.notes, "\nexample:\n  masque " + c.name} {
			if !strings.Contains(text, want) {
				t.Errorf("masque %s -h does not say %q:\n%s", c.name, want, text)
			}
		}
	}
}

// TestHelpUnwritten: help that nobody can read is no success.
func TestHelpUnwritten(t *testing.T) {
	for _, args := range [][]string{{"help"}, {"chat", "-h"}, {"help", "chat"}} {
		var errs bytes.Buffer
		full := writer(func([]byte) (int, error) { return 0, errors.New("no space is left") })
		code := run(args, &env{stdout: full, stderr: &errs})
		if text := errs.String(); code != exitError || !strings.HasPrefix(text, "masque") || !strings.HasSuffix(text, ": no space is left\n") {
			t.Errorf("masque %q: exit code %d, %q", args, code, text)
		}
	}
}

func TestUsageErrors(t *testing.T) {
	for _, test := range []struct {
		args []string
		says string
	}{
		{[]string{"fly"}, `no command "fly"`},
		{[]string{"help", "fly"}, `no command "fly"`},
		{[]string{"chat", "-fly"}, "-fly"},
		{[]string{"chat", "hello"}, "-prompt"},
		{[]string{"chat"}, "MASQUE_MODEL"},
		{[]string{"chat", "-n", "many"}, "-n"},
		{[]string{"chat", "-n", "0"}, "no room"},
		{[]string{"chat", "-temp", "-1"}, "-temp -1"},
		{[]string{"chat", "-temp", "NaN"}, "-temp NaN"},
		{[]string{"chat", "-persona", "extraversion", "-strength", "1.5"}, "between 0 and 1"},
		{[]string{"chat", "-strength", "0.5"}, "-persona"},
		{[]string{"chat", "-pole", "plus"}, "-persona"},
		{[]string{"chat", "-prompt", ""}, "-prompt is empty"},
		{[]string{"chat", "-model", ""}, "-model is empty; name a file, or leave it out for that of $MASQUE_MODEL"},
		{[]string{"chat", "-persona", ""}, "-persona is empty"},
		{[]string{"serve", "-addr", ""}, "-addr is empty"},
		{[]string{"inspect"}, "one file is wanted, 0 are named"},
		{[]string{"inspect", "a", "b"}, "one file is wanted, 2 are named"},
		{[]string{"parity"}, "-golden DIR"},
		{[]string{"parity", "-golden", "x"}, "MASQUE_MODEL"},
		{[]string{"parity", "x"}, "-golden"},
		{[]string{"serve", "web/dist"}, "-dir"},
		{[]string{"split"}, "-o DIR"},
		{[]string{"split", "-o", "x"}, "MASQUE_MODEL"},
		{[]string{"split", "-o", "x", "-size", "0"}, "a part has 1 to"},
		{[]string{"split", "-o", "x", "-size", "67108865"}, "a part has 1 to"},
		{[]string{"split", "model.gguf"}, "-model"},
		{[]string{"version", "x"}, "nothing to name"},
	} {
		masque(t, "", "", test.args...).fails(t, exitUsage, test.says, "masque")
	}
	for _, name := range []string{"chat", "calibrate", "eval", "study", "personas"} { // whatever else is wrong
		masque(t, "", "", name, "-family", "nonsense").fails(t, exitUsage, `for flag -family: chat: no family is called "nonsense"; families are`, "chatml")
	}
}

func TestVersion(t *testing.T) {
	text := masque(t, "", "", "version").works(t)
	if fields := strings.Fields(text); len(fields) != 4 || fields[0] != "masque" || !strings.HasPrefix(fields[2], "go1.") {
		t.Errorf("version says %q", text)
	}
	if got := masque(t, "", "", "--version").works(t); got != text {
		t.Errorf("--version says %q", got)
	}
}

// TestInterruptTwice: a command that waits for its input, where nothing can be cancelled,
// ends with the second interrupt. It runs in a program of its own, which is this one.
func TestInterruptTwice(t *testing.T) {
	const waits = "MASQUE_TEST_WAITS"
	if os.Getenv(waits) != "" {
		os.Args = []string{"masque", "calibrate", "-model", "x", "-plus", "/dev/stdin", "-minus", "x", "-o", os.Getenv(waits)}
		main()
	}
	if runtime.GOOS == "windows" {
		t.Skip("no interrupts are sent here")
	}
	command := exec.Command(os.Args[0], "-test.run=^TestInterruptTwice$")
	command.Env = append(os.Environ(), waits+"="+filepath.Join(t.TempDir(), "out"))
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	// It has begun to read when more is written than a pipe holds.
	if _, err := input.Write(bytes.Repeat([]byte("x\n"), 1<<20)); err != nil {
		t.Error(err)
	}
	go func() { ended <- command.Wait() }()
	for sent := 0; ; sent++ {
		select {
		case err := <-ended:
			if sent < 2 || command.ProcessState.ExitCode() != -1 {
				t.Errorf("after %d interrupts: %v", sent, err)
			}
			return
		case <-time.After(50 * time.Millisecond):
			if sent == 100 {
				t.Error("it goes on")
				command.Process.Kill()
				return
			}
			command.Process.Signal(os.Interrupt)
		}
	}
}

func TestOneLine(t *testing.T) {
	err := errors.Join(errors.New("first\n  part"), errors.New("second"))
	if got := oneLine(err); got != "first part second" {
		t.Errorf("got %q", got)
	}
	if got := oneLine(errors.New("\x1b[31mred\u009b1m")); got != "\ufffd[31mred\ufffd1m" {
		t.Errorf("a terminal would obey %q", got)
	}
}

func TestIsTerminal(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if isTerminal(null) {
		t.Error("the null device is taken for a terminal")
	}
}

func TestProgress(t *testing.T) {
	var b strings.Builder
	e := &env{stderr: &b, terminal: true}
	p := e.progress()
	p.share("loading", 1, 3)
	p.share("loading", 2, 3) // too soon
	p.step("doing something else")
	p.clear()
	if got, want := b.String(), "\rloading  33 %\rdoing something else …\r"+strings.Repeat(" ", 22)+"\r"; got != want {
		t.Errorf("drew %q, want %q", got, want)
	}
	b.Reset()
	p.clear()
	p.share("loading", 1, 0)
	if b.Len() > 0 {
		t.Errorf("nothing to draw gave %q", b.String())
	}
	e.terminal = false
	p = e.progress()
	p.share("loading", 1, 3)
	p.step("x")
	p.clear()
	if b.Len() > 0 {
		t.Errorf("without a terminal it drew %q", b.String())
	}
}

// writer turns a function into an io.Writer.
type writer func(p []byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

var _ io.Writer = writer(nil)
