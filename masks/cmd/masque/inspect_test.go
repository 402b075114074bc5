package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"masque/engine/gguf"
	"masque/engine/model/modeltest"
	"masque/masks"
	"masque/masks/jsondoc"
)

func TestInspectModel(t *testing.T) {
	path := tinyModel(t)
	text := masque(t, "", "", "inspect", path).works(t)
	for _, want := range []string{
		path + ": GGUF version 3, ", "\ntensor data SHA-256 ", "\nmasque can run it\n", "family chatml",
		"llama.block_count", `"llama"`, `260 values: ["`, "token_embd.weight", "64 × 260", "29 of type F32",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	for line := range strings.Lines(text) {
		if strings.TrimRight(line, " \n")+"\n" != line {
			t.Errorf("blanks at the end of %q", line)
		}
	}
	var r modelReport
	if err := json.Unmarshal([]byte(masque(t, "", "", "inspect", "-json", path).works(t)), &r); err != nil {
		t.Fatal(err)
	}
	_, persona := tinyPersona(t)
	if r.Kind != "gguf" || r.File != path || r.Version != 3 || r.Problem != "" || r.Template != "chatml" || r.Digest != persona.Model.Digest {
		t.Errorf("the JSON says %+v", r)
	}
	if len(r.Tensors) != 2+9*3 || r.Metadata["general.name"] != "tiny" {
		t.Errorf("the JSON lists %d tensors and the name %v", len(r.Tensors), r.Metadata["general.name"])
	}
	tokens, ok := r.Metadata["tokenizer.ggml.tokens"].(map[string]any)
	if !ok || tokens["length"] != float64(modeltest.Vocab) {
		t.Errorf("the vocabulary is shown as %v", r.Metadata["tokenizer.ggml.tokens"])
	}
}

// TestInspectForeignModel: a model that cannot be run can still be looked at.
func TestInspectForeignModel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "foreign.gguf")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var w gguf.Writer
	w.AddMeta("general.architecture", "mamba")
	w.AddMeta("general.tags", []string{"a", "b"})
	w.AddTensor("x", gguf.F32, []uint64{2}, make([]byte, 8))
	if _, err := w.WriteTo(file); err != nil {
		t.Fatal(err)
	}
	text := masque(t, "", "", "inspect", path).works(t)
	for _, want := range []string{"masque cannot run it: ", "mamba", `["a" "b"]`, "1 of type F32: 0.0 million weights, 8 bytes"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "family") {
		t.Errorf("it names a family of a template that is not there:\n%s", text)
	}
}

// TestInspectOddValues: what JSON has no word for is said all the same.
func TestInspectOddValues(t *testing.T) {
	var w gguf.Writer
	w.AddMeta("general.architecture", "mamba")
	w.AddMeta("nan", float32(math.NaN()))
	w.AddMeta("floats", []float64{1.5, math.Inf(1), math.Inf(-1)})
	w.AddMeta("bytes", []uint8{1, 2, 255})
	w.AddMeta("many", make([]uint8, 99))
	w.AddMeta("arrays", []any{[]uint8{7}, []float32{float32(math.NaN())}})
	w.AddTensor("x", gguf.F32, []uint64{2}, make([]byte, 8))
	var file bytes.Buffer
	if _, err := w.WriteTo(&file); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "odd.gguf")
	write(t, path, file.String())
	var r struct{ Metadata map[string]json.RawMessage }
	if err := json.Unmarshal([]byte(masque(t, "", "", "inspect", "-json", path).works(t)), &r); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"nan": `"NaN"`, "floats": `[1.5,"+Inf","-Inf"]`, "bytes": `[1,2,255]`,
		"many": `{"length":99,"first":[0,0,0,0]}`, "arrays": `[[7],["NaN"]]`,
	} {
		var got bytes.Buffer
		if err := json.Compact(&got, r.Metadata[key]); err != nil || got.String() != want {
			t.Errorf("%s is %s, %v, want %s", key, &got, err, want)
		}
	}
	text := masque(t, "", "", "inspect", path).works(t)
	for _, want := range []string{"[1.5 +Inf -Inf]", "[1 2 255]", "99 values: [0 0 0 0] …"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
}

// TestInspectSays: what stands in the way of running a model is said, and nothing in a
// file drives the terminal.
func TestInspectSays(t *testing.T) {
	for name, test := range map[string]struct {
		meta      func(*gguf.Writer)
		old, new  string // of the file's bytes
		says, not string
	}{
		"tokenizer":    {old: "tokenizer.ggml.tokens", new: "tokenizer.ggml.t0kens", says: "masque cannot run it: tokenizer: ", not: "masque can run"},
		"template":     {old: "add_generation_prompt", new: "add_generation_pr0mpt", says: "no known family: choose one with -family", not: "of the family"},
		"escape codes": {meta: func(w *gguf.Writer) { w.AddMeta("\x1b[31mkey\nline", "\x1b[32m") }, says: "\ufffd[31mkey", not: "\x1b"},
	} {
		c := modeltest.Default()
		c.Meta = test.meta
		path := filepath.Join(t.TempDir(), "odd.gguf")
		if err := os.WriteFile(path, bytes.Replace(c.Write(), []byte(test.old), []byte(test.new), 1), 0o644); err != nil {
			t.Fatal(err)
		}
		text := masque(t, "", "", "inspect", path).works(t)
		if !strings.Contains(text, test.says) || strings.Contains(text, test.not) {
			t.Errorf("%s: it does not say %q, or says %q:\n%s", name, test.says, test.not, text)
		}
	}
}

