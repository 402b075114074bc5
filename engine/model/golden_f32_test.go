//go:build !wasm && !purego

package model

import (
	"math"
	"testing"

	"masque/engine/model/modeltest"
)

// The comparisons with floats need four times the memory and loops that only
// amd64 has in assembly. They run there; TestFastBits carries their result to
// the other kernels, the browser's included.

type goldenLogits struct {
	Cases []struct {
		Text string
		IDs  []int32
		F32  struct {
			Top20 [][2]float64 `json:"top20"`
		} `json:"f32"`
	}
}

// TestGoldenLogits compares the reference path with the reference
// implementation. The fast path is bounded by what it does to distributions:
// TestGoldenPassage.
func TestGoldenLogits(t *testing.T) {
	var golden goldenLogits
	readGolden(t, "logits.json", &golden)
	w, err := Load(modeltest.Real(t), F32, nil)
	if err != nil {
		t.Fatal(err)
	}
	e := NewEngine(w, 2)
	defer e.Close()
	for _, g := range golden.Cases {
		s, err := e.NewSession(nil)
		if err != nil {
			t.Fatal(err)
		}
		logits := feed(t, e, s, g.IDs)
		worst := 0.0
		for _, top := range g.F32.Top20 {
			worst = max(worst, math.Abs(float64(logits[int(top[0])])-top[1]))
		}
		if !(worst <= 1e-3) {
			t.Errorf("%q: a logit is off by %v, want ≤ 1e-3", g.Text, worst)
		}
	}
}

// TestGoldenPassage: the mean negative log-likelihood of a text in f32, and how
// far the fast path's distributions are from it.
func TestGoldenPassage(t *testing.T) {
	var golden struct {
		IDs []int32
		NLL float64 `json:"mean_nll_f32"`
	}
	readGolden(t, "passage.json", &golden)
	f := modeltest.Real(t)
	var nll [2]float64
	var kl float64
	var reference [][]float32
	for _, p := range []Precision{F32, Fast} {
		w, err := Load(f, p, nil)
		if err != nil {
			t.Fatal(err)
		}
		e := NewEngine(w, 2)
		s, err := e.NewSession(nil)
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at < len(golden.IDs)-1; at += MaxRows {
			var rows []Row
			for _, id := range golden.IDs[at:min(len(golden.IDs)-1, at+MaxRows)] {
				rows = append(rows, Row{Session: s, Token: id, Logits: true})
			}
			if err := e.Forward(rows); err != nil {
				t.Fatal(err)
			}
			for i := range rows {
				logp := logSoftmax(e.Logits(i))
				nll[p] -= float64(logp[golden.IDs[at+i+1]]) / float64(len(golden.IDs)-1)
				if p == F32 {
					reference = append(reference, logp)
					continue
				}
				for j, lp := range reference[at+i] {
					kl += math.Exp(float64(lp)) * float64(lp-logp[j]) / float64(len(golden.IDs)-1)
				}
			}
		}
		e.Close()
	}
	t.Logf("mean NLL %.5f (f32), %.5f (fast); KL %.5f, perplexity ratio %.4f", nll[F32], nll[Fast], kl, math.Exp(nll[Fast]-nll[F32]))
	if math.Abs(nll[F32]-golden.NLL) > 1e-4 {
		t.Errorf("f32: mean NLL %.6f, the reference has %.6f", nll[F32], golden.NLL)
	}
	if ratio := math.Exp(nll[Fast] - nll[F32]); kl > 0.008 || ratio > 1.012 {
		t.Errorf("fast: KL %.5f, want ≤ 0.008; perplexity ratio %.4f, want ≤ 1.012", kl, ratio)
	}
}
