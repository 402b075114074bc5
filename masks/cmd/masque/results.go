package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"masque/masks"
	"masque/masks/jsondoc"
	"masque/masks/neutral"
	"masque/masks/study"
)

// outcome is what was found of a pair.
type outcome struct {
	Key      string         `json:"key"` // of all that it depends on
	Name     string         `json:"name"`
	Settings study.Settings `json:"settings"`
	Loud     masks.Ratios   `json:"loud"` // of its replies
	Tried    []trial        `json:"tried"`
	Reason   string         `json:"reason"` // why it is kept out of the gallery; "" = it is in
	Persona  *masks.Persona `json:"persona"`
}

// test returns the test or control of a topic; one that was not measured is empty.
func (o *outcome) test(of masks.Topic) *masks.Test {
	if t := o.Persona.Evidence.Test(of); t != nil {
		return t
	}
	return new(masks.Test)
}

// verdict says why a pair does not separate, or nothing.
func (o *outcome) verdict() string {
	t, shuffled := o.test(study.UnseenTopic), o.test(study.ShuffledTopic)
	switch cost := max(t.PPLRatio.Plus, t.PPLRatio.Minus); {
	case t.AUC.Value < galleryAUC:
		return fmt.Sprintf("its AUC is below %v", galleryAUC)
	case *t.AUC.Low <= max(.5, shuffled.AUC.Value):
		return "its interval reaches down to what shuffled labels do"
	case cost > galleryPPL:
		return fmt.Sprintf("it multiplies the perplexity of neutral text by %.2f", cost)
	}
	return ""
}

// outcome computes a pair, or takes it from the file of work that is done.
func (b *librarian) outcome(ctx context.Context, l *laboratory, work *workFile, name string, tell study.Progress) (*outcome, error) {
	s, err := b.read(name)
	if err != nil {
		return nil, err
	}
	key, err := b.key(l, s)
	if err != nil {
		return nil, err
	}
	if o := work.done[key]; o != nil {
		return o, nil
	}
	o, err := b.compute(ctx, l, name, s, tell)
	if err != nil {
		return nil, err
	}
	o.Key = key
	return o, work.add(o)
}

// key changes with everything that an outcome depends on but the program itself.
func (b *librarian) key(l *laboratory, s *sets) (string, error) {
	list, err := candidates(&l.Engine().Weights().Config)
	if err != nil {
		return "", err
	}
	data, err := json.Marshal([]any{
		l.model, s.names, masks.HashStatements(s.first.Plus, s.first.Minus), masks.HashStatements(s.items.Plus, s.items.Minus),
		masks.HashStatements(s.subtle.Plus, s.subtle.Minus), list, strengths, chosenPPL, repliesPPL, nearlyBest, neutral.Development(), study.Questions, study.RehearsalQuestions, study.ImpersonationQuestions, study.LibraryShares, b.draws, b.replies, b.impersonate, b.seed,
	})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8]), nil
}

// workFile keeps outcomes, one JSON line each. Without a path it keeps nothing.
type workFile struct {
	path  string
	done  map[string]*outcome
	older []string // names of outcomes in an earlier version's form, which are no longer of use
}

func (b *librarian) openWork() (*workFile, error) {
	w := &workFile{path: b.work, done: map[string]*outcome{}}
	if w.path == "" {
		return w, nil
	}
	data, err := readBounded(w.path, maxRecords, "file of masque personas")
	if errors.Is(err, fs.ErrNotExist) {
		return w, writable(w.path)
	}
	if err != nil {
		return nil, err
	}
	n, whole := 0, 0
	for line := range bytes.Lines(data) {
		n++
		if !bytes.HasSuffix(line, []byte("\n")) && study.BeginsRecord(line) {
			break // a run that was cut short has left it
		}
		whole += len(line)
		if err := w.read(line); err != nil {
			return nil, fmt.Errorf("%s: line %d is none of masque personas (%w); nothing was written: give -work a new file", w.path, n, err)
		}
	}
	if _, err := target(w.path); err != nil || whole == len(data) {
		return w, err
	}
	return w, unwritten(w.path, os.Truncate(w.path, int64(whole)))
}

// read takes up a line. One that an earlier version wrote has not all that is wanted now, so
// that its pair is computed anew.
func (w *workFile) read(line []byte) error {
	o := new(outcome)
	err := jsondoc.UnmarshalWhole(line, o)
	if err == nil && o.Persona == nil {
		err = errors.New("it has no persona")
	}
	if err == nil {
		err = o.Persona.Validate()
	}
	if err == nil {
		o.Persona.Evidence.FillIn()
		w.done[o.Key] = o
		return nil
	}
	var before struct {
		Key     string      `json:"key"`
		Name    string      `json:"name"`
		Persona jsondoc.Raw `json:"persona"`
	}
	if jsondoc.Unmarshal(line, &before) != nil || before.Key == "" || before.Persona == nil {
		return err
	}
	w.older = append(w.older, before.Name)
	return nil
}

