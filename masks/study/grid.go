package study

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"

	"masque/engine/model"
	"masque/engine/sha256"
	"masque/masks"
	"masque/masks/jsondoc"
)

// A Grid is every combination of some settings. A list that is empty stands for the
// recipe's default; one that a recipe does not use does not multiply its cells.
type Grid struct {
	Recipes []string
	Phis    []string
	Scopes  []string
	Layers  [][2]int
	N       []int
	Own     []float64
	Kappa   []float64
	Ridge   []float64
	Rho     []float64
	Lambda  []float64
	Tau     []float64
	Gamma   []float64
	Kinds   []string // of cells
	Seeds   []uint64
	Draws   int // of each control; 0 = 1
}

// The kinds of cells: the mask itself, and its controls.
const (
	KindMask     = "mask"
	KindShuffled = "shuffled"
	KindRandom   = "random"
)

// A Cell is one measurement of a grid. Its seed chooses the split (0 is the one that
// everybody shares) and what controls are drawn; Draw numbers the draws of one seed from 0.
type Cell struct {
	Settings
	Kind string `json:"kind"`
	Seed uint64 `json:"seed"`
	Draw int    `json:"draw,omitzero"`
}

// vary multiplies cells by the values of one setting.
func vary[T any](cells []Cell, values []T, set func(*Cell, T)) []Cell {
	if len(values) == 0 {
		return cells
	}
	var out []Cell
	for _, c := range cells {
		for _, v := range values {
			set(&c, v)
			out = append(out, c)
		}
	}
	return out
}

// varyUsed varies the cells whose settings use a key, which may depend on their φ.
func varyUsed[T any](cells []Cell, key string, values []T, set func(*Cell, T)) []Cell {
	var out []Cell
	for _, c := range cells {
		if slices.Contains(c.Keys(), key) {
			out = append(out, vary([]Cell{c}, values, set)...)
		} else {
			out = append(out, c)
		}
	}
	return out
}

// drawn gives each control so many draws.
func drawn(cells []Cell, draws int) []Cell {
	var out []Cell
	for _, c := range cells {
		out = append(out, c)
		for c.Draw = 1; c.Kind != KindMask && c.Draw < draws; c.Draw++ {
			out = append(out, c)
		}
	}
	return out
}

