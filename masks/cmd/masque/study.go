package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"masque/engine/model"
	"masque/masks"
	"masque/masks/study"
)

var studyCommand = command{
	name:    "study",
	args:    "-plus FILE -minus FILE -o FILE [grid] [-shard i/n], or -merge -o FILE PART…",
	summary: "Measure a grid of recipes and settings, one JSON line a cell; what FILE has already is not done again",
	example: "masque study -plus bold.txt -minus shy.txt -n 50,200,800 -layers 10-29,20-29 -kinds mask,shuffled,random -seeds 0,1,2 -o grid.jsonl\n" +
		"masque study -plus bold.txt -minus shy.txt -recipes tilt,wanda -rho 0.1,0.2,0.4 -shard 3/16 -o part.3.jsonl\n" +
		"masque study -merge -o grid.jsonl part.*.jsonl",
	setup: func(flags *flag.FlagSet) func(context.Context, *env, []string) error {
		s := surveyor{grid: study.Grid{
			Recipes: []string{masks.RecipeUnits}, Kinds: []string{study.KindMask}, Seeds: []uint64{0},
		}, shards: 1}
		flags.StringVar(&s.model, "model", "", "the GGUF `file` (default $MASQUE_MODEL)")
		familyFlag(flags, &s.family)
		flags.StringVar(&s.plus, "plus", "", "the `file` with the plus pole's statements: one a line, or a .csv or .tsv table with a column statement and perhaps a column pole")
		flags.StringVar(&s.minus, "minus", "", "the `file` with the minus pole's statements")
		flags.StringVar(&s.out, "o", "", "the `file` of JSON lines to write or to go on with")
		flags.BoolVar(&s.merge, "merge", false, "join files of other runs")
		flags.BoolVar(&s.test, "test", false, "measure on the test part, for reporting; choose settings on the development part, which is the default. Each has neutral texts of its own for the cost")
		flags.Float64Var(&s.shares.Development, "development", .2, "the `share` of the statements for development")
		flags.Float64Var(&s.shares.Test, "holdout", .3, "the `share` of the statements for the test")
		flags.Func("shard", "do only the `i/n`-th part of the grid, i from 0 to n − 1", s.setShard)
		listFlag(flags, "recipes", "`recipes`, separated by commas: "+strings.Join(study.Recipes, ", "), &s.grid.Recipes, text)
		flags.IntVar(&s.grid.Draws, "draws", 1, "`how many` shuffled and random masks are drawn for each setting, where -kinds names them")
		listFlag(flags, "kinds", "`kinds` of cells: mask, shuffled, random", &s.grid.Kinds, text)
		listFlag(flags, "scopes", "`scopes`: channels, neurons, both; for weights all, attention, mlp, q, k, …", &s.grid.Scopes, text)
		listFlag(flags, "phis", "φ of contrastive-wanda: relu, softplus", &s.grid.Phis, text)
		listFlag(flags, "layers", "ranges of `layers`, such as 10-29,20-29", &s.grid.Layers, layers)
		listFlag(flags, "n", "numbers of `units` a pole", &s.grid.N, whole)
		listFlag(flags, "own", "`values` of own: 1 scores units where the statements' own tokens are predicted, 0 at those before as well", &s.grid.Own, number)
		listFlag(flags, "kappa", "`values` of κ", &s.grid.Kappa, number)
		listFlag(flags, "ridge", "`values` of the discriminant's ridge λ; 0 scores units by their mean effect", &s.grid.Ridge, number)
		listFlag(flags, "rho", "`values` of ρ", &s.grid.Rho, number)
		listFlag(flags, "lambda", "`values` of λ", &s.grid.Lambda, number)
		listFlag(flags, "tau", "`values` of τ", &s.grid.Tau, number)
		listFlag(flags, "gamma", "`values` of γ", &s.grid.Gamma, number)
		listFlag(flags, "seeds", "`seeds`: 0 is the split that everybody shares, each other one another split", &s.grid.Seeds, seed)
		return func(ctx context.Context, e *env, args []string) error {
			if s.out == "" {
				return usagef("no file is named: give -o FILE")
			}
			s.given = given(flags)
			if s.merge {
				return s.join(e, args)
			}
			if err := s.check(args); err != nil {
				return err
			}
			path, err := e.modelPath(s.model)
			if err != nil {
				return err
			}
			return s.survey(ctx, e, path)
		}
	},
}

type surveyor struct {
	model, family, plus, minus, out string

	merge, test   bool
	shares        study.Shares
	grid          study.Grid
	shard, shards int
	given         map[string]bool // flags that were set
}

// maxShards bounds the parts of a grid: more than anybody has machines.
const maxShards = 100_000

func (s *surveyor) setShard(value string) error {
	i, n, ok := strings.Cut(value, "/")
	shard, err := strconv.Atoi(i)
	shards, err2 := strconv.Atoi(n)
	if !ok || err != nil || err2 != nil || shard < 0 || shard >= shards || shards > maxShards {
		return fmt.Errorf("%q is not i/n with i from 0 to n − 1 and n up to %d", value, maxShards)
	}
	s.shard, s.shards = shard, shards
	return nil
}