// add appends a line: another run may have done so since the file was read.
func (w *workFile) add(o *outcome) error {
	if w.path == "" {
		return nil
	}
	line, err := jsonLine(o)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(w.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return unwritten(w.path, err)
	}
	if _, err = file.Write(line); err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	return unwritten(w.path, err)
}

// results writes RESULTS.md.
func results(m masks.Model, b *librarian, outcomes []*outcome) []byte {
	var in, out []*outcome
	for _, o := range outcomes {
		if o.Reason == "" {
			in = append(in, o)
		} else {
			out = append(out, o)
		}
	}
	var w strings.Builder
	fmt.Fprintf(&w, `# Results

Generated by `+"`./build.sh personas`"+` (masque personas); do not edit. The same model, statements and seed give the same file.

Model: %s (%s, tensor data `+"`%s`"+`). Seed %d; %d draws of each control that is drawn, of replies %d.

Each pair's statements are split once, by hash: %.0f %% calibrate, %.0f %% choose among the settings (development), %.0f %% are the test, read once in a run. The mask of the chosen
settings is then made from the calibration and the development part, its strength found anew. Items in another style are kept out of all.
%sAUC is the chance that D = ℓ(plus mask) − ℓ(minus mask), ℓ the mean log-probability of a token, is higher for a statement of the plus pole than for one of the minus
pole: .5 is chance. Intervals are 95 %% (stratified bootstrap, %d resamples). PPL is the perplexity on neutral text over the dense model's.
"Words" is no model at all: naive Bayes on the words of the statements that the masks were made from.
Replies are sampled to %d neutral questions with the same seeds through both masks, under the two prompts without a mask, and through masks of shuffled labels and random masks of as
many units at the same γ. Two judges tell the sides apart, each the plain model: of two replies, AUC is the chance that the plus side's is likelier under the plus prompt, next to the minus
prompt ("by prompts": what the prompts' own replies reach is about what can be), or likelier after an answer of %d statements of the plus pole's test part, next to as many of the minus pole's ("by statements":
no prompt has a part in it). Intervals of replies resample the questions.
A high AUC means that a mask makes statements that people label so more likely. It does not mean that a model has the trait.

`, m.Name, m.Arch, m.Digest, b.seed, b.draws, min(b.replies, b.draws), 100*(1-study.LibraryShares.Development-study.LibraryShares.Test), 100*study.LibraryShares.Development, 100*study.LibraryShares.Test, b.saidText(), study.Resamples, len(study.Questions), study.Witnesses)
	fmt.Fprintf(&w, "## In the gallery: %d\n\n", len(in))
	resultTables(&w, in)
	fmt.Fprintf(&w, "## Kept out: %d\n\nA pair is kept out where its AUC on the test is below %v, where its interval reaches down to the mean of the label-shuffled masks, or where a mask multiplies perplexity by more than %v at the γ of its statements.\n\n", len(out), galleryAUC, galleryPPL)
	if len(out) > 0 {
		resultTables(&w, out)
		for _, o := range out {
			fmt.Fprintf(&w, "- %s: %s.\n", o.Name, o.Reason)
		}
		fmt.Fprintln(&w)
	}
	fmt.Fprintf(&w, `## Masks tried on development

A mask's own γ is the least, in steps of %v, that multiplies the perplexity of the development texts by at most %v at both poles; replies are sampled
with the least that stays within %v, a pole. Drift is how much further, in nats a token, the plus mask's next token is to the plus prompt's liking than the minus mask's, along
replies of the plain model to %d questions that are not those of the table above. Of the masks whose AUC is within %v of the highest, the one with the largest drift is chosen.
A star marks it; made anew, it has a γ of its own.

| pair | mask | γ | AUC | PPL +/− | γ of replies +/− | PPL +/− | drift |
|---|---|---|---|---|---|---|---|
`, 1./strengths, chosenPPL, repliesPPL, len(study.RehearsalQuestions), nearlyBest)
	for _, o := range outcomes {
		for _, t := range o.Tried {
			star, same := "", o.Settings
			if same.Gamma = t.Gamma; t.Settings == same { // the chosen mask, made anew, has a strength of its own
				star = " *"
			}
			fmt.Fprintf(&w, "| %s | %s, layers %d–%d, n %d, ridge %v, kappa %v%s | %v | %.3f | %s | %s | %s | %.3f |\n", o.Name, t.Scope, t.Layers[0], t.Layers[1], t.N, t.Ridge, t.Kappa, star,
				t.Gamma, t.AUC, ratiosText(&t.PPLRatio), gammasText(t.Loud.Gamma), ratiosText(&t.Loud.PPLRatio), t.Loud.Drift)
		}
	}
	return []byte(w.String())
}

