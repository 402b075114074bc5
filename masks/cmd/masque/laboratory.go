package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"masque/engine/model"
	"masque/masks"
	"masque/masks/library"
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
	if err := l.ReadGuard(library.GuardFile, l.model.Digest); err != nil {
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

// Bounds of files that are read whole, in bytes.
const (
	maxStatements = 4 << 20
	maxPair       = 1 << 20
	maxRecords    = 128 << 20 // of a study, or of pairs that are done
)

// readBounded reads a whole file; what has more bytes than the limit, as a device may, is
// not what it must be.
func readBounded(path string, limit int64, what string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readWhole(file, limit, what)
}

// readWhole is readBounded for a file that is open.
func readWhole(file *os.File, limit int64, what string) ([]byte, error) {
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a folder, and no %s", file.Name(), what)
	}
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s has more than %d bytes: it is no %s", file.Name(), limit, what)
	}
	return data, err
}

// warn says what else differs between two poles; where no masks are made of them, only
// what is left out.
func (e *env) warn(command string, raw study.Statements, made bool) {
	for _, confound := range study.Confounds(raw, "plus", "minus") {
		if made || confound.Drops() {
			fmt.Fprintf(e.stderr, "masque %s: warning: %s\n", command, confound.Text)
		}
	}
}

func readPair(path string) (*study.Pair, error) {
	data, err := readBounded(path, maxPair, "pair.json")
	if err != nil {
		return nil, err
	}
	p, err := study.ParsePair(bytes.TrimPrefix(data, []byte("\ufeff"))) // which some editors write
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// pairOfFiles names the poles after their files, or after the folders where both files
// are called the same.
func pairOfFiles(plus, minus string) (*study.Pair, error) {
	for _, name := range []func(string) string{stem, folder} {
		if p, m := name(plus), name(minus); !strings.EqualFold(p, m) {
			return study.Named(p, m), nil
		}
	}
	return nil, fmt.Errorf("both poles would be called %q after %s and %s; give the files different names, or name the poles in a file with -pair", stem(plus), plus, minus)
}

// stem is a file's name without its ending.
func stem(path string) string { return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)) }

// folder is the name of the folder that a file is in.
func folder(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	return filepath.Base(filepath.Dir(path))
}
