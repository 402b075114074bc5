package parity

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"masque/engine/model"
	"masque/masks"
)

// through is what the reference found through one mask.
type through struct {
	Gamma      float32              `json:"gamma"`
	Statements map[string][]float64 `json:"statement_ll"` // by "+" and "-"
	Prompts    []prompt             `json:"prompts"`
}

// persona compares what passes through the masks of one persona, both poles, with the
// units that the golden file lists.
func (r *Run) persona(e *engine, file string) ([]Check, error) {
	var golden struct {
		Prefix string `json:"prefix"`
		Recipe struct {
			Layers [2]int `json:"layers"`
		} `json:"recipe"`
		Mask struct {
			Extravert map[string][]int `json:"extravert"`
			Introvert map[string][]int `json:"introvert"`
		} `json:"mask"`
		Statements map[string][]string `json:"statements"`

		Dense         *through `json:"dense"`
		Extravert     *through `json:"extravert"`
		Introvert     *through `json:"introvert"`
		ExtravertHalf *through `json:"extravert_half"`
		IntrovertHalf *through `json:"introvert_half"`
	}
	if err := r.read(file, &golden); err != nil {
		return nil, err
	}
	units := &masks.Units{Layers: golden.Recipe.Layers, Channels: e.Weights().QDim(), Order: masks.OrderIndex}
	var err error
	if units.Plus, err = pack(units, golden.Mask.Extravert); err != nil {
		return nil, err
	}
	if units.Minus, err = pack(units, golden.Mask.Introvert); err != nil {
		return nil, err
	}
	var checks []Check
	for _, c := range []struct {
		who    string
		pole   masks.Pole
		golden *through
	}{
		{"dense", "", golden.Dense},
		{"extravert", masks.Plus, golden.Extravert},
		{"introvert", masks.Minus, golden.Introvert},
		{"extravert", masks.Plus, golden.ExtravertHalf},
		{"introvert", masks.Minus, golden.IntrovertHalf},
	} {
		if c.golden == nil {
			continue
		}
		who := c.who
		var overlay *model.Overlay
		if c.pole != "" {
			mask, err := units.Mask(c.pole)
			if err != nil {
				return nil, err
			}
			if overlay, err = mask.Overlay(e.Weights(), c.golden.Gamma); err != nil {
				return nil, err
			}
			who = fmt.Sprintf("%s, γ %v", who, c.golden.Gamma)
		}
		if err := r.progress("%s: %s", file, who); err != nil {
			return nil, err
		}
		more, err := r.compareThrough(e, overlay, c.golden, golden.Prefix, golden.Statements, file, who+": ")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", who, err)
		}
		checks = append(checks, more...)
	}
	if len(checks) == 0 {
		return nil, errEmpty
	}
	return checks, nil
}

func pack(u *masks.Units, layers map[string][]int) (masks.UnitSet, error) {
	var units []masks.Unit
	for _, name := range slices.Sorted(maps.Keys(layers)) {
		layer, err := strconv.Atoi(name)
		if err != nil {
			return masks.UnitSet{}, fmt.Errorf("its mask has the layer %q", name)
		}
		for _, index := range layers[name] {
			units = append(units, masks.Unit{Family: masks.Channel, Layer: layer, Index: index})
		}
	}
	return u.Pack(units)
}

// compareThrough compares statements and prompts seen through one overlay.
func (r *Run) compareThrough(e *engine, o *model.Overlay, golden *through, prefix string, statements map[string][]string, file, who string) ([]Check, error) {
	each := Check{File: file, What: who + "statements, one by one", Path: e.path(), Measure: "largest difference", Bound: e.bound(StatementF32)}
	mean, n := 0.0, 0
	start := r.Tokenizer.Encode(prefix, true)
	if len(start) == 0 {
		return nil, errors.New("it has no prefix")
	}
	for _, pole := range []string{"+", "-"} {
		if len(statements[pole]) != len(golden.Statements[pole]) {
			return nil, fmt.Errorf("it has %d statements of pole %s and %d log-likelihoods", len(statements[pole]), pole, len(golden.Statements[pole]))
		}
		for i, statement := range statements[pole] {
			ids := append(slices.Clone(start), r.Tokenizer.Encode(statement, false)...)
			if len(ids) == len(start) {
				return nil, errors.New("it has an empty statement")
			}
			ll, err := e.logLikelihood(o, ids, len(start))
			if err != nil {
				return nil, err
			}
			d := ll - golden.Statements[pole][i]
			each.widen(math.Abs(d), fmt.Sprintf("%.50q", statement))
			mean += d
			n++
		}
	}
	var checks []Check
	if n > 0 {
		checks = append(checks, each)
		if !e.f32() {
			// One statement has some ten tokens, so what quantised activations do to one
			// is chance; over a mask's statements it averages out, and an error of the mask
			// does not.
			checks = append(checks, Check{
				File: file, What: who + "statements together", Path: e.path(),
				Value: math.Abs(mean) / float64(n), Measure: "difference of the means", Bound: StatementFast,
				Detail: fmt.Sprintf("%d statements", n),
			})
		}
	}
	if len(golden.Prompts) == 0 {
		return checks, nil
	}
	more, err := comparePrompts(e, o, golden.Prompts, file, who, KLFast)
	if err != nil {
		return nil, err
	}
	return append(checks, more...), nil
}
