package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"masque/engine/model/modeltest"
	"masque/masks"
	"masque/masks/study"
)

// studyModel is a model with room for the neutral texts. It is random: its figures
// can be compared with each other, and mean nothing.
func studyModel(t *testing.T) string {
	t.Helper()
	// So small a model spends its time waiting, where several goroutines compute.
	before := runtime.GOMAXPROCS(1)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	tiny := modeltest.Default()
	tiny.Context = 2048
	path := filepath.Join(t.TempDir(), "tiny.F32.gguf")
	write(t, path, string(tiny.Write()))
	return path
}

// lateModel is one whose chat template is of no known family: an error about that is one that
// comes too late, where something else is wrong that can be known before.
func lateModel(t *testing.T) string {
	t.Helper()
	path := studyModel(t)
	write(t, path, strings.Replace(read(t, path), "add_generation_prompt", "add_generation_pr0mpt", 1))
	return path
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// statementFiles writes n statements a pole.
func statementFiles(t *testing.T, n int) (plus, minus string) {
	t.Helper()
	dir := t.TempDir()
	var p, m strings.Builder
	for i := range n {
		fmt.Fprintf(&p, "I like it, %d.\n", i)
		fmt.Fprintf(&m, "I hate it, %d.\n", i)
	}
	plus, minus = filepath.Join(dir, "Liker.txt"), filepath.Join(dir, "Hater.txt")
	write(t, plus, p.String())
	write(t, minus, m.String())
	return plus, minus
}

func persona(t *testing.T, path string) *masks.Persona {
	t.Helper()
	p, err := masks.Parse([]byte(read(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCalibrateAndEval(t *testing.T) {
	model := studyModel(t)
	plus, minus := statementFiles(t, 24)
	out := filepath.Join(t.TempDir(), "x.persona.json")
	args := []string{"calibrate", "-plus", plus, "-minus", minus, "-set", "n=12", "-set", "kappa=0.5", "-seed", "3", "-o", out}
	text := masque(t, "", model, args...).works(t)
	for _, want := range []string{"Liker – Hater", "Unseen statements", "perplexity ratio", "of 100 pairs", "n 12"} {
		if !strings.Contains(text, want) {
			t.Errorf("calibrate does not say %q:\n%s", want, text)
		}
	}
	p := persona(t, out)
	if p.Units.Plus.N != 12 || p.Recipe.Parameters["kappa"] != .5 || p.Recipe.Seed != 3 || p.Poles.Minus.Name != "Hater" || p.Evidence == nil {
		t.Errorf("the persona is %+v", p)
	}
	if *p.Evidence.Tests[0].N != (masks.Counts{Plus: 12, Minus: 12}) || p.Statements.Plus != 24 || p.Statements.Minus != 24 {
		t.Errorf("%+v statements are tested, and the persona is made from %+v, of 24 a pole", p.Evidence.Tests[0].N, p.Statements)
	}
	first := read(t, out)
	masque(t, "", model, args...).works(t)
	if read(t, out) != first {
		t.Error("the same command wrote another persona")
	}

	plus, minus = statementFiles(t, 30) // some of which are new
	text = masque(t, "", model, "eval", "-persona", out, "-plus", plus, "-minus", minus).works(t)
	if !strings.Contains(text, "Unseen statements") || !strings.Contains(text, "strength 0.5") {
		t.Errorf("eval says\n%s", text)
	}
	var got evalJSON
	printed := masque(t, "", model, "eval", "-persona", out, "-plus", plus, "-minus", minus, "-controls", "-draws", "2", "-yesno", "-replies", "1", "-json").works(t)
	if err := json.Unmarshal([]byte(printed), &got); err != nil {
		t.Fatal(err)
	}
	if got.AUC.Low == nil || got.D == nil || got.D.High == nil || got.PPLRatio.Minus <= 0 || got.N.Plus != 30 || got.YesNo == nil || got.Replies == nil || got.Second == nil || got.MadeFromThese {
		t.Errorf("eval -json printed %s", printed)
	}
	var names []string
	for _, c := range got.Controls {
		names = append(names, c.Name)
	}
	want := []string{study.ShuffledTopic.Name(), study.ReplyPromptTopic.Name(), study.ReplyRandomTopic.Name(), study.Second(study.ReplyPromptTopic).Name(), study.Second(study.ReplyRandomTopic).Name(), study.RandomTopic.Name(), study.PromptTopic.Name(), study.TogetherTopic.Name(), study.FewShotTopic.Name(), study.WordsTopic.Name(), study.WandaTopic.Name()}
	if strings.Join(names, "; ") != strings.Join(want, "; ") {
		t.Errorf("the controls are %q, want %q", names, want)
	}
	// A mask that is fully open separates nothing.
	printed = masque(t, "", model, "eval", "-persona", out, "-plus", plus, "-minus", minus, "-strength", "0", "-json").works(t)
	if err := json.Unmarshal([]byte(printed), &got); err != nil {
		t.Fatal(err)
	}
	if got.AUC.Value != .5 || *got.PPLRatio != (masks.Ratios{Plus: 1, Minus: 1}) {
		t.Errorf("at strength 0: AUC %v, perplexity ratio %+v", got.AUC.Value, got.PPLRatio)
	}
	// Of masks that are worn together the controls that can be made are measured.
	both := filepath.Join(t.TempDir(), "both.persona.json")
	masque(t, "", "", "combine", "-op", "together", "-o", both, out, out).works(t)
	text = masque(t, "", model, "eval", "-persona", both, "-plus", plus, "-minus", minus, "-controls", "-draws", "1").works(t)
	for _, want := range []string{"Unseen statements", study.PromptTopic.Name(), study.ShuffledTopic.Name() + " ", "Left out: ", "several masks at once", "of 100 pairs"} {
		if !strings.Contains(text, want) {
			t.Errorf("eval of masks that are worn together does not say %q:\n%s", want, text)
		}
	}
}

// TestCalibrateRefuses: what would fail in the end fails before anything is computed.
func TestCalibrateRefuses(t *testing.T) {
	plus, minus := statementFiles(t, 12)
	model, dir := lateModel(t), t.TempDir()
	out := filepath.Join(dir, "x.persona.json")
	latin := filepath.Join(dir, "latin.txt")
	write(t, latin, "Ich m\xf6chte.\n")
	namesake := filepath.Join(filepath.Dir(plus), "LIKER.md")
	write(t, namesake, read(t, minus))
	long := filepath.Join(filepath.Dir(plus), strings.Repeat("x", 75)+".txt")
	longer := filepath.Join(filepath.Dir(plus), strings.Repeat("x", 85)+".txt")
	write(t, long, read(t, plus))
	write(t, longer, read(t, plus))
	pair := filepath.Join(filepath.Dir(plus), "pair.json")
	write(t, pair, "\ufeff"+`{"name": "N", "poles": {"plus": {"name": "A"}, "minus": {"name": "A"}}}`)
	before := read(t, plus) + read(t, minus) + read(t, model)
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-o", filepath.Join(dir, "nowhere", "x.persona.json")}, exitError, "x.persona.json cannot be written: no such file"},
		{[]string{"-o", dir}, exitError, "is a folder"},
		{[]string{"-o", plus}, exitUsage, "-o " + plus + " would replace " + plus},
		{[]string{"-o", minus}, exitUsage, "-o " + minus + " would replace " + minus},
		{[]string{"-o", model}, exitUsage, "-o " + model + " would replace " + model},
		{[]string{"-o", latin, "-pair", latin}, exitUsage, "-o " + latin + " would replace " + latin},
		{[]string{"-o", out, "-name", "\x1b[31m"}, exitError, "field name holds the control character"},
		{[]string{"-o", out, "-minus", namesake}, exitError, "both poles would be called \"Liker\" after " + plus + " and " + namesake + "; give the files different names, or name the poles in a file with -pair"},
		{[]string{"-o", out, "-plus", long}, exitError, "it is made of the names of " + long + " and " + minus + ": give another with -name"},
		{[]string{"-o", out, "-plus", longer, "-name", "x"}, exitError, "the poles are called after " + longer + " and " + minus + ": give the files other names, or name the poles in a file with -pair"},
		{[]string{"-o", out, "-pair", pair}, exitError, pair + ": persona: field poles.minus.name is the name of the plus pole as well"},
		{[]string{"-o", out, "-plus", latin}, exitError, "UTF-8"},
		{[]string{"-o", out, "-recipe", "fly"}, exitUsage, "no recipe"},
		{[]string{"-o", out, "-recipe", "random"}, exitUsage, "control"},
		{[]string{"-o", out, "-set", "fly=1"}, exitUsage, "no setting"},
		{[]string{"-o", out, "-set", "layers=2-9"}, exitUsage, "layers 0 to 2"},
		{[]string{"-o", out, "-set", "n=9999"}, exitUsage, "n is 9999"},
	} {
		args := append([]string{"calibrate", "-plus", plus, "-minus", minus}, test.args...)
		masque(t, "", model, args...).fails(t, test.code, test.says)
	}
	if read(t, plus)+read(t, minus)+read(t, model) != before {
		t.Error("refusals change what was to be read")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("refusals leave %v", entries)
	}
}

// TestMemory: what there is no memory for is said before the model is loaded.
func TestMemory(t *testing.T) {
	plus, minus := statementFiles(t, 26_000)
	model, out := lateModel(t), filepath.Join(t.TempDir(), "x")
	made, _ := tinyPersona(t)
	const says = "GB of memory; there may be"
	for _, args := range [][]string{
		{"calibrate", "-o", out}, {"study", "-o", out}, {"eval", "-persona", made, "-controls"},
	} {
		args = append(args, "-plus", plus, "-minus", minus)
		masque(t, "", model, args...).fails(t, exitError, says)
	}
	// Weight masks take no more memory for more statements.
	masque(t, "", model, "calibrate", "-recipe", "tilt", "-o", out, "-plus", plus, "-minus", minus).fails(t, exitError, "template")
}

// TestSameStatements: a file that is given for both poles is refused before the model is
// read.
func TestSameStatements(t *testing.T) {
	plus, _ := statementFiles(t, 24)
	model, out := lateModel(t), filepath.Join(t.TempDir(), "x")
	for _, args := range [][]string{{"calibrate", "-o", out}, {"study", "-o", out}, {"eval", "-persona", "extraversion"}} {
		args = append(args, "-plus", plus, "-minus", plus)
		masque(t, "", model, args...).fails(t, exitError, "0 plus statements are left of "+plus+" and 0 minus statements of "+plus)
	}
}

func TestPairOfFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, test := range []struct{ plus, minus, name string }{
		{"a/bold.txt", "a/shy.txt", "bold – shy"},
		{"a/bold.txt", "b/shy.txt", "bold – shy"},
		{"bold/x.txt", "shy/x.txt", "bold – shy"},
		{"a/bold/x.txt", "shy/../shy/X.md", "bold – shy"},
		{"bold/x.txt", "x.txt", "bold – " + folder("x.txt")},
		{"a/x.txt", "b/a/x.txt", ""},
	} {
		p, err := pairOfFiles(test.plus, test.minus)
		if (err == nil) != (test.name != "") || err == nil && p.Name != test.name {
			t.Errorf("%s and %s make %+v, %v, want %q", test.plus, test.minus, p, err, test.name)
		}
	}
}

func TestCalibrateWarns(t *testing.T) {
	model := studyModel(t)
	plus, minus := statementFiles(t, 12)
	write(t, plus, read(t, plus)+"I like it, 0.\nI never hate it.\n")
	out := filepath.Join(t.TempDir(), "x.persona.json")
	r := masque(t, "", model, "calibrate", "-plus", plus, "-minus", minus, "-recipe", "tilt", "-holdout", "0", "-name", "Liking", "-o", out)
	if r.code != exitOK || !strings.Contains(r.stderr, "is repeated") || !strings.Contains(r.stderr, "below 20") {
		t.Errorf("exit code %d, warnings %q", r.code, r.stderr)
	}
	if !strings.Contains(r.stdout, "Nothing was held out") {
		t.Errorf("it says %q", r.stdout)
	}
	p := persona(t, out)
	if p.Kind != masks.KindWeights || p.Name != "Liking" || p.Evidence != nil || p.Statements.Plus != 13 || p.Statements.Minus != 12 {
		t.Errorf("the persona is %+v", p)
	}
	// So do the commands that measure: eval of what is left out, study of all.
	part := filepath.Join(t.TempDir(), "part.txt")
	write(t, part, "I like tea.\nI like tea.\nI like rain.\nI hate it, 1.\n")
	r = masque(t, "", model, "eval", "-persona", out, "-plus", part, "-minus", minus)
	if r.code != exitOK || !strings.Contains(r.stderr, "masque eval: warning: 1 statement is repeated in the plus pole") || !strings.Contains(r.stderr, "stands in both poles") || strings.Contains(r.stderr, "below 20") {
		t.Errorf("exit code %d, warnings %q", r.code, r.stderr)
	}
	r = masque(t, "", model, "study", "-plus", plus, "-minus", minus, "-recipes", "wanda", "-o", filepath.Join(t.TempDir(), "x"))
	if r.code != exitOK || !strings.Contains(r.stderr, "masque study: warning: 1 statement is repeated") || !strings.Contains(r.stderr, "below 20") {
		t.Errorf("exit code %d, warnings %q", r.code, r.stderr)
	}
	// To be measured on what it was made from is no evidence, and is said to be none.
	r = masque(t, "", model, "eval", "-persona", out, "-plus", plus, "-minus", minus)
	if r.code != exitOK || !strings.Contains(r.stderr, "these very statements") {
		t.Errorf("exit code %d, warnings %q", r.code, r.stderr)
	}
	var got evalJSON
	r = masque(t, "", model, "eval", "-persona", out, "-plus", plus, "-minus", minus, "-json")
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil {
		t.Fatal(err)
	}
	if !got.MadeFromThese || !strings.HasPrefix(got.Statement, "The masks were made from these very statements") {
		t.Errorf("eval -json printed %s", r.stdout)
	}
	text := masque(t, "", model, "eval", "-persona", out, "-plus", plus, "-minus", minus, "-controls", "-draws", "1").stdout
	for _, want := range []string{"Its own statements  ", "Its own statements matched", "Prompt alone, its own statements", "a seen"} {
		if !strings.Contains(text, want) {
			t.Errorf("of its own statements eval does not say %q:\n%s", want, text)
		}
	}
	if says := text + r.stdout; strings.Contains(strings.ToLower(says), "unseen") {
		t.Errorf("it calls statements unseen that the masks were made from:\n%s", says)
	}
	// Nor does another order of the lines make it any.
	var turned [2]string
	for i, path := range []string{plus, minus} {
		lines := strings.Split(strings.TrimSpace(read(t, path)), "\n")
		slices.Reverse(lines)
		turned[i] = filepath.Join(t.TempDir(), "turned.txt")
		write(t, turned[i], strings.Join(lines, "\n"))
	}
	r = masque(t, "", model, "eval", "-persona", out, "-plus", turned[0], "-minus", turned[1])
	if r.code != exitOK || !strings.Contains(r.stderr, "these very statements") || strings.Contains(r.stdout, "Unseen") {
		t.Errorf("exit code %d, warnings %q, and it says %q", r.code, r.stderr, r.stdout)
	}
	// A pair is in order or not, and the interval says nothing.
	plus, minus = statementFiles(t, 1)
	printed := masque(t, "", model, "eval", "-persona", out, "-plus", plus, "-minus", minus, "-json").works(t)
	if err := json.Unmarshal([]byte(printed), &got); err != nil {
		t.Fatal(err)
	}
	if got.MadeFromThese || !strings.Contains(got.Note, "do not overlap") {
		t.Errorf("eval -json printed %s", printed)
	}
	// What the library's split has kept out of a mask is.
	plus, minus = statementFiles(t, 20)
	raw, _, err := readSet(plus, minus)
	if err != nil {
		t.Fatal(err)
	}
	calibration, held := study.ByLine(raw.Clean(), study.LibraryShares, 0)
	made := calibration.And(held.Development)
	part = filepath.Join(t.TempDir(), "a.txt")
	rest := filepath.Join(t.TempDir(), "b.txt")
	write(t, part, strings.Join(made.Plus, "\n"))
	write(t, rest, strings.Join(made.Minus, "\n"))
	if r = masque(t, "", model, "calibrate", "-plus", part, "-minus", rest, "-recipe", "tilt", "-holdout", "0", "-o", out); r.code != exitOK {
		t.Fatal(r.stderr)
	}
	r = masque(t, "", model, "eval", "-persona", out, "-plus", plus, "-minus", minus)
	if r.code != exitOK || !strings.Contains(r.stderr, "the 6 plus and 6 minus ones") || !strings.Contains(r.stdout, "6 / 6") {
		t.Errorf("exit code %d, warnings %q, and it says %q", r.code, r.stderr, r.stdout)
	}
	tiny := modeltest.Default()
	tiny.OwnHead = true
	other := filepath.Join(t.TempDir(), "other.gguf")
	write(t, other, string(tiny.Write()))
	plus, minus = statementFiles(t, 8)
	masque(t, "", other, "eval", "-persona", out, "-plus", plus, "-minus", minus).fails(t, exitError, "another model", "other")
}

// TestSamePersona: the number of goroutines that compute changes no bit.
func TestSamePersona(t *testing.T) {
	model := studyModel(t)
	plus, minus := statementFiles(t, 6)
	var first string
	for _, n := range []int{1, 2, 3} {
		runtime.GOMAXPROCS(n)
		out := filepath.Join(t.TempDir(), "x.persona.json")
		r := masque(t, "", model, "calibrate", "-plus", plus, "-minus", minus, "-set", "n=20", "-holdout", "0", "-o", out)
		if r.code != exitOK {
			t.Fatal(r.stderr)
		}
		if text := read(t, out); first == "" {
			first = text
		} else if text != first {
			t.Errorf("with %d goroutines the persona is another one", n)
		}
	}
}

func TestStudyUsage(t *testing.T) {
	plus, minus := statementFiles(t, 24)
	for _, test := range []struct {
		args []string
		says string
	}{
		{[]string{"calibrate"}, "-plus FILE"},
		{[]string{"calibrate", "-plus", plus, "-minus", minus}, "-o FILE"},
		{[]string{"calibrate", "-plus", plus, "-minus", minus, "-o", "x", "-holdout", "1"}, "-holdout 1"},
		{[]string{"calibrate", "-plus", plus, "-minus", minus, "-o", "x", "-holdout", "0", "-controls"}, "-controls"},
		{[]string{"calibrate", "-set", "n"}, "key=value"},
		{[]string{"calibrate", "-plus", "no", "-minus", "no", "-o", "x", "-set", "phi=foo"}, "-set phi: the recipe units has no such setting; it has gamma, kappa, n, own, ridge, scope, layers"},
		{[]string{"calibrate", "-plus", "no", "-minus", "no", "-o", "x", "-set", "n=9", "-recipe", "tilt"}, "-set n: the recipe tilt has"},
		{[]string{"calibrate", "-plus", "no", "-minus", "no", "-o", "x", "-set", "tau=9", "-set", "phi=relu", "-recipe", "contrastive-wanda"}, "-set tau: the recipe contrastive-wanda has"},
		{[]string{"calibrate", "-plus", "no", "-minus", "no", "-o", "x", "-set", "ridge=0"}, "MASQUE_MODEL"},
		{[]string{"calibrate", "-plus", "no", "-minus", "no", "-o", "x", "-recipe", "foo"}, `there is no recipe "foo"; there are units, tilt, wanda, contrastive-wanda, contrastive-sparse; masque`},
		{[]string{"calibrate", "-plus", plus, "-minus", minus, "-o", "x"}, "MASQUE_MODEL"},
		{[]string{"eval"}, "-persona"},
		{[]string{"eval", "-persona", "x"}, "-plus FILE"},
		{[]string{"eval", "-persona", "x", "-plus", plus, "-minus", minus, "-strength", "2"}, "-strength 2"},
		{[]string{"eval", "-persona", "x", "-plus", plus, "-minus", minus, "-strength", "-1"}, "-strength -1 is not between"},
		{[]string{"eval", "-persona", "x", "-plus", plus, "-minus", minus, "-prompt-plus", "x"}, "in pairs"},
		{[]string{"eval", "-persona", "x", "-plus", plus, "-minus", minus, "-prompt-plus", "x", "-prompt-minus", "y", "-controls", "-pair", "z"}, "no -pair"},
		{[]string{"eval", "-persona", "x", "-plus", plus, "-minus", minus, "-prompt-plus", "x", "-prompt-minus", "y"}, "for -controls and -replies"},
		{[]string{"eval", "-persona", "x", "-plus", plus, "-minus", minus, "-prompt-plus", "x", "-prompt-minus", "y", "-replies", "1"}, "MASQUE_MODEL"},
		{[]string{"eval", "-persona", "x", "-plus", plus, "-minus", minus, "-draws", "3"}, "-draws is for -controls"},
		{[]string{"calibrate", "-plus", plus, "-minus", minus, "-o", "x", "-draws", "3"}, "-draws is for -controls"},
		{[]string{"study", "-plus", plus, "-minus", minus, "-o", "x", "-draws", "3"}, "-draws is for controls; name some with -kinds"},
		{[]string{"study", "-plus", plus, "-minus", minus, "-o", "x", "-rho", ".1"}, "-rho: no recipe of units has such a setting"},
		{[]string{"study", "-plus", plus, "-minus", minus, "-o", "x", "-recipes", "tilt,wanda", "-phis", "relu"}, "-phis: no recipe of tilt, wanda has such a setting"},
		{[]string{"study", "-plus", plus, "-minus", minus, "-o", "x", "-recipes", "contrastive-wanda", "-tau", "1", "-rho", ".1", "-phis", "relu"}, "MASQUE_MODEL"},
		{[]string{"study"}, "-o FILE"},
		{[]string{"study", "-o", "x"}, "-plus FILE"},
		{[]string{"study", "-o", "x", "-merge"}, "to join"},
		{[]string{"study", "-shard", "3/3"}, "3/3"},
		{[]string{"study", "-shard", "4611686018427387903/4611686018427387904"}, "n up to 100000"},
		{[]string{"study", "-n", "1,x"}, `invalid value "1,x" for flag -n: "x" is no whole number`},
		{[]string{"study", "-n", "5,"}, "flag -n: a value is missing"},
		{[]string{"study", "-rho", ".1 .2"}, `flag -rho: ".1 .2" is no number`},
		{[]string{"study", "-seeds", "-1"}, `flag -seeds: "-1" is no whole number from 0`},
		{[]string{"study", "-recipes", ","}, "flag -recipes: a value is missing"},
		{[]string{"eval", "-strength", "x"}, `flag -strength: "x" is no number`},
		{[]string{"study", "-layers", "3-1"}, "3-1"},
		{[]string{"study", "-o", "x", "-plus", plus, "-minus", minus, "-holdout", "0.9"}, "calibrate on"},
		{[]string{"personas", "x"}, "-only"},
		{[]string{"personas", "-draws", "0"}, "-draws 0"},
	} {
		masque(t, "", "", test.args...).fails(t, exitUsage, test.says)
	}
	binary := filepath.Join(t.TempDir(), "b")
	write(t, binary, "a\x00b")
	masque(t, "", studyModel(t), "calibrate", "-plus", binary, "-minus", minus, "-o", "x").fails(t, exitError, "text file")
}

func TestStudy(t *testing.T) {
	model := studyModel(t)
	plus, minus := statementFiles(t, 40)
	dir := t.TempDir()
	grid := []string{"study", "-plus", plus, "-minus", minus, "-n", "6,12", "-kappa", "0,1", "-layers", "2"}
	in := func(name string, more ...string) string {
		return masque(t, "", model, append(append(grid, "-o", filepath.Join(dir, name)), more...)...).works(t)
	}
	if got := in("whole"); !strings.Contains(got, "4 cells measured, 0 were") {
		t.Errorf("it says %q", got)
	}
	whole := read(t, filepath.Join(dir, "whole"))
	// A run that was cut short in its third line goes on there.
	lines := strings.SplitAfter(whole, "\n")
	write(t, filepath.Join(dir, "cut"), lines[0]+lines[1]+lines[2][:20])
	if got := in("cut"); !strings.Contains(got, "2 cells measured, 2 were") {
		t.Errorf("it says %q", got)
	}
	if read(t, filepath.Join(dir, "cut")) != whole {
		t.Error("a run that was taken up again ends otherwise")
	}
	in("part.0", "-shard", "0/2")
	in("part.1", "-shard", "1/2")
	merged := filepath.Join(dir, "merged")
	args := []string{"study", "-merge", "-o", merged, filepath.Join(dir, "part.1"), filepath.Join(dir, "part.0")}
	masque(t, "", "", args...).works(t)
	if read(t, merged) != whole {
		t.Error("the shards together are not the whole")
	}
	masque(t, "", "", args...).fails(t, exitError, "exists already")
}

// TestStudyAlone: two studies that write one file would lose each other's records.
func TestStudyAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no locks here")
	}
	plus, minus := statementFiles(t, 24)
	out := filepath.Join(t.TempDir(), "x.jsonl")
	file, _, err := openRecords(out)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	args := []string{"study", "-plus", plus, "-minus", minus, "-shard", "1/2", "-o", out}
	masque(t, "", lateModel(t), args...).fails(t, exitError, "another study writes "+out+"; give each shard its own -o")
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	// Where there are no locks, both append.
	again, _, err := openRecords(out)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	write(t, out, "another's line\n")
	if _, err := again.WriteString("its own\n"); err != nil {
		t.Fatal(err)
	}
	if got := read(t, out); got != "another's line\nits own\n" {
		t.Errorf("of two lines there are %q", got)
	}
}

// TestStudyRefuses: a file that is no study is left as it is, and nothing is computed for it.
func TestStudyRefuses(t *testing.T) {
	plus, minus := statementFiles(t, 24)
	model, dir := lateModel(t), t.TempDir()
	for name, text := range map[string]string{
		"text": "no newline", "lines": "dear diary,\nno study.\n", "object": "{}\n", "keyed": `{"key":"value"}`,
	} {
		path := filepath.Join(dir, name)
		write(t, path, text)
		for _, args := range [][]string{
			{"-plus", plus, "-minus", minus, "-o", path},
			{"-merge", "-o", filepath.Join(dir, "merged"), path},
		} {
			masque(t, "", model, append([]string{"study"}, args...)...).fails(t, exitError, path+": line 1 is no record of a study")
		}
		if got := read(t, path); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	inputs := read(t, plus) + read(t, minus) + read(t, model)
	empty := filepath.Join(dir, "x.partial")
	write(t, empty, "")
	for _, test := range []struct {
		code int
		says string
		args []string
	}{
		{exitUsage, "-o " + plus + " would replace " + plus, []string{"-o", plus}},
		{exitUsage, "-o " + minus + " would replace " + minus, []string{"-o", minus}},
		{exitUsage, "-o " + model + " would replace " + model, []string{"-o", model}},
		{exitUsage, "-o " + empty + " would replace " + empty, []string{"-merge", "-o", empty, empty}},
		{exitUsage, "would replace " + empty, []string{"-merge", "-o", filepath.Join(dir, "x"), empty}},
		{exitError, dir + " is a folder; name a file in it", []string{"-o", dir}},
		{exitError, dir + " is a folder; name a file in it", []string{"-merge", "-o", dir, empty}},
		{exitError, "x cannot be written: no such file", []string{"-o", filepath.Join(dir, "no", "x")}},
		{exitError, "x cannot be written: no such file", []string{"-merge", "-o", filepath.Join(dir, "no", "x"), empty}},
		{exitUsage, "layers 0 to 2", []string{"-o", filepath.Join(dir, "new"), "-layers", "3"}},
		{exitUsage, "ridge is -1; it must be 0, or between 1e-06 and 1e+12", []string{"-o", filepath.Join(dir, "new"), "-ridge", "1,-1"}},
		{exitUsage, "kappa is -1; it must be between 0 and 1e+12", []string{"-o", filepath.Join(dir, "new"), "-kappa", "-1"}},
		{exitUsage, "ridge is 1e-07", []string{"-o", filepath.Join(dir, "new"), "-ridge", "1e-7"}},
		{exitUsage, "ridge is 1e+13", []string{"-o", filepath.Join(dir, "new"), "-ridge", "1e13"}},
		{exitUsage, "kappa is 1e+13", []string{"-o", filepath.Join(dir, "new"), "-kappa", "1e13"}},
		{exitError, "the development part has 0 plus and 0 minus statements", []string{"-o", filepath.Join(dir, "new"), "-development", "0"}},
		{exitError, "the test part has 0 plus and 0 minus statements", []string{"-o", filepath.Join(dir, "new"), "-holdout", "0", "-test"}},
	} {
		args := append([]string{"study", "-plus", plus, "-minus", minus}, test.args...)
		masque(t, "", model, args...).fails(t, test.code, test.says)
	}
	if read(t, plus)+read(t, minus)+read(t, model) != inputs {
		t.Error("refusals change what was to be read")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 5 {
		t.Errorf("refusals leave %v", entries)
	}
}

// TestEndless: of a device that gives bytes for ever no more is read than a file may have.
func TestEndless(t *testing.T) {
	const endless = "/dev/zero"
	if _, err := os.Stat(endless); err != nil {
		t.Skip("no such device here")
	}
	plus, minus := statementFiles(t, 24)
	model, out := studyModel(t), filepath.Join(t.TempDir(), "x")
	for _, test := range []struct {
		args []string
		says string
	}{
		{[]string{"calibrate", "-plus", plus, "-minus", minus, "-o", out, "-pair", endless}, "it is no pair.json"},
		{[]string{"calibrate", "-plus", endless, "-minus", minus, "-o", out}, "it is no text file of statements"},
		{[]string{"study", "-merge", "-o", out, endless}, "it is no study"},
		{[]string{"personas", "-library", tinyLibrary(t, "liking"), "-work", endless}, "it is no file of masque personas"},
	} {
		masque(t, "", model, test.args...).fails(t, exitError, endless+" has more than", test.says)
	}
}
