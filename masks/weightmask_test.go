package masks

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"masque/engine/gguf"
	"masque/engine/model"
	"masque/engine/model/modeltest"
	"masque/engine/quant"
)

func loadTiny(t testing.TB, typ gguf.Type, p model.Precision) *model.Weights {
	t.Helper()
	tiny := modeltest.Default()
	tiny.Matrix = typ
	data := tiny.Write()
	f, err := gguf.Open(bytes.NewReader(data), int64(len(data)), "tiny.gguf")
	if err != nil {
		t.Fatal(err)
	}
	w, err := model.Load(f, p, nil)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// someSignature is made of random readings, in which some channels differ between the
// poles and some are dead.
func someSignature(w *model.Weights) *Signature {
	rng := rand.New(rand.NewPCG(8, 9))
	s := NewSignature(&w.Config)
	rms := make([]float32, s.Channels().Len())
	for i := range 12 {
		pole := Plus
		if i%2 == 1 {
			pole = Minus
		}
		for c := range rms {
			rms[c] = float32(.5 + rng.Float64())
			switch {
			case c%11 == 3:
				rms[c] = 0
			case c%5 == 0 && pole == Plus:
				rms[c] *= 1.5
			}
		}
		s.Add(pole, rms)
	}
	return s
}

var everyRecipe = []Recipe{
	{Name: RecipeWanda, Parameters: map[string]float64{"rho": .3}},
	{Name: RecipeContrastiveWanda, Phi: "relu", Parameters: map[string]float64{"rho": .3}},
	{Name: RecipeContrastiveWanda, Phi: "relu", Parameters: map[string]float64{"rho": .8}},
	{Name: RecipeContrastiveWanda, Phi: "softplus", Parameters: map[string]float64{"rho": .3, "tau": 2}},
	{Name: RecipeContrastiveSparse, Parameters: map[string]float64{}},
	{Name: RecipeTilt, Parameters: map[string]float64{"rho": .4, "lambda": 2, "tau": .3}},
	{Name: RecipeRandom, Parameters: map[string]float64{"rho": .4}, Seed: 17},
}

func weightMask(t testing.TB, w *model.Weights, r Recipe, pole Pole, matrices string, first, last int) *WeightMask {
	t.Helper()
	names, err := ParseMatrices(matrices)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := someSignature(w).Weights(names, first, last)
	if err != nil {
		t.Fatal(err)
	}
	return &WeightMask{Pole: pole, Recipe: r, Weights: doc}
}

func bake(t testing.TB, m Mask, w *model.Weights, gamma float32) *model.Overlay {
	t.Helper()
	o, err := m.Overlay(w, gamma)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Check(w); err != nil {
		t.Fatal(err)
	}
	return o
}

// naiveKept is the mask of one matrix by the words of the documentation: scores in a
// list, sorted.
func naiveKept(m *WeightMask, matrix *quant.Matrix, in *Input, layer int) []bool {
	p := in.statistics(m.Pole, layer-m.Weights.Layers[0])
	score := m.Recipe.score(p)
	kept := make([]bool, 0, matrix.Rows*matrix.Cols)
	w := make([]float32, matrix.Cols)
	for r := range matrix.Rows {
		matrix.Row(w, r)
		abs := func(v float32) float32 { return float32(math.Abs(float64(v))) }
		if m.Recipe.Name == RecipeContrastiveSparse {
			var own, other float64
			for c, v := range w {
				own += float64(abs(v)) * float64(p.mean[c])
				other += float64(abs(v)) * float64(p.other[c])
			}
			for c := range w {
				a, b := float64(p.mean[c])*other, float64(p.other[c])*own
				kept = append(kept, a > b || a == b && m.Pole == Plus)
			}
			continue
		}
		order := make([]int, len(w))
		for c := range order {
			order[c] = c
		}
		slices.SortStableFunc(order, func(a, b int) int {
			x, y := abs(w[a])*score.first[a], abs(w[b])*score.first[b]
			if x == 0 && y == 0 && score.second != nil {
				x, y = abs(w[a])*score.second[a], abs(w[b])*score.second[b]
			}
			switch {
			case x > y:
				return -1
			case x < y:
				return 1
			}
			return 0
		})
		row := make([]bool, len(w))
		for _, c := range order[:len(w)-int(math.Floor(m.Recipe.Parameters["rho"]*float64(len(w))))] {
			row[c] = true
		}
		kept = append(kept, row...)
	}
	return kept
}

// TestWeightMaskSelects compares every recipe with its definition, bit for bit, and
// what is baked with what is kept.
func TestWeightMaskSelects(t *testing.T) {
	for _, typ := range []gguf.Type{gguf.F32, gguf.Q4_0} {
		w := loadTiny(t, typ, model.Fast)
		for _, r := range everyRecipe {
			for _, pole := range []Pole{Plus, Minus} {
				m := weightMask(t, w, r, pole, "all", 1, 2)
				for _, gamma := range []float32{0, .5} {
					checkBaked(t, m, w, bake(t, m, w, gamma), gamma)
				}
			}
		}
	}
}

func checkBaked(t *testing.T, m *WeightMask, w *model.Weights, o *model.Overlay, gamma float32) {
	t.Helper()
	if o.Gates != nil || len(o.Matrices) != 14 {
		t.Fatalf("%s: %d matrices of 2 layers are baked", m.Recipe.Name, len(o.Matrices))
	}
	for id, baked := range o.Matrices {
		own := w.Matrix(id)
		kept, err := m.Kept(w, id)
		if err != nil {
			t.Fatal(err)
		}
		if m.Recipe.Name != RecipeRandom {
			at := slices.IndexFunc(m.Weights.Inputs, func(in Input) bool { return siteOf(in.Name) == siteOfKind(id.Kind) })
			if !slices.Equal(kept, naiveKept(m, own, &m.Weights.Inputs[at], id.Layer)) {
				t.Fatalf("%s %s of %s: the mask of %v is not what its scores say", m.Recipe.Name, m.Recipe.Phi, m.Pole, id)
			}
		}
		was, is := make([]float32, own.Cols), make([]float32, own.Cols)
		for row := range own.Rows {
			own.Row(was, row)
			baked.Row(is, row)
			n := 0
			peak := slices.Max(was)
			peak = max(peak, -slices.Min(was))
			for c, k := range kept[row*own.Cols : (row+1)*own.Cols] {
				want := was[c]
				if k {
					n++
				} else {
					want *= gamma
				}
				if bound := peak / 63; want == 0 && is[c] != 0 || math.Abs(float64(is[c]-want)) > float64(bound) {
					t.Fatalf("%s of %s, γ %v: weight %d,%d of %v is %v, want %v", m.Recipe.Name, m.Pole, gamma, row, c, id, is[c], want)
				}
			}
			if want := keep(m.Recipe.Parameters["rho"], own.Cols); m.Recipe.Name != RecipeContrastiveSparse && n != want {
				t.Fatalf("%s: row %d of %v keeps %d of %d weights, want %d", m.Recipe.Name, row, id, n, own.Cols, want)
			}
		}
	}
}

func siteOf(input string) model.Site {
	for _, im := range inputMatrices {
		if im.input == input {
			return im.site
		}
	}
	return 255
}

func siteOfKind(k model.Kind) model.Site {
	for _, im := range inputMatrices {
		if slices.Contains(im.kinds, k) {
			return im.site
		}
	}
	return 254
}

// TestSparseIsDisjoint: each weight belongs to one pole.
func TestSparseIsDisjoint(t *testing.T) {
	w := loadTiny(t, gguf.Q4_0, model.Fast)
	sparse := Recipe{Name: RecipeContrastiveSparse, Parameters: map[string]float64{}}
	for _, kind := range model.Kinds() {
		id := model.MatrixID{Layer: 1, Kind: kind}
		plus, err := weightMask(t, w, sparse, Plus, "all", 0, 2).Kept(w, id)
		if err != nil {
			t.Fatal(err)
		}
		minus, err := weightMask(t, w, sparse, Minus, "all", 0, 2).Kept(w, id)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for i := range plus {
			if plus[i] == minus[i] {
				t.Fatalf("weight %d of %v belongs to both poles or to none", i, id)
			}
			if plus[i] {
				n++
			}
		}
		if share := float64(n) / float64(len(plus)); share < .2 || share > .8 {
			t.Errorf("%v: the plus pole has %v of the weights", id, share)
		}
	}
}

// TestRandomDiffers: the random control depends on its seed, on the pole and on the
// matrix, and on nothing else.
func TestRandomDiffers(t *testing.T) {
	w := loadTiny(t, gguf.Q4_0, model.Fast)
	kept := func(seed uint64, pole Pole, layer int, kind model.Kind, matrices string) []bool {
		m := weightMask(t, w, Recipe{Name: RecipeRandom, Parameters: map[string]float64{"rho": .5}, Seed: seed}, pole, matrices, 0, 2)
		k, err := m.Kept(w, model.MatrixID{Layer: layer, Kind: kind})
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	base := kept(1, Plus, 1, model.K, "all")
	if !slices.Equal(base, kept(1, Plus, 1, model.K, "k")) {
		t.Error("the scope changes which weights of a matrix stay")
	}
	if slices.Equal(base[:64], base[64:128]) {
		t.Error("two rows keep the same")
	}
	for what, other := range map[string][]bool{
		"seed":   kept(2, Plus, 1, model.K, "all"),
		"pole":   kept(1, Minus, 1, model.K, "all"),
		"layer":  kept(1, Plus, 2, model.K, "all"),
		"matrix": kept(1, Plus, 1, model.V, "all"),
	} {
		same := 0
		for i := range base {
			if base[i] == other[i] {
				same++
			}
		}
		if share := float64(same) / float64(len(base)); share < .4 || share > .6 {
			t.Errorf("another %s agrees on %v of the weights; chance is one half", what, share)
		}
	}
}

// TestWeightScope: what is out of scope stays shared.
func TestWeightScope(t *testing.T) {
	w := loadTiny(t, gguf.Q4_0, model.Fast)
	for _, c := range []struct {
		matrices    string
		first, last int
		want        int
	}{
		{"all", 0, 2, 21}, {"attention", 0, 2, 12}, {"mlp", 1, 2, 6}, {"o", 2, 2, 1}, {"k,down", 0, 1, 4},
	} {
		m := weightMask(t, w, everyRecipe[5], Plus, c.matrices, c.first, c.last)
		o := bake(t, m, w, 0)
		if len(o.Matrices) != c.want {
			t.Errorf("%s of layers %d to %d: %d matrices are baked, want %d", c.matrices, c.first, c.last, len(o.Matrices), c.want)
		}
		for id := range o.Matrices {
			if id.Layer < c.first || id.Layer > c.last {
				t.Errorf("%v is out of scope", id)
			}
		}
		if kept, err := m.Kept(w, model.MatrixID{Layer: 0, Kind: model.Up}); err != nil || c.first > 0 && slices.Contains(kept, false) {
			t.Errorf("a matrix out of scope is not whole (%v)", err)
		}
	}
}

// logits runs a text through an overlay.
func logits(t testing.TB, e *model.Engine, s *model.Session, text string) []float32 {
	t.Helper()
	rows := make([]model.Row, len(text))
	for i := range rows {
		rows[i] = model.Row{Session: s, Token: int32(text[i]), Logits: i == len(text)-1}
	}
	if err := e.Forward(rows); err != nil {
		t.Fatal(err)
	}
	return slices.Clone(e.Logits(0))
}

// TestSwitching: γ = 1 and ρ = 0 are the dense model, near γ = 1 is near it, a mask
// moves it, and switching back is exact.
func TestSwitching(t *testing.T) {
	for _, p := range []model.Precision{model.Fast, model.F32} {
		w := loadTiny(t, gguf.Q4_0, p)
		e := model.NewEngine(w, 1)
		defer e.Close()
		s, err := e.NewSession(nil)
		if err != nil {
			t.Fatal(err)
		}
		through := func(o *model.Overlay) []float32 {
			t.Helper()
			if err := s.SetOverlay(o); err != nil {
				t.Fatal(err)
			}
			return logits(t, e, s, "the mask")
		}
		away := func(a, b []float32) float64 {
			worst := 0.0
			for i := range a {
				worst = max(worst, math.Abs(float64(a[i]-b[i])))
			}
			return worst
		}
		dense := through(nil)
		m := weightMask(t, w, everyRecipe[5], Plus, "all", 0, 2)
		masked := through(bake(t, m, w, 0))
		if d := away(dense, masked); d < .1 {
			t.Errorf("%v: the mask moves no logit by more than %v", p, d)
		}
		if !slices.Equal(through(nil), dense) {
			t.Errorf("%v: switching back is not exact", p)
		}
		if o := bake(t, m, w, 1); len(o.Matrices) != 0 || !slices.Equal(through(o), dense) {
			t.Errorf("%v: γ = 1 is not the dense model", p)
		}
		all := *m
		all.Recipe.Parameters = maps.Clone(m.Recipe.Parameters)
		all.Recipe.Parameters["rho"] = 0
		if o := bake(t, &all, w, 0); len(o.Matrices) != 0 {
			t.Errorf("%v: ρ = 0 bakes %d matrices", p, len(o.Matrices))
		}
		// Q4_0 is exact in K8, and its copy multiplied in another order.
		near := bake(t, m, w, math.Nextafter32(1, 0))
		if len(near.Matrices) != 21 {
			t.Fatalf("%v: γ just below 1 bakes %d matrices", p, len(near.Matrices))
		}
		if d := away(dense, through(near)); d > 1e-3 {
			t.Errorf("%v: γ just below 1 moves a logit by %v", p, d)
		}
		if p == model.F32 {
			for id, b := range bake(t, m, w, .5).Matrices {
				if b.Format != quant.F32 {
					t.Errorf("%v is baked as %v", id, b.Format)
				}
			}
		}
	}
}

// TestRebuilding: the document gives the same bits again, on every platform. A change of
// what recipes mean changes the value, and with it what the files of personas say.
func TestRebuilding(t *testing.T) {
	const want = "b91e3e81d4e710ecd74b0bb9c641ac695f1c100132c006648dcc1753b8045b2a"
	w := loadTiny(t, gguf.Q4_0, model.Fast)
	hash := sha256.New()
	for _, r := range everyRecipe {
		p := weightPersona(t)
		p.Recipe = r
		p.Weights = weightMask(t, w, r, Plus, "all", 0, 2).Weights
		var overlays [2]*model.Overlay
		for i, pole := range []Pole{Plus, Minus} {
			direct, err := p.Mask(pole)
			if err != nil {
				t.Fatal(err)
			}
			overlays[i] = bake(t, direct, w, .5)
			back, err := Parse([]byte(document(t, p)))
			if err != nil {
				t.Fatal(err)
			}
			read, err := back.Mask(pole)
			if err != nil {
				t.Fatal(err)
			}
			if read.Kind() != KindWeights {
				t.Errorf("the mask is of kind %s", read.Kind())
			}
			again := bake(t, read, w, .5)
			for l := range w.Layers {
				for _, kind := range model.Kinds() {
					id := model.MatrixID{Layer: l, Kind: kind}
					if !bytes.Equal(overlays[i].Matrices[id].Tiles, again.Matrices[id].Tiles) {
						t.Fatalf("%s: %v of the document that was read differs", r.Name, id)
					}
					kept, err := read.(*WeightMask).Kept(w, id)
					if err != nil {
						t.Fatal(err)
					}
					if err := binary.Write(hash, binary.LittleEndian, kept); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		id := model.MatrixID{Layer: 1, Kind: model.O}
		if bytes.Equal(overlays[0].Matrices[id].Tiles, overlays[1].Matrices[id].Tiles) {
			t.Errorf("%s: the poles have the same mask", r.Name)
		}
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != want {
		t.Errorf("the masks' SHA-256 is %s, want %s", got, want)
	}
}

func TestWeightMaskRefuses(t *testing.T) {
	w := loadTiny(t, gguf.Q4_0, model.Fast)
	fits := func() *WeightMask { return weightMask(t, w, everyRecipe[5], Plus, "all", 0, 2) }
	for _, gamma := range []float32{-.01, 1.01, float32(math.NaN())} {
		if _, err := fits().Overlay(w, gamma); err == nil || !strings.Contains(err.Error(), "γ is") {
			t.Errorf("γ = %v: %v", gamma, err)
		}
	}
	for _, c := range []struct {
		says   string
		model  bool // another model is what is wrong
		change func(*WeightMask)
	}{
		{"reaches layer 3, the model has 3 layers", true, func(m *WeightMask) {
			*m = *weightMask(t, w, m.Recipe, Plus, "o", 0, 1)
			m.Weights.Layers = [2]int{2, 3}
		}},
		{"counts 32 channels of the input attn_output, the model has 64", true, func(m *WeightMask) {
			*m = *weightMask(t, w, m.Recipe, Plus, "o", 0, 1)
			m.Weights.Layers, m.Weights.Inputs[0].Width = [2]int{0, 0}, 32
			for _, h := range []*Moments{&m.Weights.Inputs[0].Plus, &m.Weights.Inputs[0].Minus} {
				h.Mean, h.Deviation = h.Mean[:64], h.Deviation[:64]
			}
		}},
		{"recipe.name", false, func(m *WeightMask) { m.Recipe.Name = "magic" }},
		{"recipe.parameters.rho is missing", false, func(m *WeightMask) { m.Recipe.Parameters = map[string]float64{"lambda": 1, "tau": 1} }},
		{"recipe.parameters.lambda is 41", false, func(m *WeightMask) {
			m.Recipe.Parameters = map[string]float64{"rho": .1, "lambda": 41, "tau": 1}
		}},
		{"weights.inputs.attn.plus.mean has 0 bytes", false, func(m *WeightMask) { m.Weights.Inputs[0].Plus.Mean = nil }},
	} {
		m := fits()
		c.change(m)
		_, err := m.Overlay(w, .5)
		if err == nil || !strings.Contains(err.Error(), c.says) || errors.Is(err, ErrModel) != c.model {
			t.Errorf("error %v does not say %q", err, c.says)
		}
		if _, kept := m.Kept(w, model.MatrixID{}); kept == nil || kept.Error() != err.Error() {
			t.Errorf("Kept: %v, Overlay: %v", kept, err)
		}
	}
	for _, id := range []model.MatrixID{{Layer: -1}, {Layer: 3}, {Kind: 7}} {
		if _, err := fits().Kept(w, id); err == nil {
			t.Errorf("Kept of %v: no error", id)
		}
	}
}
