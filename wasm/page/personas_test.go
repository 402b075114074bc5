package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestCombine makes a persona of two that the page has, and shares it.
func TestCombine(t *testing.T) {
	p, f := started(t)
	f.take()
	add := func(name string) string {
		t.Helper()
		text := strings.Replace(tinyPersona(t, strings.Repeat("0a", 32)), "Loud and quiet", name, 1)
		message, err := json.Marshal(map[string]any{"type": "persona", "id": 1, "text": text})
		if err != nil {
			t.Fatal(err)
		}
		events := ask(t, p, "%s", message)
		if len(events) != 1 || events[0]["type"] != "persona" {
			t.Fatalf("adding %s: %v", name, events)
		}
		return events[0]["persona"].(map[string]any)["key"].(string)
	}
	a, b := add("First"), add("Second")
	request := func(op, name string) string {
		return fmt.Sprintf(`{"type":"combine","id":7,"op":%q,"name":%q,"a":{"persona":%q,"pole":"plus","strength":0.75},"b":{"persona":%q,"pole":"minus","strength":0.5}}`, op, name, a, b)
	}
	for _, test := range []struct {
		op, name, want, kind string
		units                float64
	}{
		{"together", "", "First + Second", "together", 64},
		{"union", " Both ", "Both", "units", 64},
		{"intersection", "", "Shared by First and Second", "units", 16},
		{"difference", "", "First without Second", "units", 24},
	} {
		events := ask(t, p, "%s", request(test.op, test.name))
		if len(events) != 1 || events[0]["type"] != "persona" || events[0]["id"] != 7. {
			t.Fatalf("%s: %v", test.op, events)
		}
		made := events[0]["persona"].(map[string]any)
		if made["name"] != test.want || made["kind"] != test.kind || made["units"] != test.units {
			t.Errorf("%s made %v of kind %v with %v units, want %q, %s, %v", test.op, made["name"], made["kind"], made["units"], test.want, test.kind, test.units)
		}
		if settings, _ := made["settings"].(map[string]any); (settings == nil) != (test.op == "together") || settings != nil && settings["n"] != test.units {
			t.Errorf("%s: settings %v", test.op, settings)
		}
		if e := ask(t, p, `{"type":"share","id":8,"persona":%q}`, made["key"]); e[0]["type"] != "shared" {
			t.Errorf("sharing %v: %v", made["name"], e)
		}
	}
	for _, test := range []struct{ request, says string }{
		{request("blend", ""), `no operation "blend"`},
		{request("together", strings.Repeat("x", 81)), "field name has more than 80 characters"},
		{strings.Replace(request("union", ""), a, "nobody", 1), `no persona with the key "nobody"`},
		{strings.Replace(request("union", ""), `"minus"`, `"up"`, 1), `has no pole "up"`},
		{strings.Replace(request("together", ""), "0.75", "0", 1), "at strength 0"},
	} {
		if got := failure(ask(t, p, "%s", test.request)); !strings.Contains(got, test.says) {
			t.Errorf("%s: %q does not say %q", test.request, got, test.says)
		}
	}
}
