package main

import (
	"fmt"
	"strings"
	"testing"
)

const (
	twoCells = `"development":0.3,"test":0.3,"on":"development","draws":2,"cells":[
		{"recipe":"units","scope":"channels","layers":[1,2],"n":12,"kappa":1,"gamma":0,"kind":"mask","seed":0},
		{"recipe":"units","scope":"channels","layers":[1,2],"n":12,"kappa":1,"gamma":0,"kind":"shuffled","seed":0,"draw":1}]`
	tilted = `"development":0.3,"test":0.3,"on":"test","draws":2,"cells":[
		{"recipe":"tilt","scope":"attention","layers":[1,2],"rho":0.4,"lambda":2,"tau":0.3,"gamma":0.5,"kind":"mask","seed":0}]`
)

// TestExplore is what the Lab does: one setting after another, with what was read before.
func TestExplore(t *testing.T) {
	p := studyProgram(t)
	events := ask(t, p, "%s", order("explore", 2, 24, 0, twoCells))
	if kinds(events) != "progress explored progress explored finished" {
		t.Fatalf("%s %s", kinds(events), failure(events))
	}
	explored := ofKind(events, "explored")
	own, control := explored[0]["record"].(map[string]any), explored[1]["record"].(map[string]any)
	if own["kind"] != "mask" || control["kind"] != "shuffled" || control["draw"] != 1. || explored[1]["cell"] != 1. || own["on"] != "development" {
		t.Errorf("%v\n%v", own, control)
	}
	if own["key"] == "" || own["key"] == control["key"] || own["auc"].(map[string]any)["low"] == nil || own["n"] != 12. {
		t.Errorf("the record %v", own)
	}
	closed := 0.
	census := explored[0]["census"].(map[string]any)["plus"].(map[string]any)
	for _, heads := range census["heads"].([]any) {
		for _, v := range heads.([]any) {
			closed += v.(float64)
		}
	}
	if closed != 12 || explored[1]["census"] != nil {
		t.Errorf("the census counts %v units, want 12; that of a control is %v", closed, explored[1]["census"])
	}
	if what := ofKind(events, "progress")[0]["what"].(string); !strings.HasPrefix(what, "1 of 2: calibrating") {
		t.Errorf("the first progress says %q", what)
	}

	// The same statements again: nothing is calibrated anew, and the figures are the same.
	again := ask(t, p, "%s", order("explore", 3, 24, 0, twoCells))
	for _, e := range ofKind(again, "progress") {
		if strings.Contains(e["what"].(string), "calibrating") {
			t.Fatalf("%v", e)
		}
	}
	if r := ofKind(again, "explored")[0]["record"].(map[string]any); r["auc"].(map[string]any)["value"] != own["auc"].(map[string]any)["value"] {
		t.Errorf("%v, then %v", own, r)
	}
	// A family that was chosen is in the record, and what was read with it stays apart.
	events = ask(t, p, "%s", order("explore", 5, 24, 0, twoCells+`,"family":"zephyr"`))
	if r := ofKind(events, "explored")[0]["record"].(map[string]any); r["family"] != "zephyr" || r["key"] == own["key"] || own["family"] != nil {
		t.Errorf("with another family %v, %s; without %v", r, failure(events), own)
	}
	events = ask(t, p, "%s", order("explore", 4, 24, 0, tilted))
	if kinds(events) != "progress explored finished" {
		t.Fatalf("%s %s", kinds(events), failure(events))
	}
	weights := ofKind(events, "explored")[0]
	if r := weights["record"].(map[string]any); r["on"] != "test" || r["recipe"] != "tilt" || weights["census"] != nil {
		t.Errorf("%v", weights)
	}
}

