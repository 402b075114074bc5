package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"masque/engine/model/modeltest"
	"masque/masks"
	"masque/masks/study"
)

// studyProgram has a random model with room for the neutral texts: its figures mean
// nothing but what they have to do with each other.
func studyProgram(t *testing.T) *program {
	t.Helper()
	p, f := started(t)
	f.take()
	tiny := modeltest.Default()
	tiny.Context = 2048
	if e := open(t, p, tiny.Write(), ""); failure(e) != "" {
		t.Fatal(failure(e))
	}
	return p
}

// order is the body of a calibrate, an evaluate or an estimate: n statements a pole, and
// what else there is to say.
func order(kind string, id, n, from int, more string) string {
	var plus, minus []string
	for i := range n {
		plus = append(plus, fmt.Sprintf("I like it, %d.", from+i))
		minus = append(minus, fmt.Sprintf("I hate it, %d.", from+i))
	}
	statements, _ := json.Marshal(map[string]any{"plus": plus, "minus": minus})
	return fmt.Sprintf(`{"type":%q,"id":%d,%s,"seed":3,%s}`, kind, id, bytes.Trim(statements, "{}"), more)
}

const (
	liking = `"holdout":0.5,"pair":{"name":"Liking","description":"","poles":{"plus":{"name":"Liker","label":"liking"},"minus":{"name":"Hater"}}}`
	twelve = `"settings":{"recipe":"units","scope":"channels","layers":[1,2],"n":12,"kappa":1,"gamma":0}`
)

func ofKind(events []map[string]any, kind string) (out []map[string]any) {
	for _, e := range events {
		if e["type"] == kind {
			out = append(out, e)
		}
	}
	return out
}

func persona1(e map[string]any) map[string]any { return e["persona"].(map[string]any) }

// testNames lists the tests, then the controls.
func testNames(persona map[string]any) (names []string) {
	e, ok := persona["evidence"].(map[string]any)
	if !ok {
		return nil
	}
	for _, list := range []string{"tests", "controls"} {
		tests, _ := e[list].([]any)
		for _, t := range tests {
			names = append(names, t.(map[string]any)["name"].(string))
		}
	}
	return names
}

