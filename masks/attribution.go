package masks

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"

	"masque/engine/model"
)

// Scope is the set of units that a mask may close.
type Scope struct {
	First, Last int  // layers, both included
	Channels    bool // attention value channels
	Neurons     bool // FFN neurons
}

// numbering is the document's numbering of the units in scope, without units.
func (s Scope) numbering(c *model.Config) (*Units, error) {
	if s.First < 0 || s.Last < s.First || s.Last >= c.Layers {
		return nil, fmt.Errorf("masks: layers %d to %d; the model has layers 0 to %d", s.First, s.Last, c.Layers-1)
	}
	if !s.Channels && !s.Neurons {
		return nil, fmt.Errorf("masks: a scope without attention channels and without neurons holds nothing")
	}
	u := &Units{Layers: [2]int{s.First, s.Last}, Order: OrderScore}
	if s.Channels {
		u.Channels = c.QDim()
	}
	if s.Neurons {
		u.Neurons = c.FFN
	}
	return u, nil
}

// maxMemory bounds what an attribution and its discriminant take, in bytes: a program that
// the system has no memory for ends without a word. A browser's has at most 4 GiB in all.
func maxMemory() float64 {
	if runtime.GOARCH == "wasm" {
		return 2 << 30
	}
	return 4 << 30
}

// Check says whether the scope is one of the model's, and whether so many statements can
// be attributed to its units at once. It is asked before the minutes of reading them, and
// before the weights are there.
func (s Scope) Check(c *model.Config, statements int) error {
	_, err := s.checked(c, statements)
	return err
}

// checked is the numbering of a scope that Check finds nothing wrong with.
func (s Scope) checked(c *model.Config, statements int) (*Units, error) {
	units, err := s.numbering(c)
	if err != nil {
		return nil, err
	}
	n := float64(statements)
	needed := n*float64(units.Scope())*2*4 + n*n*8 // gradients, residuals and their products
	if most := maxMemory(); needed > most {
		return nil, fmt.Errorf("masks: %d statements and %d units take %.1f GB of memory; there may be %.1f GB: give fewer statements, or fewer layers", statements, units.Scope(), needed/1e9, most/1e9)
	}
	return units, nil
}

// An Attribution says, to first order, what closing each unit does to each
// statement, and what it costs on neutral text.
type Attribution struct {
	units *Units
	// gradient[s][u] = ∂ℓ_s/∂g_u at g = 1: ℓ_s the mean log-probability a token
	// of statement s, plus statements first; g a gate at the tokens of [Reading.Attribute].
	gradient [][]float32
	plus     int       // how many statements are of the plus pole
	guard    []float64 // F of each unit, see Guard; zeros where none was given
}

// Attribute differentiates statements of two poles, read through an overlay
// (nil for the plain model), with respect to the units in scope. That is, with own, to
// what they do where the statements' own tokens are predicted, which is at the last token
// before them and at all of them but the last; else at all tokens before as well, which takes
// twice as long. The guard is what closing them costs; nil is nothing. progress is told the
// texts done and to do.
func (r *Reading) Attribute(ctx context.Context, o *model.Overlay, scope Scope, own bool, plus, minus []string, guard *Guard, progress func(done, total int)) (*Attribution, error) {
	units, err := scope.checked(&r.engine.Weights().Config, len(plus)+len(minus))
	if err != nil {
		return nil, err
	}
	a := &Attribution{units: units, plus: len(plus)}
	if guard == nil {
		a.guard = make([]float64, units.Scope())
	} else if a.guard, err = guard.of(units); err != nil {
		return nil, err
	}
	defer r.engine.ReleaseGradients()
	texts, err := r.encode(slices.Concat(plus, minus), "")
	if err != nil {
		return nil, err
	}
	var before []int32
	within := r.prefix
	if last := len(within) - 1; own {
		before, within = within[:last], within[last:]
	}
	var targets []model.Target
	for _, ids := range texts {
		t := model.Target{Tokens: slices.Concat(within, ids), Factors: make([]float32, len(within)+len(ids))}
		for k := range ids {
			t.Factors[len(within)+k] = 1 / float32(len(ids))
		}
		targets = append(targets, t)
		a.gradient = append(a.gradient, make([]float32, units.Scope()))
	}
	err = r.differentiate(ctx, o, before, targets, scope.First, progress, func(target, layer int, site model.Site, x []float32, width int) {
		at, ok := units.place(layer, site)
		if !ok {
			return
		}
		sum := a.gradient[target][at : at+width]
		for row := range slices.Chunk(x, width) {
			for i, v := range row {
				sum[i] += v
			}
		}
	})
	if err != nil {
		return nil, err // gradients that were not computed are zeros like any others
	}
	for _, g := range a.gradient {
		for _, v := range g {
			if !model.IsNumber(float64(v)) {
				return nil, model.ErrNoNumbers
			}
		}
	}
	return a, nil
}

