// Package masque_test holds the rules of the house that a compiler does not
// check: which package may import which, what every package and file looks
// like, and what no file may say. It reads the source of every platform, so a
// breach in a file that this machine would not build is found too.
package masque_test

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// arrow is an import that must not be.
type arrow struct {
	from   string   // a package and those below it …
	except []string // … but not these and those below them
	to     []string // must not import these and those below them
	why    string
	tests  bool // nor may their tests
}

var arrows = []arrow{
	{
		from: "masque/engine", to: []string{"masque/masks", "masque/wasm"}, tests: true,
		why: "the engine knows nothing of personas or browsers",
	},
	{
		from: "masque/engine", except: []string{"masque/engine/model", "masque/engine/generate"},
		to:  []string{"masque/engine/model", "masque/engine/generate"},
		why: "the parts of the engine do not know the model they serve",
	},
	{
		from: "masque/engine/model", to: []string{"masque/engine/generate"},
		why: "generating is built on the model, not the other way",
	},
	{
		from: "masque/masks", to: []string{"masque/wasm"}, tests: true,
		why: "masks run natively as well as in a browser",
	},
	{
		from: "masque", except: []string{"masque/masks/cmd"}, to: []string{"masque/masks/cmd"},
		why: "nothing is built on the command line",
	},
	{
		from: "masque/wasm/link", to: []string{"masque"},
		why: "the post-link step works on any Go program",
	},
	{
		from: "masque", except: []string{"masque/wasm/page"}, to: []string{"syscall/js", "github.com/hack-pad/safejs"}, tests: true,
		why: "wasm/page is the only place that knows JavaScript",
	},
	{
		from: "masque", except: []string{"masque/wasm/edge"}, to: []string{"github.com/syumai/workers"}, tests: true,
		why: "wasm/edge is the only place that knows an edge platform",
	},
}

const maxGoLines = 600

// maxBytes is more than any file needs that people wrote or a test compares with. What
// is built does not belong in the repository.
const maxBytes = 1 << 20

// banned are texts that no file may hold. They are spelled in two halves here,
// so that this file may.
var banned = []struct{ text, why string }{
	{"pypi" + ".org", "where a package registry is reached is a setting of the machine"},
	{"python" + "hosted.org", "where a package registry is reached is a setting of the machine"},
	{"registry.npm" + "js.org", "where a package registry is reached is a setting of the machine"},
	{"proxy." + "golang.org", "where a package registry is reached is a setting of the machine"},
	{"sum." + "golang.org", "where a package registry is reached is a setting of the machine"},
	{"deb." + "debian.org", "where a package registry is reached is a setting of the machine"},
	{"/work" + "/main", "a path of the machine it was written on"},
	{"/work" + "/shared", "a path of the machine it was written on"},
	{".." + "/shared/", "a folder that is not in the repository"},
}

func TestHouseRules(t *testing.T) {
	names, err := sourceFiles()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(names, "house_test.go") || len(names) < 50 {
		t.Fatalf("the list of files is not this repository's: %d files", len(names))
	}
	faults, err := inspect(os.DirFS("."), names)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Error(f)
	}
}

// TestPageProgramIsSmall keeps packages out of the browser's program that would
// make it much larger, however they would come in.
func TestPageProgramIsSmall(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "./wasm/page")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, &stderr)
	}
	deps := strings.Fields(string(out))
	if !slices.Contains(deps, "masque/engine/model") {
		t.Fatalf("%v does not list masque/engine/model", cmd)
	}
	for _, heavy := range []string{
		"net/http", "crypto/tls", "html/template", "gonum.org/v1/gonum/mat",
		"encoding/json", "encoding/json/v2", "encoding/json/jsontext", // masks/jsondoc is a quarter of that
		"crypto/sha256", "crypto/internal/fips140", // engine/sha256 is a fiftieth
		"compress/flate", // masks/deflate is a quarter
	} {
		if slices.Contains(deps, heavy) {
			t.Errorf("wasm/page depends on %s; `go list -deps` shows by which way", heavy)
		}
	}
}

