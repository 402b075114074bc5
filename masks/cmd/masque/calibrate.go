package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"masque/masks"
	"masque/masks/study"
)

var calibrateCommand = command{
	name:    "calibrate",
	args:    "-plus FILE -minus FILE -o PERSONA [flags]",
	summary: "Make a persona from two files of statements, one a line, and measure such masks on those held out",
	example: "masque calibrate -plus bold.txt -minus shy.txt -o bold.persona.json\n" +
		"masque calibrate -plus bold.txt -minus shy.txt -set n=400 -set layers=10-29 -controls -o bold.persona.json",
	setup: func(flags *flag.FlagSet) func(context.Context, *env, []string) error {
		var c calibrator
		flags.StringVar(&c.model, "model", "", "the GGUF `file` (default $MASQUE_MODEL)")
		familyFlag(flags, &c.family)
		flags.StringVar(&c.plus, "plus", "", "the `file` with the plus pole's statements: one a line, or a .csv or .tsv table with a column statement and perhaps a column pole")
		flags.StringVar(&c.minus, "minus", "", "the `file` with the minus pole's statements")
		flags.StringVar(&c.out, "o", "", "the persona `file` to write")
		flags.StringVar(&c.recipe, "recipe", masks.RecipeUnits, "the `recipe`: "+strings.Join(study.PersonaRecipes, ", "))
		flags.Func("set", "a setting as `key=value`, again for more: n, own, kappa, ridge, rho, lambda, tau, gamma, phi, scope, layers", func(s string) error {
			key, value, ok := strings.Cut(s, "=")
			if !ok {
				return fmt.Errorf("%q is not key=value", s)
			}
			c.changes = append(c.changes, [2]string{key, value})
			return nil
		})
		flags.Float64Var(&c.holdout, "holdout", .5, "the `share` of the statements that is held out for the test, of masks made in the same way without these statements; 0 tests nothing")
		flags.Uint64Var(&c.seed, "seed", 0, "the seed of intervals and controls")
		flags.BoolVar(&c.controls, "controls", false, "measure the controls as well, which takes many times as long")
		flags.IntVar(&c.draws, "draws", 10, "`how many` label-shuffled and random masks are drawn for -controls")
		flags.StringVar(&c.name, "name", "", "the persona's `name` (default: from the files' names)")
		flags.StringVar(&c.pair, "pair", "", "a pair.json `file` with names, descriptions and prompts of the poles")
		return func(ctx context.Context, e *env, args []string) error {
			if len(args) > 0 {
				return usagef("%q is no flag; statements go with -plus and -minus", args[0])
			}
			c.given = given(flags)
			if err := c.check(); err != nil {
				return err
			}
			path, err := e.modelPath(c.model)
			if err != nil {
				return err
			}
			return c.calibrate(ctx, e, path)
		}
	},
}

type calibrator struct {
	model, family, plus, minus, out, recipe, name, pair string

	changes  [][2]string
	holdout  float64
	seed     uint64
	controls bool
	draws    int
	given    map[string]bool // flags that were set
}

func (c *calibrator) check() error {
	switch {
	case c.plus == "" || c.minus == "":
		return usagef("statements of both poles are needed: give -plus FILE and -minus FILE")
	case c.out == "":
		return usagef("no file is named for the persona: give -o FILE")
	case !(c.holdout >= 0 && c.holdout < 1):
		return usagef("-holdout %v is not 0 or more and below 1", c.holdout)
	case c.controls && c.holdout == 0:
		return usagef("-controls needs statements to test on; -holdout is 0")
	case c.draws < 1 || c.draws > study.MaxDraws:
		return usagef("-draws %d is not between 1 and %d", c.draws, study.MaxDraws)
	case c.given["draws"] && !c.controls:
		return usagef("-draws is for -controls; give that as well")
	case c.seed > masks.MaxSeed:
		return usagef("-seed %d is not below 2^53", c.seed)
	case c.recipe == masks.RecipeRandom:
		return usagef("-recipe random is a control, no persona")
	}
	if !slices.Contains(study.PersonaRecipes, c.recipe) {
		return usagef("there is no recipe %q; there are %s", c.recipe, strings.Join(study.PersonaRecipes, ", "))
	}
	s := study.Settings{Recipe: c.recipe, Phi: "softplus"}
	if err := c.change(&s); err != nil {
		return err
	}
	for _, change := range c.changes {
		if keys := s.Keys(); !slices.Contains(keys, change[0]) {
			return usagef("-set %s: the recipe %s has no such setting; it has %s", change[0], c.recipe, strings.Join(keys, ", "))
		}
	}
	return nil
}

