package main

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"masque/engine/model"
	"masque/masks"
	"masque/masks/library"
	"masque/masks/study"
)

// tinyLibrary has one pair of the given name.
func tinyLibrary(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	at := filepath.Join(dir, "statements", name)
	plus, minus := statementFiles(t, 40)
	write(t, filepath.Join(at, "plus.txt"), read(t, plus))
	write(t, filepath.Join(at, "minus.txt"), read(t, minus))
	plus, minus = statementFiles(t, 8)
	write(t, filepath.Join(at, "plus.items.txt"), strings.ReplaceAll(read(t, plus), "I like", "Like"))
	write(t, filepath.Join(at, "minus.items.txt"), strings.ReplaceAll(read(t, minus), "I hate", "Hate"))
	write(t, filepath.Join(at, "pair.json"), `{"name": "Liking", "description": "Likes it or not.", "poles": {
		"plus": {"name": "liker", "description": "Likes it.", "prompt": "You like it.", "label": "liking"},
		"minus": {"name": "hater", "description": "Hates it.", "prompt": "You hate it.", "label": "hating"}}}`)
	return dir
}

func TestPersonas(t *testing.T) {
	model := studyModel(t)
	dir := tinyLibrary(t, "liking")
	out, work := filepath.Join(dir, "personas", "liking.persona.json"), filepath.Join(dir, "work")
	args := []string{"personas", "-library", dir, "-draws", "2", "-replies", "1", "-impersonate", "0", "-work", work}
	text := masque(t, "", model, args...).works(t)
	kept := strings.Contains(text, "kept out")
	page := read(t, filepath.Join(dir, "RESULTS.md"))
	for _, want := range []string{"| liking |", "Kept out", "label", "prompt + mask, items", " * |", "AUC of sampled replies", "drift"} {
		if !strings.Contains(page, want) {
			t.Errorf("RESULTS.md does not say %q:\n%s", want, page)
		}
	}
	if _, err := os.Stat(out); (err == nil) == kept {
		t.Errorf("%q, and the file is there: %v", text, err == nil)
	}
	done, err := (&librarian{work: work}).openWork()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range done.done {
		weakest := 1 - 1./strengths
		for _, tried := range o.Tried {
			gamma, ratio := tried.Loud.Gamma, tried.Loud.PPLRatio
			if ratio.Plus > repliesPPL && gamma.Plus < weakest || ratio.Minus > repliesPPL && gamma.Minus < weakest {
				t.Errorf("replies at γ %+v cost %+v", gamma, ratio)
			}
			if gamma.Plus > tried.Gamma || gamma.Minus > tried.Gamma {
				t.Errorf("replies at γ %+v are quieter than the mask itself, at %v", gamma, tried.Gamma)
			}
		}
	}
	// From the file of work.
	if got := masque(t, "", model, args...).works(t); got != text {
		t.Errorf("the second run says %q", got)
	}
	masque(t, "", model, "personas", "-library", dir, "-only", "fly").fails(t, exitError, "liking")
	masque(t, "", model, "personas", "-library", t.TempDir()).fails(t, exitError, "no pair.json")
	// An outcome that an earlier version wrote, without what is wanted now, and half a line: it
	// is computed anew.
	whole := read(t, work)
	old := strings.Replace(whole, `"drift":`, `"other":`, 1)
	write(t, work, old+whole[:100])
	r := masque(t, "", model, args...)
	if r.code != exitOK || r.stdout != text || !strings.Contains(r.stderr, work+" has outcomes of an earlier version (liking)") {
		t.Errorf("exit code %d, stdout %q, stderr %q", r.code, r.stdout, r.stderr)
	}
	if again := read(t, filepath.Join(dir, "RESULTS.md")); again != page {
		t.Error("computed anew, RESULTS.md differs")
	}
	if read(t, work) != old+whole {
		t.Error("the old outcome is not kept with the new one behind it")
	}
	write(t, work, whole+"half\n")
	masque(t, "", model, args...).fails(t, exitError, work+": line 2 is none of masque personas", "nothing was written")
	// What is wrong with the last pair is found before the first is computed.
	half := filepath.Join(dir, "statements", "other")
	write(t, filepath.Join(half, "pair.json"), read(t, filepath.Join(dir, "statements", "liking", "pair.json")))
	masque(t, "", lateModel(t), "personas", "-library", dir).fails(t, exitError, "other: open "+filepath.Join(half, "plus.txt"))
	// What fails only when it is computed leaves the library as it was, also of the pairs before it.
	for _, file := range []string{"plus", "minus", "plus.items", "minus.items"} {
		write(t, filepath.Join(half, file+".txt"), read(t, filepath.Join(dir, "statements", "liking", file+".txt")))
	}
	write(t, filepath.Join(half, "plus.txt"), read(t, filepath.Join(half, "plus.txt"))+"It goes on"+strings.Repeat(" and on", 400)+"\n")
	write(t, work, whole)
	write(t, out, "of the last run")
	r = masque(t, "", model, args...)
	if r.code != exitError || !strings.Contains(r.stdout, "liking: AUC") || !strings.Contains(r.stderr, "other: ") || read(t, out) != "of the last run" {
		t.Errorf("exit code %d, stdout %q, stderr %q; the first persona is %.40q", r.code, r.stdout, r.stderr, read(t, out))
	}
	if err := os.RemoveAll(half); err != nil {
		t.Fatal(err)
	}
	nowhere := filepath.Join(dir, "nowhere", "work")
	masque(t, "", lateModel(t), "personas", "-library", dir, "-work", nowhere).fails(t, exitError, nowhere+" cannot be written: no such file")
	// An outcome that another run has added meanwhile stays.
	w, err := (&librarian{work: work + ".2"}).openWork()
	if err != nil {
		t.Fatal(err)
	}
	write(t, w.path, whole)
	for _, o := range done.done {
		if err := w.add(o); err != nil {
			t.Fatal(err)
		}
	}
	if read(t, w.path) != whole+whole {
		t.Error("an outcome of another run is gone")
	}
	// With what the model says under the prompts it is another outcome, which says so.
	var first masks.Statements
	for _, o := range done.done {
		first = o.Persona.Statements
	}
	write(t, work, whole)
	masque(t, "", model, append(args, "-impersonate", "1")...).works(t)
	more, err := (&librarian{work: work}).openWork()
	if err != nil || len(more.done) != 2 {
		t.Fatalf("%d outcomes (%v)", len(more.done), err)
	}
	for key, o := range more.done {
		known := done.done[key] != nil
		if said := strings.Contains(o.Persona.Evidence.Source, "replies of the plain model under the prompts"); said == known {
			t.Errorf("of an outcome known before %v: %s", !said, o.Persona.Evidence.Source)
		}
		// What a persona is known by when it is measured are its sentences.
		made := &o.Persona.Statements
		if (made.Said > 0) == known || made.SHA256 != first.SHA256 || made.Plus != first.Plus {
			t.Errorf("of an outcome known before %v: made from %+v, the first from %+v", known, made, first)
		}
	}
	if page := read(t, filepath.Join(dir, "RESULTS.md")); !strings.Contains(page, "under the pair's two prompts as well") {
		t.Errorf("RESULTS.md does not say what masks were made from:\n%s", page)
	}
	masque(t, "", model, "personas", "-impersonate", "-1").fails(t, exitUsage, "-impersonate")
}