// TestInspectPipe: what is looked at first is not lost.
func TestInspectPipe(t *testing.T) {
	path, _ := tinyPersona(t)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := exec.Command("mkfifo", pipe).Run(); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	written := make(chan error, 1)
	go func() { written <- os.WriteFile(pipe, data, 0o600) }()
	if text := masque(t, "", "", "inspect", pipe).works(t); !strings.Contains(text, ": Evenness\n") {
		t.Errorf("a persona from a pipe:\n%s", text)
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
}

func TestInspectPersona(t *testing.T) {
	path, persona := tinyPersona(t)
	link, err := persona.Link()
	if err != nil {
		t.Fatal(err)
	}
	for _, arg := range []string{path, link, "extraversion"} {
		text := masque(t, "", "", "inspect", arg).works(t)
		wants := []string{"Evenness", "plus pole   Even.", "minus pole  Odd.", "tiny (llama, tensor data ", persona.Key(), "64 and 64 units, by score", "licence unknown"}
		if arg == "extraversion" {
			wants = []string{
				"Extraversion", "a pole, by the plain model under the prompts", " units, by score", "Unseen statements", "Items in another style", "perplexity ratio",
				"control ", "Label-shuffled", "(mean of ", "101 plus, 101 minus", "recipe       units, ",
			}
		}
		for _, want := range wants {
			if !strings.Contains(text, want) {
				t.Errorf("%.20s: it does not say %q:\n%s", arg, want, text)
			}
		}
		var r personaReport
		if err := jsondoc.Unmarshal([]byte(masque(t, "", "", "inspect", "-json", arg).works(t)), &r); err != nil {
			t.Fatal(err)
		}
		back, err := masks.FromLink(r.Link)
		if err != nil {
			t.Fatal(err)
		}
		if r.Kind != "persona" || r.Key != back.Key() || r.Persona.Name != back.Name {
			t.Errorf("%.20s: the JSON says %+v", arg, r)
		}
		plus, minus := back.Size()
		for _, counts := range r.Units.Plus {
			plus -= counts.Channels + counts.Neurons
		}
		for _, counts := range r.Units.Minus {
			minus -= counts.Channels + counts.Neurons
		}
		if plus != 0 || minus != 0 {
			t.Errorf("%.20s: the layers' counts miss %d and %d units", arg, plus, minus)
		}
	}
}

func TestInspectWeightPersona(t *testing.T) {
	_, p := tinyPersona(t)
	p.Kind, p.Units = masks.KindWeights, nil
	p.Recipe = masks.Recipe{Name: masks.RecipeContrastiveWanda, Phi: "relu", Parameters: map[string]float64{"rho": .1}}
	moments := masks.Moments{Mean: masks.NewHalves([]float32{1, 2}), Deviation: masks.NewHalves([]float32{0, 1})}
	p.Weights = &masks.Weights{
		Layers: [2]int{2, 2}, Matrices: []string{"q", "v"},
		Inputs: []masks.Input{{Name: "attn", Width: 2, Plus: moments, Minus: moments}},
	}
	low, high := .8, .95
	p.Evidence = &masks.Evidence{Source: "made up", Tests: []masks.Test{{Name: "held out", AUC: &masks.Estimate{Value: .9, Low: &low, High: &high}}}}
	path := filepath.Join(t.TempDir(), "x.persona.json")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := p.Write(file); err != nil {
		t.Fatal(err)
	}
	text := masque(t, "", "", "inspect", path).works(t)
	for _, want := range []string{"weights of q, v in layers 2 to 2", "contrastive-wanda, phi relu, rho 0.1", "0.900 [0.800, 0.950]"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	masque(t, "", tinyModel(t), "chat", "-prompt", "x", "-persona", path).fails(t, exitError, "the mask counts 2 channels of the input attn, the model has 64")
}

func TestInspectErrors(t *testing.T) {
	dir := t.TempDir()
	damaged := filepath.Join(dir, "damaged.gguf")
	if err := os.WriteFile(damaged, []byte("GGUF\x03\x00\x00\x00"), 0o644); err != nil {
		t.Fatal(err)
	}
	masque(t, "", "", "inspect", damaged).fails(t, exitError, "gguf: damaged.gguf")
	masque(t, "", "", "inspect", dir).fails(t, exitError, dir)
	masque(t, "", "", "inspect", filepath.Join(dir, "nothing.gguf")).fails(t, exitError, "no such file")
	masque(t, "", "", "inspect", "nothing").fails(t, exitError, "neither a file nor one of the library")
}

func TestBytesText(t *testing.T) {
	for n, want := range map[int64]string{999: "999 bytes", 1500: "1.5 kB", 98_362_432: "98.4 MB", 4_000_000_000: "4.00 GB"} {
		if got := bytesText(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
