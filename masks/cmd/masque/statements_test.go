package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"masque/masks"
)

func TestReadStatements(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.txt")
	for text, want := range map[string][]string{
		"a\nb\n":                            {"a", "b"},
		"\ufeffa b\r\nc\r\n":                {"a b", "c"},
		"a\rb\r":                            {"a", "b"},
		"a\n\u200b\n\u00a0\u200b \nb\n\t\n": {"a", "b"},
		"ü [x]\n\u200bb":                    {"ü [x]", "\u200bb"},
		`["a", "b"]`:                        nil,
		"\ufeff\n {\"a\": 1}":               nil,
		"a\x00b":                            nil,
	} {
		write(t, path, text)
		got, _, err := readStatements(path, masks.Plus)
		if !slices.Equal(got, want) || (err == nil) != (want != nil) || err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("%q: read %q, %v, want %q", text, got, err, want)
		}
	}
}

// TestReadTable: the cases of the page (web/tests/unit/statements.test.ts), and what the
// command line refuses or says beyond them.
func TestReadTable(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct {
		name, text  string
		plus, minus []string
		says        string // the warning, or the error where neither pole has anything
	}{
		{"one.csv", "I like it.\nI hate it.\n", []string{"I like it.", "I hate it."}, nil, ""},
		{"head.csv", "\ufeffid,statement\r\n1,I like it.\r\n2,I hate it.\r\n", []string{"I like it.", "I hate it."}, nil, ""},
		{"id.CSV", "1,I like it.\n2,I hate it.\n", []string{"I like it.", "I hate it."}, nil, "id.CSV names no column \"statement\": they are taken from column 2 of 2"},
		{"quotes.csv", "n,text\n1,\"Well, I \"\"like\"\" it.\"\n2, \"Two\nlines\"\n", []string{`Well, I "like" it.`, "Two lines"}, nil, ""},
		{"semicolons.csv", "text;n\nWell, I like it;1\n", []string{"Well, I like it"}, nil, ""},
		{"tabs.tsv", "pole\ttext\n-\tNo, never\n+\tYes", []string{"Yes"}, []string{"No, never"}, ""},
		{"empty.tsv", "\ttext\n\tNo\n", []string{"No"}, nil, ""},
		{"commas.csv", "I love peace, quiet, and books\r\n\r\nI read.\r\n", []string{"I love peace, quiet, and books", "I read."}, nil, ""},
		{"poles.csv", "Statement,Pole\nI like it.,plus\nI hate it.,minus\n,plus\n", []string{"I like it."}, []string{"I hate it."}, ""},
		{"pole.csv", "pole,what\n+,I like it.\nMinus,I hate it.\n", []string{"I like it."}, []string{"I hate it."}, "taken from column 2 of 2, their poles from column 1"},
		{"bare.csv", "I like it.,+\nI hate it.,−\n", []string{"I like it."}, []string{"I hate it."}, "taken from column 1 of 2, their poles from column 2"},
		{"nothing.csv", "\n,\n\n", []string{}, nil, ""},
		{"headed.csv", "statement,pole\n", []string{}, []string{}, ""},
		{"cut.csv", "n,text\n\n1,Yes, it is\n", nil, nil, "cut.csv: line 3 has 3 cells and the first row 2"},
		{"third.csv", "statement,pole\nI like it.,plus\nSo so.,both\n", nil, nil, `third.csv: line 3 is of the pole "both"; write plus or minus`},
		{"open.csv", "text\nYes\n\"I like it.\nNo\n", nil, nil, "open.csv: line 3: "},
		{"bare quote.csv", "Yes\nI \"like\" it.\n", nil, nil, "bare quote.csv: line 2: "},
	} {
		path := filepath.Join(dir, test.name)
		write(t, path, test.text)
		for pole, want := range map[masks.Pole][]string{masks.Plus: test.plus, masks.Minus: test.minus} {
			if want == nil && test.plus != nil {
				want = test.plus // no poles are named
			}
			got, guess, err := readStatements(path, pole)
			if (err == nil) != (want != nil) || !slices.Equal(got, want) {
				t.Errorf("%s, %s: read %q, %v, want %q", test.name, pole, got, err, want)
			}
			if err != nil {
				guess = err.Error()
			}
			if !strings.Contains(guess, test.says) || test.says == "" && guess != "" {
				t.Errorf("%s, %s: it says %q, want %q", test.name, pole, guess, test.says)
			}
		}
	}
}

// TestStudyTable: one table of both poles is as good as two texts.
func TestStudyTable(t *testing.T) {
	model, dir := studyModel(t), t.TempDir()
	plus, minus := statementFiles(t, 24)
	table := "pole,statement\n"
	for pole, path := range map[string]string{"plus": plus, "minus": minus} {
		for line := range strings.Lines(read(t, path)) {
			table += pole + ",\"" + strings.TrimSpace(line) + "\"\n"
		}
	}
	path := filepath.Join(dir, "both.csv")
	write(t, path, table)
	for out, files := range map[string][2]string{"text": {plus, minus}, "table": {path, path}} {
		masque(t, "", model, "study", "-recipes", "wanda", "-plus", files[0], "-minus", files[1], "-o", filepath.Join(dir, out)).works(t)
	}
	if text := read(t, filepath.Join(dir, "text")); text == "" || read(t, filepath.Join(dir, "table")) != text {
		t.Error("the table measures other than the texts")
	}
}