// TestGallery: a pair that separates has its file written, with what stands in its
// evidence, and one that does not has it taken away.
func TestGallery(t *testing.T) {
	low, high := .8, .95
	good := &masks.Test{Set: masks.SetUnseen, AUC: &masks.Estimate{Value: .9, Low: &low, High: &high}, PPLRatio: &masks.Ratios{Plus: 1, Minus: 1.02}}
	make := func(change func(unseen, shuffled *masks.Test)) *outcome {
		unseen, shuffled := *good, masks.Test{Set: masks.SetUnseen, Kind: masks.ControlShuffled, AUC: &masks.Estimate{Value: .5}}
		change(&unseen, &shuffled)
		return &outcome{Name: "x", Persona: &masks.Persona{Evidence: &masks.Evidence{Tests: []masks.Test{unseen}, Controls: []masks.Test{shuffled}}}}
	}
	for want, o := range map[string]*outcome{
		"":           make(func(_, _ *masks.Test) {}),
		"below":      make(func(u, _ *masks.Test) { u.AUC = &masks.Estimate{Value: .7, Low: &low, High: &high} }),
		"shuffled":   make(func(_, s *masks.Test) { s.AUC.Value = .85 }),
		"perplexity": make(func(u, _ *masks.Test) { u.PPLRatio = &masks.Ratios{Plus: 1.3, Minus: 1} }),
	} {
		if got := o.verdict(); !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("the verdict is %q, want %q", got, want)
		}
	}
	b := &librarian{dir: t.TempDir()}
	model := studyModel(t)
	plus, minus := statementFiles(t, 24)
	made := filepath.Join(b.dir, "made")
	masque(t, "", model, "calibrate", "-plus", plus, "-minus", minus, "-set", "n=12", "-o", made).works(t)
	o := &outcome{Name: "x", Persona: persona(t, made)}
	path := filepath.Join(b.dir, "personas", "x.persona.json")
	if err := b.keep(o); err != nil {
		t.Fatal(err)
	}
	if read(t, path) != read(t, made) {
		t.Error("the file is not the persona")
	}
	o.Reason = "it does not separate"
	for range 2 { // it may not be there
		if err := b.keep(o); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a pair that does not separate is in the gallery")
	}
	// The file of work gives back what went in.
	w := &workFile{path: filepath.Join(b.dir, "work"), done: map[string]*outcome{}}
	o.Key = "k"
	if err := w.add(o); err != nil {
		t.Fatal(err)
	}
	b.work = w.path
	back, err := b.openWork()
	if err != nil {
		t.Fatal(err)
	}
	var document bytes.Buffer
	if err := back.done["k"].Persona.Write(&document); err != nil {
		t.Fatal(err)
	}
	if document.String() != read(t, made) {
		t.Error("the file of work changes a persona")
	}
}

