package masks

import (
	"encoding/json/v2"
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestTopics: identifiers give the names that documents have always had, and those names
// give the identifiers. The page's words are tested with the same cases.
func TestTopics(t *testing.T) {
	file, err := os.ReadFile("testdata/topics.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Control, Rival                  bool
		Set, Measure, Kind, Name, Label string
	}
	if err := json.Unmarshal(file, &cases, json.MatchCaseInsensitiveNames(true)); err != nil || len(cases) == 0 {
		t.Fatal(len(cases), err)
	}
	old := &Evidence{}
	for _, c := range cases {
		topic := Topic{c.Set, c.Measure, c.Kind}
		made := NewTest(topic)
		if made.Name != c.Name || made.Topic() != topic {
			t.Errorf("%+v is called %q, want %q", topic, made.Name, c.Name)
		}
		if c.Measure+c.Kind != "" {
			topic.Set = SetUnseen
		}
		if got := topic.Name(); got != c.Label {
			t.Errorf("without its set, %+v is called %q, want %q", topic, got, c.Label)
		}
		if c.Control {
			old.Controls = append(old.Controls, Test{Name: c.Name})
		} else {
			old.Tests = append(old.Tests, Test{Name: c.Name})
		}
	}
	old.FillIn()
	tests, controls := old.Tests, old.Controls
	for _, c := range cases {
		list := &tests
		if c.Control {
			list = &controls
		}
		if got := (*list)[0].Topic(); got != (Topic{c.Set, c.Measure, c.Kind}) {
			t.Errorf("%q says %+v, want %+v", c.Name, got, c)
		}
		*list = (*list)[1:]
	}
}

// TestFillIn: what documents without identifiers mean.
func TestFillIn(t *testing.T) {
	// A name that only a test has, the first letter in lower case behind a comma.
	e := &Evidence{
		Tests:    []Test{{Name: "Unseen statements by other authors"}, {Name: "Items of another instrument (IPIP)"}, {Name: "Prompt alone"}},
		Controls: []Test{{Name: "Prompt alone, items of another instrument (IPIP)"}, {Name: "A long prompt"}, {Name: "Prompted masks and a prompt"}, {Name: "My few-shot prompt"}},
	}
	e.FillIn()
	for i, want := range []Topic{
		{Set: "Unseen statements by other authors"},
		{Set: "Items of another instrument (IPIP)"},
		{Set: SetUnseen, Kind: ControlPrompt},
		{Set: "Items of another instrument (IPIP)", Kind: ControlPrompt},
		{Set: SetUnseen, Kind: ControlPrompt},
		{Set: SetUnseen, Kind: ControlTogether},
		{Set: SetUnseen, Kind: ControlFewShot},
	} {
		if got := append(e.Tests, e.Controls...)[i]; got.Topic() != want {
			t.Errorf("%q says %+v, want %+v", got.Name, got.Topic(), want)
		}
	}
	// Notes and sources.
	for source, want := range map[string]Evidence{
		"Measured by masque personas on the test part (0.3 of the statements, by hash); made from the rest, settings chosen on 0.2.":           {Origin: OriginLibrary, Holdout: .3},
		"Measured by Masque. Unseen statements: the share of 0.5 that its split by hash holds out, tested with others. Cost: own." + LaterNote: {Origin: OriginHeldOut, Holdout: .5, Added: true},
		OtherSource:                  {Origin: OriginOther},
		"Measured by somebody else.": {},
		"Measured by Masque. Unseen statements: the share of many that its split by hash holds out.": {},
	} {
		want.Source = source
		want.Tests = []Test{{Name: "Unseen statements", Set: SetUnseen, Of: OfPart, Note: PartNote + " And more."}, {Name: "Sampled replies", Set: SetUnseen, Measure: MeasureReplies}}
		got := Evidence{Source: source, Tests: []Test{{Name: "Unseen statements", Note: PartNote + " And more."}, {Name: "Sampled replies"}}}
		for range 2 { // a second time changes nothing
			got.FillIn()
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%q is filled in as %+v", source, got)
			}
		}
	}
	// What says what it is stays, whatever it is called.
	e = &Evidence{Origin: "new", Source: OtherSource, Tests: []Test{{Name: "Sampled replies", Set: "x", Note: PartNote}}, Controls: []Test{{Name: "Prompt alone", Kind: "y"}}}
	e.FillIn()
	if e.Origin != "new" || e.Tests[0].Topic() != (Topic{Set: "x"}) || e.Tests[0].Of != "" || e.Controls[0].Topic() != (Topic{Kind: "y"}) {
		t.Errorf("identifiers were replaced: %+v", e)
	}
	(*Evidence)(nil).FillIn()
}

func TestSetNamed(t *testing.T) {
	for name, want := range map[string]string{
		"Items in another style": SetItems, "Items": "Items", "items in another style": SetItems, "items": "Items", "Other statements": "Other statements", "": "",
	} {
		if got := SetNamed(name); got != want {
			t.Errorf("the set %q is %q, want %q", name, got, want)
		}
	}
}

// TestParseOlder: a document of an earlier version is read as what a newer one says, and
// has its key.
func TestParseOlder(t *testing.T) {
	now := unitPersona(t)
	now.Evidence.Tests = []Test{NewTest(Topic{Set: SetUnseen}), NewTest(Topic{Set: "Other words"})}
	now.Evidence.Controls = []Test{NewTest(Topic{Set: "Other words", Kind: ControlRandom})}
	now.Evidence.Tests[0].Of, now.Evidence.Tests[0].Note = OfPart, PartNote
	now.Evidence.Source, now.Evidence.Origin, now.Evidence.Holdout = OtherSource, OriginOther, 0
	text, key := document(t, now), now.Key()
	for _, list := range [][]Test{now.Evidence.Tests, now.Evidence.Controls} {
		for i := range list {
			list[i].Set, list[i].Measure, list[i].Kind, list[i].Of = "", "", "", ""
		}
	}
	now.Evidence.Origin = ""
	older := document(t, now)
	if strings.Contains(older, "unseen") || strings.Contains(older, `"other"`) {
		t.Fatalf("no older document: %s", older)
	}
	back, err := Parse([]byte(older))
	if err != nil {
		t.Fatal(err)
	}
	if got := document(t, back); got != text || back.Key() != key {
		t.Errorf("read as\n%s\nwant\n%s", got, text)
	}
}