// TestCalibrate is what a visitor does: check, estimate, calibrate, ask for controls,
// try other statements, wear the persona.
func TestCalibrate(t *testing.T) {
	p := studyProgram(t)
	estimate := ask(t, p, "%s", order("estimate", 2, 24, 0, liking+`,`+twelve+`,"measures":{"own":true,"shuffled":2,"wanda":true}`))
	if kinds(estimate) != "estimated" || estimate[0]["from"] != "pass" {
		t.Fatalf("%v", estimate)
	}
	var steps []string
	for _, s := range estimate[0]["steps"].([]any) {
		s := s.(map[string]any)
		steps = append(steps, s["step"].(string))
		if seconds, ok := s["seconds"].(float64); !ok || seconds <= 0 {
			t.Errorf("a step takes %v s", s["seconds"])
		}
	}
	if want := []string{"make", "own", "shuffled", "wanda"}; !slices.Equal(steps, want) {
		t.Errorf("the steps are %q, want %q", steps, want)
	}

	events := ask(t, p, "%s", order("calibrate", 3, 24, 0, liking+`,`+twelve+`,"measures":{"own":true}`))
	if got := kinds(events); !strings.HasPrefix(got, "estimated progress made progress measured") || !strings.HasSuffix(got, "finished") {
		t.Fatalf("calibrating: %s %s", got, failure(events))
	}
	made, measured := ofKind(events, "made")[0], ofKind(events, "measured")[0]
	if persona1(made)["evidence"] != nil || persona1(made)["fits"] != true || persona1(made)["units"] != 12. {
		t.Errorf("made %v", persona1(made))
	}
	if measured["was"] != persona1(made)["key"] || persona1(measured)["mask"] != persona1(made)["mask"] || persona1(measured)["key"] == measured["was"] {
		t.Errorf("measured: %v", measured)
	}
	if got := testNames(persona1(measured)); !slices.Equal(got, []string{study.UnseenTopic.Name(), study.MatchedTopic.Name()}) {
		t.Errorf("measured %q", got)
	}
	if s := persona1(measured)["sentence"].(string); !strings.Contains(s, "people label liking") {
		t.Errorf("the sentence is %q", s)
	}
	n := persona1(measured)["evidence"].(map[string]any)["tests"].([]any)[0].(map[string]any)["n"].(map[string]any)
	if n["plus"] != 12. || n["minus"] != 12. {
		t.Errorf("of 24 statements a pole %v were tested", n)
	}

	// Controls for it, from the same statements; the estimate now rests on the run.
	key := fmt.Sprintf(`"persona":%q,`, persona1(measured)["key"])
	if e := ask(t, p, "%s", order("estimate", 4, 24, 0, key+liking+`,"measures":{"shuffled":2}`)); e[0]["from"] != "run" {
		t.Errorf("after a run the estimate is %v", e[0])
	}
	// Scored at other tokens, masks take another time.
	owned := strings.Replace(twelve, `"n":12`, `"n":12,"own":1`, 1)
	if e := ask(t, p, "%s", order("estimate", 4, 24, 0, liking+`,`+owned+`,"measures":{}`)); e[0]["from"] != "pass" {
		t.Errorf("after a run with other settings the estimate is %v", e[0])
	}
	events = ask(t, p, "%s", order("evaluate", 5, 24, 0, key+liking+`,"measures":{"shuffled":2,"random":2,"fewShot":true}`))
	last := ofKind(events, "measured")
	if len(last) != 3 || !strings.HasSuffix(kinds(events), "measured finished") {
		t.Fatalf("evaluating: %s %s", kinds(events), failure(events))
	}
	want := []string{study.UnseenTopic.Name(), study.MatchedTopic.Name(), study.ShuffledTopic.Name(), study.RandomTopic.Name(), study.FewShotTopic.Name()}
	if got := testNames(persona1(last[2])); !slices.Equal(got, want) {
		t.Errorf("measured %q, want %q", got, want)
	}
	source := persona1(last[2])["evidence"].(map[string]any)["source"].(string)
	if strings.Contains(source, "later") {
		t.Errorf("the source is %q, though it is one", source)
	}

	// Other statements have a name of their own, and no second cost.
	key = fmt.Sprintf(`"persona":%q,`, persona1(last[2])["key"])
	events = ask(t, p, "%s", order("evaluate", 6, 10, 50, key+liking+`,"on":"Other words","measures":{"own":true,"prompts":true}`))
	other := ofKind(events, "measured")
	if len(other) != 2 {
		t.Fatalf("other statements: %s %s", kinds(events), failure(events))
	}
	got := testNames(persona1(other[1]))
	if !slices.Contains(got, "Other words") || !slices.Contains(got, study.PromptTopic.Name()+", other words") {
		t.Errorf("measured %q", got)
	}
	// Each of the two events has a step of its own: what the first has measured stays.
	for _, e := range other {
		for _, of := range persona1(e)["evidence"].(map[string]any)["tests"].([]any) {
			if of := of.(map[string]any); of["name"] == "Other words" && (of["auc"] == nil || of["n"] == nil) {
				t.Errorf("the test on other words has no figures: %v", of)
			}
		}
	}
	if e := persona1(other[1])["evidence"].(map[string]any); e["added"] != true || strings.Count(e["source"].(string), masks.LaterNote) != 1 {
		t.Errorf("the source is %q, and that more was added: %v", e["source"], e["added"])
	}

	// It is a persona as any other: exported, shared, worn.
	key = persona1(other[1])["key"].(string)
	text := ask(t, p, `{"type":"export","id":7,"persona":%q}`, key)[0]["text"].(string)
	if !strings.Contains(text, "Other words") || !strings.Contains(text, `"liking"`) {
		t.Errorf("exported without its evidence or its label: %s", text)
	}
	if e := ask(t, p, `{"type":"share","id":8,"persona":%q}`, key); kinds(e) != "shared" {
		t.Errorf("%v", e)
	}
	reply := ask(t, p, `{"type":"generate","id":9,"panes":[{"pane":"A","persona":%q,"pole":"plus","strength":1,"messages":[{"role":"user","content":"Hi"}]}],
		"sampling":{"temperature":0,"topP":1,"repeatPenalty":1,"seed":1},"maxTokens":4}`, key)
	if !strings.HasSuffix(kinds(reply), "finished") {
		t.Errorf("worn: %s %s", kinds(reply), failure(reply))
	}

	// The same order again is the same persona.
	again := ofKind(ask(t, p, "%s", order("calibrate", 10, 24, 0, liking+`,`+twelve+`,"measures":{}`)), "made")
	if len(again) != 1 || persona1(again[0])["mask"] != persona1(made)["mask"] {
		t.Errorf("the same order made %v", again)
	}
}