// TestResults: the tables of RESULTS.md are what the library's documents give.
func TestResults(t *testing.T) {
	var in []*outcome
	for _, name := range library.Names() {
		p, err := library.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		o := &outcome{Name: name, Settings: study.Settings{Gamma: p.Recipe.Parameters["gamma"]}, Persona: p}
		o.Loud = *o.test(study.RepliesTopic).Gamma
		if reason := o.verdict(); reason != "" {
			t.Errorf("%s is in the library, and %s", name, reason)
		}
		in = append(in, o)
	}
	var tables strings.Builder
	resultTables(&tables, in)
	page := read(t, filepath.Join("..", "..", "library", "RESULTS.md"))
	for line := range strings.Lines(tables.String()) {
		if !strings.Contains(page, line) {
			t.Errorf("RESULTS.md has no line %s", line)
		}
	}
}

func TestChoice(t *testing.T) {
	try := func(n int, auc, cost, drift float64) trial {
		return trial{Settings: study.Settings{N: n}, AUC: auc, PPLRatio: masks.Ratios{Plus: 1, Minus: cost}, Loud: loud{Drift: drift}}
	}
	for i, test := range []struct {
		tried []trial
		want  int
	}{
		{[]trial{try(1, .9, 1.02, .1), try(2, .9, 1.02, .2), try(3, .9, 1, .1)}, 1},    // the loudest
		{[]trial{try(1, .9, 1.02, .3), try(2, .945, 1.02, .2), try(3, .95, 1, .1)}, 1}, // of those about as good as the best
		{[]trial{try(1, .99, 1.2, .9), try(2, .9, 1.02, -.1), try(3, .85, 1, .1)}, 1},  // of those that cost little
		{[]trial{try(1, .99, 1.2, .9), try(2, .6, 1.1, .1), try(3, .7, 1.05, 0)}, 2},   // all cost much
	} {
		got := choice(test.tried)
		if want := test.tried[test.want]; got != want {
			t.Errorf("case %d: chose %v, want %v", i, &got.Settings, &want.Settings)
		}
	}
}

func TestStrongest(t *testing.T) {
	for _, test := range []struct{ price, want float64 }{ // of full strength
		{.05, 0}, {.14, .5}, {.1, .3}, {100, .95},
	} {
		for guess := range 24 { // some of them beyond what there is
			asked := 0
			got, err := strongest(1.07, float64(guess-2)/strengths, func(gamma float64) (float64, error) {
				asked++
				return 1 + test.price*(1-gamma) - 1e-9, nil
			})
			far := math.Abs(test.want*strengths - float64(guess-2))
			if err != nil || math.Abs(got-test.want) > 1e-9 || far <= 1 && asked > 5 || asked > 9 {
				t.Errorf("at a price of %v, from step %d, the strongest is γ = %v (%v) of %d asked, want %v", test.price, guess-2, got, err, asked, test.want)
			}
		}
	}
	broken := errors.New("broken")
	if _, err := strongest(1, .5, func(float64) (float64, error) { return 0, broken }); !errors.Is(err, broken) {
		t.Errorf("the guard is broken: %v", err)
	}
}

func TestCandidates(t *testing.T) {
	list, err := candidates(&model.Config{Layers: 30, Heads: 9, HeadDim: 64, FFN: 1536})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range list {
		if slices.Contains(list[:i], s) {
			t.Errorf("%v stands twice", &s)
		}
	}
	list, err = candidates(&model.Config{Layers: 3, Heads: 2, HeadDim: 16, FFN: 32})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		if s.N != 128 {
			t.Errorf("%d units of a model that has 128 in scope", s.N)
		}
	}
}

// TestCandidatesFitLinks: a persona of the library goes on as a link, so its mask has no
// more units than one carries beside the evidence.
func TestCandidatesFitLinks(t *testing.T) {
	c := &model.Config{Layers: 30, Heads: 9, HeadDim: 64, FFN: 1536}
	list, err := candidates(c)
	if err != nil {
		t.Fatal(err)
	}
	p, err := library.Find("extraversion")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, s := range list {
		u := masks.Units{Layers: s.Layers, Channels: c.QDim(), Neurons: c.FFN, Order: masks.OrderScore}
		for _, pole := range []*masks.UnitSet{&u.Plus, &u.Minus} {
			var units []masks.Unit
			for _, number := range random.Perm(u.Scope())[:s.N] {
				per := c.QDim() + c.FFN
				unit := masks.Unit{Family: masks.Channel, Layer: s.Layers[0] + number/per, Index: number % per}
				if unit.Index >= c.QDim() {
					unit.Family, unit.Index = masks.Neuron, unit.Index-c.QDim()
				}
				units = append(units, unit)
			}
			if *pole, err = u.Pack(units); err != nil {
				t.Fatal(err)
			}
		}
		p.Units = &u
		link, err := p.Link()
		if err != nil {
			t.Errorf("%d units: %v", s.N, err)
		}
		t.Logf("%d units: %d characters", s.N, len(link))
	}
}
