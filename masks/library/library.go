//go:build !js

// Package library holds the personas that Masque ships with, embedded.
//
// Each personas/*.persona.json is an ordinary persona file (see package masks).
// They are computed from statements/ by masque personas, which writes RESULTS.md too.
package library

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"masque/masks"
)

//go:embed personas/*.persona.json
var files embed.FS

const suffix = ".persona.json"

// All returns the personas in the order of their names. Each call parses them anew,
// so that a caller may change what it got.
func All() ([]*masks.Persona, error) {
	paths, err := fs.Glob(files, "personas/*"+suffix)
	if err != nil {
		return nil, fmt.Errorf("library: %w", err)
	}
	personas := make([]*masks.Persona, 0, len(paths))
	for _, path := range paths {
		p, err := read(path)
		if err != nil {
			return nil, err
		}
		personas = append(personas, p)
	}
	slices.SortStableFunc(personas, func(a, b *masks.Persona) int { return cmp.Compare(a.Name, b.Name) })
	return personas, nil
}

// Names returns what [Find] knows the personas by: their file names without
// .persona.json, in alphabetical order.
func Names() []string {
	paths, err := fs.Glob(files, "personas/*"+suffix)
	if err != nil {
		panic("library: " + err.Error()) // the pattern is constant
	}
	for i, path := range paths {
		paths[i] = strings.TrimSuffix(strings.TrimPrefix(path, "personas/"), suffix)
	}
	return paths
}

// Find returns the persona with the given file name, in any case and without
// .persona.json.
func Find(name string) (*masks.Persona, error) {
	for _, known := range Names() {
		if strings.EqualFold(known, name) {
			return read("personas/" + known + suffix)
		}
	}
	return nil, fmt.Errorf("library: there is no persona %q; the library has %s", name, strings.Join(Names(), ", "))
}

func read(path string) (*masks.Persona, error) {
	data, err := files.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("library: %w", err)
	}
	p, err := masks.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("library: %s: %w", path, err)
	}
	return p, nil
}
