package masks

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
)

func TestRoundTrip(t *testing.T) {
	for _, p := range []*Persona{unitPersona(t), weightPersona(t), togetherPersona(t)} {
		t.Run(p.Kind, func(t *testing.T) {
			doc := document(t, p)
			back, err := Read(iotest.OneByteReader(strings.NewReader(doc)))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(p, back) {
				t.Errorf("read back:\n%+v\nwrote:\n%+v", back, p)
			}
			if back, err := Parse([]byte("\ufeff" + doc)); err != nil || !reflect.DeepEqual(p, back) {
				t.Errorf("after a byte order mark: %+v, %v", back, err)
			}
			if again := document(t, back); again != doc {
				t.Errorf("a second round gives\n%s\nand not\n%s", again, doc)
			}
			if back.Key() != p.Key() {
				t.Error("the key changed")
			}
		})
	}
}

// TestUnknownFieldsAreKept puts an unknown member into every object of a document that
// can hold one.
func TestUnknownFieldsAreKept(t *testing.T) {
	for _, p := range []*Persona{unitPersona(t), weightPersona(t), togetherPersona(t)} {
		const extra = `{"later": {"z": [1, null, "ü"], "a": 1.5}, `
		doc := document(t, p)
		for _, member := range []string{
			"model", "poles", `poles.plus`, "recipe", "statements", "evidence", "units", "weights", "together",
		} {
			name := member[strings.LastIndex(member, ".")+1:]
			doc = strings.Replace(doc, `"`+name+`": {`, `"`+name+`": `+extra, 1)
		}
		doc = strings.Replace(doc, `"tests": [`, `"tests": [`+extra+`"name": "x", "set": "x"}, `, 1)
		doc = regexp.MustCompile(`("(?:inputs|parts|parents)": \[\s*)\{`).ReplaceAllString(doc, "${1}"+extra)
		doc = strings.Replace(doc, "{", extra, 1)
		if n := strings.Count(doc, "later"); n < 9 {
			t.Fatalf("only %d unknown members were put in:\n%s", n, doc)
		}
		back, err := Parse([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := canonicalJSON(t, document(t, back)), canonicalJSON(t, doc); got != want {
			t.Errorf("%s: written\n%s\nread\n%s", p.Kind, got, want)
		}
		link, err := back.Link()
		if err != nil {
			t.Fatal(err)
		}
		linked, err := FromLink(link)
		if err != nil {
			t.Fatal(err)
		}
		if linked.Key() != back.Key() || back.Key() == p.Key() {
			t.Errorf("%s: unknown members must be part of the key and of the link", p.Kind)
		}
	}
}

// TestFaults changes one member of a valid document each and reads the sentence.
func TestFaults(t *testing.T) {
	units := func(change func(*Persona)) func(*testing.T) *Persona {
		return func(t *testing.T) *Persona { p := unitPersona(t); change(p); return p }
	}
	weights := func(change func(*Persona)) func(*testing.T) *Persona {
		return func(t *testing.T) *Persona { p := weightPersona(t); change(p); return p }
	}
	together := func(change func(*Persona)) func(*testing.T) *Persona {
		return func(t *testing.T) *Persona { p := togetherPersona(t); change(p); return p }
	}
	value := func(v float64) *float64 { return &v }
	tests := []struct {
		field string
		says  string
		make  func(*testing.T) *Persona
	}{
		{"format", "must be", units(func(p *Persona) { p.Format = "" })},
		{"name", "missing", units(func(p *Persona) { p.Name = " \n" })},
		{"name", "shorten", units(func(p *Persona) { p.Name = strings.Repeat("ü", maxName+1) })},
		{"description", "shorten", units(func(p *Persona) { p.Description = strings.Repeat("x", maxText+1) })},
		{"description", "control character U+001B", units(func(p *Persona) { p.Description = "\x1b[2J" })},
		{"author", "not valid UTF-8", units(func(p *Persona) { p.Author = "\xff" })},
		{"licence", "shorten", units(func(p *Persona) { p.Licence = strings.Repeat("x", maxName+1) })},
		{"model.name", "missing", units(func(p *Persona) { p.Model.Name = "" })},
		{"model.arch", "missing", units(func(p *Persona) { p.Model.Arch = "" })},
		{"model.digest", "64 lower-case", units(func(p *Persona) { p.Model.Digest = strings.Repeat("0A", 32) })},
		{"model.digest", "64 lower-case", units(func(p *Persona) { p.Model.Digest = "" })},
		{"poles.plus.name", "missing", units(func(p *Persona) { p.Poles.Plus.Name = "" })},
		{"poles.minus.name", "different names", units(func(p *Persona) { p.Poles.Minus.Name = "LOUD" })},
		{"kind", "must be", units(func(p *Persona) { p.Kind = "bits" })},
		{"kind", "no other mask", units(func(p *Persona) { p.Weights = weightPersona(t).Weights })},
		{"kind", "units must be present", units(func(p *Persona) { p.Units = nil })},
		{"kind", "together must be present", together(func(p *Persona) { p.Together = nil })},
		{"version", "of kind together has version 2", together(func(p *Persona) { p.Version = 1 })},
		{"together.parts", "must have 1 to 8", together(func(p *Persona) { p.Together.Parts = nil })},
		{"together.parts.1.strength", "above 0", together(func(p *Persona) { p.Together.Parts[1].Strength = 0 })},
		{"together.parts.0.strength", "at most 1", together(func(p *Persona) { p.Together.Parts[0].Strength = 1.01 })},
		{"together.parts.0.kind", "must be", together(func(p *Persona) { p.Together.Parts[0].Kind = KindTogether })},
		{"together.parts.0.kind", "weights must be present", together(func(p *Persona) { p.Together.Parts[0].Kind = KindWeights })},
		{"together.parts.0.units.plus.n", "between 1 and 84", together(func(p *Persona) { p.Together.Parts[0].Units.Plus.N = 85 })},
		{"together.parts.1.recipe.parameters.lambda", "tilt needs it", together(func(p *Persona) {
			delete(p.Together.Parts[1].Recipe.Parameters, "lambda")
		})},
		{"together.parts.1.weights.matrices", "at least one", together(func(p *Persona) { p.Together.Parts[1].Weights.Matrices = nil })},
		{"parents", "at most", together(func(p *Persona) { p.Parents = make([]Parent, maxParents+1) })},
		{"parents.0.name", "missing", together(func(p *Persona) { p.Parents[0].Name = "" })},
		{"parents.1.key", "SHA-256", together(func(p *Persona) { p.Parents[1].Key = "x" })},
		{"parents.1.strength", "between 0 and 1", together(func(p *Persona) { p.Parents[1].Strength = -1 })},
		{"parents.0.known", "at most", together(func(p *Persona) { p.Parents[0].Known = make([]string, maxKnown+1) })},
		{"parents.1.known.0", "SHA-256", together(func(p *Persona) { p.Parents[1].Known = []string{"x"} })},
		{"parents.0.statements", "SHA-256", together(func(p *Persona) { p.Parents[0].Statements = "" })},
		{"kind", "weights must be present", weights(func(p *Persona) { p.Weights = nil })},
		{"recipe.name", "missing", units(func(p *Persona) { p.Recipe.Name = "" })},
		{"recipe.seed", "2^53", units(func(p *Persona) { p.Recipe.Seed = 1 << 53 })},
		{"recipe.phi", "relu", units(func(p *Persona) { p.Recipe.Phi = "gelu" })},
		{"recipe.parameters.gamma", "between 0 and 1", units(func(p *Persona) { p.Recipe.Parameters["gamma"] = 1.1 })},
		{"recipe.parameters.kappa", "between 0", units(func(p *Persona) { p.Recipe.Parameters["kappa"] = -1 })},
		{"recipe.parameters.own", "is 0.5; it must be 0 or 1", units(func(p *Persona) { p.Recipe.Parameters["own"] = .5 })},
		{"recipe.parameters", `"\x1b[31m"`, units(func(p *Persona) { p.Recipe.Parameters["\x1b[31m"] = 1 })},
		{"recipe.parameters", "at most", units(func(p *Persona) { p.Recipe.Parameters[strings.Repeat("x", maxName+1)] = 1 })},
		{"recipe.parameters.tau", "between", weights(func(p *Persona) { p.Recipe.Parameters["tau"] = 0 })},
		{"recipe.parameters.lambda", "tilt needs it", weights(func(p *Persona) { delete(p.Recipe.Parameters, "lambda") })},
		{"recipe.parameters.tau", "contrastive-wanda needs it", weights(func(p *Persona) {
			p.Recipe = Recipe{Name: RecipeContrastiveWanda, Phi: "softplus", Parameters: map[string]float64{"rho": .1}}
		})},
		{"recipe.phi", "missing", weights(func(p *Persona) { p.Recipe.Name = RecipeContrastiveWanda })},
		{"recipe.name", "rebuilt with", weights(func(p *Persona) { p.Recipe.Name = "magic" })},
		{"units.layers", "between 0 and", units(func(p *Persona) { p.Units.Layers = [2]int{3, 1} })},
		{"units.layers", "between 0 and", units(func(p *Persona) { p.Units.Layers = [2]int{0, maxLayers} })},
		{"units.channels", "between 0 and", units(func(p *Persona) { p.Units.Channels = -1 })},
		{"units.neurons", "between 0 and", units(func(p *Persona) { p.Units.Neurons = maxLayerUnits + 1 })},
		{"units.channels", "both 0", units(func(p *Persona) { p.Units.Channels, p.Units.Neurons = 0, 0 })},
		{"units.order", "must be", units(func(p *Persona) { p.Units.Order = "" })},
		{"units.plus.n", "between 1 and 84", units(func(p *Persona) { p.Units.Plus.N = 85 })},
		{"units.minus.n", "between 1 and 84", units(func(p *Persona) { p.Units.Minus = UnitSet{} })},
		{"units.plus.set", "take 5", units(func(p *Persona) { p.Units.Plus.Set = p.Units.Plus.Set[:4] })},
		{"units.plus.set", "must be zero", units(func(p *Persona) { p.Units.Plus.Set[4] |= 1 })},
		{"units.plus.set", "number 84 at place 0", units(func(p *Persona) { p.Units.Plus.Set[0] = 84 << 1 })},
		{"units.minus.set", "twice", units(func(p *Persona) { p.Units.Minus = UnitSet{2, []byte{0, 0}} })},
		{"weights.layers", "between 0 and", weights(func(p *Persona) { p.Weights.Layers = [2]int{-1, 1} })},
		{"weights.matrices", "at least one", weights(func(p *Persona) { p.Weights.Matrices = nil })},
		{"weights.matrices", `"embd"`, weights(func(p *Persona) { p.Weights.Matrices[0] = "embd" })},
		{"weights.matrices", "twice", weights(func(p *Persona) { p.Weights.Matrices[1] = "q" })},
		{"weights.inputs", `lacks "ffn"`, weights(func(p *Persona) { p.Weights.Matrices = append(p.Weights.Matrices, "up") })},
		{"weights.inputs", `"attn"`, weights(func(p *Persona) { p.Weights.Inputs[1].Name = "attn" })},
		{"weights.inputs", `"ffn_down"`, weights(func(p *Persona) { p.Weights.Matrices = p.Weights.Matrices[:2] })},
		{"weights.inputs.attn.width", "between 1 and", weights(func(p *Persona) { p.Weights.Inputs[0].Width = 0 })},
		{"weights.inputs.attn.width", "between 1 and", weights(func(p *Persona) { p.Weights.Inputs[0].Width = 1 << 62 })},
		{"weights.inputs.attn.plus.mean", "take 28", weights(func(p *Persona) { p.Weights.Inputs[0].Width = 7 })},
		{"weights.inputs.attn_output.minus.deviation", "not negative", weights(func(p *Persona) {
			p.Weights.Inputs[1].Minus.Deviation[1] = 0xc0
		})},
		{"weights.inputs.attn_output.plus.deviation", "+Inf at place 3", weights(func(p *Persona) {
			copy(p.Weights.Inputs[1].Plus.Deviation[6:], "\x00\x7c")
		})},
		{"statements", "negative", units(func(p *Persona) { p.Statements.Minus = -1 })},
		{"statements.sorted", "SHA-256", units(func(p *Persona) { p.Statements.Sorted = "x" })},
		{"statements.sha256", "SHA-256", units(func(p *Persona) { p.Statements.SHA256 = "x" })},
		{"evidence.source", "missing", units(func(p *Persona) { p.Evidence.Source = "" })},
		{"evidence.settings_tried", "negative", units(func(p *Persona) { p.Evidence.SettingsTried = -1 })},
		{"evidence.tests", "at most", units(func(p *Persona) { p.Evidence.Tests = make([]Test, maxTests+1) })},
		{"evidence.controls.0.name", "missing", units(func(p *Persona) { p.Evidence.Controls[0].Name = "" })},
		{"evidence.tests.0.n", "negative", units(func(p *Persona) { p.Evidence.Tests[0].N.Plus = -1 })},
		{"evidence.tests.0.auc", "between 0 and 1", units(func(p *Persona) { p.Evidence.Tests[0].AUC = &Estimate{Value: 1.1} })},
		{"evidence.tests.0.auc", "one end", units(func(p *Persona) { p.Evidence.Tests[0].AUC.Low = nil })},
		{"evidence.tests.0.auc", "does not hold it", units(func(p *Persona) { p.Evidence.Tests[0].AUC.High = value(.94) })},
		{"evidence.tests.0.auc.draws", "at most", units(func(p *Persona) { p.Evidence.Tests[0].AUC.Draws = make([]float64, maxDraws+1) })},
		{"evidence.tests.0.rates.dense", "the rate 1.1", units(func(p *Persona) {
			p.Evidence.Tests[0].Rates = &SampledRates{Dense: TextRates{Distinct2: 1.1}}
		})},
		{"evidence.tests.0.rates.minus.n", "negative", units(func(p *Persona) {
			p.Evidence.Tests[0].Rates = &SampledRates{Minus: TextRates{N: -1}}
		})},
		{"evidence.tests.0.ppl_ratio", "greater than 0", units(func(p *Persona) { p.Evidence.Tests[0].PPLRatio.Minus = 0 })},
	}
	for _, test := range tests {
		t.Run(test.field+"/"+test.says, func(t *testing.T) {
			p := test.make(t)
			err := p.Validate()
			var fe *FieldError
			if !errors.As(err, &fe) || fe.Field != test.field || !strings.Contains(err.Error(), test.says) {
				t.Fatalf("got the error %v; it should name field %s and say %q", err, test.field, test.says)
			}
			if err := p.Write(failWriter{t}); err == nil {
				t.Error("Write wrote an invalid persona")
			}
			if _, err := p.Link(); err == nil {
				t.Error("Link of an invalid persona")
			}
		})
	}
}

type failWriter struct{ t *testing.T }

func (w failWriter) Write([]byte) (int, error) {
	w.t.Error("an invalid persona reached the file")
	return 0, errors.New("no")
}

// TestRefusals reads bytes that are no persona of this version.
func TestRefusals(t *testing.T) {
	valid := document(t, unitPersona(t))
	replace := func(old, new string) string {
		doc := strings.Replace(valid, old, new, 1)
		if doc == valid {
			t.Fatalf("the document does not hold %s", old)
		}
		return doc
	}
	evidence := func(test string) string {
		return replace(`"evidence": {`, `"evidence": {"source": "x", "tests": [{"name": "x", `+test+`}]}, "later": {`)
	}
	// What may be left out may be null.
	for _, doc := range []string{
		replace(`"evidence": {`, `"parents": null, "together": null, "evidence": null, "later": {`),
		evidence(`"n": null, "auc": null, "kl": null, "note": null, "p": null`),
		replace(`"gamma": 0,`, ``),
	} {
		if _, err := Parse([]byte(doc)); err != nil {
			t.Errorf("%v in %s", err, doc)
		}
	}
	tests := []struct {
		name, doc string
		is        error // nil: a FieldError
		says      string
	}{
		{"empty", "", ErrFormat, "at byte 0"},
		{"model", "GGUF\x03\x00\x00\x00", ErrFormat, "this is a model (GGUF)"},
		{"large model", "GGUF" + strings.Repeat("\x00", MaxDocument), ErrFormat, "this is a model (GGUF)"},
		{"hostile parameter", replace(`"gamma": 0`, `"\u001b[31m": []`), nil, `field recipe.parameters."\x1b[31m" holds a JSON array`},
		{"not JSON", "<html>", ErrFormat, "at byte 0"},
		{"cut short", valid[:300], ErrFormat, "at byte 300"},
		{"trailing", valid + "{}", ErrFormat, "after top-level value"},
		{"array", "[]", ErrFormat, "must be a JSON object"},
		{"null", "null", ErrFormat, "masque-persona"},
		{"other document", `{"name":"x"}`, ErrFormat, "masque-persona"},
		{"invalid UTF-8", replace("Loudness", "Loud\xff"), ErrFormat, "UTF-8"},
		{"repeated member", replace(`"kind"`, `"kind": "units", "kind"`), ErrFormat, "duplicate"},
		{"later version", replace(`"version": 1`, `"version": 3`), ErrVersion, "version 3, this program reads versions 1 and 2"},
		{"later version of another shape", `{"format":"masque-persona","version":3,"name":[1]}`, ErrVersion, "version 3"},
		{"units of another version", replace(`"version": 1`, `"version": 2`), nil, "field version is 2; a persona of kind units has version 1"},
		{"fractional version", replace(`"version": 1`, `"version": 1.5`), ErrVersion, "version 1.5"},
		{"no version", replace(`"version": 1,`, ``), nil, "field version is missing"},
		{"version as text", replace(`"version": 1`, `"version": "1"`), nil, "field version holds a JSON string; it must be a number"},
		{"name as number", replace(`"Loudness"`, `5`), nil, "field name holds a JSON number; it must be a string"},
		{"negative seed", replace(`"seed": 7`, `"seed": -7`), nil, "field recipe.seed holds a JSON number; it must be a whole number, not negative"},
		{"fractional count", replace(`"plus": 2,`, `"plus": 2.5,`), nil, "field statements.plus holds a JSON number; it must be a whole number"},
		{"three layers", replace("1,\n      3", "1, 2, 3"), nil, "field units.layers holds a JSON value of another length; it must be an array of 2 numbers"},
		{"one layer", replace("1,\n      3", "1"), nil, "field units.layers holds a JSON value of another length; it must be an array of 2 numbers"},
		{"a layer that is null", replace("1,\n      3", "null, 3"), nil, "field units.layers.0 is null; it must be a whole number"},
		{"layers that are null", replace("[\n      1,\n      3\n    ]", "null"), nil, "field units.layers is null; it must be an array of 2 numbers"},
		{"no layers", replace(`"layers"`, `"later"`), nil, "field units.layers is missing; it must be an array of 2 numbers"},
		{"γ that is null", replace(`"gamma": 0`, `"gamma": null`), nil, "field recipe.parameters.gamma is null; it must be a number"},
		{"no seed", replace(`"seed"`, `"later"`), nil, "field recipe.seed is missing"},
		{"a count that is null", replace(`"plus": 2,`, `"plus": null,`), nil, "field statements.plus is null; it must be a whole number"},
		{"no count", replace(`"plus": 2,`, ``), nil, "field statements.plus is missing; it must be a whole number"},
		{"statements that are null", replace(`"statements": {`, `"statements": null, "later": {`), nil, "field statements.plus is null"},
		{"an AUC without a value", evidence(`"auc": {}`), nil, "field evidence.tests.0.auc.value is missing; it must be a number"},
		{"an AUC that is null", evidence(`"auc": {"value": null}`), nil, "field evidence.tests.0.auc.value is null"},
		{"a draw that is null", evidence(`"auc": {"value": 1, "draws": [null]}`), nil, "field evidence.tests.0.auc.draws.0 is null"},
		{"n of nothing", evidence(`"n": {}`), nil, "field evidence.tests.0.n.plus is missing"},
		{"a KL that is null", evidence(`"kl": {"plus": null, "minus": 1}`), nil, "field evidence.tests.0.kl.plus is null"},
		{"rates of two sides", evidence(`"rates": {}`), nil, "field evidence.tests.0.rates.plus.n is missing"},
		{"units as array", `{"format":"masque-persona","version":1,"units":[]}`, nil, "field units holds a JSON array; it must be an object"},
		{"set as number", `{"format":"masque-persona","version":1,"units":{"plus":{"set":1}}}`, nil, "field units.plus.set holds a JSON number; it must be a string of base64"},
		{"matrices as text", `{"format":"masque-persona","version":1,"weights":{"matrices":"q"}}`, nil, "field weights.matrices holds a JSON string; it must be an array"},
		{"damaged mean", `{"format":"masque-persona","version":1,"weights":{"inputs":[{"plus":{"mean":"!"}}]}}`, nil, "field weights.inputs.0.plus.mean is not base64"},
		{"damaged base64", replace(`"set": "`, `"set": "!`), nil, "field units.plus.set is not base64"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := Parse([]byte(test.doc))
			if err == nil || p != nil {
				t.Fatalf("Parse gave %v, %v; it should refuse", p, err)
			}
			if fe := new(FieldError); test.is == nil && !errors.As(err, &fe) || test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("error %q is of another kind than %v", err, test.is)
			}
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %q does not say %q", err, test.says)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q is more than a line", err)
			}
		})
	}
}

