package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"masque/masks"
)

// tinyPair are two personas of the tiny model, as files.
func tinyPair(t *testing.T) (a, b string) {
	path, p := tinyPersona(t)
	other := *p
	other.Name = "Second"
	other.Poles.Plus.Name, other.Poles.Minus.Name = "Formal", "Casual"
	units := *p.Units
	other.Units = &units
	swap := units.Plus
	units.Plus, units.Minus = units.Minus, swap
	b = filepath.Join(t.TempDir(), "second.persona.json")
	var text strings.Builder
	if err := other.Write(&text); err != nil {
		t.Fatal(err)
	}
	write(t, b, text.String())
	return path, b
}

func TestCombine(t *testing.T) {
	a, b := tinyPair(t)
	out := filepath.Join(t.TempDir(), "x.persona.json")
	for _, args := range [][]string{
		{"-op", "together", "-weights", ".7,.4", "-poles", "plus,Casual", "-o", out, a, b},
		{"-op", "together", a, b, "-weights", ".7, .4", "-poles", "+,minus", "-o", out},
	} {
		text := masque(t, "", "", append([]string{"combine"}, args...)...).works(t)
		for _, want := range []string{out + ": ", " + Second; plus pole ", " + Casual, minus pole ", "at strength 0.7; ", "at strength 0.4, poles swapped", "Nothing is known"} {
			if !strings.Contains(text, want) {
				t.Errorf("it does not say %q:\n%s", want, text)
			}
		}
		p := persona(t, out)
		if p.Kind != masks.KindTogether || p.Together.Parts[0].Strength != .7 || !p.Together.Parts[1].Swapped {
			t.Errorf("the persona is %+v", p)
		}
	}
	text := masque(t, "", "", "inspect", out).works(t)
	for _, want := range []string{"parent", "Second, poles swapped, strength 0.4, key " + persona(t, b).Key()} {
		if !strings.Contains(text, want) {
			t.Errorf("inspect does not say %q:\n%s", want, text)
		}
	}
	// A combination speaks as any persona does.
	masque(t, "", tinyModel(t), "chat", "-persona", out, "-prompt", "hello", "-n", "4").works(t)

	masque(t, "", "", "combine", "-op", "union", "-name", "Both", "-o", out, a, b).works(t)
	if p := persona(t, out); p.Kind != masks.KindUnits || p.Name != "Both" || len(p.Parents) != 2 {
		t.Errorf("the union is %+v", p)
	}
}

func TestCombineErrors(t *testing.T) {
	a, b := tinyPair(t)
	out := filepath.Join(t.TempDir(), "x.persona.json")
	linked, half := filepath.Join(t.TempDir(), "linked.json"), filepath.Join(t.TempDir(), "half.json")
	if err := os.Link(b, linked); err != nil {
		t.Fatal(err)
	}
	write(t, half+".partial", read(t, b))
	before := read(t, a) + read(t, b)
	for _, test := range []struct {
		code int
		says string
		args []string
	}{
		{exitUsage, "no operation is named", []string{"-o", out, a, b}},
		{exitUsage, "1 personas are named; combine takes two", []string{"-op", "union", "-o", out, a}},
		{exitUsage, "give -o FILE", []string{"-op", "union", a, b}},
		{exitUsage, "-weights goes with -op together", []string{"-op", "union", "-weights", "1,1", "-o", out, a, b}},
		{exitUsage, "-weights has 1 numbers", []string{"-op", "together", "-weights", "1", "-o", out, a, b}},
		{exitUsage, `invalid value "a,1" for flag -weights: "a" is no number`, []string{"-op", "together", "-weights", "a,1", "-o", out, a, b}},
		{exitUsage, `flag -weights: "NaN" is no number`, []string{"-op", "together", "-weights", "1,NaN", "-o", out, a, b}},
		{exitUsage, `flag -weights: a value is missing`, []string{"-op", "together", "-weights", "1,", "-o", out, a, b}},
		{exitUsage, "-poles has 3 names", []string{"-op", "union", "-poles", "+,+,+", "-o", out, a, b}},
		{exitUsage, "-o " + a + " would replace " + a, []string{"-op", "union", "-o", a, a, b}},
		{exitUsage, "-o " + linked + " would replace " + b, []string{"-op", "union", "-o", linked, a, b}},
		{exitUsage, "-o " + half + " would replace " + half + ".partial", []string{"-op", "union", "-o", half, a, half + ".partial"}},
		{exitError, "is a folder; name a file in it", []string{"-op", "union", "-o", filepath.Dir(out), a, b}},
		{exitError, "x.persona.json cannot be written: no such file", []string{"-op", "union", "-o", filepath.Join(out, "..", "no", "x.persona.json"), a, b}},
		{exitUsage, "flag provided but not defined: -nope", []string{"-op", "union", a, b, "-nope"}},
		{exitError, `has no pole "Loud"`, []string{"-op", "union", "-poles", "plus,Loud", "-o", out, a, b}},
		{exitUsage, "-weights 0: a strength is above 0 and at most 1", []string{"-op", "together", "-weights", "0,1", "-o", out, a, b}},
		{exitUsage, "-op blend is no operation", []string{"-op", "blend", "-o", out, a, b}},
		{exitError, "there is no persona", []string{"-op", "union", "-o", out, a, "nobody"}},
		{exitError, "has no units", []string{"-op", "difference", "-o", out, a, a}},
	} {
		masque(t, "", "", append([]string{"combine"}, test.args...)...).fails(t, test.code, test.says)
	}
	if read(t, a)+read(t, b) != before || read(t, half+".partial") != read(t, b) {
		t.Error("refusals change the personas")
	}
}
