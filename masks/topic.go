package masks

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Topic is what a test measured, in identifiers. Programs read these; the test's name
// and note are for people. web/src/lib/evidence.ts has the same identifiers, and both read
// testdata/topics.json.
type Topic struct {
	// Set is the statements: one of the sets below, or another by what somebody calls it.
	// So are measures and controls that this program does not know.
	Set string
	// Measure is how the masks were measured on them; empty: by how likely each makes them.
	Measure string
	// Kind says which control was measured; empty: the masks themselves.
	Kind string
}

// Sets of statements that have an identifier: values of Test.Set.
const (
	SetUnseen = "unseen" // of the persona's own, held out for the test
	SetItems  = "items"  // questionnaire items, where the masks were made from sentences
	SetSubtle = "subtle" // nearly the same words in both poles
)

// Measures: values of Test.Measure.
const (
	MeasureMatched             = "matched"               // likelihood of those that have a partner in the other pole; see package study
	MeasureYesNo               = "yesno"                 // whether the model would say a statement
	MeasureReplies             = "replies"               // sampled to neutral questions, and judged by the prompts of the poles
	MeasureRepliesByStatements = "replies-by-statements" // the same replies, judged by statements of the poles
)

// Controls, and rivals that know the trait: values of Test.Kind.
const (
	ControlShuffled = "shuffled" // masks of shuffled labels
	ControlRandom   = "random"   // random masks of the same size
	ControlWanda    = "wanda"    // a recipe that knows no contrast
	ControlPrompt   = "prompt"   // no mask, a prompt that names the trait
	ControlFewShot  = "fewshot"  // no mask, statements of the pole as earlier answers
	ControlWords    = "words"    // no model, the words that each pole's statements use
	ControlTogether = "prompt+mask"
)

// OfPart is the value of Test.Of where the masks were made from a part of the statements.
const OfPart = "part"

// Where evidence comes from: values of Evidence.Origin.
const (
	OriginLibrary = "library"  // masque personas, with a split of its own
	OriginHeldOut = "held-out" // what was held out when a persona was made
	OriginOther   = "other"    // statements that were given for the measurement
)

// OtherMasks are those that a persona made from all statements is tested by, in words;
// PartNote begins the note of such a test.
const (
	OtherMasks = "masks made in the same way without these statements"
	PartNote   = "The AUC is that of " + OtherMasks + "."
)

// OtherSource is the source of [OriginOther]; LaterNote ends that of evidence which has more
// from another origin.
const (
	OtherSource = "Measured by Masque on statements that the masks were not made from."
	LaterNote   = " More was measured later, by Masque."
)

// topics are those that have words. A set stands by itself; a measure or a control is called
// so on the unseen statements, and has the name of another set behind it.
var topics = []struct {
	Topic
	name string
}{
	{Topic{Set: SetUnseen}, "Unseen statements"},
	{Topic{Set: SetItems}, "Items in another style"},
	{Topic{Set: SetSubtle}, "Subtle statements, nearly the same words in both poles"},
	{Topic{Measure: MeasureMatched}, "Unseen statements matched in length and negation"},
	{Topic{Measure: MeasureYesNo}, "Asked whether it would say them (Yes/No)"},
	{Topic{Measure: MeasureReplies}, "Sampled replies"},
	{Topic{Measure: MeasureRepliesByStatements}, "Sampled replies, judged by statements"},
	{Topic{Kind: ControlShuffled}, "Label-shuffled masks"},
	{Topic{Kind: ControlRandom}, "Random masks of the same size"},
	{Topic{Kind: ControlWanda}, "Plain Wanda"},
	{Topic{Kind: ControlPrompt}, "Prompt alone"},
	{Topic{Kind: ControlFewShot}, "Few-shot prompt alone"},
	{Topic{Kind: ControlWords}, "Words alone, no model"},
	{Topic{Kind: ControlTogether}, "Prompt and mask together"},
	{Topic{Measure: MeasureReplies, Kind: ControlPrompt}, "Prompt alone, sampled replies"},
	{Topic{Measure: MeasureReplies, Kind: ControlRandom}, "Random masks of the same size, sampled replies"},
	{Topic{Measure: MeasureReplies, Kind: ControlShuffled}, "Label-shuffled masks, sampled replies"},
	{Topic{Measure: MeasureRepliesByStatements, Kind: ControlPrompt}, "Prompt alone, sampled replies, judged by statements"},
	{Topic{Measure: MeasureRepliesByStatements, Kind: ControlRandom}, "Random masks of the same size, sampled replies, judged by statements"},
	{Topic{Measure: MeasureRepliesByStatements, Kind: ControlShuffled}, "Label-shuffled masks, sampled replies, judged by statements"},
}

// words are what a topic is called, or what it is called instead.
func (o Topic) words(instead string) string {
	for i := range topics {
		if topics[i].Topic == o {
			return topics[i].name
		}
	}
	return instead
}