func TestDocumentLimit(t *testing.T) {
	// Unknown members are kept, so only their size can be refused.
	doc := strings.Replace(document(t, unitPersona(t)), "{", `{"pad": "`+strings.Repeat("x", MaxDocument)+`",`, 1)
	if _, err := Read(strings.NewReader(doc)); !errors.Is(err, ErrLimit) {
		t.Errorf("Read of %d bytes: %v", len(doc), err)
	}
	doc = doc[:MaxDocument/2] + doc[MaxDocument:]
	p, err := Read(strings.NewReader(doc))
	if err != nil {
		t.Fatalf("Read of %d bytes: %v", len(doc), err)
	}
	if _, err := p.Link(); !errors.Is(err, ErrLimit) || !strings.Contains(err.Error(), "share the file") {
		t.Errorf("Link of %d bytes: %v", len(doc), err)
	}
	broken := errors.New("broken disk")
	if _, err := Read(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("Read from a broken disk: %v", err)
	}
}

func TestCheck(t *testing.T) {
	p := unitPersona(t)
	if err := p.Check(Model{Name: "another name", Arch: "llama", Digest: p.Model.Digest}); err != nil {
		t.Errorf("the same tensor data under another name: %v", err)
	}
	for _, loaded := range []Model{
		{Name: "huge", Arch: "llama", Digest: strings.Repeat("ff", 32)},
		{Name: "huge", Arch: "gemma", Digest: p.Model.Digest},
	} {
		err := p.Check(loaded)
		if !errors.Is(err, ErrModel) || !strings.Contains(err.Error(), "belongs to tiny") || !strings.Contains(err.Error(), "is huge") {
			t.Errorf("Check(%v): %v; the sentence should name both models", loaded, err)
		}
	}
}

