package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"masque/engine/model"
	"masque/masks"
	"masque/masks/study"
)

var personasCommand = command{
	name:    "personas",
	args:    "[-library DIR] [-only NAME,…] [flags]",
	summary: "Recompute the library's personas and RESULTS.md from its statements",
	example: "masque personas\n" +
		"masque personas -only patience,risk -draws 2 -work personas.jsonl",
	setup: func(flags *flag.FlagSet) func(context.Context, *env, []string) error {
		var b librarian
		flags.StringVar(&b.model, "model", "", "the GGUF `file` (default $MASQUE_MODEL)")
		familyFlag(flags, &b.family)
		flags.StringVar(&b.dir, "library", "masks/library", "the `folder` with statements/; personas/ and RESULTS.md are written there")
		flags.StringVar(&b.work, "work", "", "a `file` that keeps what is done, so that an interrupted run of the same program can go on")
		flags.IntVar(&b.draws, "draws", 6, "`how many` label-shuffled and random masks are drawn")
		flags.IntVar(&b.replies, "replies", 3, "`how many` replies to sample to each neutral question, with controls of their own")
		flags.IntVar(&b.impersonate, "impersonate", 3, "`how many` replies to each of 20 questions, which the plain model gives under the pair's prompts, masks are made from beside the statements")
		flags.Uint64Var(&b.seed, "seed", 1, "the seed of intervals, controls and replies")
		listFlag(flags, "only", "the `names` of folders to compute; RESULTS.md is left alone", &b.only, text)
		return func(ctx context.Context, e *env, args []string) error {
			switch {
			case len(args) > 0:
				return usagef("%q is no flag; pairs are named with -only", args[0])
			case b.draws < 1 || b.draws > study.MaxDraws:
				return usagef("-draws %d is not between 1 and %d", b.draws, study.MaxDraws)
			case b.replies < 0 || b.replies > study.MaxDraws:
				return usagef("-replies %d is not between 0 and %d", b.replies, study.MaxDraws)
			case b.impersonate < 0 || b.impersonate > study.MaxDraws:
				return usagef("-impersonate %d is not between 0 and %d", b.impersonate, study.MaxDraws)
			case b.seed > masks.MaxSeed:
				return usagef("-seed %d is not below 2^53", b.seed)
			}
			path, err := e.modelPath(b.model)
			if err != nil {
				return err
			}
			return b.recompute(ctx, e, path)
		}
	},
}

type librarian struct {
	model, family, dir, work string

	draws, replies int
	impersonate    int // replies to each of study.ImpersonationQuestions
	seed           uint64
	only           []string
}

// What a pair must reach on its test part to stand in the gallery.
const (
	galleryAUC = .75 // and the interval must be above the mean of the shuffled masks
	galleryPPL = 1.10
)

// What a mask may cost on the development texts. On those of the test it costs some
// hundredths more or less, with a standard deviation of .017 at the strengths of
// replies, so these are below what is aimed at.
const (
	chosenPPL  = 1.04  // to be a persona at its own strength: 1.05 is aimed at
	repliesPPL = 1.065 // while replies are sampled, where 1.10 is
)

// nearlyBest is how far below the best AUC of the development part a mask counts as
// no worse: some thirty statements a pole tell no smaller difference of two masks, whose
// AUCs are much alike but have a standard error of four hundredths each.
const nearlyBest = .02

// strengths is how many a mask may have: γ goes in steps of five hundredths.
const strengths = 20

// candidates are the masks that are tried on development, the same for all
// pairs: as many units as a link still carries, and fewer. How strong each may be is
// looked for. Units are scored at all tokens, those of the prompts' questions too.
func candidates(config *model.Config) ([]study.Settings, error) {
	defaults, err := study.DefaultSettings(masks.RecipeUnits, config)
	if err != nil {
		return nil, err
	}
	units := (config.QDim() + config.FFN) * (defaults.Layers[1] - defaults.Layers[0] + 1)
	var list []study.Settings
	for _, c := range []struct {
		n     int
		ridge float64
	}{{4800, 1}, {4800, 3}, {3200, 1}} {
		s := defaults
		s.N, s.Own, s.Ridge = min(c.n, units), 0, c.ridge
		list = append(list, s)
	}
	return list, nil
}

