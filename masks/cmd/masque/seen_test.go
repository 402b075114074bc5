package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"masque/masks"
	"masque/masks/library"
	"masque/masks/study"
)

// TestEvalSeen: of the library's statements each single one that a persona was made from is
// known, whatever its document can tell of their order; what was held out is what it is
// measured on.
func TestEvalSeen(t *testing.T) {
	model, dir := studyModel(t), t.TempDir()
	sets, err := library.Statements()
	if err != nil {
		t.Fatal(err)
	}
	set := study.Statements{Plus: sets[0].Plus, Minus: sets[0].Minus}.Clean()
	calibration, held := study.ByLine(set, study.LibraryShares, 0)
	made := calibration.And(held.Development)
	files := func(plus, minus []string) []string {
		a, b := filepath.Join(dir, "a.txt"), filepath.Join(dir, "b.txt")
		write(t, a, strings.Join(plus, "\n"))
		write(t, b, strings.Join(minus, "\n"))
		return []string{"-plus", a, "-minus", b}
	}
	out := filepath.Join(dir, "x.persona.json")
	calibrate := append([]string{"calibrate", "-recipe", "tilt", "-holdout", "0", "-o", out}, files(made.Plus, made.Minus)...)
	if r := masque(t, "", model, calibrate...); r.code != exitOK {
		t.Fatal(r.stderr)
	}
	p := persona(t, out)
	p.Statements.Sorted = "" // as in the library's documents
	var older strings.Builder
	if err := p.Write(&older); err != nil {
		t.Fatal(err)
	}
	write(t, out, older.String())
	both := filepath.Join(dir, "both.persona.json")
	masque(t, "", "", "combine", "-op", "together", "-o", both, out, out).works(t)

	sorted := func(s []string) []string { return slices.Sorted(slices.Values(s)) }
	for _, path := range []string{out, both} {
		for name, c := range map[string]struct {
			plus, minus []string
			warns, says string
		}{
			"all, sorted":   {sorted(set.Plus), sorted(set.Minus), "some of these statements", "Unseen statements  "},
			"a part":        {made.Plus[5:9], made.Minus[:3], "these very statements", "Its own statements  "},
			"with others":   {append(made.Plus[:3:3], "I hum.", "I sing."), append(made.Minus[:3:3], "I sit."), "the 2 plus and 1 minus ones", "2 / 1"},
			"what was kept": {held.Test.Plus[:3], held.Test.Minus[:3], "", "Unseen statements  "},
		} {
			r := masque(t, "", model, append([]string{"eval", "-persona", path}, files(c.plus, c.minus)...)...)
			if r.code != exitOK || !strings.Contains(r.stdout, c.says) || !strings.Contains(r.stderr, c.warns) || (c.warns == "") == strings.Contains(r.stderr, "was made from") {
				t.Errorf("%s of %s: exit code %d, warnings %q, and it says\n%s", name, filepath.Base(path), r.code, r.stderr, r.stdout)
			}
		}
	}
}

// TestSeen: the statements that a persona of the library was made from are found by its document.
func TestSeen(t *testing.T) {
	p, err := library.Find("extraversion")
	if err != nil {
		t.Fatal(err)
	}
	union, err := masks.Combine(masks.OpUnion, masks.Operand{Persona: p, Swapped: true}, masks.Operand{Persona: p})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*masks.Persona{p, union} {
		if of, err := seen(p); err != nil || len(of.Plus) == 0 || len(of.Plus)+len(of.Minus) < 100 {
			t.Errorf("of %s %d plus and %d minus statements are known: %v", p.Name, len(of.Plus), len(of.Minus), err)
		}
	}
}
