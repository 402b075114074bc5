package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	// defaultPart is what every static host takes for a file.
	defaultPart = 20 << 20
	// maxPart is the largest that the page takes: it holds one twice while it checks it.
	maxPart = 64 << 20
)

var splitCommand = command{
	name:    "split",
	args:    "-o DIR [-model FILE]",
	summary: "Cut a model into the parts and the manifest that the page loads",
	example: "masque split -model SmolLM2-135M-Instruct.Q4_1.gguf -o web/public/model",
	setup: func(flags *flag.FlagSet) func(context.Context, *env, []string) error {
		var s splitter
		path := flags.String("model", "", "the GGUF `file` (default $MASQUE_MODEL)")
		flags.StringVar(&s.dir, "o", "", "the `folder` to write to; it is made if need be")
		flags.Int64Var(&s.partSize, "size", defaultPart, "the largest part in `bytes`")
		flags.StringVar(&s.name, "name", "", "what the page calls the model (default: from the file's name)")
		flags.StringVar(&s.licence, "licence", "", "the model's licence, an SPDX `identifier` (default: from the file)")
		return func(ctx context.Context, e *env, args []string) error {
			switch {
			case len(args) > 0:
				return usagef("%q is no flag; the file goes with -model", args[0])
			case s.dir == "":
				return usagef("no folder is named: give -o DIR")
			case s.partSize < 1 || s.partSize > maxPart:
				return usagef("-size %d: a part has 1 to %d bytes", s.partSize, maxPart)
			}
			model, err := e.modelPath(*path)
			if err != nil {
				return err
			}
			return s.split(ctx, e, model)
		}
	},
}

// manifest is manifest.json: what the page downloads, and how it checks that.
type manifest struct {
	Version int    `json:"version"` // 1
	Name    string `json:"name"`
	File    string `json:"file"`
	Licence string `json:"licence"`
	Size    int64  `json:"size"`
	SHA256  string `json:"sha256"`
	Digest  string `json:"digest"` // of the tensor data: what a persona's model.digest is compared with
	Parts   []part `json:"parts"`
}

type part struct {
	File   string `json:"file"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

const manifestFile = "manifest.json"

// maxParts keeps a slip of -size from filling the folder with tiny files.
const maxParts = 1000

// splitter writes the parts of one model. A part that is already there, whole, is kept; every
// file comes to its name by a rename, the manifest last, so that a run that was cut short
// leaves nothing half and the next one goes on. Before the first part that replaces
// another the old manifest goes: it would name parts that are no more.
type splitter struct {
	dir, name, licence string
	partSize           int64
}

func (s *splitter) split(ctx context.Context, e *env, path string) error {
	m, err := openModel(path)
	if err != nil {
		return err
	}
	defer m.Close()
	if least := (m.size + maxParts - 1) / maxParts; s.partSize < least {
		return usagef("-size %d would make more than %d parts; give %d bytes or more", s.partSize, maxParts, least)
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return unwritten(s.dir, err)
	}
	dir, err := os.Open(s.dir)
	if err != nil {
		return err
	}
	defer dir.Close()
	if !locked(dir) {
		return fmt.Errorf("another split writes %s; wait for its end, or name another folder", s.dir)
	}
	before, err := readManifest(filepath.Join(s.dir, manifestFile))
	if err != nil {
		return err
	}
	p := e.progress()
	defer p.clear()
	list := manifest{Version: 1, Name: s.name, File: filepath.Base(path), Licence: s.licence, Size: m.size}
	if list.Name == "" {
		list.Name = m.name()
	}
	if list.Licence == "" {
		list.Licence = m.licence()
	}
	if list.Digest, err = m.digest(ctx, p); err != nil {
		return err
	}
	whole, buffer, kept := sha256.New(), new(bytes.Buffer), 0
	for at := int64(0); at < m.size; at += s.partSize {
		if err := ctx.Err(); err != nil {
			return err
		}
		buffer.Reset()
		size := min(s.partSize, m.size-at)
		n, err := io.Copy(buffer, io.NewSectionReader(m.file, at, size))
		if err == nil && n < size {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		whole.Write(buffer.Bytes())
		name := partName(list.File, len(list.Parts))
		sum := sha256.Sum256(buffer.Bytes())
		list.Parts = append(list.Parts, part{name, size, hex.EncodeToString(sum[:])})
		if sameFile(filepath.Join(s.dir, name), buffer.Bytes()) {
			kept++
		} else if err := s.write(name, buffer.Bytes()); err != nil {
			return err
		}
		p.share("writing parts", at+size, m.size)
	}
	list.SHA256 = hex.EncodeToString(whole.Sum(nil))
	data, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(s.dir, manifestFile), append(data, '\n')); err != nil {
		return err
	}
	if err := s.sweep(before, &list); err != nil {
		return err
	}
	p.clear()
	_, err = fmt.Fprintf(e.stdout, "%s: %d parts of %s, %d bytes, and %s; %d parts were there already\n",
		s.dir, len(list.Parts), list.Name, list.Size, manifestFile, kept)
	return err
}

// write writes one part, without a manifest beside it that means another.
func (s *splitter) write(name string, data []byte) error {
	if err := os.Remove(filepath.Join(s.dir, manifestFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return writeFile(filepath.Join(s.dir, name), data)
}

// sweep removes what is no part any more: of the model that the manifest before named,
// and of this one, whose earlier runs may have been cut short.
func (s *splitter) sweep(before, now *manifest) error {
	current, named := map[string]bool{}, map[string]bool{}
	for _, p := range now.Parts {
		current[p.File] = true
	}
	if before != nil {
		for _, p := range before.Parts {
			named[p.File] = isPart(p.File, before.File)
		}
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		if current[name] || !entry.Type().IsRegular() || !isPart(name, now.File) && !named[name] {
			continue
		}
		if err := os.Remove(filepath.Join(s.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// partName is what the i-th part of a model is called.
func partName(model string, i int) string { return fmt.Sprintf("%s.%02d", model, i) }

// isPart reports whether split may have made a file as part of a model, be it half
// written: others have numbers behind their names too, such as dates.
func isPart(name, model string) bool {
	number, found := strings.CutPrefix(strings.TrimSuffix(name, partial("")), model+".")
	i, err := strconv.Atoi(number)
	return found && err == nil && i >= 0 && i < maxParts && partName(model, i) == model+"."+number
}

// readManifest reads the manifest of an earlier run. One that is not readable as
// such is nil: it will be replaced.
func readManifest(path string) (*manifest, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	m := new(manifest)
	if json.Unmarshal(data, m) != nil || m.File == "" {
		return nil, nil
	}
	return m, nil
}

// licence is the file's, spelled as SPDX does.
func (m *modelFile) licence() string {
	licence, err := m.Metadata.String("general.license")
	if err != nil {
		return ""
	}
	for _, spdx := range []string{"Apache-2.0", "MIT", "BSD-3-Clause", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0"} {
		if strings.EqualFold(licence, spdx) {
			return spdx
		}
	}
	return licence
}

func sameFile(path string, data []byte) bool {
	info, err := os.Stat(path)
	if err != nil || info.Size() != int64(len(data)) {
		return false
	}
	have, err := os.ReadFile(path)
	return err == nil && bytes.Equal(have, data)
}
