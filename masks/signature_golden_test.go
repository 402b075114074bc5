//go:build !wasm

package masks

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"masque/engine/model"
)

// encode returns the tokens of statements as a Reading puts them.
func encode(t testing.TB, r *Reading, statements []string) [][]int32 {
	t.Helper()
	ids := make([][]int32, len(statements))
	for i, s := range statements {
		var err error
		if ids[i], err = r.Tokens(s); err != nil {
			t.Fatal(err)
		}
	}
	return ids
}

// TestGoldenSignature compares the RMS of statements with the reference's, on the
// f32 path. The golden file has five digits.
func TestGoldenSignature(t *testing.T) {
	var golden struct {
		Prefix     string
		Statements []string
		Values     map[string][][]float64 // by layer.matrix; [statements][first channels]
	}
	readGolden(t, "personas/signature.json", &golden)
	r := openReading(t, model.F32)
	if want := r.tok.Encode(golden.Prefix, true); !slices.Equal(r.Prefix(), want) {
		t.Fatalf("the prefix is %v, want %v", r.Prefix(), want)
	}
	channels := InputChannelsOf(&r.Engine().Weights().Config)
	sites := map[string]model.Site{
		"q_proj": model.AttnInput, "o_proj": model.AttnValue, "gate_proj": model.FFNInput, "down_proj": model.FFNHidden,
	}
	compared, worst := 0, 0.0
	err := ReadActivations(context.Background(), r.Engine(), r.Prefix(), encode(t, r, golden.Statements), func(i int, rms []float32) {
		for name, values := range golden.Values {
			layer, matrix, _ := strings.Cut(name, ".")
			site, known := sites[matrix]
			l, err := strconv.Atoi(layer)
			if !known || err != nil {
				t.Fatalf("the golden file has values of %q", name)
			}
			first, _ := channels.Span(l, site)
			for c, want := range values[i] {
				off := math.Abs(float64(rms[first+c])-want) / want
				worst = max(worst, off)
				compared++
				if !(off <= 1e-4) {
					t.Errorf("%q: channel %d of %s has an RMS of %v, want %v", golden.Statements[i], c, name, rms[first+c], want)
				}
			}
		}
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if compared != 6*12*8 {
		t.Errorf("%d values were compared", compared)
	}
	t.Logf("%d values, the worst off by a share of %.2g", compared, worst)
}
