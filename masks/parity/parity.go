// Package parity compares a model, as this engine computes it, with golden values from a
// reference implementation, and says how closely they agree beside the bound that
// they must keep.
//
// The golden files are read from any file system, and the model is one that is loaded:
// the package runs natively and in a browser. engine/testdata/golden/README.md
// describes the files and states the bounds.
//
//	run := &parity.Run{Golden: os.DirFS(dir), Tokenizer: tok, Family: family}
//	checks, err := run.Text()
//	reference, err := run.Path(f32)  // the f32 path first: the fast path is measured against it
//	checks = append(checks, reference...)
package parity

import (
	"encoding/json/v2"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"

	"masque/engine/chat"
	"masque/engine/model"
	"masque/engine/tokenizer"
)

// Bounds of agreement; those that README.md of the golden values states are marked.
const (
	LogitsF32     = 1e-3  // README: a logit, log-sum-exp or mean negative log-likelihood
	NearTie       = 2e-3  // two logits that LogitsF32 may swap
	StatementF32  = 0.002 // README: log-likelihood a token of each statement
	StatementFast = 0.03  // README; taken here of the mean over a mask's statements
	KLFast        = 0.008 // README: mean over the passage, in nats
	PPLFast       = 1.012 // README: perplexity ratio over the passage
)

// Check is one comparison.
type Check struct {
	File string // golden file
	What string // what was compared
	Path string // "f32" or "fast"; empty where no weights are involved
	// Value is how far apart the two are, in the unit that Measure names.
	Value   float64
	Measure string
	// Bound is what Value may be at most. NaN: shown for what it is, no bound is stated.
	Bound  float64
	Detail string // where the largest difference is, or how many agree
}

// Bounded reports whether the comparison has a bound.
func (c *Check) Bounded() bool { return !math.IsNaN(c.Bound) }

// OK reports whether the comparison keeps its bound. A value that is not a number
// does not.
func (c *Check) OK() bool { return !c.Bounded() || c.Value <= c.Bound }

// Skipped is a golden value that nothing was compared with.
type Skipped struct{ File, Why string }

// Run compares one model with the golden files of a folder.
type Run struct {
	Golden    fs.FS
	Tokenizer *tokenizer.Tokenizer
	Family    chat.Family
	// Progress, which may be nil, is told what is computed next. Its error ends the run.
	Progress func(step string) error

	// reference holds the f32 path's log-probabilities over the passage, [tokens−1][vocab].
	reference [][]float32
}

// The golden files.
const (
	tokenizerFile = "tokenizer.json"
	chatFile      = "chat.json"
	logitsFile    = "logits.json"
	passageFile   = "passage.json"
	personaFile   = "personas/extraversion.json"
)

// elsewhere lists the golden files that only the project's tests compare.
var elsewhere = map[string]string{
	"personas/attribution.json": "compared elsewhere: by TestGoldenAttribution of package masks",
	"personas/signature.json":   "compared elsewhere: by TestGoldenSignature of package masks",
}

// Text compares what needs no weights: tokens and rendered conversations.
func (r *Run) Text() ([]Check, error) {
	return r.each([]comparison{{tokenizerFile, r.tokens}, {chatFile, r.conversations}})
}

// Path compares what an engine computes, by the bounds of its weights' precision. Fast
// is measured against F32 over the passage, so F32 goes first; without it that one
// comparison is left out, and Skipped says so.
func (r *Run) Path(e *model.Engine) ([]Check, error) {
	on := func(compare func(e *engine, file string) ([]Check, error)) func(string) ([]Check, error) {
		return func(file string) ([]Check, error) { return compare(&engine{e}, file) }
	}
	return r.each([]comparison{{logitsFile, on(r.logits)}, {passageFile, on(r.passage)}, {personaFile, on(r.persona)}})
}

type comparison struct {
	file    string
	compare func(file string) ([]Check, error)
}

// each makes the comparisons whose file is there.
func (r *Run) each(list []comparison) ([]Check, error) {
	var checks []Check
	for _, c := range list {
		if _, err := fs.Stat(r.Golden, c.file); errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, fmt.Errorf("parity: %w", err)
		}
		more, err := c.compare(c.file)
		if err != nil {
			return nil, fmt.Errorf("parity: %s: %w", c.file, err)
		}
		checks = append(checks, more...)
	}
	return checks, nil
}

// Skipped lists the golden values that were there and were not compared.
func (r *Run) Skipped() ([]Skipped, error) {
	known := map[string]bool{tokenizerFile: true, chatFile: true, logitsFile: true, passageFile: true, personaFile: true}
	var skipped []Skipped
	err := fs.WalkDir(r.Golden, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".json" {
			return err
		}
		switch why, ok := elsewhere[name]; {
		case ok:
			skipped = append(skipped, Skipped{name, why})
		case !known[name]:
			skipped = append(skipped, Skipped{name, "unknown: there is no comparison for it"})
		case name == personaFile:
			skipped = append(skipped, Skipped{name + " ppl_ratio", "not comparable: its text is not among the golden values"})
		case name == passageFile && r.reference == nil:
			skipped = append(skipped, Skipped{name + " KL", "not compared: it takes the f32 path as its reference"})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("parity: %w", err)
	}
	return skipped, nil
}

func (r *Run) read(file string, v any) error {
	data, err := fs.ReadFile(r.Golden, file)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

func (r *Run) progress(format string, args ...any) error {
	if r.Progress == nil {
		return nil
	}
	return r.Progress(fmt.Sprintf(format, args...))
}

var errEmpty = errors.New("it holds no cases")
