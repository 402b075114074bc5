package library

import (
	"bytes"
	"encoding/json/v2"
	"flag"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"masque/masks"
)

var update = flag.Bool("update", false, "write the persona file that is made from golden values")

const (
	goldenDir     = "../../engine/testdata/golden/personas/"
	referenceFile = "testdata/reference.persona.json"
)

// reference is what engine/testdata/golden/personas/extraversion.json holds, as far as
// the persona is made of it.
type reference struct {
	Recipe struct {
		Kind   string  `json:"kind"`
		Layers [2]int  `json:"layers"`
		N      float64 `json:"n"`
		Kappa  float64 `json:"kappa"`
		Gamma  float64 `json:"gamma"`
	} `json:"recipe"`
	Mask struct {
		Extravert map[string][]int `json:"extravert"`
		Introvert map[string][]int `json:"introvert"`
	} `json:"mask"`
	Extravert passed `json:"extravert"`
	Introvert passed `json:"introvert"`
}

// passed is what was measured through one pole's mask.
type passed struct {
	PPLRatio     float64              `json:"ppl_ratio"`
	StatementLLs map[string][]float64 `json:"statement_ll"`
}

// The shape and identity of the default model, which the golden values belong to.
const (
	modelDigest   = "98aff3b9d040705869dfca86f7f5593311bbb77090bcde9dff3b7d5f9d933d7b"
	modelChannels = 576
)

// TestReferencePersona makes a persona from the reference run's golden values and
// compares it with the committed file, which -update writes.
func TestReferencePersona(t *testing.T) {
	var got bytes.Buffer
	if err := extraversion(t).Write(&got); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(referenceFile, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(referenceFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s is not what the golden values give; run go test ./masks/library -update and read the difference", referenceFile)
	}
}

func extraversion(t *testing.T) *masks.Persona {
	t.Helper()
	var ref reference
	data, err := os.ReadFile(goldenDir + "extraversion.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &ref); err != nil {
		t.Fatal(err)
	}
	units := &masks.Units{
		Layers:   ref.Recipe.Layers,
		Channels: modelChannels,
		// The reference lists the units by layer and index and gives no scores.
		Order: masks.OrderIndex,
	}
	units.Plus, units.Minus = pack(t, units, ref.Mask.Extravert), pack(t, units, ref.Mask.Introvert)
	plus, minus := lines(t, "extravert.txt"), lines(t, "introvert.txt")
	return &masks.Persona{
		Format:      masks.Format,
		Version:     masks.Version,
		Name:        "Extraversion",
		Description: "Outgoing and talkative, or quiet and fond of solitude.",
		Author:      "Masque",
		Licence:     "Apache-2.0",
		Model:       masks.Model{Name: "SmolLM2-135M-Instruct", Arch: "llama", Digest: modelDigest},
		Poles: masks.Poles{
			Plus:  masks.PoleText{Name: "Extravert", Description: "Statements that people label extraverted become more likely."},
			Minus: masks.PoleText{Name: "Introvert", Description: "Statements that people label introverted become more likely."},
		},
		Kind: masks.KindUnits,
		Recipe: masks.Recipe{
			Name:       ref.Recipe.Kind,
			Parameters: map[string]float64{"n": ref.Recipe.N, "kappa": ref.Recipe.Kappa, "gamma": ref.Recipe.Gamma},
		},
		Units:      units,
		Statements: masks.Statements{Plus: len(plus), Minus: len(minus), SHA256: masks.HashStatements(plus, minus)},
		Evidence:   evidence(ref),
	}
}

// evidence quotes the documented figures of the reference run (DESIGN.md §3) and adds
// what the golden file itself holds. Nothing here was measured by Masque.
func evidence(ref reference) *masks.Evidence {
	n := &masks.Counts{Plus: 100, Minus: 100}
	auc := func(v float64) *masks.Estimate { return &masks.Estimate{Value: v} }
	return &masks.Evidence{
		Source: "Quoted from a PyTorch f32 reference run on this model file; not recomputed by Masque. It gave no intervals.",
		Tests: []masks.Test{
			{
				Name: "Unseen statements by other authors", N: n, AUC: auc(.969),
				PPLRatio: &masks.Ratios{Plus: ref.Extravert.PPLRatio, Minus: ref.Introvert.PPLRatio},
			},
			{Name: "Items of another instrument (IPIP)", AUC: auc(.769)},
			{
				Name: "Unseen statements in word-matched pairs", N: &masks.Counts{Plus: 5, Minus: 5}, AUC: auc(pairsAUC(ref)),
				Note: "From the golden file: masque parity compares its log-likelihoods.",
			},
			{
				Name: "The same recipe from other statements", N: n, AUC: auc(.993),
				PPLRatio: &masks.Ratios{Plus: 1.01, Minus: 1.01}, Note: "Calibrated on other statements, up to 120 a pole: not this mask.",
			},
		},
		Controls: []masks.Test{
			{Name: "Label-shuffled units", N: n, AUC: draws(.52, .55, .79), Note: "200 units of all layers; perplexity ratio ≤ 1.05."},
			{Name: "Random units", N: n, AUC: draws(.41, .61, .61), Note: "200 units of all layers; perplexity ratio ≤ 1.02."},
			{Name: "Prompt alone", N: n, AUC: auc(.967), PPLRatio: &masks.Ratios{Plus: 1, Minus: 1}},
			{Name: "Few-shot prompt alone", N: n, AUC: auc(.907)},
			{Name: "Prompt alone, items of another instrument (IPIP)", AUC: auc(.924)},
		},
		Note: "The mask makes statements that people label extraverted more likely; nobody here is an extravert. " +
			"It learns the style of its statements along with the trait: on another instrument the prompt does better. " +
			"The reference gave the units without their scores, so they stand by layer and index.",
	}
}

func draws(values ...float64) *masks.Estimate {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	// Three decimals, as many as the draws can carry.
	mean, err := strconv.ParseFloat(strconv.FormatFloat(sum/float64(len(values)), 'f', 3, 64), 64)
	if err != nil {
		panic(err)
	}
	return &masks.Estimate{Value: mean, Draws: values}
}

// pairsAUC is the share of the golden file's pairs (plus statement, minus statement)
// that D = ℓ(M+) − ℓ(M−) puts in order; ties count half.
func pairsAUC(ref reference) float64 {
	difference := func(pole string) []float64 {
		d := slices.Clone(ref.Extravert.StatementLLs[pole])
		for i := range d {
			d[i] -= ref.Introvert.StatementLLs[pole][i]
		}
		return d
	}
	plus, minus := difference("+"), difference("-")
	won := 0.0
	for _, p := range plus {
		for _, m := range minus {
			switch {
			case p > m:
				won++
			case p == m:
				won += .5
			}
		}
	}
	return won / float64(len(plus)*len(minus))
}

func pack(t *testing.T, u *masks.Units, layers map[string][]int) masks.UnitSet {
	t.Helper()
	var units []masks.Unit
	for layer := u.Layers[0]; layer <= u.Layers[1]; layer++ {
		for _, index := range layers[strconv.Itoa(layer)] {
			units = append(units, masks.Unit{Family: masks.Channel, Layer: layer, Index: index})
		}
	}
	set, err := u.Pack(units)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func lines(t *testing.T, name string) []string {
	t.Helper()
	data, err := os.ReadFile(goldenDir + name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimRight(string(data), "\n"), "\n")
}
