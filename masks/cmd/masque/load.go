package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"masque/engine/chat"
	"masque/engine/gguf"
	"masque/engine/model"
	"masque/engine/tokenizer"
	"masque/masks"
)

// modelFile is a GGUF file that is open.
type modelFile struct {
	*gguf.File
	file *os.File
	path string
	size int64
}

func (m *modelFile) Close() error { return m.file.Close() }

// modelPath is the model that a command uses: its flag's, else $MASQUE_MODEL.
func (e *env) modelPath(flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	if path := e.getenv("MASQUE_MODEL"); path != "" {
		return path, nil
	}
	return "", usagef("no model is named: give -model FILE or set MASQUE_MODEL (./build.sh model fetches the default one and prints its path)")
}

func openModel(path string) (*modelFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file", path)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	f, err := gguf.Open(file, info.Size(), filepath.Base(path))
	if err != nil {
		file.Close()
		return nil, err
	}
	return &modelFile{f, file, path, info.Size()}, nil
}

// readConfig reads a model's shape alone: what a model does not have is refused by it
// before the weights are read.
func readConfig(path string) (*model.Config, error) {
	m, err := openModel(path)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	config, err := model.ReadConfig(m.File)
	return &config, err
}

func (m *modelFile) name() string { return masks.ModelName(filepath.Base(m.path)) }

// identity is what decides which personas fit the model.
func (m *modelFile) identity(ctx context.Context, p *progress) (masks.Model, error) {
	arch, err := m.Metadata.String("general.architecture")
	if err != nil {
		return masks.Model{}, fmt.Errorf("%s: %w", m.Name, err)
	}
	digest, err := m.digest(ctx, p)
	return masks.Model{Name: m.name(), Arch: arch, Digest: digest}, err
}

// digest is the model's fingerprint; see [gguf.File.Digest].
func (m *modelFile) digest(ctx context.Context, p *progress) (string, error) {
	defer p.clear()
	return m.Digest(p.shares(ctx, "identifying the model"))
}

// weights loads the model's weights.
func (m *modelFile) weights(ctx context.Context, p *progress, precision model.Precision) (*model.Weights, error) {
	defer p.clear()
	return model.Load(m.File, precision, p.shares(ctx, "loading "+m.Name))
}

// familyFlag defines -family: a name that is no family's is told before anything is read.
func familyFlag(flags *flag.FlagSet, to *string) {
	flags.Func("family", "the chat template's `family`, for a model whose own is unknown", func(name string) error {
		*to = name
		if name == "" { // the model's own
			return nil
		}
		_, err := chat.ByName(name)
		return err
	})
}

// text returns what turns conversations into tokens. family chooses the chat template; ""
// is the model's own.
func (m *modelFile) text(family string) (*tokenizer.Tokenizer, chat.Family, error) {
	tok, err := tokenizer.FromGGUF(m.File)
	if err != nil {
		return nil, chat.Family{}, err
	}
	if family != "" {
		f, err := chat.ByName(family)
		return tok, f, err
	}
	f, err := chat.FromGGUF(m.File)
	if errors.Is(err, chat.ErrTemplate) {
		err = fmt.Errorf("%w (with -family)", err)
	}
	return tok, f, err
}

// workers is how many goroutines multiply.
func workers() int { return runtime.GOMAXPROCS(0) }