// Cells lists the grid for a model, each cell once, in an order in which
// neighbours share their calibration.
func (g *Grid) Cells(c *model.Config) ([]Cell, error) {
	var all []Cell
	for _, recipe := range g.Recipes {
		defaults, err := DefaultSettings(recipe, c)
		if err != nil {
			return nil, err
		}
		cells := []Cell{{Settings: defaults, Kind: KindMask}}
		cells = vary(cells, g.Layers, func(c *Cell, v [2]int) { c.Layers = v })
		cells = vary(cells, g.Scopes, func(c *Cell, v string) { c.Scope = v })
		cells = vary(cells, g.Gamma, func(c *Cell, v float64) { c.Gamma = v })
		cells = vary(cells, g.Kinds, func(c *Cell, v string) { c.Kind = v })
		cells = drawn(cells, g.Draws)
		cells = vary(cells, g.Seeds, func(c *Cell, v uint64) { c.Seed = v })
		if uses := defaults.Keys(); slices.Contains(uses, "phi") {
			cells = vary(cells, g.Phis, func(c *Cell, v string) { c.Phi = v })
		}
		cells = varyUsed(cells, "n", g.N, func(c *Cell, v int) { c.N = v })
		for _, p := range []struct {
			key    string
			values []float64
			set    func(*Cell, float64)
		}{
			{"own", g.Own, func(c *Cell, v float64) { c.Own = v }},
			{"kappa", g.Kappa, func(c *Cell, v float64) { c.Kappa = v }},
			{"ridge", g.Ridge, func(c *Cell, v float64) { c.Ridge = v }},
			{"rho", g.Rho, func(c *Cell, v float64) { c.Rho = v }},
			{"lambda", g.Lambda, func(c *Cell, v float64) { c.Lambda = v }},
			{"tau", g.Tau, func(c *Cell, v float64) { c.Tau = v }},
		} {
			cells = varyUsed(cells, p.key, p.values, p.set)
		}
		all = append(all, cells...)
	}
	for _, cell := range all {
		if err := cell.Check(c); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(all, Cell.compare)
	return slices.Compact(all), nil
}

// MaxDraws bounds the draws of one control, and the replies to one question.
const MaxDraws = 1000

// Check finds what would fail only after hours.
func (c *Cell) Check(config *model.Config) error {
	if c.Draw < 0 || c.Draw >= MaxDraws || c.Draw > 0 && c.Kind == KindMask {
		return fmt.Errorf("a cell of kind %s has draw %d; a mask has draw 0 alone, a control 0 to %d", c.Kind, c.Draw, MaxDraws-1)
	}
	if !slices.Contains([]string{KindMask, KindShuffled, KindRandom}, c.Kind) {
		return fmt.Errorf("a cell is of kind %q; there are %s, %s and %s", c.Kind, KindMask, KindShuffled, KindRandom)
	}
	if c.Recipe == masks.RecipeRandom && c.Kind == KindShuffled {
		return fmt.Errorf("the recipe %s reads no statements, so that shuffled labels change nothing: leave the kind %s out, or the recipe", c.Recipe, c.Kind)
	}
	return c.Settings.Check(config)
}

// compare orders cells: what costs a new pass over the statements comes first.
func (c Cell) compare(o Cell) int {
	return cmp.Or(
		cmp.Compare(c.Seed, o.Seed), cmp.Compare(c.Recipe, o.Recipe), cmp.Compare(c.Scope, o.Scope),
		slices.Compare(c.Layers[:], o.Layers[:]), cmp.Compare(c.Own, o.Own), cmp.Compare(c.Phi, o.Phi),
		cmp.Compare(c.N, o.N), cmp.Compare(c.Kappa, o.Kappa), cmp.Compare(c.Ridge, o.Ridge), cmp.Compare(c.Rho, o.Rho),
		cmp.Compare(c.Lambda, o.Lambda), cmp.Compare(c.Tau, o.Tau), cmp.Compare(c.Gamma, o.Gamma),
		cmp.Compare(c.Kind, o.Kind), cmp.Compare(c.Draw, o.Draw),
	)
}

// A Record is a measured cell: one line of a study.
type Record struct {
	Key string `json:"key"` // of the cell, the model, the chat family, the statements and the split
	Cell
	On         string       `json:"on"`               // "development" or "test"
	Neutral    string       `json:"neutral,omitzero"` // part of the neutral texts, see [Runner.neutral]
	Model      string       `json:"model"`            // digest
	Family     string       `json:"family,omitzero"`  // of the chat; empty: the model's own
	Statements string       `json:"statements"`       // SHA-256 of all, before the split
	Shares     Shares       `json:"shares,omitzero"`  // of the split; earlier versions wrote none
	N          masks.Counts `json:"n_statements"`

	AUC      masks.Estimate  `json:"auc"`
	D        *masks.Estimate `json:"d"`
	P        float64         `json:"p"`
	PPLRatio masks.Ratios    `json:"ppl_ratio"`
	KL       masks.Ratios    `json:"kl"`
}

// A Runner measures the cells of a grid on one set of statements.
type Runner struct {
	Lab    *Lab
	Model  string // digest
	Family string // of the chat that somebody has chosen; empty: the model's own
	Set    Statements
	Shares Shares
	Test   bool // measure on the test part; else on the development part
	// Draws is how many draws of a control cells may ask for; 0 = 1. For weight masks each
	// costs memory, so that they are read in one pass.
	Draws int

	source     *Source
	sourceSeed uint64
}

// On names the part that cells are measured on.
func (r *Runner) On() string {
	if r.Test {
		return "test"
	}
	return "development"
}

// neutral names the part of the neutral texts that a cell's cost is measured on where that is
// not the test's. On development earlier versions measured it on the test's texts, too, and
// wrote nothing of it: with this in the key and in the record, a study that is gone on with
// does not take their figures for its own. What is known of the test part stays.
func (r *Runner) neutral() string {
	if r.Test {
		return ""
	}
	return "development"
}

// split returns the statements that a seed's masks are made from and measured on.
func (r *Runner) split(seed uint64) (calibration, on Statements) {
	calibration, held := ByLine(r.Set, r.Shares, seed)
	if r.Test {
		return calibration, held.Test
	}
	return calibration, held.Development
}

// Check says whether there are statements to make the cells' masks from and to measure them
// on, which are as many for each seed, and memory for it. It needs the model's shape alone.
func (r *Runner) Check(config *model.Config, cells []Cell) error {
	calibration, on := r.split(0)
	if !on.testable() {
		return fmt.Errorf("the %s part has %d plus and %d minus statements, too few to measure on: give more statements, or a larger share", r.On(), len(on.Plus), len(on.Minus))
	}
	if err := calibration.enough(); err != nil {
		return err
	}
	for i := range cells {
		if err := cells[i].Fits(config, len(calibration.all())); err != nil {
			return err
		}
	}
	return nil
}

// keyBytes is how much of a hash is a record's key.
const keyBytes = 8

// Key identifies the measurement of a cell, so that a study can be taken up again.
func (r *Runner) Key(c Cell) string {
	type shares struct{ Development, Test float64 } // spelled so since there are keys
	b, err := jsondoc.Marshal(struct {
		Cell
		Model, Statements, On string
		Shares                shares
		Family                string `json:"Family,omitzero"`
		Neutral               string `json:"Neutral,omitzero"`
	}{c, r.Model, masks.HashStatements(r.Set.Plus, r.Set.Minus), r.On(), shares(r.Shares), r.Family, r.neutral()})
	if err != nil {
		panic("study: " + err.Error()) // finite numbers and strings
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:keyBytes])
}

