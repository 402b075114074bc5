package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"masque/engine/gguf"
	"masque/engine/model/modeltest"
	"masque/masks"
	"masque/masks/jsondoc"
)

// tinyPersona writes a persona for the tiny model, and returns its path and itself.
func tinyPersona(t *testing.T) (string, *masks.Persona) {
	t.Helper()
	data := modeltest.Default().Write()
	f, err := gguf.Open(bytes.NewReader(data), int64(len(data)), "tiny")
	if err != nil {
		t.Fatal(err)
	}
	digest, err := f.Digest(nil)
	if err != nil {
		t.Fatal(err)
	}
	u := &masks.Units{Layers: [2]int{0, 2}, Channels: 64, Neurons: 96, Order: masks.OrderScore}
	pack := func(first int) masks.UnitSet {
		var units []masks.Unit
		for i := first; i < 64; i += 2 {
			units = append(units, masks.Unit{Family: masks.Channel, Layer: 2, Index: i}, masks.Unit{Family: masks.Neuron, Layer: 1, Index: i})
		}
		set, err := u.Pack(units)
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	u.Plus, u.Minus = pack(0), pack(1)
	p := &masks.Persona{
		Format: masks.Format, Version: masks.Version, Name: "Evenness",
		Model: masks.Model{Name: "tiny", Arch: "llama", Digest: digest},
		Poles: masks.Poles{Plus: masks.PoleText{Name: "Even"}, Minus: masks.PoleText{Name: "Odd"}},
		Kind:  masks.KindUnits, Recipe: masks.Recipe{Name: masks.RecipeUnits}, Units: u,
		Statements: masks.Statements{SHA256: masks.HashStatements(nil, nil)},
	}
	path := filepath.Join(t.TempDir(), "evenness.persona.json")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := p.Write(file); err != nil {
		t.Fatal(err)
	}
	return path, p
}

func decodeReply(t *testing.T, line string) replyJSON {
	t.Helper()
	var r replyJSON
	if err := jsondoc.Unmarshal([]byte(line), &r); err != nil {
		t.Fatalf("%v in %q", err, line)
	}
	return r
}

func TestChatPrompt(t *testing.T) {
	path := tinyModel(t)
	chat := func(args ...string) string {
		return masque(t, "", path, append([]string{"chat", "-prompt", "he", "-n", "12"}, args...)...).works(t)
	}
	text := chat("-temp", "0")
	if !strings.HasSuffix(text, "\n") {
		t.Errorf("the reply %q ends without a newline", text)
	}
	if again := chat("-temp", "0", "-model", path); again != text {
		t.Errorf("-model and $MASQUE_MODEL reply differently: %q and %q", again, text)
	}
	if got := chat("-seed", "7"); got != chat("-seed", "7") || got == chat("-seed", "8") && got == chat("-seed", "9") {
		t.Error("the seed does not decide the reply")
	}
	if chat("-temp", "0", "-system", "Be someone else.") == text {
		t.Error("the system text changes nothing")
	}
	r := decodeReply(t, chat("-temp", "0", "-json"))
	if r.Reply+"\n" != text || r.Prompt != "he" || r.Persona != nil || r.Model.Name != "tiny" || r.Model.Arch != "llama" {
		t.Errorf("-json says %+v, the text was %q", r, text)
	}
	if len(r.IDs) > 12 || len(r.IDs) != len(r.LogProbs) || r.Reason == "length" != (len(r.IDs) == 12) || r.PrefillTokens < 5 {
		t.Errorf("-json says %d tokens, %d log-probabilities, %d read, ended by %q", len(r.IDs), len(r.LogProbs), r.PrefillTokens, r.Reason)
	}
	for _, p := range r.LogProbs {
		if p > 0 {
			t.Errorf("a log-probability of %v", p)
		}
	}
}

func TestChatPersona(t *testing.T) {
	path := tinyModel(t)
	file, persona := tinyPersona(t)
	link, err := persona.Link()
	if err != nil {
		t.Fatal(err)
	}
	chat := func(args ...string) replyJSON {
		return decodeReply(t, masque(t, "", path, append([]string{"chat", "-prompt", "hello", "-n", "12", "-temp", "0", "-json"}, args...)...).works(t))
	}
	plain := chat()
	plus := chat("-persona", file)
	minus := chat("-persona", file, "-pole", "odd")
	if slices.Equal(plain.LogProbs, plus.LogProbs) || slices.Equal(plus.LogProbs, minus.LogProbs) || slices.Equal(plain.LogProbs, minus.LogProbs) {
		t.Error("plain model and poles reply the same")
	}
	if got := chat("-persona", "https://example.org/"+link, "-pole", "-"); !slices.Equal(got.LogProbs, minus.LogProbs) {
		t.Error("the link is another persona than the file")
	}
	if got := chat("-persona", file, "-strength", "0"); !slices.Equal(got.LogProbs, plain.LogProbs) {
		t.Error("at strength 0 the mask does something")
	}
	if got := chat("-persona", file, "-strength", "0.5"); slices.Equal(got.LogProbs, plus.LogProbs) || slices.Equal(got.LogProbs, plain.LogProbs) {
		t.Error("strength 0.5 is no strength of its own")
	}
	if want := (personaJSON{persona.Key(), "Evenness", masks.Minus, "Odd", 1}); *minus.Persona != want {
		t.Errorf("the JSON names %+v, want %+v", *minus.Persona, want)
	}
}

func TestChatErrors(t *testing.T) {
	path := tinyModel(t)
	file, _ := tinyPersona(t)
	unknown := modeltest.Default()
	unknown.Skip = "blk.1.ffn_up.weight"
	lacking := filepath.Join(t.TempDir(), "lacking.gguf")
	if err := os.WriteFile(lacking, unknown.Write(), 0o644); err != nil {
		t.Fatal(err)
	}
	chat := func(model string, args ...string) result {
		return masque(t, "", model, append([]string{"chat", "-prompt", "x"}, args...)...)
	}
	chat(path+"x").fails(t, exitError, "no such file")
	chat(t.TempDir()).fails(t, exitError, "is no file")
	chat(file).fails(t, exitError, "not a GGUF file")
	chat(lacking).fails(t, exitError, "blk.1.ffn_up.weight")
	chat(path, "-persona", "nobody").fails(t, exitError, "neither a file nor one of the library", "extraversion")
	chat(path, "-persona", "./nobody.persona.json").fails(t, exitError, "no such file")
	chat(path, "-persona", t.TempDir()).fails(t, exitError, "is a folder")
	chat(path, "-persona", path).fails(t, exitError, "this is a model")
	chat(path, "-persona", "#p=xyz").fails(t, exitError, "link is damaged")
	chat(path, "-persona", file, "-pole", "sideways").fails(t, exitError, "plus (Even) and minus (Odd)")
	chat(path, "-persona", "extraversion").fails(t, exitError, "belongs to SmolLM2-135M-Instruct", "the loaded model is tiny")
	chat(path, "-persona", "Extraversion").fails(t, exitError, "belongs to SmolLM2-135M-Instruct")
	chat(path, "-system", strings.Repeat("long ", 60)).fails(t, exitError, "context", "shorter")
	// Keys that are missing or of another type: both errors name the file.
	odd := modeltest.Default()
	odd.Meta = func(w *gguf.Writer) { w.AddMeta("tokenizer.chat_numbered", uint32(1)) }
	data := odd.Write()
	for says, renamed := range map[string][]byte{
		"general.architecture": bytes.Replace(data, []byte("general.architecture"), []byte("general.architectur3"), 1),
		"the file has uint32": bytes.Replace(
			bytes.Replace(data, []byte("tokenizer.chat_template"), []byte("tokenizer.chat_t3mplate"), 1),
			[]byte("tokenizer.chat_numbered"), []byte("tokenizer.chat_template"), 1),
	} {
		file := filepath.Join(t.TempDir(), "odd.gguf")
		if err := os.WriteFile(file, renamed, 0o644); err != nil {
			t.Fatal(err)
		}
		chat(file).fails(t, exitError, says, "odd.gguf")
	}
}

// TestUnknownTemplate: the error names the families, and one of them can be chosen.
func TestUnknownTemplate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odd.gguf")
	data := bytes.Replace(modeltest.Default().Write(), []byte("add_generation_prompt"), []byte("add_generation_pr0mpt"), 1)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, own := range [][]string{nil, {"-family", ""}} {
		masque(t, "", path, append([]string{"chat", "-prompt", "x"}, own...)...).fails(t, exitError, "template", "chatml", "-family")
	}
	masque(t, "", path, "chat", "-prompt", "x", "-n", "1", "-family", "chatml").works(t)
}

