package masks

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"

	"masque/engine/model"
	"masque/engine/quant"
)

// WeightMask keeps one bit a weight. The bits are rebuilt from the document's
// statistics whenever an overlay is baked, always the same ones.
//
// A row of n weights keeps the K = n − ⌊ρn⌋ of the highest scores; with
// contrastive-sparse, those whose share is larger for this pole. With z the
// contrast of a weight's input channel (see the field Phi of Recipe for φ):
//
//	wanda               |w|·μ
//	contrastive-wanda   |w|·φ(z)
//	contrastive-sparse  |w|·μ over its row's sum, compared with the other pole's
//	tilt                |w|·½(μ + μ′)·exp(λ·tanh(z/τ))
//	random              a number drawn with the recipe's seed
//
// μ is the pole's own mean, μ′ the other pole's. A label-shuffled control is any of
// these over a signature of shuffled labels, neutral Wanda is wanda over one of
// neutral text.
type WeightMask struct {
	Pole    Pole
	Recipe  Recipe
	Weights *Weights
}

var _ Mask = (*WeightMask)(nil)

// Kind returns KindWeights.
func (m *WeightMask) Kind() string { return KindWeights }

// Overlay bakes masked copies of the matrices in scope; all others stay shared.
func (m *WeightMask) Overlay(w *model.Weights, gamma float32) (*model.Overlay, error) {
	if err := checkGamma(gamma); err != nil {
		return nil, err
	}
	jobs, err := m.jobs(w)
	if err != nil {
		return nil, err
	}
	if gamma == 1 || len(jobs) == 0 {
		return &model.Overlay{}, nil // dense
	}
	b := make(bakery)
	b.add(jobs, gamma)
	return &model.Overlay{Matrices: b.bake(w)}, nil
}

// A bakery collects which rules, each with its own γ, are laid over each matrix.
type bakery map[model.MatrixID][]factor

// A factor multiplies a row's weights: 1 for what the rule keeps, γ for the rest.
type factor struct {
	rule  rule
	gamma float32
}

func (b bakery) add(jobs []job, gamma float32) {
	for _, j := range jobs {
		b[j.id] = append(b[j.id], factor{j.rule, gamma})
	}
}

// bake makes a masked copy of each matrix. What several rules say is multiplied.
func (b bakery) bake(w *model.Weights) map[model.MatrixID]*quant.Matrix {
	ids := slices.Collect(maps.Keys(b))
	baked := make([]*quant.Matrix, len(ids))
	next := make(chan int, len(ids))
	for i := range ids {
		next <- i
	}
	close(next)
	var wait sync.WaitGroup
	for range min(len(ids), runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			var s selection
			for i := range next {
				baked[i] = w.Matrix(ids[i]).Mask(product(&s, b[ids[i]]))
			}
		})
	}
	wait.Wait()
	matrices := make(map[model.MatrixID]*quant.Matrix, len(ids))
	for i, id := range ids {
		matrices[id] = baked[i]
	}
	return matrices
}

// product returns the product of factors, with scratch for their rules.
func product(s *selection, factors []factor) quant.Factors {
	first := factors[0]
	if len(factors) == 1 {
		return func(row int, w, g []float32) { first.rule(s, row, w, g, first.gamma) }
	}
	var scratch []float32
	return func(row int, w, g []float32) {
		first.rule(s, row, w, g, first.gamma)
		scratch = slices.Grow(scratch[:0], len(g))[:len(g)]
		for _, f := range factors[1:] {
			f.rule(s, row, w, scratch, f.gamma)
			for i, v := range scratch {
				g[i] *= v
			}
		}
	}
}

// Kept returns which weights of one matrix stay, row by row, as Overlay has them:
// kept[row*cols+i]. A matrix out of scope is kept whole.
func (m *WeightMask) Kept(w *model.Weights, id model.MatrixID) ([]bool, error) {
	jobs, err := m.jobs(w)
	if err != nil {
		return nil, err
	}
	if id.Layer < 0 || id.Layer >= w.Layers || !slices.Contains(model.Kinds(), id.Kind) {
		return nil, fmt.Errorf("masks: the model has no matrix %v", id)
	}
	matrix := w.Matrix(id)
	kept := slices.Repeat([]bool{true}, matrix.Rows*matrix.Cols)
	at := slices.IndexFunc(jobs, func(j job) bool { return j.id == id })
	if at < 0 {
		return kept, nil
	}
	var s selection
	row, g := make([]float32, matrix.Cols), make([]float32, matrix.Cols)
	for r := range matrix.Rows {
		matrix.Row(row, r)
		jobs[at].rule(&s, r, row, g, 0)
		for i, f := range g {
			kept[r*matrix.Cols+i] = f == 1
		}
	}
	return kept, nil
}

// job is one matrix to mask.
type job struct {
	id   model.MatrixID
	rule rule
}

// jobs lists the matrices of which something is left out.
func (m *WeightMask) jobs(w *model.Weights) ([]job, error) {
	if m.Pole != Plus && m.Pole != Minus {
		panic(fmt.Sprintf("masks: a weight mask of pole %q", m.Pole))
	}
	if err := m.Recipe.validate(); err != nil {
		return nil, err
	}
	if err := m.Recipe.validateWeights(); err != nil {
		return nil, err
	}
	if err := m.Weights.validate(); err != nil {
		return nil, err
	}
	if last := m.Weights.Layers[1]; last >= w.Layers {
		return nil, fmt.Errorf("masks: %w: the mask reaches layer %d, the model has %d layers", ErrModel, last, w.Layers)
	}
	channels := InputChannelsOf(&w.Config)
	var jobs []job
	for _, im := range inputMatrices {
		at := slices.IndexFunc(m.Weights.Inputs, func(in Input) bool { return in.Name == im.input })
		if at < 0 {
			continue
		}
		in := &m.Weights.Inputs[at]
		if width := channels.Widths[im.site]; in.Width != width {
			return nil, fmt.Errorf("masks: %w: the mask counts %d channels of the input %s, the model has %d", ErrModel, in.Width, in.Name, width)
		}
		rho := m.Recipe.Parameters["rho"]
		if m.Recipe.Name != RecipeContrastiveSparse && keep(rho, in.Width) == in.Width {
			continue // every row is kept whole
		}
		for layer := m.Weights.Layers[0]; layer <= m.Weights.Layers[1]; layer++ {
			p := in.statistics(m.Pole, layer-m.Weights.Layers[0])
			score := m.Recipe.score(p)
			for i, matrix := range im.matrices {
				if !slices.Contains(m.Weights.Matrices, matrix) {
					continue
				}
				id := model.MatrixID{Layer: layer, Kind: im.kinds[i]}
				jobs = append(jobs, job{id, m.rule(id, p, score)})
			}
		}
	}
	return jobs, nil
}

func (m *WeightMask) rule(id model.MatrixID, p poleStatistics, score channelScore) rule {
	rho := m.Recipe.Parameters["rho"]
	switch m.Recipe.Name {
	case RecipeRandom:
		stream := uint64(id.Layer)<<4 | uint64(id.Kind)<<1
		if m.Pole == Minus {
			stream |= 1
		}
		return randomTop(rho, m.Recipe.Seed, stream)
	case RecipeContrastiveSparse:
		return larger(p, m.Pole)
	}
	return score.top(rho)
}