// TestLibraryIsOfThePinnedModel: build.sh does not let another model's personas replace the
// committed ones, by whatever name their folder is called. What it lets by is no model at all.
func TestLibraryIsOfThePinnedModel(t *testing.T) {
	other := filepath.Join(t.TempDir(), "other.gguf")
	if err := os.WriteFile(other, []byte("GGUF"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ flags, says string }{
		{"", "unset MASQUE_MODEL"},
		{"-draws 2 -library=masks/../masks/library/", "unset MASQUE_MODEL"},
		{"--library masks/library", "unset MASQUE_MODEL"},
		{"-library " + filepath.Dir(other), "no pair.json"},
	} {
		cmd := exec.Command("bash", append([]string{"build.sh", "personas"}, strings.Fields(c.flags)...)...)
		cmd.Env = append(os.Environ(), "MASQUE_MODEL="+other)
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), c.says) {
			t.Errorf("build.sh personas %s: %v, want one that says %q:\n%s", c.flags, err, c.says, out)
		}
	}
}

// TestRulesBite shows each rule a file that breaks it.
func TestRulesBite(t *testing.T) {
	const header = "// Package p is documented.\npackage p\n"
	for _, c := range []struct{ name, text, want string }{
		{"engine/gguf/p.go", header + `import _ "masque/masks"`, "must not import masque/masks"},
		{"engine/gguf/p_test.go", header + `import _ "masque/masks/library"`, "must not import masque/masks/library"},
		{"engine/quant/p.go", header + `import _ "masque/engine/model"`, "must not import masque/engine/model"},
		{"engine/model/p.go", header + `import _ "masque/engine/generate"`, "must not import masque/engine/generate"},
		{"masks/p.go", header + `import _ "masque/wasm/page"`, "must not import masque/wasm/page"},
		{"masks/serve/p.go", header + `import _ "masque/masks/cmd/masque"`, "must not import masque/masks/cmd/masque"},
		{"wasm/link/p.go", header + `import _ "masque/engine/gguf"`, "must not import masque/engine/gguf"},
		{"engine/kernel/p_js.go", header + `import _ "syscall/js"`, "must not import syscall/js"},
		{"wasm/edge/p.go", header + `import _ "github.com/hack-pad/safejs/jsworker"`, "must not import github.com/hack-pad/safejs/jsworker"},
		{"wasm/page/p.go", header + `import _ "github.com/syumai/workers"`, "must not import github.com/syumai/workers"},
		{"engine/gguf/p.go", "package p\n", "no file says what the package is"},
		{"engine/gguf/p.go", header + strings.Repeat("\n", maxGoLines), "longer than"},
		{"engine/gguf/p.go", header + "func", "expected"},
		{"masque", strings.Repeat("\x7f", maxBytes+1), "was it built here"},
		{"web/p.ts", "// see " + banned[0].text, "a setting of the machine"},
	} {
		faults, err := inspect(fstest.MapFS{c.name: {Data: []byte(c.text)}}, []string{c.name})
		if err != nil {
			t.Fatal(err)
		}
		if len(faults) != 1 || !strings.Contains(faults[0], c.want) {
			t.Errorf("%s: got %q, want one fault about %q", c.name, faults, c.want)
		}
	}
	for name, text := range map[string]string{
		"engine/model/p.go":        header + `import _ "masque/engine/quant"`,
		"engine/quant/p_test.go":   header + `import _ "masque/engine/model"`,
		"wasm/page/p.go":           header + `import _ "syscall/js"`,
		"wasm/edge/p.go":           header + `import _ "github.com/syumai/workers"`,
		"engine/kernel/table.go":   "// Code generated by a program. DO NOT EDIT.\n\n" + header + strings.Repeat("\n", maxGoLines),
		"engine/gguf/testdata/x.c": strings.Repeat("\n", maxGoLines+1),
	} {
		if strings.HasSuffix(name, "_test.go") {
			text = strings.TrimPrefix(text, "// Package p is documented.\n")
		}
		faults, err := inspect(fstest.MapFS{name: {Data: []byte(text)}}, []string{name})
		if err != nil {
			t.Fatal(err)
		}
		if len(faults) != 0 {
			t.Errorf("%s: got %q, want no fault", name, faults)
		}
	}
}

