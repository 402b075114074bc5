package jsondoc

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestErrors(t *testing.T) {
	deep := func(n int) string { return `{"later":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}` }
	for _, test := range []struct{ text, says string }{
		{``, "no valid JSON at byte 0: the text ends at start of value"},
		{`<html>`, "no valid JSON at byte 0: unexpected '<' at start of value"},
		{`{"text": "x`, "no valid JSON at byte 11: the text ends in a string"},
		{`{"text": "x"`, "no valid JSON at byte 12: the text ends where a comma or the end of an array or object must be"},
		{`{"text" "x"}`, `no valid JSON at byte 8: unexpected '"' after a member's name`},
		{`{text: 1}`, "no valid JSON at byte 1: unexpected 't' where a member's name must be"},
		{`{"list": [1,]}`, "no valid JSON at byte 12: unexpected ']' after a comma"},
		{`{}{}`, "no valid JSON at byte 2: unexpected '{' after top-level value"},
		{`{"flag": tru}`, "no valid JSON at byte 12: unexpected '}' in true"},
		{`{"real": 1.x}`, "no valid JSON at byte 11: unexpected 'x' in a number"},
		{`{"real": 01}`, "no valid JSON at byte 10: unexpected '1' where a comma or the end of an array or object must be"},
		{`{"text": "\q"}`, "no valid JSON at byte 11: unexpected 'q' behind a backslash"},
		{`{"text": "\u00g0"}`, `no valid JSON at byte 10: \u needs four hexadecimal digits behind it`},
		{`{"text": "\ud800"}`, "no valid JSON at byte 10: half of a surrogate pair in a string: no valid UTF-16"},
		{"{\"text\": \"\xff\"}", "no valid JSON at byte 10: invalid UTF-8 in a string"},
		{"{\"text\": \"\x1b\"}", `no valid JSON at byte 10: unexpected '\x1b' in a string`},
		{"\xff", "no valid JSON at byte 0: invalid UTF-8 at start of value"},
		{`{"text": "a", "text": "b"}`, `no valid JSON at byte 14: duplicate object member name "text"`},
		{`{"later": {"x\n": 1, "x\n": 2}}`, `no valid JSON at byte 21: duplicate object member name "x\n"`},
		{deep(maxDepth), "no valid JSON at byte 258: values are nested deeper than 250 levels"},
		{`[]`, "the document holds a JSON array; it must be an object"},
		{`{"text": 1}`, "field text holds a JSON number; it must be a string"},
		{`{"flag": "true"}`, "field flag holds a JSON string; it must be true or false"},
		{`{"whole": 1.5}`, "field whole holds a JSON number; it must be a whole number"},
		{`{"seed": -1}`, "field seed holds a JSON number; it must be a whole number, not negative"},
		{`{"small": 2147483648}`, "field small holds a JSON number that is too large; it must be a whole number of 32 bits"},
		{`{"real": 1e309}`, "field real holds a JSON number that is too large; it must be a number of 64 bits"},
		{`{"real": false}`, "field real holds a JSON boolean; it must be a number"},
		{`{"pair": [1]}`, "field pair holds a JSON value of another length; it must be an array of 2 numbers"},
		{`{"pair": [1, {}]}`, "field pair.1 holds a JSON object; it must be a whole number"},
		{`{"bytes": "A"}`, "field bytes is not base64: illegal base64 data at input byte 0"},
		{`{"bytes": "AAEC\n"}`, "field bytes is not base64: a line break in it"},
		{`{"bytes": [0]}`, "field bytes holds a JSON array; it must be a string of base64"},
		{`{"parts": [{}, {"name": []}]}`, "field parts.1.name holds a JSON array; it must be a string"},
		{`{"map": {"\u001b[31m": null, "x.y": []}}`, "field map.x.y holds a JSON array; it must be a number"},
		{`{"map": {"\u001b[31m": []}}`, `field map."\x1b[31m" holds a JSON array; it must be a number`},
		{`{"list": "x"}`, "field list holds a JSON string; it must be an array"},
		{`{"inner": true}`, "field inner holds a JSON boolean; it must be an object"},
		{`{"text": {"a"}}`, "no valid JSON at byte 13: unexpected '}' after a member's name"}, // before it can be no string
	} {
		err := Unmarshal([]byte(test.text), new(sample[Raw]))
		if err == nil || err.Error() != test.says {
			t.Errorf("%.40q: got\n%v\nwant\n%s", test.text, err, test.says)
		}
	}
	if err := Unmarshal([]byte(deep(maxDepth-1)), new(sample[Raw])); err != nil {
		t.Errorf("as deep as may be: %v", err)
	}
}