// Part returns the attribution of some of the statements: keep says of each, plus
// statements first, whether it is one of them. What is known of a statement depends on
// no other.
func (a *Attribution) Part(keep []bool) *Attribution {
	if len(keep) != len(a.gradient) {
		panic(fmt.Sprintf("masks: %d of %d statements are kept or not", len(keep), len(a.gradient)))
	}
	part := &Attribution{units: a.units, guard: a.guard}
	for i, g := range a.gradient {
		if !keep[i] {
			continue
		}
		part.gradient = append(part.gradient, g)
		if i < a.plus {
			part.plus++
		}
	}
	return part
}

// differentiate takes as many texts at once as the engine does, and looks at the context
// in between.
func (r *Reading) differentiate(ctx context.Context, o *model.Overlay, before []int32, targets []model.Target, lowest int, progress func(done, total int), see model.Gradient) error {
	for at, end := 0, 0; at < len(targets); at = end {
		if err := ctx.Err(); err != nil {
			return err
		}
		end = at + min(model.Together(targets[at:]), textsAtOnce) // each holds a KV cache
		_, err := r.engine.Differentiate(o, before, targets[at:end], lowest, func(target, layer int, site model.Site, x []float32, width int) {
			see(at+target, layer, site, x, width)
		})
		if err != nil {
			return err
		}
		if progress != nil {
			progress(end, len(targets))
		}
	}
	return nil
}

// Effects returns e_u for every unit in scope: what closing it wins, to first
// order, for the plus pole over the minus pole, as the statements are labelled.
//
//	e_u = −(mean_{s∈plus} ∂ℓ_s/∂g_u − mean_{s∈minus} ∂ℓ_s/∂g_u)
//
// labels says for each statement whether it counts as plus; nil takes the
// poles that they came with.
func (a *Attribution) Effects(labels []bool) []float64 {
	labels = a.labels(labels)
	plus := 0
	for _, l := range labels {
		if l {
			plus++
		}
	}
	e := make([]float64, a.units.Scope())
	for s, g := range a.gradient {
		f := -1 / float64(plus)
		if !labels[s] {
			f = 1 / float64(len(labels)-plus)
		}
		for u, v := range g {
			e[u] += f * float64(v)
		}
	}
	return e
}

// labels returns those given, or, for nil, the poles that the statements came with.
func (a *Attribution) labels(given []bool) []bool {
	if given != nil {
		return given
	}
	own := make([]bool, len(a.gradient))
	for i := range a.plus {
		own[i] = true
	}
	return own
}

// Select returns the n units of the highest e_u − κ·F_u·(mean|e|/mean F), the
// means taken over the units in scope, in the order of their scores.
func (a *Attribution) Select(effects []float64, n int, kappa float64) ([]Unit, error) {
	if n < 1 || n > len(effects) {
		return nil, fmt.Errorf("masks: %d units asked for; %d are in scope", n, len(effects))
	}
	var size, cost float64
	for u, e := range effects {
		size += math.Abs(e)
		cost += a.guard[u]
	}
	scale := 0.0
	if cost > 0 {
		scale = kappa * size / cost
	}
	score := make([]float64, len(effects))
	order := make([]int, len(effects))
	for u, e := range effects {
		score[u] = e - scale*a.guard[u]
		if !model.IsNumber(score[u]) {
			return nil, errors.New("masks: the units' scores are no numbers: the ridge or κ is too large")
		}
		order[u] = u
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case score[i] > score[j]:
			return -1
		case score[i] < score[j]:
			return 1
		}
		return i - j
	})
	units := make([]Unit, n)
	for i := range units {
		units[i] = a.units.unit(order[i])
	}
	return units, nil
}

// Opposite returns the effects for the minus pole.
func Opposite(effects []float64) []float64 {
	o := make([]float64, len(effects))
	for i, e := range effects {
		o[i] = -e
	}
	return o
}
