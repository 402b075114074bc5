package library

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"masque/masks"
	"masque/masks/study"
)

func TestAll(t *testing.T) {
	personas, err := All()
	if err != nil {
		t.Fatal(err)
	}
	if len(personas) != len(Names()) || len(personas) == 0 {
		t.Fatalf("%d personas under %d names", len(personas), len(Names()))
	}
	keys := map[string]string{}
	for i, p := range personas {
		if i > 0 && personas[i-1].Name > p.Name {
			t.Errorf("%s stands before %s", personas[i-1].Name, p.Name)
		}
		if other, twice := keys[p.Key()]; twice {
			t.Errorf("%s and %s are the same persona", p.Name, other)
		}
		keys[p.Key()] = p.Name
		// A persona of the library says what it rests on.
		if p.Evidence == nil || len(p.Evidence.Tests) == 0 || len(p.Evidence.Controls) == 0 {
			t.Errorf("%s has no evidence with controls", p.Name)
		}
		for _, pole := range []masks.Pole{masks.Plus, masks.Minus} {
			if _, err := p.Mask(pole); err != nil {
				t.Errorf("%s, %s: %v", p.Name, pole, err)
			}
		}
	}
	again, err := All()
	if err != nil {
		t.Fatal(err)
	}
	personas[0].Name = "changed"
	if again[0].Name == "changed" {
		t.Error("two calls of All share a persona")
	}
}

// TestRoundTrip: a document that is read and written again is the same to the byte.
func TestRoundTrip(t *testing.T) {
	for _, name := range Names() {
		want, err := os.ReadFile("personas/" + name + suffix)
		if err != nil {
			t.Fatal(err)
		}
		p, err := masks.Parse(want)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := p.Write(&got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s is another when it is written again", name)
		}
	}
}

// TestOlderDocuments: the identifiers in the library's evidence are those that its names and
// notes give where they are left out, as earlier versions left them.
func TestOlderDocuments(t *testing.T) {
	for _, name := range Names() {
		p, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		var want, older bytes.Buffer
		if err := p.Write(&want); err != nil {
			t.Fatal(err)
		}
		e := p.Evidence
		e.Origin, e.Holdout, e.Added = "", 0, false
		for _, list := range [][]masks.Test{e.Tests, e.Controls} {
			for i := range list {
				if list[i].Topic().Name() != list[i].Name {
					t.Errorf("%s: %+v is called %q", name, list[i].Topic(), list[i].Name)
				}
				list[i].Set, list[i].Measure, list[i].Kind, list[i].Of = "", "", "", ""
			}
		}
		if err := p.Write(&older); err != nil {
			t.Fatal(err)
		}
		back, err := masks.Parse(older.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := back.Write(&got); err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(older.Bytes(), want.Bytes()) || !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("%s is another without its identifiers", name)
		}
	}
}

// TestRecall: a persona of the library is recognised by its folder's statements, and may
// be measured on the part that it was not made from. The documents' hashes are enough for
// that: no model is needed.
func TestRecall(t *testing.T) {
	for _, name := range Names() {
		p, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := study.SubjectOf(p, p.Recipe.Parameters["gamma"])
		if err != nil {
			t.Fatal(err)
		}
		var set study.Statements
		for pole, to := range map[string]*[]string{"plus": &set.Plus, "minus": &set.Minus} {
			text, err := os.ReadFile("statements/" + name + "/" + pole + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			*to = strings.Split(string(text), "\n")
		}
		set = set.Clean()
		_, held := study.ByLine(set, study.LibraryShares, 0)
		test, err := s.Recall(p, set, study.LibraryShares)
		if err != nil || !test.Equal(held.Test) || !p.MadeFrom(s.Calibration.Plus, s.Calibration.Minus) {
			t.Errorf("%s is not known by its statements: %d to test on, made from %d: %v", name, len(test.Plus), len(s.Calibration.Plus), err)
		}
	}
}

func TestFind(t *testing.T) {
	for _, name := range Names() {
		p, err := Find(strings.ToUpper(name))
		if err != nil {
			t.Errorf("Find(%q): %v", name, err)
		} else if p.Name == "" {
			t.Errorf("Find(%q) has no name", name)
		}
	}
	if _, err := Find("nobody"); err == nil || !strings.Contains(err.Error(), "extraversion") {
		t.Errorf("Find of an unknown name: %v; the error should list the names", err)
	}
}

// TestLinkLength holds the promise of the format: with 200 units a pole, evidence
// included, a link has at most 2 KB.
func TestLinkLength(t *testing.T) {
	data, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	p, err := masks.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if plus, minus := p.Size(); plus != 200 || minus != 200 {
		t.Fatalf("the persona has %d and %d units, not 200 a pole", plus, minus)
	}
	link, err := p.Link()
	if err != nil {
		t.Fatal(err)
	}
	if len(link) > 2048 {
		t.Errorf("the link has %d characters, more than 2048", len(link))
	}
	back, err := masks.FromLink("https://example.org/masque/" + link)
	if err != nil {
		t.Fatal(err)
	}
	if back.Key() != p.Key() {
		t.Error("the persona from the link is another one")
	}
	t.Logf("%d characters", len(link))
}
