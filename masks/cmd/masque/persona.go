package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"masque/masks"
	"masque/masks/library"
)

// findPersona reads a persona from a link, the library (by the file's name or the
// persona's) or a file.
func findPersona(arg string) (*masks.Persona, error) {
	if masks.IsLink(arg) {
		return masks.FromLink(arg)
	}
	all, err := library.All()
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(library.Names(), func(name string) bool { return strings.EqualFold(name, arg) }) {
		return library.Find(arg)
	}
	for _, p := range all {
		if strings.EqualFold(p.Name, arg) {
			return p, nil
		}
	}
	file, err := os.Open(arg)
	if errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(arg, `/\.`) {
		return nil, fmt.Errorf("there is no persona %q: it is neither a file nor one of the library (%s)", arg, strings.Join(library.Names(), ", "))
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a folder; name a .persona.json file in it", arg)
	}
	p, err := masks.Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", arg, err)
	}
	return p, nil
}