// inspect returns what is wrong with the named files of a tree.
func inspect(tree fs.FS, names []string) (faults []string, err error) {
	documented := make(map[string]bool) // by folder, for folders with a package
	for _, name := range names {
		text, err := fs.ReadFile(tree, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed, and git not told yet
		}
		if err != nil {
			return nil, err
		}
		if len(text) > maxBytes {
			faults = append(faults, fmt.Sprintf("%s: %d bytes, more than %d: was it built here?", name, len(text), maxBytes))
		}
		for _, b := range banned {
			if at := bytes.Index(text, []byte(b.text)); at >= 0 {
				faults = append(faults, fmt.Sprintf("%s:%d: says %q: %s", name, bytes.Count(text[:at], []byte("\n"))+1, b.text, b.why))
			}
		}
		if path.Ext(name) != ".go" || strings.Contains(name, "testdata/") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.ImportsOnly)
		if err == nil {
			_, err = parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		}
		if err != nil {
			faults = append(faults, err.Error())
			continue
		}
		faults = append(faults, inspectImports(name, file)...)
		if n := bytes.Count(text, []byte("\n")); n > maxGoLines && !ast.IsGenerated(file) {
			faults = append(faults, fmt.Sprintf("%s: %d lines, longer than %d: look for the second construct", name, n, maxGoLines))
		}
		if !strings.HasSuffix(name, "_test.go") {
			dir := path.Dir(name)
			documented[dir] = documented[dir] || isPackageDoc(file)
		}
	}
	for dir, ok := range documented {
		if !ok {
			faults = append(faults, dir+": no file says what the package is")
		}
	}
	slices.Sort(faults)
	return faults, nil
}

// inspectImports compares the imports of one file with the arrows.
func inspectImports(name string, file *ast.File) (faults []string) {
	from := path.Join("masque", path.Dir(name))
	for _, spec := range file.Imports {
		to, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has checked it
		}
		for _, a := range arrows {
			if strings.HasSuffix(name, "_test.go") && !a.tests {
				continue
			}
			if within(from, a.from) && !slices.ContainsFunc(a.except, func(p string) bool { return within(from, p) }) &&
				slices.ContainsFunc(a.to, func(p string) bool { return within(to, p) }) {
				faults = append(faults, fmt.Sprintf("%s: must not import %s: %s", name, to, a.why))
			}
		}
	}
	return faults
}

// within reports whether a package is another or stands below it.
func within(pkg, root string) bool {
	return pkg == root || strings.HasPrefix(pkg, root+"/")
}

func isPackageDoc(file *ast.File) bool {
	doc := file.Doc.Text()
	return strings.HasPrefix(doc, "Package "+file.Name.Name+" ") ||
		file.Name.Name == "main" && (strings.HasPrefix(doc, "Command ") || strings.HasPrefix(doc, "Program "))
}

// sourceFiles lists the files that are in the repository or about to be. A tree
// without git (an archive of the source) is walked.
func sourceFiles() ([]string, error) {
	if _, err := os.Stat(".git"); err == nil {
		out, err := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
		if err != nil {
			return nil, fmt.Errorf("git ls-files: %w", err)
		}
		return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"), nil
	}
	made := []string{"bin", "web/dist", "web/node_modules", "web/public/model", "web/public/wasm", "web/test-results"}
	var names []string
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(made, name):
			return fs.SkipDir
		case d.Type().IsRegular():
			names = append(names, name)
		}
		return nil
	})
	return names, err
}
