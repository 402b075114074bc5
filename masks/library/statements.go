//go:build !js

package library

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed statements/*/plus.txt statements/*/minus.txt
var statements embed.FS

// Set is a pair's statements, line for line as its files have them.
type Set struct{ Plus, Minus []string }

// Statements returns those that personas are made from, and tested on, of every pair: also of
// those that are kept out of the gallery.
func Statements() ([]Set, error) {
	folders, err := fs.ReadDir(statements, "statements")
	if err != nil {
		return nil, fmt.Errorf("library: %w", err)
	}
	sets := make([]Set, len(folders))
	for i, folder := range folders {
		for pole, to := range map[string]*[]string{"plus": &sets[i].Plus, "minus": &sets[i].Minus} {
			text, err := statements.ReadFile("statements/" + folder.Name() + "/" + pole + ".txt")
			if err != nil {
				return nil, fmt.Errorf("library: %w", err)
			}
			*to = strings.Split(string(text), "\n")
		}
	}
	return sets, nil
}
