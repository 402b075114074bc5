package jsondoc

import (
	"encoding/json/jsontext"
	"encoding/json/v2"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// sample has a member of every type that the project's documents and messages have. R is
// Raw, or what encoding/json/v2 has for it.
type sample[R ~[]byte] struct {
	base
	Text     string             `json:"text"`
	Named    named              `json:"näme\u2028"`
	Maybe    *string            `json:"maybe,omitzero"`
	Flag     bool               `json:"flag"`
	Whole    int                `json:"whole,omitzero"`
	Small    int32              `json:"small"`
	Seed     uint64             `json:"seed"`
	Tiny     uint16             `json:"tiny"`
	Real     float64            `json:"real"`
	Half     float32            `json:"half"`
	Pair     [2]int             `json:"pair"`
	Bytes    []byte             `json:"bytes"`
	Halves   halves             `json:"halves,omitzero"`
	List     []float64          `json:"list,omitzero"`
	Lists    [][]float64        `json:"lists"`
	Map      map[string]float64 `json:"map"`
	Parts    []inner[R]         `json:"parts"`
	Inner    *inner[R]          `json:"inner"`
	Raw      R                  `json:"raw"`
	Raws     []R                `json:"raws,omitzero"`
	Anon     struct{ A, B int } `json:"anon"`
	Untagged float64
	hidden   int
	Skipped  int `json:"-"`
	Unknown  R   `json:",embed"`
}

// base is embedded, and not exported, as the heads of messages are.
type base struct {
	Type string `json:"type"`
	ID   int    `json:"id"`
}

type inner[R ~[]byte] struct {
	Name    string `json:"name"`
	Unknown R      `json:",embed"`
}

type (
	named  string
	halves []byte
)

// examples are seeds, and the cases of TestExamples.
var examples = []string{
	`{}`, `null`, ` [] `, `""`, `1`, `{"type":"x","id":-3,"text":"a\"\\\/\b\f\n\r\t\u0000\u001f\u00e9\ud83d\ude00<&>\u2028","later":{"z":[1, null , "\u00fc"],"a":1.50E+3}}`,
	`{"näme\u2028":"x","maybe":null,"flag":true,"whole":0,"small":-2147483648,"seed":18446744073709551615,"tiny":65535}`,
	`{"real":-0,"half":1e-7,"pair":[1,2],"bytes":"AAEC","halves":"","list":[],"lists":[[1e21,1e-7,123456789012345680000],[]],"map":{"b":1,"a":0.1,"":2}}`,
	`{"parts":[{"name":"x","a":{"b":[]}},{},null],"inner":{"q":1,"q2":"\u0041"},"raw":{"x" : [ 1 , 2 ]},"raws":[null,"\u0041",-0.0],"anon":{"A":1,"c":2},"Untagged":4}`,
	`{"small":2147483648}`, `{"tiny":-1}`, `{"tiny":-0}`, `{"whole":-0}`, `{"whole":1.0}`, `{"whole":1e2}`, `{"seed":18446744073709551616}`, `{"whole":-9223372036854775808}`,
	`{"real":1e400}`, `{"half":1e39}`, `{"half":3.4e38}`, `{"real":1e-400}`, `{"real":01}`, `{"real":1.}`, `{"real":.5}`, `{"real":+1}`, `{"real":1e}`, `{"real":-}`, `{"raw":1e400}`,
	`{"pair":[1]}`, `{"pair":[1,2,3]}`, `{"pair":[1,2,"x"]}`, `{"pair":{}}`, `{"pair":null}`,
	`{"bytes":"AAE"}`, `{"bytes":"AA\nEC"}`, `{"bytes":"AAEC\r\n"}`, `{"bytes":"AB=="}`, `{"bytes":"A==="}`, `{"bytes":"_-=="}`, `{"bytes":[1]}`, `{"bytes":null}`, `{"bytes":"\u0041AEC"}`,
	`{"flag":1}`, `{"flag":"true"}`, `{"text":1}`, `{"text":null}`, `{"list":{}}`, `{"map":[]}`, `{"map":{"a":1,"a":2}}`, `{"map":{"a":1,"\u0061":2}}`, `{"inner":[]}`,
	`{"text":"a","text":"b"}`, `{"later":1,"later":2}`, `{"later":1,"l\u0061ter":2}`, `{"Text":"a","TEXT":1}`, `{"raw":{"a":1,"a":2}}`, `{"later":{"a":1,"a":2}}`,
	"{\"text\":\"\xff\"}", "{\"later\":\"\xff\"}", "{\"\xff\":1}", "{\"text\":\"\xed\xa0\x80\"}", `{"text":"\ud800"}`, `{"text":"\ud800\ud800"}`, `{"text":"\udc00\ud800"}`, `{"text":"\ud800x"}`, `{"text":"\u12"}`, `{"text":"\x"}`, "{\"text\":\"\n\"}", "{\"text\":\"\x7f\"}",
	``, ` `, `{`, `{"`, `{"a`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{,}`, `{"a" 1}`, `{1:2}`, `[1,]`, `{"lists":[,]}`, `{"lists":[[1] [2]]}`, `{}{}`, `{} x`, `nul`, `nulL`, `truee`, `{"flag":tru}`, "\ufeff{}", "{}\x00", "\v{}",
	`{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`,
	`{"parts":[` + strings.Repeat(`{"name":"x"},`, 40) + `{}]}`,
	`{"` + strings.Join(strings.Split(strings.Repeat("abcdefgh", 5), ""), `":1,"x`) + `":2}`,
}

func seeds(tb testing.TB) (out [][]byte) {
	tb.Helper()
	for _, e := range examples {
		out = append(out, []byte(e))
	}
	return append(out, library(tb)...)
}

// library is the text of every persona of the library.
func library(tb testing.TB) (out [][]byte) {
	tb.Helper()
	paths, err := filepath.Glob("../library/personas/*.persona.json")
	if err != nil || len(paths) == 0 {
		tb.Fatalf("no personas of the library are there: %v", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, data)
	}
	return out
}

// FuzzAgrees compares what this package and encoding/json/v2 take for JSON, what they read
// and what they write of it.
func FuzzAgrees(f *testing.F) {
	for _, data := range seeds(f) {
		f.Add(data)
	}
	f.Fuzz(agree)
}

// agree reads bytes with both packages, strictly and as a message, and compares.
func agree(t *testing.T, data []byte) {
	if depth(data) > maxDepth {
		return // encoding/json/v2 goes on, to 10,000
	}
	for _, message := range []bool{false, true} {
		options := json.JoinOptions(json.Deterministic(true), jsontext.AllowInvalidUTF8(message))
		var ours sample[Raw]
		var theirs sample[jsontext.Value]
		ourErr := unmarshal(&decoder{data: data, mend: message}, &ours)
		theirErr := json.Unmarshal(data, &theirs, options)
		if (ourErr == nil) != (theirErr == nil) {
			t.Fatalf("message %v: our error is %v, theirs %v", message, ourErr, theirErr)
		}
		if ourErr != nil {
			if at, ok := ourErr.(*SyntaxError); ok && (at.Offset < 0 || at.Offset > len(data)) {
				t.Errorf("an error at byte %d of %d", at.Offset, len(data))
			}
			if strings.Contains(ourErr.Error(), "\n") {
				t.Errorf("the error is more than a line: %q", ourErr)
			}
			continue
		}
		if err := same(reflect.ValueOf(ours), reflect.ValueOf(theirs)); err != nil {
			t.Fatalf("message %v: %v\nours   %+v\ntheirs %+v", message, err, ours, theirs)
		}
		wrote, err := marshal(&ours, message)
		if err != nil {
			if message {
				continue // raw values are written strictly
			}
			t.Fatal(err)
		}
		want, err := json.Marshal(&theirs, options)
		if err != nil {
			t.Fatal(err)
		}
		if string(wrote) != string(want) {
			t.Errorf("message %v: wrote\n%s\nand encoding/json/v2\n%s", message, wrote, want)
		}
	}
	formats(t, data)
}

// formats compares the layouts of a value of any kind.
func formats(t *testing.T, data []byte) {
	value := func() *jsontext.Value {
		v := jsontext.Value(slices.Clone(data))
		return &v
	}
	for name, layout := range map[string]struct {
		ours   func([]byte) ([]byte, error)
		theirs func(*jsontext.Value) error
	}{
		"indented":  {func(b []byte) ([]byte, error) { return Indent(b, math.MaxInt) }, func(v *jsontext.Value) error { return v.Format(jsontext.Multiline(true), jsontext.WithIndent("  ")) }},
		"canonical": {Canonical, func(v *jsontext.Value) error { return v.Canonicalize() }},
		"compact": {func(b []byte) ([]byte, error) { return Marshal(Raw(b)) }, func(v *jsontext.Value) error {
			if *v == nil {
				*v = jsontext.Value("null")
			}
			return v.Format()
		}},
	} {
		want := value()
		theirErr := layout.theirs(want)
		got, err := layout.ours(data)
		if (err == nil) != (theirErr == nil) {
			t.Fatalf("%s: our error is %v, theirs %v", name, err, theirErr)
		}
		if err == nil && string(got) != string(*want) {
			t.Errorf("%s: wrote\n%s\nand encoding/json/v2\n%s", name, got, *want)
		}
	}
}

// depth is at least how deep a text nests.
func depth(data []byte) (deepest int) {
	level := 0
	for _, c := range data {
		switch c {
		case '[', '{':
			level++
			deepest = max(deepest, level)
		case ']', '}':
			level--
		}
	}
	return deepest
}

// same compares values of two types of one shape. Raw values are the same where they are
// written the same.
func same(a, b reflect.Value) error {
	if a.Kind() != b.Kind() {
		return fmt.Errorf("a %v is a %v", a.Kind(), b.Kind())
	}
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			if err := same(a.Field(i), b.Field(i)); err != nil {
				return fmt.Errorf("%s: %w", a.Type().Field(i).Name, err)
			}
		}
		return nil
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			if a.IsNil() != b.IsNil() {
				return fmt.Errorf("nil is not nil")
			}
			return nil
		}
		return same(a.Elem(), b.Elem())
	case reflect.Map:
		if a.IsNil() != b.IsNil() || a.Len() != b.Len() {
			return fmt.Errorf("%v is %v", a, b)
		}
		for _, key := range a.MapKeys() {
			if err := same(a.MapIndex(key), b.MapIndex(key)); err != nil {
				return err
			}
		}
		return nil
	case reflect.Slice, reflect.Array:
		if a.Type() == rawType {
			x, y := jsontext.Value(slices.Clone(a.Bytes())), jsontext.Value(slices.Clone(b.Bytes()))
			mend := jsontext.AllowInvalidUTF8(true)
			if (x == nil) != (y == nil) || x != nil && (x.Format(mend) == nil) != (y.Format(mend) == nil) || string(x) != string(y) {
				return fmt.Errorf("%q is %q", x, y)
			}
			return nil
		}
		if a.Kind() == reflect.Slice && a.IsNil() != b.IsNil() || a.Len() != b.Len() {
			return fmt.Errorf("%v is %v", a, b)
		}
		for i := range a.Len() {
			if err := same(a.Index(i), b.Index(i)); err != nil {
				return fmt.Errorf("%d: %w", i, err)
			}
		}
		return nil
	case reflect.Float32, reflect.Float64:
		if math.Float64bits(a.Float()) != math.Float64bits(b.Float()) {
			return fmt.Errorf("%v is %v", a, b)
		}
		return nil
	}
	if !a.Equal(b) {
		return fmt.Errorf("%v is %v", a, b)
	}
	return nil
}

// FuzzWrites compares what is written of values that no document was read into.
func FuzzWrites(f *testing.F) {
	f.Add("a<\u2028\x00\"\\\n\x7f", "é", 1e21, float32(1e-7), int64(-5), []byte("x"), []byte(`{"a":1}`))
	f.Add("\xff", "\xff", math.Inf(1), float32(math.NaN()), int64(math.MinInt64), []byte(nil), []byte(nil))
	f.Add("\U0001f600", "\ue000", -0.000001, float32(1e21), int64(0), []byte{}, []byte(` { "text" : 1 } `))
	f.Add("", "", 9.999999e-7, float32(9.999999e20), int64(1), []byte{255, 254}, []byte(`{"maybe":[1, {"b":1,"b":2}]}`))
	f.Add("", "", 1e-6, float32(1e-6), int64(1), []byte{0}, []byte(nil)) // which is less than 1e-6 in float64
	f.Add("", "", math.Copysign(0, -1), float32(16777216), int64(1), []byte{255, 254}, []byte(`{"näme\u2028":2}`))
	f.Fuzz(func(t *testing.T, text, key string, real float64, half float32, whole int64, bytes, rest []byte) {
		if depth(rest) > maxDepth {
			return
		}
		ours := sample[Raw]{Text: text, Real: real, Half: half, Whole: int(whole), Seed: uint64(whole), Bytes: bytes, Halves: bytes, hidden: 1, Map: map[string]float64{key: 1, text: 2, "": 3}, Unknown: rest}
		theirs := sample[jsontext.Value]{Text: text, Real: real, Half: half, Whole: int(whole), Seed: uint64(whole), Bytes: bytes, Halves: bytes, Map: ours.Map, Unknown: rest}
		got, err := Marshal(ours)
		want, theirErr := json.Marshal(theirs, json.Deterministic(true))
		if (err == nil) != (theirErr == nil) {
			t.Fatalf("our error is %v, theirs %v", err, theirErr)
		}
		if err == nil && string(got) != string(want) {
			t.Errorf("wrote\n%s\nand encoding/json/v2\n%s", got, want)
		}
		message, err := MarshalMessage(base{Type: text})
		want, theirErr = json.Marshal(base{Type: text}, jsontext.AllowInvalidUTF8(true))
		if err != nil || theirErr != nil || string(message) != string(want) {
			t.Errorf("as a message: %s, %v; encoding/json/v2: %s, %v", message, err, want, theirErr)
		}
	})
}