// TestWhole: zero is not taken for a number that is not there.
func TestWhole(t *testing.T) {
	type doc struct {
		base
		Layers [2]int             `json:"layers"`
		Values []float64          `json:"values"`
		Named  map[string]float64 `json:"named"`
		Inner  struct {
			Flag bool `json:"flag"`
		} `json:"inner"`
		Maybe  *base    `json:"maybe"`
		Option float64  `json:"option,omitzero"`
		Others struct{} `json:"others,omitzero"`
	}
	const whole = `"id":1,"layers":[1,2],"inner":{"flag":false}`
	for text, says := range map[string]string{
		`{` + whole + `}`: "",
		`{` + whole + `,"type":null,"values":null,"named":null,"maybe":null,"option":null,"others":null}`: "",
		`null`:                               "field id is null; it must be a whole number",
		`{}`:                                 "field id is missing; it must be a whole number",
		`{"id":null}`:                        "field id is null; it must be a whole number",
		`{"id":1}`:                           "field layers is missing; it must be an array of 2 numbers",
		`{"id":1,"layers":[null,1]}`:         "field layers.0 is null; it must be a whole number",
		`{"id":1,"layers":[1,2]}`:            "field inner.flag is missing; it must be true or false",
		`{` + whole + `,"values":[null]}`:    "field values.0 is null; it must be a number",
		`{` + whole + `,"named":{"x":null}}`: "field named.x is null; it must be a number",
		`{` + whole + `,"maybe":{}}`:         "field maybe.id is missing; it must be a whole number",
	} {
		err := UnmarshalWhole([]byte(text), new(doc))
		if (err == nil) != (says == "") || err != nil && err.Error() != says {
			t.Errorf("%s: got %v, want %q", text, err, says)
		}
		if err := Unmarshal([]byte(text), new(doc)); err != nil {
			t.Errorf("%s, as a text of any make: %v", text, err)
		}
	}
}

// TestLongNames: an error shows no more of a name than a sentence bears.
func TestLongNames(t *testing.T) {
	long := "x" + strings.Repeat("ä", 1<<20)
	for _, text := range []string{`{"` + long + `":1,"` + long + `":2}`, `{"map":{"` + long + `":[]}}`} {
		err := Unmarshal([]byte(text), new(sample[Raw]))
		if err == nil || !utf8.ValidString(err.Error()) || len(err.Error()) > 200 || !strings.Contains(err.Error(), "xäää") {
			t.Errorf("the error %.300v", err)
		}
	}
}

func TestWriteErrors(t *testing.T) {
	for _, test := range []struct {
		value any
		says  string
	}{
		{math.NaN(), "NaN is no number of JSON"},
		{[]float64{math.Inf(-1)}, "-Inf is no number of JSON"},
		{"\xff", `the text "\xff" is not valid UTF-8`},
		{map[string]int{"\xff": 1}, "not valid UTF-8"},
		{Raw("{"), "the text ends"},
		{Raw("{}1"), "after top-level value"},
		{inner[Raw]{Unknown: Raw(`[]`)}, "not written as an object"},
		{inner[Raw]{Unknown: Raw(`{"name":1}`)}, `"name" would stand twice`},
		{inner[Raw]{Unknown: Raw(`{"x":1}}`)}, "after top-level value"},
	} {
		if _, err := Marshal(test.value); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%v: got %v, which should say %q", test.value, err, test.says)
		}
	}
}

// TestMessages: what is no character in a message is replaced, either way.
func TestMessages(t *testing.T) {
	var b base
	if err := UnmarshalMessage([]byte(`{"type":"a\ud83d","id":1}`), &b); err != nil || b.Type != "a\ufffd" {
		t.Errorf("half of a pair: %+v, %v", b, err)
	}
	if got, err := MarshalMessage(base{Type: "a\xff"}); err != nil || string(got) != `{"type":"a`+"\ufffd"+`","id":0}` {
		t.Errorf("a byte of no character: %s, %v", got, err)
	}
}