// Name puts a topic into words.
func (o Topic) Name() string {
	set := Topic{Set: o.Set}.words(o.Set)
	if o.Measure == "" && o.Kind == "" {
		return set
	}
	name := Topic{"", o.Measure, o.Kind}.words(strings.Trim(o.Kind+", "+o.Measure, ", "))
	if o.Set == SetUnseen || o.Set == "" {
		return name
	}
	_, first := utf8.DecodeRuneInString(set)
	return name + comma + strings.ToLower(set[:first]) + set[first:]
}

// comma stands before the name of the set.
const comma = ", "

// SetNamed is the identifier of a set by what it is called: that of a set which has one,
// or else the name itself. A name that happens to be spelled like an identifier is written
// with a capital, for it is another set.
func SetNamed(name string) string {
	for i := range topics {
		switch o := &topics[i]; {
		case o.Set == "":
		case strings.EqualFold(o.name, name):
			return o.Set
		case o.Set == name:
			return string(name[0]-'a'+'A') + name[1:]
		}
	}
	return name
}

// Topic returns what a test measured.
func (t *Test) Topic() Topic { return Topic{t.Set, t.Measure, t.Kind} }

// NewTest returns a test of a topic, with its name.
func NewTest(of Topic) Test {
	return Test{Name: of.Name(), Set: of.Set, Measure: of.Measure, Kind: of.Kind}
}

// Test returns the test or control of a topic, or nil.
func (e *Evidence) Test(of Topic) *Test {
	for _, list := range [][]Test{e.Tests, e.Controls} {
		for i := range list {
			if list[i].Topic() == of {
				return &list[i]
			}
		}
	}
	return nil
}

// FillIn gives evidence that comes from a document the identifiers that earlier versions
// did not write: they said the same with names, notes and sources. What has identifiers
// stays as it is. This is the only place where a text decides what evidence means.
func (e *Evidence) FillIn() {
	if e == nil {
		return
	}
	for i, list := range [][]Test{e.Tests, e.Controls} {
		for k := range list {
			if t := &list[k]; t.Topic() == (Topic{}) {
				t.fillIn(e.Tests, i == 1)
			}
		}
	}
	if e.Origin != "" {
		return
	}
	source, later := strings.CutSuffix(e.Source, LaterNote)
	for i, before := range []string{
		"Measured by masque personas on the test part (",
		"Measured by Masque. Unseen statements: the share of ",
	} {
		share, found := strings.CutPrefix(source, before)
		share, _, _ = strings.Cut(share, " ")
		if v, err := strconv.ParseFloat(share, 64); found && err == nil && between(v, 0, 1) {
			e.Origin, e.Holdout = [...]string{OriginLibrary, OriginHeldOut}[i], v
		}
	}
	if source == OtherSource {
		e.Origin = OriginOther
	}
	e.Added = e.Added || later
}

// fillIn finds, of the names that topics have, the longest that the test's begins with,
// and at its end what one of the tests is called: that is its set.
func (t *Test) fillIn(tests []Test, control bool) {
	if strings.HasPrefix(t.Note, PartNote) {
		t.Of = OfPart
	}
	rest := t.Name
	for i := range topics {
		after, found := strings.CutPrefix(t.Name, topics[i].name)
		if found && topics[i].Set == "" && len(after) < len(rest) && (after == "" || strings.HasPrefix(after, comma)) {
			rest, t.Measure, t.Kind = after, topics[i].Measure, topics[i].Kind
		}
	}
	base, known := t.Name, len(rest) < len(t.Name)
	if known {
		base = t.Name[:len(t.Name)-len(rest)]
	}
	for i := range tests {
		set := tests[i].Name
		if at := len(rest) - len(set) - len(comma); at >= 0 && (known || at > 0) && strings.HasPrefix(rest[at:], comma) && strings.EqualFold(rest[at+len(comma):], set) {
			t.Set = SetNamed(set)
			if !known {
				base = rest[:at]
			}
		}
	}
	switch {
	case t.Set != "":
	case known && rest != "":
		t.Set = SetNamed(rest[len(comma):])
	case known, control:
		t.Set = SetUnseen
	default: // a test is called after its statements
		t.Set = SetNamed(t.Name)
		return
	}
	if t.Measure != "" || t.Kind != "" {
		return
	}
	// What has no words here is called by its own, but for controls that know the trait,
	// which are no null of it.
	switch lower := strings.ToLower(base); {
	case !control:
		t.Measure = base
	case !strings.Contains(lower, "prompt"):
		t.Kind = base
	case strings.Contains(lower, "mask"):
		t.Kind = ControlTogether
	case strings.Contains(lower, "few"):
		t.Kind = ControlFewShot
	default:
		t.Kind = ControlPrompt
	}
}