// saidText says that masks were made from replies as well, where they were.
func (b *librarian) saidText() string {
	if b.impersonate == 0 {
		return ""
	}
	return fmt.Sprintf(`Masks are made from what the plain model replies to %d other questions under the pair's two prompts as well, %d times each. So the judgement of replies by the prompts is not
independent of how the masks were made, and says how far masks do what prompts do. Statements, items and the judgement by statements are independent of it.
`, len(study.ImpersonationQuestions), b.impersonate)
}

type column struct {
	title string
	of    masks.Topic
}

// columns of the tables of results.
var columns = []column{
	{"test", study.UnseenTopic},
	{"matched", study.MatchedTopic},
	{"items", itemsTopic},
	{"subtle", subtleTopic},
	{"Yes/No", study.YesNoTopic},
}

// controlColumns of the second table.
var controlColumns = []column{
	{"shuffled", study.ShuffledTopic},
	{"random", study.RandomTopic},
	{"Wanda", study.WandaTopic},
	{"words", study.WordsTopic},
	{"words, items", itemsWordsTopic},
	{"words, subtle", subtleWordsTopic},
	{"few-shot", study.FewShotTopic},
	{"prompt", study.PromptTopic},
	{"prompt + mask", study.TogetherTopic},
	{"few-shot, items", itemsShotsTopic},
	{"prompt, items", itemsPromptTopic},
	{"prompt + mask, items", itemsBothTopic},
}

// replyColumns of the third table: the masks' replies, and their controls.
var replyColumns = []column{
	{"by prompts", study.RepliesTopic},
	{"by statements", study.Second(study.RepliesTopic)},
	{"prompt, by prompts", study.ReplyPromptTopic},
	{"prompt, by statements", study.Second(study.ReplyPromptTopic)},
	{"shuffled, by prompts", study.ReplyShuffledTopic},
	{"shuffled, by statements", study.Second(study.ReplyShuffledTopic)},
	{"random, by prompts", study.ReplyRandomTopic},
	{"random, by statements", study.Second(study.ReplyRandomTopic)},
}

func resultTables(w *strings.Builder, outcomes []*outcome) {
	if len(outcomes) == 0 {
		return
	}
	row := func(cells ...string) { fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | ")) }
	head := func(cells ...string) {
		row(cells...)
		fmt.Fprintf(w, "|%s\n", strings.Repeat("---|", len(cells)))
	}
	titles := []string{"AUC of the masks"}
	for _, c := range columns {
		titles = append(titles, c.title)
	}
	head(append(titles, "d", "γ", "PPL +/−", "KL +/−", "statements +/−")...)
	for _, o := range outcomes {
		cells := []string{o.Name}
		for _, c := range columns {
			cells = append(cells, estimateText(o.test(c.of).AUC))
		}
		t := o.test(study.UnseenTopic)
		row(append(cells, estimateText(t.D), fmt.Sprint(o.Settings.Gamma), ratiosText(t.PPLRatio), ratiosText(t.KL), fmt.Sprintf("%d / %d", t.N.Plus, t.N.Minus))...)
	}
	fmt.Fprintln(w)
	titles = []string{"AUC of the controls"}
	for _, c := range controlColumns {
		titles = append(titles, c.title)
	}
	head(titles...)
	for _, o := range outcomes {
		cells := []string{o.Name}
		for _, c := range controlColumns {
			e := o.test(c.of).AUC
			if e != nil && len(e.Draws) == 0 {
				e = &masks.Estimate{Value: e.Value} // of rivals the interval takes too much room
			}
			cells = append(cells, estimateText(e))
		}
		row(cells...)
	}
	fmt.Fprintln(w)
	if !slices.ContainsFunc(outcomes, func(o *outcome) bool { return o.test(study.RepliesTopic).Rates != nil }) {
		return // none were sampled
	}
	titles = []string{"AUC of sampled replies"}
	for _, c := range replyColumns {
		titles = append(titles, c.title)
	}
	head(append(titles, "γ +/−", "PPL +/−", "KL +/−", "replies +/−", "repeated 4-grams +/−/plain")...)
	for _, o := range outcomes {
		cells := []string{o.Name}
		for _, c := range replyColumns {
			cells = append(cells, estimateText(o.test(c.of).AUC))
		}
		t := o.test(study.RepliesTopic)
		if t.Rates == nil {
			row(append(cells, "–", "–", "–", "–", "–")...)
			continue
		}
		row(append(cells, gammasText(o.Loud), ratiosText(t.PPLRatio), ratiosText(t.KL), fmt.Sprintf("%d / %d", t.Rates.Plus.N, t.Rates.Minus.N),
			fmt.Sprintf("%.3f / %.3f / %.3f", t.Rates.Plus.Repeated4, t.Rates.Minus.Repeated4, t.Rates.Dense.Repeated4))...)
	}
	fmt.Fprintln(w)
}

func gammasText(g masks.Ratios) string { return fmt.Sprintf("%v / %v", g.Plus, g.Minus) }

func ratiosText(r *masks.Ratios) string {
	if r == nil {
		return "–"
	}
	return fmt.Sprintf("%.3f / %.3f", r.Plus, r.Minus)
}