// TestSettingsTried: evidence says among how many settings its own were, that were measured on
// some of the same statements; what is measured twice counts once, a control not at all.
func TestSettingsTried(t *testing.T) {
	p := studyProgram(t)
	calibrate := func(n, from int, settings string) any {
		t.Helper()
		events := ask(t, p, "%s", order("calibrate", 3, n, from, liking+`,`+settings+`,"measures":{"own":true}`))
		measured := ofKind(events, "measured")
		if len(measured) == 0 {
			t.Fatalf("%s %s", kinds(events), failure(events))
		}
		return persona1(measured[0])["evidence"].(map[string]any)["settings_tried"]
	}
	seven := strings.Replace(twelve, `"n":12`, `"n":7`, 1)
	if n := calibrate(24, 0, twelve); n != 1. {
		t.Errorf("the first are of %v settings", n)
	}
	ask(t, p, "%s", order("explore", 2, 24, 0, twoCells))
	ask(t, p, "%s", order("explore", 2, 20, 4, tilted)) // a part of them
	if n := calibrate(24, 0, seven); n != 3. {
		t.Errorf("the others are of %v settings, want 3", n)
	}
	if n := calibrate(24, 100, seven); n != 1. {
		t.Errorf("those of other statements are of %v settings", n)
	}
	// One statement of one pole in common is enough, and evidence of what was made without any
	// counts as well.
	ask(t, p, "%s", strings.Replace(order("explore", 4, 24, 200, tilted), "I hate it, 200.", "I hate it, 100.", 1))
	with := func(n string) string { return strings.Replace(twelve, `"n":12`, `"n":`+n, 1) }
	if n := calibrate(24, 100, with("8")); n != 3. {
		t.Errorf("with one statement in common they are of %v settings, want 3", n)
	}
	bare := ofKind(ask(t, p, "%s", order("calibrate", 5, 24, 100, liking+`,`+with("9")+`,"measures":{}`)), "made")
	events := ask(t, p, "%s", order("evaluate", 6, 24, 100, fmt.Sprintf(`"persona":%q,`, persona1(bare[0])["key"])+liking+`,"measures":{"own":true}`))
	if measured := ofKind(events, "measured"); len(measured) == 0 || persona1(measured[0])["evidence"].(map[string]any)["settings_tried"] != 4. {
		t.Errorf("measured later: %v %s, want 4 settings", measured, failure(events))
	}
}

func TestExploreStops(t *testing.T) {
	p := studyProgram(t)
	f := p.host.(*fake)
	f.onEvent = func(e map[string]any) {
		if e["type"] == "explored" {
			p.receive([]byte(`{"type":"stop","id":9,"target":2}`))
		}
	}
	events := ask(t, p, "%s", order("explore", 2, 24, 0, twoCells))
	if n := len(ofKind(events, "explored")); n != 1 || events[len(events)-1]["type"] != "stopped" {
		t.Errorf("%d settings were measured, then %v", n, events[len(events)-1])
	}
	f.onEvent = nil
	p.receive([]byte(order("explore", 3, 24, 0, twoCells)))
	p.receive([]byte(`{"type":"stop","id":10,"target":3}`)) // before its turn
	p.answer(<-p.requests)
	if events := f.take(); len(ofKind(events, "explored")) != 0 || events[len(events)-1]["type"] != "stopped" {
		t.Errorf("stopped before its turn: %s", kinds(events))
	}
}

func TestExploreRefuses(t *testing.T) {
	p := studyProgram(t)
	change := func(old, new string) string { return strings.Replace(twoCells, old, new, 1) }
	for _, test := range []struct{ body, says string }{
		{change(`"on":"development"`, `"on":"all"`), `not on "all"`},
		{change(`"development":0.3`, `"development":0.8`), "leave none to calibrate on"},
		{change(`"n":12`, `"n":0`), "n is 0"},
		{change(`"kind":"mask"`, `"kind":"fly"`), `of kind "fly"`},
		{change(`"draw":1`, `"draw":2`), "draw 2 of 2"},
		{change(`"draws":2`, `"draws":-1`), "-1 draws"},
		{`"development":0.3,"test":0.3,"on":"test","cells":[]`, "0 settings"},
	} {
		if got := failure(ask(t, p, "%s", order("explore", 2, 24, 0, test.body))); !strings.Contains(got, test.says) {
			t.Errorf("%q does not say %q", got, test.says)
		}
	}
	if got := failure(ask(t, p, "%s", order("explore", 2, 3, 0, twoCells))); !strings.Contains(got, "at least 4") {
		t.Errorf("three statements a pole: %q", got)
	}
}