// change sets what -set names.
func (c *calibrator) change(s *study.Settings) error {
	for _, change := range c.changes {
		if err := s.Set(change[0], change[1]); err != nil {
			return usagef("-set: %v", err)
		}
	}
	return nil
}

func (c *calibrator) calibrate(ctx context.Context, e *env, path string) error {
	if err := writable(c.out, c.plus, c.minus, c.pair, path); err != nil {
		return err
	}
	raw, set, err := e.readBoth("calibrate", c.plus, c.minus)
	if err != nil {
		return err
	}
	names, err := c.names()
	if err != nil {
		return err
	}
	settings, err := c.settings(path, len(set.Plus)+len(set.Minus))
	if err != nil {
		return err
	}
	e.warn("calibrate", raw, true)
	order := &study.Order{Pair: names, Set: set, Settings: settings, Holdout: c.holdout, Seed: c.seed}
	_, test, err := order.Split()
	if err != nil {
		return err
	}
	l, err := e.laboratory(ctx, path, c.family)
	if err != nil {
		return err
	}
	defer l.close()
	what := study.Measures{Own: true}
	if c.controls {
		what, order.Draws = study.AllControls(c.draws), c.draws
	}
	p, subject, err := l.Make(ctx, order, l.model, l.tell)
	if err != nil {
		return err
	}
	if c.holdout > 0 {
		r, err := l.Measure(ctx, subject, test, what, l.tell)
		if err != nil {
			return err
		}
		p.Evidence = order.Evidence()
		r.Record(p.Evidence)
	}
	var document bytes.Buffer
	if err := p.Write(&document); err != nil {
		return err
	}
	if err := writeFile(c.out, document.Bytes()); err != nil {
		return err
	}
	l.progress.clear()
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, from %d plus and %d minus statements (%v)\n", c.out, p.Name, p.Statements.Plus, p.Statements.Minus, &order.Settings)
	if p.Evidence == nil {
		fmt.Fprintln(&b, "Nothing was held out, so nothing is known of how well it does: masque eval measures it on other statements.")
		return printLines(e.stdout, b.String())
	}
	printEvidence(&b, tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0), p.Evidence)
	if !c.controls {
		fmt.Fprintln(&b, "No controls were measured; masque calibrate -controls measures them as well.")
	}
	fmt.Fprintf(&b, "\n%s\n", study.Sentence(names.Label(), &p.Evidence.Tests[0]))
	return printLines(e.stdout, b.String())
}

// names are what the persona and its poles are called.
func (c *calibrator) names() (names *study.Pair, err error) {
	if c.pair != "" {
		names, err = readPair(c.pair)
	} else {
		names, err = pairOfFiles(c.plus, c.minus)
	}
	if err != nil {
		return nil, err
	}
	if c.name != "" {
		names.Name = c.name
	}
	err = names.Check()
	var fault *masks.FieldError
	switch {
	case !errors.As(err, &fault):
	case fault.Field == "name" && c.name != "": // which is given with -name
	case c.pair != "":
		err = fmt.Errorf("%s: %w", c.pair, err)
	case fault.Field != "name":
		err = fmt.Errorf("%w; the poles are called after %s and %s: give the files other names, or name the poles in a file with -pair", err, c.plus, c.minus)
	default:
		err = fmt.Errorf("%w; it is made of the names of %s and %s: give another with -name", err, c.plus, c.minus)
	}
	return names, err
}

// settings are the recipe's for a model, with what -set changes, which so many statements
// can be read for.
func (c *calibrator) settings(path string, statements int) (study.Settings, error) {
	config, err := readConfig(path)
	if err != nil {
		return study.Settings{}, err
	}
	s, err := study.DefaultSettings(c.recipe, config)
	if err != nil {
		return s, usagef("%v", err)
	}
	if err := c.change(&s); err != nil {
		return s, err
	}
	if err := s.Check(config); err != nil {
		return s, usagef("%v", err)
	}
	return s, s.Fits(config, statements)
}
