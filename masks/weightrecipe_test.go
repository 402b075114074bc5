package masks

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"masque/engine/gguf"
	"masque/engine/model"
	"masque/engine/model/modeltest"
	"masque/engine/tokenizer"
)

// tinyReading puts statements to the tiny model.
func tinyReading(t testing.TB) *Reading {
	t.Helper()
	data := modeltest.Default().Write()
	f, err := gguf.Open(bytes.NewReader(data), int64(len(data)), "tiny.gguf")
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.FromGGUF(f)
	if err != nil {
		t.Fatal(err)
	}
	w, err := model.Load(f, model.Fast, nil)
	if err != nil {
		t.Fatal(err)
	}
	e := model.NewEngine(w, 1)
	t.Cleanup(e.Close)
	r, err := newReading(e, tok, tok.Encode("who?", false))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var (
	loud  = []string{"I SHOUT!", "HEAR ME NOW", "LOUDER!!", "ALL OF YOU!", "HA HA HA"}
	quiet = []string{"i whisper", "hush now", "a quiet corner", "mm", "not a word, please"}
)

// tilted is a weight recipe, scaled to a model's depth.
func tilted(layers int) WeightRecipe {
	return WeightRecipe{
		Recipe: Recipe{Name: RecipeTilt, Parameters: map[string]float64{
			"rho": .4, "gamma": .5, "lambda": 2, "tau": .3,
		}},
		Matrices: slices.Clone(matrixGroups["attention"]),
		First:    layers * 2 / 3, Last: layers - 1,
	}
}

func TestSignatures(t *testing.T) {
	r := tinyReading(t)
	labels := ShuffleLabels(5, 5, rand.New(rand.NewPCG(3, 4)))
	var done []int
	s, err := r.Signatures(context.Background(), loud, quiet, [][]bool{labels}, func(d, total int) {
		if total != 10 {
			t.Errorf("%d statements to do", total)
		}
		done = append(done, d)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(s) != 2 || len(done) != 10 {
		t.Fatalf("%d signatures, progress %v", len(s), done)
	}
	// The shuffled one is that of the statements whom the labels put together.
	var plus, minus []string
	for i, text := range slices.Concat(loud, quiet) {
		if labels[i] {
			plus = append(plus, text)
		} else {
			minus = append(minus, text)
		}
	}
	want, err := r.Signatures(context.Background(), plus, minus, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, pole := range []Pole{Plus, Minus} {
		if s[1].Count(pole) != want[0].Count(pole) || !slices.Equal(s[1].Mean(pole), want[0].Mean(pole)) || !slices.Equal(s[1].Variance(pole), want[0].Variance(pole)) {
			t.Errorf("%s: shuffled labels do not read as statements under those poles", pole)
		}
		if slices.Equal(s[0].Mean(pole), s[1].Mean(pole)) {
			t.Errorf("%s: the shuffle changes nothing", pole)
		}
	}
	if _, err := r.Signatures(context.Background(), []string{"x", ""}, quiet, nil, nil); err == nil || !strings.Contains(err.Error(), "number 2") {
		t.Errorf("an empty statement: %v", err)
	}
}

// TestWeightRecipe: a persona of a signature's statistics is valid, and its masks are those
// of the signature.
func TestWeightRecipe(t *testing.T) {
	r := tinyReading(t)
	recipe := tilted(3)
	signatures, err := r.Signatures(context.Background(), loud, quiet, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := signatures[0]
	p := &Persona{
		Format: Format, Version: Version, Model: Model{Name: "tiny", Arch: "llama", Digest: strings.Repeat("0a", 32)},
		Name: "Loudness", Poles: Poles{Plus: PoleText{Name: "Loud"}, Minus: PoleText{Name: "Quiet"}},
		Kind: KindWeights, Recipe: recipe.Recipe, Statements: Statements{Plus: 5, Minus: 5, SHA256: HashStatements(loud, quiet)},
	}
	if p.Weights, err = s.Weights(recipe.Matrices, recipe.First, recipe.Last); err != nil {
		t.Fatal(err)
	}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	if p.Weights.Layers != [2]int{2, 2} || strings.Join(p.Weights.Matrices, " ") != "q k v o" {
		t.Errorf("the document has %v of layers %v", p.Weights.Matrices, p.Weights.Layers)
	}
	w := r.Engine().Weights()
	id := model.MatrixID{Layer: 2, Kind: model.O}
	var tiles [][]byte
	for _, pole := range []Pole{Plus, Minus} {
		read, err := p.Mask(pole)
		if err != nil {
			t.Fatal(err)
		}
		direct, err := recipe.Mask(s, pole)
		if err != nil {
			t.Fatal(err)
		}
		a, b := bake(t, read, w, .5).Matrices[id].Tiles, bake(t, direct, w, .5).Matrices[id].Tiles
		if !bytes.Equal(a, b) {
			t.Errorf("%s: the document's mask is not the signature's", pole)
		}
		random, err := recipe.Random(7).Mask(s, pole)
		if err != nil {
			t.Fatal(err)
		}
		c := bake(t, random, w, .5).Matrices[id].Tiles
		tiles = append(tiles, a, c)
	}
	for i := range tiles {
		for j := range i {
			if bytes.Equal(tiles[i], tiles[j]) {
				t.Errorf("masks %d and %d are the same", i, j)
			}
		}
	}
	sparse := WeightRecipe{Recipe: Recipe{Name: RecipeContrastiveSparse}, Matrices: []string{"o"}}
	if got := sparse.Random(1).Recipe.Parameters["rho"]; got != .5 {
		t.Errorf("the random control of contrastive-sparse has ρ = %v", got)
	}
}

func TestWeightRecipeRefuses(t *testing.T) {
	r := tinyReading(t)
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := r.Signatures(cancelled, loud, quiet, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	s, err := r.Signatures(t.Context(), loud, quiet, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for says, change := range map[string]func(*WeightRecipe){
		"recipe.name":           func(w *WeightRecipe) { w.Recipe.Name = RecipeUnits },
		"recipe.parameters.rho": func(w *WeightRecipe) { w.Recipe.Parameters["rho"] = 2 },
		"layers 2 to 3; the model has layers 0 to 2": func(w *WeightRecipe) { w.Last = 3 },
		"weights.matrices":                           func(w *WeightRecipe) { w.Matrices = nil },
	} {
		recipe := tilted(3)
		change(&recipe)
		if _, err := recipe.Mask(s[0], Plus); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v does not say %q", err, says)
		}
	}
}
