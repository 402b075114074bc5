package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"text/tabwriter"

	"masque/masks"
	"masque/masks/study"
)

var evalCommand = command{
	name:    "eval",
	args:    "-persona PERSONA -plus FILE -minus FILE [-controls] [-json] [flags]",
	summary: "Measure a persona on statements that it was not made from",
	notes: `Statements that the persona, or one that it was combined from, was made from are no evidence of it. They are
left out, or called its own, where they are recognised:
  - of the library's statements each one;
  - of other statements the whole set, in any order if this version of masque made the persona; else in the order
    that it was made from, or sorted if it was made so;
  - a set that masque personas has split, in its order: measured on the part that was kept for the test.
A part of a set that is not the library's, and a statement whose words were changed, pass for unseen.`,
	example: "masque eval -persona extraversion -plus lively.txt -minus quiet.txt\n" +
		"masque eval -persona mine.persona.json -plus a.txt -minus b.txt -controls -replies 1 -json",
	setup: func(flags *flag.FlagSet) func(context.Context, *env, []string) error {
		var v evaluator
		flags.StringVar(&v.model, "model", "", "the GGUF `file` (default $MASQUE_MODEL)")
		familyFlag(flags, &v.family)
		flags.StringVar(&v.persona, "persona", "", "a persona: a `file`, a link, or a name from the library")
		flags.StringVar(&v.plus, "plus", "", "the `file` with the plus pole's statements: one a line, or a .csv or .tsv table with a column statement and perhaps a column pole")
		flags.StringVar(&v.minus, "minus", "", "the `file` with the minus pole's statements")
		flags.Func("strength", "how far the mask closes, a `number` from 0 (the plain model) to 1 (default: as in its evidence)", func(s string) error {
			strength, err := number(s)
			v.strength = &strength
			return err
		})
		flags.BoolVar(&v.controls, "controls", false, "measure the controls as well, which takes many times as long")
		flags.IntVar(&v.draws, "draws", 10, "`how many` label-shuffled and random masks are drawn for -controls")
		flags.BoolVar(&v.yesNo, "yesno", false, "ask the model, Yes or No, whether it would say each statement")
		flags.IntVar(&v.replies, "replies", 0, "`how many` replies to sample to each neutral question, with controls of their own")
		flags.StringVar(&v.prompts.Plus, "prompt-plus", "", "the plus pole's prompt, a `text`, for -controls and -replies (default: from its name and description)")
		flags.StringVar(&v.prompts.Minus, "prompt-minus", "", "the minus pole's prompt, a `text`")
		flags.StringVar(&v.pair, "pair", "", "a pair.json `file` with names and prompts of the poles")
		flags.Uint64Var(&v.seed, "seed", 0, "the seed of intervals, controls and replies")
		flags.BoolVar(&v.json, "json", false, "print one JSON object")
		return func(ctx context.Context, e *env, args []string) error {
			if len(args) > 0 {
				return usagef("%q is no flag; a persona goes with -persona", args[0])
			}
			v.given = given(flags)
			if err := v.check(); err != nil {
				return err
			}
			path, err := e.modelPath(v.model)
			if err != nil {
				return err
			}
			return v.evaluate(ctx, e, path)
		}
	},
}

type evaluator struct {
	model, family, persona, plus, minus, pair string

	strength              *float64 // nil: the persona's own
	controls, yesNo, json bool
	draws, replies        int
	prompts               study.Prompts
	seed                  uint64
	given                 map[string]bool // flags that were set
}

func (v *evaluator) check() error {
	switch {
	case v.persona == "":
		return usagef("no persona is named: give -persona PERSONA")
	case v.plus == "" || v.minus == "":
		return usagef("statements of both poles are needed: give -plus FILE and -minus FILE")
	case v.strength != nil && !(*v.strength >= 0 && *v.strength <= 1):
		return usagef("-strength %v is not between 0 and 1", *v.strength)
	case v.draws < 1 || v.draws > study.MaxDraws:
		return usagef("-draws %d is not between 1 and %d", v.draws, study.MaxDraws)
	case v.replies < 0 || v.replies > study.MaxDraws:
		return usagef("-replies %d is not between 0 and %d", v.replies, study.MaxDraws)
	case (v.prompts.Plus == "") != (v.prompts.Minus == ""):
		return usagef("prompts go in pairs: give -prompt-plus and -prompt-minus, or neither")
	case v.prompts.Plus != "" && v.pair != "":
		return usagef("the file of -pair has prompts; give them there, or with -prompt-plus and -prompt-minus and no -pair")
	case v.prompts.Plus != "" && !v.controls && v.replies == 0:
		return usagef("-prompt-plus and -prompt-minus are for -controls and -replies; give one of these as well")
	case v.given["draws"] && !v.controls:
		return usagef("-draws is for -controls; give that as well")
	case v.seed > masks.MaxSeed:
		return usagef("-seed %d is not below 2^53", v.seed)
	}
	return nil
}