func TestConverse(t *testing.T) {
	path := tinyModel(t)
	out := masque(t, "he\n\n  \nhello", path, "chat", "-n", "3", "-temp", "0", "-json").works(t)
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d replies to two messages:\n%s", len(lines), out)
	}
	first, second := decodeReply(t, lines[0]), decodeReply(t, lines[1])
	if first.Prompt != "he" || second.Prompt != "hello" {
		t.Errorf("the replies are to %q and %q", first.Prompt, second.Prompt)
	}
	// The second prompt holds the first turn, of which the KV cache has most.
	if second.PrefillTokens > first.PrefillTokens+20 {
		t.Errorf("%d and then %d tokens were read: nothing is kept between turns", first.PrefillTokens, second.PrefillTokens)
	}
	alone := decodeReply(t, masque(t, "", path, "chat", "-n", "3", "-temp", "0", "-json", "-prompt", "hello").works(t))
	if slices.Equal(alone.LogProbs, second.LogProbs) {
		t.Error("the second reply does not depend on the first turn")
	}
	if out := masque(t, "", path, "chat").works(t); out != "" {
		t.Errorf("no message gave %q", out)
	}
}

// TestConverseTerminal: at a terminal there are a prompt, progress and a summary, and they
// stay out of stdout.
func TestConverseTerminal(t *testing.T) {
	var out, errs strings.Builder
	e := &env{
		stdin: strings.NewReader("he\n"), stdout: &out, stderr: &errs, terminal: true, interactive: true,
		getenv: func(string) string { return "" }, interrupt: make(chan os.Signal),
	}
	if code := run([]string{"chat", "-model", tinyModel(t), "-n", "2", "-temp", "0"}, e); code != exitOK {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	for _, want := range []string{"Ctrl-C stops a reply", "\n> ", " a second"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("stderr lacks %q: %q", want, &errs)
		}
	}
	alone := masque(t, "he\n", "", "chat", "-model", tinyModel(t), "-n", "2", "-temp", "0").works(t)
	if out.String() != alone {
		t.Errorf("stdout holds %q, without a terminal %q", &out, alone)
	}
}