// TestCalibrateAgain: masks that are there already stay one persona, and figures of one
// split do not stand beside those of another.
func TestCalibrateAgain(t *testing.T) {
	p := studyProgram(t)
	calibrate := func(share string) (made, last map[string]any) {
		t.Helper()
		pair := strings.Replace(liking, `"holdout":0.5`, `"holdout":`+share, 1)
		events := ask(t, p, "%s", order("calibrate", 3, 24, 0, pair+`,`+twelve+`,"measures":{"own":true}`))
		if !strings.HasSuffix(kinds(events), "finished") {
			t.Fatalf("%s %s", kinds(events), failure(events))
		}
		made = persona1(ofKind(events, "made")[0])
		if measured := ofKind(events, "measured"); len(measured) > 0 {
			return made, persona1(measured[len(measured)-1])
		}
		return made, made
	}
	_, first := calibrate("0.5")
	key := fmt.Sprintf(`"persona":%q,`, first["key"])
	measured := ofKind(ask(t, p, "%s", order("evaluate", 4, 24, 0, key+liking+`,"measures":{"random":1}`)), "measured")
	first = persona1(measured[0])
	personas := len(p.personas)

	for _, c := range []struct {
		share       string
		made, tests []string
	}{
		{"0.5", testNames(first), testNames(first)},
		{"0", testNames(first), testNames(first)},
		{"0.25", nil, testNames(first)[:2]},
	} {
		made, last := calibrate(c.share)
		if made["mask"] != first["mask"] || len(p.personas) != personas {
			t.Errorf("with a share of %s: %d personas, %d before", c.share, len(p.personas), personas)
		}
		if !slices.Equal(testNames(made), c.made) || !slices.Equal(testNames(last), c.tests) {
			t.Errorf("with a share of %s it began with the tests %q and has %q", c.share, testNames(made), testNames(last))
		}
		if same := last["key"] == first["key"]; same != (c.share != "0.25") {
			t.Errorf("with a share of %s the evidence is the same: %v", c.share, same)
		}
	}
}

// TestCalibrateStops: a stop ends a step between two statements. What has been made
// stays.
func TestCalibrateStops(t *testing.T) {
	p := studyProgram(t)
	f := p.host.(*fake)
	stopAt := func(kind string, step any) {
		f.onYield = func() {
			for _, e := range f.events {
				if e["type"] == kind && (step == nil || e["step"] == step) {
					p.receive([]byte(`{"type":"stop","id":99,"target":20}`))
					return
				}
			}
		}
	}
	stopAt("progress", "make")
	events := ask(t, p, "%s", order("calibrate", 20, 24, 0, liking+`,`+twelve+`,"measures":{"own":true}`))
	if got := kinds(events); got != "estimated progress stopped" {
		t.Errorf("stopped while it was made: %s %s", got, failure(events))
	}
	library := len(p.personas)
	stopAt("progress", "own")
	events = ask(t, p, "%s", order("calibrate", 20, 24, 0, liking+`,`+twelve+`,"measures":{"own":true}`))
	if got := kinds(events); got != "estimated progress made progress stopped" {
		t.Errorf("stopped while it was measured: %s %s", got, failure(events))
	}
	if len(p.personas) != library+1 {
		t.Errorf("%d personas after one was made, %d before", len(p.personas), library)
	}
	// It can be measured later, from the beginning or in part.
	f.onYield = nil
	key := fmt.Sprintf(`"persona":%q,`, persona1(ofKind(events, "made")[0])["key"])
	stopAt("measured", nil)
	events = ask(t, p, "%s", order("evaluate", 20, 24, 0, key+liking+`,"measures":{"own":true,"random":1}`))
	if got := kinds(events); got != "estimated progress measured stopped" && got != "estimated progress measured progress stopped" {
		t.Errorf("stopped after the first measurement: %s %s", got, failure(events))
	}
	f.onYield = nil
	doc := p.personas[len(p.personas)-1]
	if len(doc.Evidence.Tests) != 2 || doc.Evidence.Controls != nil {
		t.Errorf("after a stop the evidence is %+v", doc.Evidence)
	}
}