// evalJSON is what -json prints: the test of the statements, and beside it what else was
// measured.
type evalJSON struct {
	Model    masks.Model  `json:"model"`
	Persona  evalPersona  `json:"persona"`
	Strength float64      `json:"strength"`
	N        masks.Counts `json:"n"`

	AUC      *masks.Estimate `json:"auc"`
	D        *masks.Estimate `json:"d"` // null where nothing varies
	P        *float64        `json:"p"`
	PPLRatio *masks.Ratios   `json:"ppl_ratio"`
	KL       *masks.Ratios   `json:"kl"`
	Note     string          `json:"note"` // on this test

	// MadeFromThese says that the persona was made from these very statements, so that
	// the figures are no evidence.
	MadeFromThese bool `json:"made_from_these"`

	Matched   *masks.Test  `json:"matched"`               // null: no statements match
	YesNo     *masks.Test  `json:"yes_no"`                // null: not asked for
	Replies   *masks.Test  `json:"replies"`               // judged by the prompts; null: not asked for
	Second    *masks.Test  `json:"replies_by_statements"` // the same, judged by statements
	Controls  []masks.Test `json:"controls"`
	Statement string       `json:"statement"` // what it means, in a sentence
}

type evalPersona struct {
	Key  string `json:"key"`
	Name string `json:"name"`
}

func (v *evaluator) evaluate(ctx context.Context, e *env, path string) error {
	p, err := findPersona(v.persona)
	if err != nil {
		return err
	}
	raw, set, err := e.readBoth("eval", v.plus, v.minus)
	if err != nil {
		return err
	}
	names := study.PairOf(p)
	names.Poles.Plus.Prompt, names.Poles.Minus.Prompt = v.prompts.Plus, v.prompts.Minus
	if v.pair != "" {
		if names, err = readPair(v.pair); err != nil {
			return err
		}
	}
	e.warn("eval", raw, false)
	var known study.Subject // of which the statements alone matter here
	made := p.MadeFrom(set.Plus, set.Minus)
	of, err := seen(p)
	if err != nil {
		return err
	}
	rest := set.Without(of)
	if len(rest.Plus) == 0 || len(rest.Minus) == 0 {
		made = true
	}
	switch test, err := known.Recall(p, set, study.LibraryShares); {
	case made:
		fmt.Fprintln(e.stderr, "masque eval: warning: the persona was made from these very statements: what follows is no evidence")
	case len(rest.Plus) < len(set.Plus) || len(rest.Minus) < len(set.Minus):
		fmt.Fprintf(e.stderr, "masque eval: warning: the persona was made from some of these statements: it is measured on the %d plus and %d minus ones that it was not made from\n", len(rest.Plus), len(rest.Minus))
		set = rest
	case err == nil && len(known.Calibration.Plus) > 0:
		fmt.Fprintf(e.stderr, "masque eval: warning: the persona was made from some of these statements: it is measured on the %d plus and %d minus ones that its split keeps for the test\n", len(test.Plus), len(test.Minus))
		set = test
	}
	s, err := v.subject(p, set, names, path)
	if err != nil {
		return err
	}
	l, err := e.laboratory(ctx, path, v.family)
	if err != nil {
		return err
	}
	defer l.close()
	if err := p.Check(l.model); err != nil {
		return err
	}
	r, err := l.Measure(ctx, s, set, v.measures(), l.tell)
	if err != nil {
		return err
	}
	if made {
		r.On(study.OwnStatements)
		if r.Matched != nil {
			r.Matched.Name = study.OwnStatements + " matched in length and negation" // and not unseen ones
		}
	}
	gamma := s.Settings.Gamma
	l.progress.clear()
	sentence := study.Sentence(names.Label(), &r.Unseen)
	if v.json {
		u := &r.Unseen
		return printJSON(e.stdout, evalJSON{
			Model: l.model, Persona: evalPersona{p.Key(), p.Name}, Strength: masks.StrengthOf(gamma),
			N: *u.N, AUC: u.AUC, D: u.D, P: u.P, PPLRatio: u.PPLRatio, KL: u.KL, Note: u.Note, MadeFromThese: made,
			Matched: r.Matched, YesNo: r.YesNo, Replies: r.Replies, Second: r.RepliesByStatements,
			Controls: append([]masks.Test{}, r.Controls...), Statement: sentence,
		})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s, at strength %v\n", p.Name, masks.StrengthOf(gamma))
	printEvidence(&b, tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0), &masks.Evidence{
		Source: "measured by masque eval", Tests: r.Tests(), Controls: r.Controls,
	})
	fmt.Fprintf(&b, "\n%s\n", sentence)
	return printLines(e.stdout, b.String())
}

// subject is the persona as it is to be measured. Controls that there is no memory for are
// found here, before the model is loaded.
func (v *evaluator) subject(p *masks.Persona, set study.Statements, names *study.Pair, path string) (*study.Subject, error) {
	gamma := p.Recipe.Parameters["gamma"]
	if v.strength != nil {
		gamma = 1 - *v.strength
	}
	s, err := study.SubjectOf(p, gamma)
	if err != nil {
		return nil, err
	}
	s.Prompts, s.Seed = names.Prompts(), v.seed
	config, err := readConfig(path)
	if err != nil {
		return nil, err
	}
	return s, s.Fits(config, set, v.measures())
}

func (v *evaluator) measures() study.Measures {
	what := study.Measures{Own: true}
	if v.controls {
		what = study.AllControls(v.draws)
	}
	what.YesNo, what.Replies = v.yesNo, v.replies
	return what
}