// recompute computes every pair, and then writes the personas of those that separate, takes
// away those of the others, and writes RESULTS.md: a run that is interrupted leaves the
// library as it was.
func (b *librarian) recompute(ctx context.Context, e *env, path string) error {
	names, err := b.names()
	if err != nil {
		return err
	}
	// What is wrong with the last pair, or with where results go, is found before the hours that
	// the first ones take.
	for _, name := range names {
		if _, err := b.read(name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if b.only == nil {
		if err := writable(filepath.Join(b.dir, "RESULTS.md")); err != nil {
			return err
		}
	}
	work, err := b.openWork()
	if err != nil {
		return err
	}
	if len(work.older) > 0 {
		fmt.Fprintf(e.stderr, "masque personas: note: %s has outcomes of an earlier version (%s): what they are wanted for is computed anew\n", b.work, strings.Join(work.older, ", "))
	}
	l, err := e.laboratory(ctx, path, b.family)
	if err != nil {
		return err
	}
	defer l.close()
	l.ForgetGuard() // what ships is computed anew, too
	var outcomes []*outcome
	for i, name := range names {
		o, err := b.outcome(ctx, l, work, name, func(what string, done, total int) {
			l.tell(fmt.Sprintf("%s (%d of %d): %s", name, i+1, len(names), what), done, total)
		})
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if o.Reason == "" {
			if err := o.Persona.Write(io.Discard); err != nil { // before any is written
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		l.progress.clear()
		verdict := "in the gallery"
		if o.Reason != "" {
			verdict = "kept out: " + o.Reason
		}
		if _, err := fmt.Fprintf(e.stdout, "%s: AUC %s, second style %s; %s\n", name, estimateText(o.test(study.UnseenTopic).AUC), estimateText(o.test(itemsTopic).AUC), verdict); err != nil {
			return err
		}
		outcomes = append(outcomes, o)
	}
	var guard bytes.Buffer // what closing units costs, for whoever calibrates the same model
	if b.only == nil {
		scope := masks.DefaultUnits(l.Engine().Weights().Layers).Scope
		if err := l.WriteGuard(ctx, &guard, scope, l.model.Digest); err != nil {
			return err
		}
	}
	for _, o := range outcomes {
		if err := b.keep(o); err != nil {
			return err
		}
	}
	if b.only != nil {
		return nil
	}
	if err := writeFile(filepath.Join(b.dir, "guard.bin"), guard.Bytes()); err != nil {
		return err
	}
	return writeFile(filepath.Join(b.dir, "RESULTS.md"), results(l.model, b, outcomes))
}

// names lists the folders with a pair.json.
func (b *librarian) names() ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(b.dir, "statements", "*", "pair.json"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, p := range paths {
		names = append(names, filepath.Base(filepath.Dir(p)))
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s has no pair.json in any folder", filepath.Join(b.dir, "statements"))
	}
	for _, name := range b.only {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("%s has no pair %q; it has %s", filepath.Join(b.dir, "statements"), name, strings.Join(names, ", "))
		}
	}
	if b.only != nil {
		names = slices.Compact(slices.Sorted(slices.Values(b.only)))
	}
	return names, nil
}

// keep writes a pair's persona, or takes it away.
func (b *librarian) keep(o *outcome) error {
	path := filepath.Join(b.dir, "personas", o.Name+".persona.json")
	if o.Reason != "" {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	var document bytes.Buffer
	if err := o.Persona.Write(&document); err != nil {
		return err
	}
	return writeFile(path, document.Bytes())
}

// What is measured on other statements than the first style's.
var (
	itemsTopic       = masks.Topic{Set: masks.SetItems}
	subtleTopic      = masks.Topic{Set: masks.SetSubtle}
	itemsPromptTopic = masks.Topic{Set: masks.SetItems, Kind: masks.ControlPrompt}
	itemsBothTopic   = masks.Topic{Set: masks.SetItems, Kind: masks.ControlTogether}
	itemsShotsTopic  = masks.Topic{Set: masks.SetItems, Kind: masks.ControlFewShot}
	itemsWordsTopic  = masks.Topic{Set: masks.SetItems, Kind: masks.ControlWords}
	subtleWordsTopic = masks.Topic{Set: masks.SetSubtle, Kind: masks.ControlWords}
)

// sets are the statements of a pair.
type sets struct {
	names  *study.Pair
	first  study.Statements // one style, split
	items  study.Statements // another style, for the test alone
	subtle study.Statements // a third, likewise; not every pair has it
}

func (b *librarian) read(name string) (*sets, error) {
	dir := filepath.Join(b.dir, "statements", name)
	names, err := readPair(filepath.Join(dir, "pair.json"))
	if err != nil {
		return nil, err
	}
	first, _, err := readSet(filepath.Join(dir, "plus.txt"), filepath.Join(dir, "minus.txt"))
	if err != nil {
		return nil, err
	}
	items, _, err := readSet(filepath.Join(dir, "plus.items.txt"), filepath.Join(dir, "minus.items.txt"))
	if err != nil {
		return nil, err
	}
	subtle, _, err := readSet(filepath.Join(dir, "plus.subtle.txt"), filepath.Join(dir, "minus.subtle.txt"))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return &sets{names, first.Clean(), items.Clean(), subtle.Clean()}, err
}

// compute calibrates a pair with every candidate and chooses on development. Then
// nothing is left to choose but the strength, which no statement has a say in: the
// mask is made anew from the development statements as well, and measured on the
// test part and on the second style.
func (b *librarian) compute(ctx context.Context, l *laboratory, name string, s *sets, tell study.Progress) (*outcome, error) {
	calibration, held := study.ByLine(s.first, study.LibraryShares, 0)
	said, err := l.Impersonate(ctx, s.names.Prompts(), b.impersonate, b.seed, tell)
	if err != nil {
		return nil, err
	}
	chosen, tried, err := b.choose(ctx, l, calibration.And(said), held.Development, s.names.Prompts(), tell)
	if err != nil {
		return nil, err
	}
	calibration = calibration.And(held.Development)
	src, err := l.Source(ctx, calibration.And(said), chosen.Settings, b.draws, b.seed, tell)
	if err != nil {
		return nil, err
	}
	own, err := src.Own(chosen.Settings)
	if err != nil {
		return nil, err
	}
	if err := chosen.turnUp(ctx, l, own, chosen); err != nil {
		return nil, err
	}
	o := study.Options{
		Gamma: study.Same(chosen.Gamma), Seed: b.seed, YesNo: true,
		Prompts: s.names.Prompts(), PromptControls: true, Examples: study.Examples(calibration),
	}
	if o.Shuffled, o.Random, err = src.Draws(chosen.Settings, b.draws); err != nil {
		return nil, err
	}
	r, err := l.Evaluate(ctx, own, held.Test, o, tell)
	if err != nil {
		return nil, err
	}
	replies, err := b.repliesOf(ctx, l, own, o, chosen.Loud.Gamma, held.Test, tell)
	if err != nil {
		return nil, err
	}
	r.Replies, r.RepliesByStatements = replies.Replies, replies.RepliesByStatements
	wanda, err := l.PlainWanda(ctx, calibration, held.Test, b.seed, tell)
	if err != nil {
		return nil, err
	}
	items, err := l.Evaluate(ctx, own, s.items, study.Options{Gamma: study.Same(chosen.Gamma), Seed: b.seed, Prompts: o.Prompts, PromptControls: true, Examples: o.Examples, Again: true}, tell)
	if err != nil {
		return nil, err
	}
	items.Controls = append(items.Controls, study.WordsAlone(calibration, s.items, b.seed))
	items.On(masks.SetItems)
	tests := append(r.Tests(), items.Unseen)
	if len(s.subtle.Plus) > 0 {
		subtle, err := l.Evaluate(ctx, own, s.subtle, study.Options{Gamma: study.Same(chosen.Gamma), Seed: b.seed, Again: true}, tell)
		if err != nil {
			return nil, err
		}
		subtle.Controls = append(subtle.Controls, study.WordsAlone(calibration, s.subtle, b.seed))
		subtle.On(masks.SetSubtle)
		tests = append(tests, subtle.Unseen)
		items.Controls = append(items.Controls, subtle.Controls...)
	}
	p, err := src.Persona(chosen.Settings)
	if err != nil {
		return nil, err
	}
	s.names.Describe(p)
	// The sentences are what a persona is known by when it is measured; replies can be had again.
	p.Statements = masks.StatementsOf(calibration.Plus, calibration.Minus)
	p.Statements.Said = len(said.Plus)
	p.Author, p.Licence, p.Model = "Masque", "Apache-2.0", l.model
	p.Evidence = &masks.Evidence{
		Source: fmt.Sprintf("Measured by masque personas on the test part (%v of the statements, by hash); made from the rest%s, settings chosen on %v.", study.LibraryShares.Test, source(said), study.LibraryShares.Development),
		Origin: masks.OriginLibrary, Holdout: study.LibraryShares.Test,
		SettingsTried: len(tried), Note: s.names.Caveat(),
		Tests:    tests,
		Controls: slices.Concat(r.Controls, []masks.Test{study.WordsAlone(calibration, held.Test, b.seed), wanda}, replies.Controls, items.Controls),
	}
	done := &outcome{Name: name, Settings: chosen.Settings, Loud: chosen.Loud.Gamma, Tried: tried, Persona: p}
	done.Reason = done.verdict()
	return done, nil
}

// source tells of replies that masks were made from.
func source(said study.Statements) string {
	if len(said.Plus) == 0 {
		return ""
	}
	return fmt.Sprintf(" and from %d + %d replies of the plain model under the prompts", len(said.Plus), len(said.Minus))
}

// repliesOf samples replies at factors of their own, with what it costs in perplexity,
// and their controls.
func (b *librarian) repliesOf(ctx context.Context, l *laboratory, own study.Masks, controls study.Options, gamma masks.Ratios, set study.Statements, tell study.Progress) (*study.Result, error) {
	if b.replies == 0 {
		return new(study.Result), nil
	}
	r, err := l.Evaluate(ctx, own, set, study.Options{
		Gamma: gamma, Seed: b.seed, Replies: b.replies,
		ReplyShuffled: controls.Shuffled[:min(b.replies, b.draws)], ReplyRandom: controls.Random[:min(b.replies, b.draws)],
		Prompts: controls.Prompts, Again: true, ControlsOnly: true,
	}, tell)
	if err != nil {
		return nil, err
	}
	cost, err := l.Cost(ctx, own, gamma, tell)
	if err != nil {
		return nil, err
	}
	for _, t := range []*masks.Test{r.Replies, r.RepliesByStatements} {
		t.PPLRatio, t.KL = study.RoundRatios(cost.PPLRatio), study.RoundRatios(cost.KL)
		t.Gamma = &gamma
		t.Note = fmt.Sprintf("At strengths %v (plus) and %v (minus). %s", masks.StrengthOf(gamma.Plus), masks.StrengthOf(gamma.Minus), t.Note)
	}
	return r, nil
}