// Masks makes the masks of a cell. Cells in the order of [Grid.Cells] share what they can.
func (r *Runner) Masks(ctx context.Context, c Cell, progress Progress) (Masks, error) {
	draws := max(r.Draws, 1)
	if c.Draw >= draws {
		return Masks{}, fmt.Errorf("study: draw %d of %d", c.Draw, draws)
	}
	if r.source == nil || r.sourceSeed != c.Seed || !r.source.Serves(c.Settings) {
		r.source = nil // before the next one is made
		if err := r.Lab.Check(r.Set); err != nil {
			return Masks{}, err // of those that are measured later, too
		}
		calibration, _ := r.split(c.Seed)
		source, err := r.Lab.Source(ctx, calibration, c.Settings, draws, c.Seed, progress)
		if err != nil {
			return Masks{}, err
		}
		r.source, r.sourceSeed = source, c.Seed
	}
	switch c.Kind {
	case KindShuffled:
		return r.source.Shuffled(c.Settings, c.Draw)
	case KindRandom:
		return r.source.Random(c.Settings, c.Draw)
	}
	return r.source.Own(c.Settings)
}

// Run measures one cell.
func (r *Runner) Run(ctx context.Context, c Cell, progress Progress) (*Record, error) {
	m, err := r.Masks(ctx, c, progress)
	if err != nil {
		return nil, err
	}
	_, on := r.split(c.Seed)
	s, err := r.Lab.Separate(ctx, m, Same(c.Gamma), on, c.Seed, progress)
	if err != nil {
		return nil, err
	}
	measure := r.Lab.DevelopmentCost
	if r.Test {
		measure = r.Lab.Cost
	}
	cost, err := measure(ctx, m, Same(c.Gamma), progress)
	if err != nil {
		return nil, err
	}
	record := &Record{
		Key: r.Key(c), Cell: c, On: r.On(), Neutral: r.neutral(), Model: r.Model, Family: r.Family,
		Statements: masks.HashStatements(r.Set.Plus, r.Set.Minus), Shares: r.Shares,
		N: s.N, AUC: roundEstimate(s.AUC), P: s.P,
		PPLRatio: *RoundRatios(cost.PPLRatio), KL: *RoundRatios(cost.KL),
	}
	if s.D != nil {
		d := roundEstimate(*s.D)
		record.D = &d
	}
	return record, nil
}