// TestKeepsNothing changes the text after it was read.
func TestKeepsNothing(t *testing.T) {
	text := []byte(`{"text":"abc","bytes":"AAEC","map":{"abc":1},"raw":[1],"later":"abc"}`)
	var s sample[Raw]
	if err := Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	before := fmt.Sprint(s)
	clear(text)
	if after := fmt.Sprint(s); after != before {
		t.Errorf("%s became %s", before, after)
	}
}

// TestManyNames: an object of very many members takes no time that grows with their square.
func TestManyNames(t *testing.T) {
	var b bytes.Buffer
	for i := range 100_000 {
		fmt.Fprintf(&b, `,"%d":0`, i)
	}
	text := append([]byte("{"), b.Bytes()[1:]...)
	m := map[string]int{}
	if err := Unmarshal(append(text, '}'), &m); err != nil || len(m) != 100_000 {
		t.Errorf("%d names, %v", len(m), err)
	}
	err := Unmarshal(append(text, `,"7":1}`...), &m)
	if err == nil || !strings.Contains(err.Error(), `duplicate object member name "7"`) {
		t.Errorf("a name that stands twice: %v", err)
	}
}

// TestMistakes: what the package does not take is said at once, and not written wrong.
func TestMistakes(t *testing.T) {
	type (
		option struct {
			A int `json:"a,omitempty"`
		}
		twice struct {
			base
			Kind string `json:"type"`
		}
		rest struct {
			Unknown map[string]int `json:",embed"`
		}
	)
	for name, do := range map[string]func(){
		"an unknown option":      func() { Marshal(option{}) },
		"a name twice":           func() { Marshal(twice{}) },
		"other embedded members": func() { Unmarshal([]byte(`{}`), new(rest)) },
		"an interface":           func() { Marshal([]any{1}) },
		"into an interface":      func() { Unmarshal([]byte(`1`), new(any)) },
		"keys that are numbers":  func() { Unmarshal([]byte(`{}`), new(map[int]int)) },
		"written, too":           func() { Marshal(map[int]int{1: 1}) },
		"no pointer":             func() { Unmarshal([]byte(`{}`), rest{}) },
	} {
		func() {
			defer func() {
				if p := recover(); p == nil || !strings.HasPrefix(fmt.Sprint(p), "jsondoc: ") {
					t.Errorf("%s: the panic is %v", name, p)
				}
			}()
			do()
		}()
	}
}

// TestLibrary reads the library's documents as one value and writes the same bytes again.
func TestLibrary(t *testing.T) {
	for _, want := range library(t) {
		var raw Raw
		err := Unmarshal(want, &raw)
		got, err2 := Indent(raw, math.MaxInt)
		if err := errors.Join(err, err2); err != nil {
			t.Fatalf("%.99s: %v", want, err)
		}
		if !bytes.Equal(append(got, '\n'), want) {
			t.Errorf("%.99s is another when it is written again", want)
		}
	}
}

// A value that is small in one line may be as large as one likes in many.
func TestIndentLimit(t *testing.T) {
	const deep, elements = 200, 20_000
	data := []byte(strings.Repeat("[", deep) + strings.Repeat("1,", elements) + "1" + strings.Repeat("]", deep))
	if out, err := Indent(data, len(data)); !errors.Is(err, ErrLong) || out != nil {
		t.Errorf("%d bytes became %d: %v", len(data), len(out), err)
	}
	if out, err := Indent(data, 20<<20); err != nil || len(out) < 2*deep*elements {
		t.Errorf("with room for them: %d bytes, %v", len(out), err)
	}
}

func Example() {
	type doc struct {
		Name    string `json:"name"`
		Unknown Raw    `json:",embed"`
	}
	var d doc
	if err := Unmarshal([]byte(`{"later": [1, 2], "name": "x"}`), &d); err != nil {
		fmt.Println(err)
	}
	text, err := Marshal(d)
	fmt.Println(string(text), err)
	fmt.Println(Unmarshal([]byte(`{"name": 5}`), &d))
	// Output:
	// {"name":"x","later":[1,2]} <nil>
	// field name holds a JSON number; it must be a string
}
