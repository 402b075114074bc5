package main

import (
	"context"
	"time"

	"masque/engine/model"
	"masque/masks"
)

// benchBake is how long a change of a weight mask's strength takes: masked copies are made of
// every matrix in its scope, in all layers. It has as many goroutines as there are processors,
// whatever the engine has.
type benchBake struct {
	Scope   string  `json:"scope"`
	Workers int     `json:"workers"`
	Time    float64 `json:"ms"` // the median
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
}

// What is baked: the default settings of tilt, but in every layer.
const (
	bakeScope = "attention"
	bakeGamma = .5
)

var bakeRecipe = masks.Recipe{Name: masks.RecipeTilt, Parameters: map[string]float64{"rho": .4, "lambda": 2, "tau": .3}}

// measureBake bakes once for warmth and then as often as asked. Which weights stay depends on
// what is read, how long it takes hardly: the tokens mean nothing.
func measureBake(ctx context.Context, w *model.Weights, runs int) (*benchBake, error) {
	matrices, err := masks.ParseMatrices(bakeScope)
	if err != nil {
		return nil, err
	}
	recipe := masks.WeightRecipe{Recipe: bakeRecipe, Matrices: matrices, Last: w.Config.Layers - 1}
	engine := model.NewEngine(w, workers())
	defer engine.Close()
	statements := make([][]int32, 8)
	for i := range statements {
		statements[i] = benchTokens(w, 8*i, 8)
	}
	signature := masks.NewSignature(&w.Config)
	err = masks.ReadActivations(ctx, engine, []int32{5}, statements, func(i int, rms []float32) {
		signature.Add([]masks.Pole{masks.Plus, masks.Minus}[i%2], rms)
	}, nil)
	if err != nil {
		return nil, err
	}
	mask, err := recipe.Mask(signature, masks.Plus)
	if err != nil {
		return nil, err
	}
	var times []float64
	for run := -1; run < runs; run++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		start := time.Now()
		if _, err := mask.Overlay(w, bakeGamma); err != nil {
			return nil, err
		}
		if run >= 0 {
			times = append(times, 1e3*time.Since(start).Seconds())
		}
	}
	b := &benchBake{Scope: bakeScope, Workers: workers()}
	b.Time, b.Low, b.High = spread(times)
	return b, nil
}