// TestEvaluateStops: masks for the test, of which a stopped run had read a part, are none.
func TestEvaluateStops(t *testing.T) {
	evidence := func(measures string, stopped bool) []byte {
		p := studyProgram(t)
		f := p.host.(*fake)
		events := ask(t, p, "%s", order("calibrate", 20, 24, 0, liking+`,`+twelve+`,"measures":{}`))
		request := order("evaluate", 20, 24, 0, fmt.Sprintf(`"persona":%q,`, persona1(ofKind(events, "made")[0])["key"])+liking+`,"measures":`+measures)
		for _, l := range p.model.labs {
			l.made = nil // as on a later visit
		}
		if stopped {
			f.onYield = func() {
				if len(ofKind(f.events, "progress")) > 0 {
					p.receive([]byte(`{"type":"stop","id":99,"target":20}`))
				}
			}
			if events := ask(t, p, "%s", request); kinds(events) != "estimated progress stopped" {
				t.Errorf("stopped while it was read: %s %s", kinds(events), failure(events))
			}
			f.onYield = nil
		}
		if events := ask(t, p, "%s", request); !strings.HasSuffix(kinds(events), "measured finished") {
			t.Fatalf("%s %s", kinds(events), failure(events))
		}
		text, err := json.Marshal(p.personas[len(p.personas)-1].Evidence)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for _, measures := range []string{`{"own":true}`, `{"shuffled":2}`} {
		if want, got := evidence(measures, false), evidence(measures, true); !bytes.Equal(got, want) {
			t.Errorf("%s after a stop\n%s\nwithout one\n%s", measures, got, want)
		}
	}
}

// TestMeasureShipped: a persona of the library that was measured here is another, and the
// library's can still be had by its own key.
func TestMeasureShipped(t *testing.T) {
	p := studyProgram(t)
	made := ofKind(ask(t, p, "%s", order("calibrate", 3, 24, 0, liking+`,`+twelve+`,"measures":{}`)), "made")
	if len(made) != 1 {
		t.Fatal("no masks were made")
	}
	announced := persona1(made[0])["key"].(string)
	shipped, err := p.lookUp(announced)
	if err != nil {
		t.Fatal(err)
	}
	shipped.library, shipped.told.Key = "liking.persona.json", announced
	count := len(p.personas)

	measure := func(key, measures string) string {
		t.Helper()
		events := ask(t, p, "%s", order("evaluate", 4, 24, 0, fmt.Sprintf(`"persona":%q,`, key)+liking+`,"measures":`+measures))
		measured := ofKind(events, "measured")
		if len(measured) == 0 || measured[0]["was"] != key {
			t.Fatalf("%s %s", kinds(events), failure(events))
		}
		return persona1(measured[len(measured)-1])["key"].(string)
	}
	key := measure(announced, `{"own":true,"shuffled":1}`)
	for _, key := range []string{announced, key} {
		doc, err := p.lookUp(key)
		if err != nil {
			t.Fatal(err)
		}
		if own := key == announced; (doc.library != "") != own || (doc.Evidence == nil) != own || doc.Key() != key {
			t.Errorf("under %s there is a document of key %s, of the library's file %q", key, doc.Key(), doc.library)
		}
	}
	if further := measure(key, `{"random":1}`); further == key {
		t.Error("measured further, it is the same")
	}
	if len(p.personas) != count+1 {
		t.Errorf("there are %d personas, %d before", len(p.personas), count)
	}
	// Once more from the library's, as after the removal of what was measured.
	if again := measure(announced, `{"own":true,"shuffled":1}`); again != key {
		t.Errorf("the same measurement gave %s, first %s", again, key)
	}
}

// TestCheck: what confounds statements is told at once, whatever is at work.
func TestCheck(t *testing.T) {
	p, f := started(t)
	f.take()
	p.receive([]byte(`{"type":"check","id":5,"plus":["I like it."," I like it. ",""],"minus":["I never like it."],"plusName":"bold","minusName":"shy"}`))
	events := f.take()
	if kinds(events) != "checked" || events[0]["plus"] != 1. || events[0]["minus"] != 1. {
		t.Fatalf("%v", events)
	}
	found := map[string]string{}
	for _, c := range events[0]["confounds"].([]any) {
		c := c.(map[string]any)
		found[c["kind"].(string)+" "+c["pole"].(string)] = c["text"].(string)
	}
	for _, want := range []string{"duplicates plus", "few plus", "few minus", "negation minus"} {
		if found[want] == "" {
			t.Errorf("found %v, want %s", found, want)
		}
	}
	if !strings.Contains(found["few minus"], "the shy pole has 1 statement:") {
		t.Errorf("said %q", found["few minus"])
	}
	p.receive([]byte(`{"type":"check","id":6}`))
	if events := f.take(); kinds(events) != "checked" || len(events[0]["confounds"].([]any)) == 0 {
		t.Errorf("of nothing: %v", events)
	}
}

func TestStudyRefuses(t *testing.T) {
	p, f := started(t)
	f.take()
	for _, kind := range []string{"calibrate", "evaluate", "estimate"} {
		if e := ask(t, p, "%s", order(kind, 1, 24, 0, liking+`,"measures":{}`)); failure(e) != "no model is open" {
			t.Errorf("%s before a model: %v", kind, e)
		}
	}
	p = studyProgram(t)
	digest := p.model.info.Digest
	quoted, _ := json.Marshal(tinyPersona(t, digest))
	loud := ask(t, p, `{"type":"persona","id":3,"text":%s}`, quoted)
	key := fmt.Sprintf(`"persona":%q,`, persona1(loud[0])["key"])
	foreign := fmt.Sprintf(`"persona":%q,`, p.personas[0].key)
	for name, c := range map[string]struct{ request, says string }{
		"three statements":   {order("calibrate", 4, 3, 0, liking+`,`+twelve+`,"measures":{"own":true}`), "at least 4"},
		"nothing held out":   {order("calibrate", 4, 24, 0, strings.Replace(liking, "0.5", "0.01", 1)+`,"measures":{}`), "too few to test on"},
		"all held out":       {order("calibrate", 4, 24, 0, strings.Replace(liking, "0.5", "1", 1)+`,"measures":{}`), "none to calibrate on"},
		"one name":           {order("calibrate", 4, 24, 0, strings.Replace(liking, "Hater", "liker", 1)+`,`+twelve+`,"measures":{}`), "different names"},
		"no name":            {order("calibrate", 4, 24, 0, `"holdout":0.5,`+twelve+`,"measures":{}`), "name"},
		"too many units":     {order("calibrate", 4, 24, 0, liking+`,`+strings.Replace(twelve, "12", "9999", 1)+`,"measures":{}`), "n is 9999"},
		"too many layers":    {order("calibrate", 4, 24, 0, liking+`,`+strings.Replace(twelve, "[1,2]", "[1,7]", 1)+`,"measures":{}`), "layers 0 to 2"},
		"a control":          {order("calibrate", 4, 24, 0, liking+`,"settings":{"recipe":"random","scope":"all","layers":[0,2],"gamma":0,"rho":0.3},"measures":{}`), "control"},
		"an unknown recipe":  {order("calibrate", 4, 24, 0, liking+`,"settings":{"recipe":"fly","scope":"all","layers":[0,2],"gamma":0},"measures":{}`), "fly"},
		"a million draws":    {order("calibrate", 4, 24, 0, liking+`,"measures":{"shuffled":1000000}`), "from 0 to 1000"},
		"an unknown family":  {order("calibrate", 4, 24, 0, liking+`,"family":"x","measures":{}`), "x"},
		"nobody":             {order("evaluate", 4, 24, 0, `"persona":"x",`+liking+`,"measures":{"own":true}`), "no persona"},
		"one pole":           {`{"type":"evaluate","id":4,` + key + `"plus":["a"],"minus":[],"measures":{"own":true}}`, "both"},
		"another model's":    {order("evaluate", 4, 24, 0, foreign+liking+`,"measures":{"own":true}`), "another model"},
		"a long name for it": {order("evaluate", 4, 8, 0, key+`"on":"`+strings.Repeat("x", 400)+`","measures":{"own":true}`), "characters"},
	} {
		if e := ask(t, p, "%s", c.request); !strings.Contains(failure(e), c.says) {
			t.Errorf("%s: %q, want a sentence with %q", name, failure(e), c.says)
		}
	}
	// Its own statements show nothing, unless some are held out of masks made for the test.
	events := ask(t, p, "%s", order("calibrate", 5, 8, 0, strings.Replace(liking, "0.5", "0", 1)+`,`+twelve+`,"measures":{"own":true}`))
	if kinds(events) != "estimated progress made finished" {
		t.Fatalf("with nothing held out: %s %s", kinds(events), failure(events))
	}
	key = fmt.Sprintf(`"persona":%q,`, persona1(ofKind(events, "made")[0])["key"])
	if e := ask(t, p, "%s", order("evaluate", 6, 8, 0, key+strings.Replace(liking, "0.5", "0", 1)+`,"measures":{"own":true}`)); !strings.Contains(failure(e), "these very statements") {
		t.Errorf("on its own statements: %v", e)
	}
	e := ask(t, p, "%s", order("evaluate", 7, 8, 0, key+liking+`,"measures":{"own":true,"shuffled":1}`))
	measured := ofKind(e, "measured")
	if len(measured) != 2 || !slices.Contains(testNames(persona1(measured[1])), study.UnseenTopic.Name()) {
		t.Errorf("with some held out: %s %s", kinds(e), failure(e))
	}
}

// TestEvaluateTogether: of masks that are worn together every step is taken; the controls that
// cannot be made stand in the evidence with the reason.
func TestEvaluateTogether(t *testing.T) {
	p := studyProgram(t)
	made := ofKind(ask(t, p, "%s", order("calibrate", 2, 24, 0, liking+`,`+twelve+`,"measures":{}`)), "made")[0]
	key := persona1(made)["key"]
	both := ask(t, p, `{"type":"combine","id":3,"op":"together","a":{"persona":%q,"pole":"plus","strength":1},"b":{"persona":%q,"pole":"plus","strength":0.5}}`, key, key)
	if kinds(both) != "persona" {
		t.Fatalf("together: %s %s", kinds(both), failure(both))
	}
	of := fmt.Sprintf(`"persona":%q,`, persona1(both[0])["key"])
	events := ask(t, p, "%s", order("evaluate", 4, 10, 50, of+liking+`,"measures":{"own":true,"shuffled":2,"random":2,"prompts":true,"words":true}`))
	measured := ofKind(events, "measured")
	if len(measured) != 5 || !strings.HasSuffix(kinds(events), "finished") {
		t.Fatalf("evaluating: %s %s", kinds(events), failure(events))
	}
	reasons := 0
	for _, c := range persona1(measured[4])["evidence"].(map[string]any)["controls"].([]any) {
		c := c.(map[string]any)
		note, _ := c["note"].(string)
		left := strings.HasPrefix(note, "Left out: ") && strings.Contains(note, "several masks at once")
		if drawn := c["kind"] == masks.ControlShuffled || c["kind"] == masks.ControlRandom; left != drawn || left != (c["auc"] == nil) {
			t.Errorf("there is %v", c)
		}
		if left {
			reasons++
		}
	}
	if reasons != 2 {
		t.Errorf("%d controls are left out, want those of shuffled labels and random masks", reasons)
	}
}