// TestConverseFull: at a terminal a message that is too long is told so, and the
// conversation goes on without it; elsewhere it ends.
func TestConverseFull(t *testing.T) {
	path := tinyModel(t)
	long := strings.Repeat("long ", 60)
	var out, errs strings.Builder
	e := &env{
		stdin: strings.NewReader(long + "\nhe\n"), stdout: &out, stderr: &errs, interactive: true,
		getenv: func(string) string { return "" }, interrupt: make(chan os.Signal),
	}
	if code := run([]string{"chat", "-model", path, "-n", "2", "-temp", "0"}, e); code != exitOK {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	if !strings.Contains(errs.String(), "send a shorter message") {
		t.Errorf("stderr says %q", &errs)
	}
	if alone := masque(t, "he\n", path, "chat", "-n", "2", "-temp", "0").works(t); out.String() != alone {
		t.Errorf("after a message too long the reply is %q, without it %q", &out, alone)
	}
	masque(t, long+"\nhe\n", path, "chat").fails(t, exitError, "send a shorter message")
}

// interrupted starts a chat whose output is shown to see, which may interrupt. After the
// first interrupt every write takes its time, so that a reply which does not stop
// would be long in coming, however busy the machine is.
func interrupted(t *testing.T, stdin io.Reader, interactive bool, see func(interrupt func(), sofar string), args ...string) (r result, writes int) {
	t.Helper()
	signals := make(chan os.Signal)
	var out, errs strings.Builder
	slow := false
	e := &env{
		stdin: stdin, interactive: interactive, stderr: &errs, getenv: func(string) string { return "" }, interrupt: signals,
		stdout: writer(func(p []byte) (int, error) {
			if slow {
				time.Sleep(5 * time.Millisecond)
			}
			out.Write(p)
			writes++
			see(func() { slow = true; signals <- os.Interrupt }, out.String())
			return len(p), nil
		}),
	}
	code := run(append([]string{"chat", "-model", tinyModel(t), "-temp", "1", "-n", "150", "-seed", "3"}, args...), e)
	return result{code, out.String(), errs.String()}, writes
}

func TestInterruptEndsPrompt(t *testing.T) {
	once := false
	r, writes := interrupted(t, strings.NewReader(""), false, func(interrupt func(), sofar string) {
		if !once {
			once = true
			interrupt()
		}
	}, "-prompt", "hello")
	if r.code != exitInterrupted || r.stderr != "masque chat: interrupted\n" || !strings.HasSuffix(r.stdout, "\n") {
		t.Errorf("exit code %d, stderr %q, stdout %q", r.code, r.stderr, r.stdout)
	}
	if writes > 100 {
		t.Errorf("the reply went on for %d tokens", writes)
	}
}

// TestInterruptStopsReplyThenLeaves: the first interrupt ends the first reply; the second,
// between replies, ends the conversation although the input goes on.
func TestInterruptStopsReplyThenLeaves(t *testing.T) {
	input, typed := io.Pipe()
	defer typed.Close()
	go io.WriteString(typed, "hello\n")
	stopped, left := false, false
	r, writes := interrupted(t, input, true, func(interrupt func(), sofar string) {
		switch {
		case !stopped:
			stopped = true
			interrupt()
		case !left && strings.HasSuffix(sofar, "\n"): // the reply is over
			left = true
			go interrupt()
		}
	})
	if r.code != exitOK || !strings.HasSuffix(r.stderr, "leaves.\n> > \n") || !left {
		t.Errorf("exit code %d, stderr %q, stdout %q", r.code, r.stderr, r.stdout)
	}
	if writes > 100 {
		t.Errorf("the reply went on for %d tokens", writes)
	}
}

// TestInterruptEndsInput: what a script sends is not gone on with, and the exit code tells.
func TestInterruptEndsInput(t *testing.T) {
	once := false
	r, writes := interrupted(t, strings.NewReader(strings.Repeat("hello\n", 100)), false, func(interrupt func(), sofar string) {
		if !once {
			once = true
			interrupt()
		}
	})
	if r.code != exitInterrupted || r.stderr != "masque chat: interrupted\n" || writes > 100 {
		t.Errorf("exit code %d, stderr %q after %d writes", r.code, r.stderr, writes)
	}
}

func TestInterruptWhileLoading(t *testing.T) {
	signals := make(chan os.Signal, 1)
	ctx, stop := (&env{interrupt: signals}).cancellable(t.Context(), nil)
	signals <- os.Interrupt
	<-ctx.Done()
	stop()
	m, err := openModel(tinyModel(t))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, err := m.weights(ctx, &progress{}, 0); !errors.Is(err, ctx.Err()) {
		t.Errorf("loading after an interrupt: %v", err)
	}
	if _, err := m.digest(ctx, &progress{}); !errors.Is(err, ctx.Err()) {
		t.Errorf("hashing after an interrupt: %v", err)
	}
}

func TestBrokenOutput(t *testing.T) {
	var errs strings.Builder
	e := &env{
		stdin: strings.NewReader(""), stderr: &errs, getenv: func(string) string { return "" }, interrupt: make(chan os.Signal),
		stdout: writer(func([]byte) (int, error) { return 0, errors.New("no space left") }),
	}
	if code := run([]string{"chat", "-model", tinyModel(t), "-prompt", "x"}, e); code != exitError || !strings.Contains(errs.String(), "no space left") {
		t.Errorf("exit code %d, stderr %q", code, &errs)
	}
}

func TestReadLines(t *testing.T) {
	lines, quit := make(chan string, 10), make(chan struct{})
	if err := readLines(strings.NewReader("a\r\nb"), lines, quit); err != nil {
		t.Fatal(err)
	}
	if a, b := <-lines, <-lines; a != "a" || b != "b" {
		t.Errorf("lines %q and %q", a, b)
	}
	if err := readLines(strings.NewReader(strings.Repeat("x", maxLine+1)), lines, quit); err == nil || !strings.Contains(err.Error(), "a message of more than") {
		t.Errorf("an endless line: %v", err)
	}
	close(quit)
	full := make(chan string)
	if err := readLines(strings.NewReader("a\nb"), full, quit); err != nil {
		t.Errorf("after the end: %v", err)
	}
}
