package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"masque/engine/model"
	"masque/masks"
	"masque/masks/study"
)

// laboratory is a model that is loaded for calibration and evaluation.
type laboratory struct {
	*study.Lab
	model    masks.Model
	progress *progress
}

// laboratory loads a model; close it in the end.
func (e *env) laboratory(ctx context.Context, path, family string) (*laboratory, error) {
	m, err := openModel(path)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	tok, f, err := m.text(family)
	if err != nil {
		return nil, err
	}
	l := &laboratory{progress: e.progress()}
	if l.model, err = m.identity(ctx, l.progress); err != nil {
		return nil, err
	}
	weights, err := m.weights(ctx, l.progress, model.Fast)
	if err != nil {
		return nil, err
	}
	engine := model.NewEngine(weights, workers())
	if l.Lab, err = study.New(engine, tok, f); err != nil {
		engine.Close()
		return nil, err
	}
	return l, nil
}

func (l *laboratory) close() {
	l.progress.clear()
	l.Engine().Close()
}

// tell shows how far a step of a study is.
func (l *laboratory) tell(what string, done, total int) {
	l.progress.share(what, int64(done), int64(total))
}

// maxStatements bounds a file of statements, in bytes.
const maxStatements = 4 << 20

// readStatements reads a file with one statement a line.
func readStatements(path string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxStatements+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxStatements || bytes.IndexByte(data, 0) >= 0 || !utf8.Valid(data) {
		return nil, fmt.Errorf("%s is no text file (UTF-8, at most %d bytes) of statements, one a line", path, maxStatements)
	}
	return strings.Split(strings.TrimPrefix(string(data), "\ufeff"), "\n"), nil
}

// readSet reads both poles, as they stand in the files.
func readSet(plus, minus string) (raw study.Statements, err error) {
	if raw.Plus, err = readStatements(plus); err != nil {
		return raw, err
	}
	raw.Minus, err = readStatements(minus)
	return raw, err
}

// clean leaves each statement once, and those of both poles out.
func clean(raw study.Statements) study.Statements {
	plus, minus := masks.Clean(raw.Plus), masks.Clean(raw.Minus)
	foreign := func(other []string) func(string) bool {
		return func(s string) bool { return slices.Contains(other, s) }
	}
	return study.Statements{
		Plus:  slices.DeleteFunc(slices.Clone(plus), foreign(minus)),
		Minus: slices.DeleteFunc(slices.Clone(minus), foreign(plus)),
	}
}

// pair describes two poles: pair.json of the library.
type pair struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Poles       struct {
		Plus  poleText `json:"plus"`
		Minus poleText `json:"minus"`
	} `json:"poles"`
}

type poleText struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Prompt      string `json:"prompt"` // puts the pole into words for the model
	Label       string `json:"label"`  // what people call its statements
}

func readPair(path string) (*pair, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	p := new(pair)
	if err := json.Unmarshal(data, p); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if p.Name == "" || p.Poles.Plus.Name == "" || p.Poles.Minus.Name == "" {
		return nil, fmt.Errorf("%s: name, poles.plus.name and poles.minus.name must be there", path)
	}
	return p, nil
}

// pairOfFiles names the poles after their files.
func pairOfFiles(plus, minus string) *pair {
	name := func(path string) string { return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)) }
	p := new(pair)
	p.Poles.Plus.Name, p.Poles.Minus.Name = name(plus), name(minus)
	p.Name = p.Poles.Plus.Name + " – " + p.Poles.Minus.Name
	return p
}

// describe writes the names into a document.
func (p *pair) describe(d *masks.Persona) {
	d.Name, d.Description = p.Name, p.Description
	d.Poles.Plus.Name, d.Poles.Plus.Description = p.Poles.Plus.Name, p.Poles.Plus.Description
	d.Poles.Minus.Name, d.Poles.Minus.Description = p.Poles.Minus.Name, p.Poles.Minus.Description
}

// check refuses names that no persona may have, before anything is computed for one.
func (p *pair) check() error {
	d := &masks.Persona{Format: masks.Format, Version: masks.Version}
	p.describe(d)
	var fault *masks.FieldError
	if err := d.Validate(); errors.As(err, &fault) && !strings.HasPrefix(fault.Field, "model.") {
		return err
	} // the texts come first: with good ones it is the model that is missing
	return nil
}

// prompts are the pair's own, or are made of its names.
func (p *pair) prompts() study.Prompts {
	prompt := func(t poleText) string {
		if t.Prompt != "" {
			return t.Prompt
		}
		return study.PromptFor(masks.PoleText{Name: t.Name, Description: t.Description})
	}
	return study.Prompts{Plus: prompt(p.Poles.Plus), Minus: prompt(p.Poles.Minus)}
}

func (p *pair) label() string { return label(p.Poles.Plus.Label, p.Poles.Plus.Name) }

// label is what people call a pole's statements; without a word for it, the pole's
// name in quotes.
func label(given, name string) string {
	if given != "" {
		return given
	}
	return "“" + strings.ToLower(name) + "”"
}

// caveat stands in the note of every persona that masque makes.
func (p *pair) caveat() string {
	return fmt.Sprintf("The masks make statements that people label %s, or the opposite, more likely. They say nothing about what a model is.", p.label())
}