func (s *surveyor) check(args []string) error {
	switch {
	case len(args) > 0:
		return usagef("%q is no flag; files to join go with -merge", args[0])
	case s.plus == "" || s.minus == "":
		return usagef("statements of both poles are needed: give -plus FILE and -minus FILE")
	case s.grid.Draws < 1 || s.grid.Draws > study.MaxDraws:
		return usagef("-draws %d is not between 1 and %d", s.grid.Draws, study.MaxDraws)
	case s.given["draws"] && !slices.ContainsFunc(s.grid.Kinds, func(kind string) bool { return kind != study.KindMask }):
		return usagef("-draws is for controls; name some with -kinds")
	}
	if err := s.shares.Check(); err != nil {
		return usagef("%v", err)
	}
	return s.unused()
}

// unused refuses a setting that no recipe of the grid has: it would change nothing.
func (s *surveyor) unused() error {
	for _, key := range []string{"phi", "n", "own", "kappa", "ridge", "rho", "lambda", "tau"} {
		name := key
		if key == "phi" {
			name = "phis"
		}
		uses := func(recipe string) bool {
			settings := study.Settings{Recipe: recipe, Phi: "softplus"}
			return slices.Contains(settings.Keys(), key)
		}
		if s.given[name] && !slices.ContainsFunc(s.grid.Recipes, uses) {
			return usagef("-%s: no recipe of %s has such a setting; leave it out, or name others with -recipes", name, strings.Join(s.grid.Recipes, ", "))
		}
	}
	return nil
}

// survey measures the cells that are not in the file yet, each line written whole
// before the next cell is begun.
func (s *surveyor) survey(ctx context.Context, e *env, path string) error {
	if _, err := apart(s.out, s.plus, s.minus, path); err != nil {
		return err
	}
	raw, set, err := e.readBoth("study", s.plus, s.minus)
	if err != nil {
		return err
	}
	config, err := readConfig(path)
	if err != nil {
		return err
	}
	cells, err := s.cells(config)
	if err != nil {
		return err
	}
	run := &study.Runner{Family: s.family, Set: set, Shares: s.shares, Test: s.test, Draws: s.grid.Draws}
	if err := run.Check(config, cells); err != nil {
		return err
	}
	file, done, err := openRecords(s.out)
	if err != nil {
		return err
	}
	defer file.Close()
	e.warn("study", raw, true)
	l, err := e.laboratory(ctx, path, s.family)
	if err != nil {
		return err
	}
	defer l.close()
	run.Lab, run.Model = l.Lab, l.model.Digest
	measured := 0
	for i, cell := range cells {
		if done[run.Key(cell)] {
			continue
		}
		record, err := run.Run(ctx, cell, func(what string, done, total int) {
			l.tell(fmt.Sprintf("cell %d of %d: %s", i+1, len(cells), what), done, total)
		})
		if err != nil {
			return err
		}
		line, err := jsonLine(record)
		if err != nil {
			return err
		}
		if _, err := file.Write(line); err != nil {
			return err
		}
		measured++
	}
	if err := file.Close(); err != nil {
		return err
	}
	l.progress.clear()
	_, err = fmt.Fprintf(e.stdout, "%s: %d cells measured, %d were there already\n", s.out, measured, len(cells)-measured)
	return err
}

// cells are this run's part of the grid.
func (s *surveyor) cells(config *model.Config) ([]study.Cell, error) {
	all, err := s.grid.Cells(config)
	if err != nil {
		return nil, usagef("%v", err)
	}
	// Neighbours share a pass over the statements, so a shard is a stretch.
	return all[len(all)*s.shard/s.shards : len(all)*(s.shard+1)/s.shards], nil
}

// openRecords opens a study to append to it, and returns the keys it has. Half a line
// at its end, of a run that was cut short, is taken away. Two runs at once would measure
// the same.
func openRecords(path string) (file *os.File, done map[string]bool, err error) {
	file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, nil, unwritten(path, err)
	}
	defer func() {
		if err != nil {
			file.Close()
		}
	}()
	if !locked(file) {
		return nil, nil, fmt.Errorf("another study writes %s; give each shard its own -o", path)
	}
	data, err := readWhole(file, maxRecords, "study")
	if err != nil {
		return nil, nil, err
	}
	records, whole, err := study.ParseRecords(data)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w; nothing was written: give -o a new file, or one of masque study", path, err)
	}
	if whole < len(data) { // or a line that another run has just written would go
		if err = os.Truncate(path, int64(whole)); err != nil {
			return nil, nil, unwritten(path, err)
		}
	}
	done = map[string]bool{}
	for _, r := range records {
		done[r.Key] = true
	}
	return file, done, nil
}

// join writes the records of several files into one.
func (s *surveyor) join(e *env, paths []string) error {
	if len(paths) == 0 {
		return usagef("no files are named to join")
	}
	if err := writable(s.out, paths...); err != nil {
		return err
	}
	if _, err := os.Stat(s.out); err == nil {
		return fmt.Errorf("%s exists already; name a new file to join into", s.out)
	}
	var parts [][]study.Record
	for _, path := range paths {
		data, err := readBounded(path, maxRecords, "study")
		if err != nil {
			return err
		}
		records, _, err := study.ParseRecords(data)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		parts = append(parts, records)
	}
	merged, err := study.Merge(parts...)
	if err != nil {
		return err
	}
	var lines bytes.Buffer
	for _, r := range merged {
		line, err := jsonLine(r)
		if err != nil {
			return err
		}
		lines.Write(line)
	}
	if err := writeFile(s.out, lines.Bytes()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "%s: %d cells of %d files\n", s.out, len(merged), len(paths))
	return err
}