func TestPole(t *testing.T) {
	p := unitPersona(t)
	for name, want := range map[string]Pole{
		"plus": Plus, "+": Plus, "loud": Plus, "PLUS": Plus, "minus": Minus, "-": Minus, "Quiet": Minus,
	} {
		if got, err := p.Pole(name); got != want || err != nil {
			t.Errorf("Pole(%q) = %q, %v; want %q", name, got, err, want)
		}
	}
	_, err := p.Pole("sideways")
	if err == nil || !strings.Contains(err.Error(), "plus (Loud) and minus (Quiet)") {
		t.Errorf("Pole of an unknown name: %v", err)
	}
	if got := p.Text(Minus).Name + p.Text(Plus).Name; got != "QuietLoud" {
		t.Errorf("the poles' names are %s", got)
	}
}

func TestHashStatements(t *testing.T) {
	// printf '+a\n+b\n-c\n' | sha256sum
	const want = "b7f85d9320d57471eac149edb3cff3ce5ce7d2e1dca6c1e2c24a271b6297260b"
	if got := HashStatements([]string{"a", "b"}, []string{"c"}); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if HashStatements([]string{"a"}, []string{"b"}) == HashStatements([]string{"b"}, []string{"a"}) {
		t.Error("swapped poles have the same hash")
	}
}

func ExamplePersona_Check() {
	p := &Persona{Name: "Extraversion", Model: Model{Name: "SmolLM2-135M-Instruct", Arch: "llama", Digest: strings.Repeat("98", 32)}}
	fmt.Println(p.Check(Model{Name: "gemma-3-270m", Arch: "gemma3", Digest: strings.Repeat("c1", 32)}))
	// Output:
	// persona: made for another model: Extraversion belongs to SmolLM2-135M-Instruct (llama, tensor data 989898989898…), and the loaded model is gemma-3-270m (gemma3, c1c1c1c1c1c1…)
}
