package model

import (
	"errors"
	"math"
	"slices"
	"testing"

	"masque/engine/model/modeltest"
)

// targets are texts of several lengths, one longer than a pass and than a page
// of the cache, with factors of both signs.
func targets() []Target {
	var out []Target
	for i, n := range []int{5, 70, 1, 12, 150} {
		ids := text(n+i, modeltest.Vocab)[i:]
		f := make([]float32, n)
		for k := 1; k < n; k++ {
			if k%3 != 0 {
				f[k] = float32(1-2*(i%2)) / float32(n)
			}
		}
		out = append(out, Target{ids, f})
	}
	return out
}

// shown is what Differentiate shows of a target at one site of a layer.
type shown struct {
	layer int
	site  Site
	x     []float32
	width int
}

// differentiate collects what Differentiate shows of each target, down to layer 1.
func differentiate(t *testing.T, e *Engine, o *Overlay, beginning []int32, targets []Target) ([][]shown, []float64) {
	t.Helper()
	seen := make([][]shown, len(targets))
	values, err := e.Differentiate(o, beginning, targets, 1, func(target, layer int, site Site, x []float32, width int) {
		seen[target] = append(seen[target], shown{layer, site, slices.Clone(x), width})
	})
	if err != nil {
		t.Fatal(err)
	}
	return seen, values
}

// gradients sums what Differentiate shows over tokens and targets.
func gradients(t *testing.T, e *Engine, o *Overlay, targets []Target, lowest int) (map[Site][][]float64, []float64) {
	t.Helper()
	sums := map[Site][][]float64{AttnValue: make([][]float64, len(e.w.Blocks)), FFNHidden: make([][]float64, len(e.w.Blocks))}
	values, err := e.Differentiate(o, nil, targets, lowest, func(target, layer int, site Site, x []float32, width int) {
		if len(x) != (len(targets[target].Tokens)-1)*width {
			t.Errorf("target %d: %d values of width %d for all but one of %d tokens", target, len(x), width, len(targets[target].Tokens))
		}
		if sums[site][layer] == nil {
			sums[site][layer] = make([]float64, width)
		}
		for i, v := range x {
			sums[site][layer][i%width] += float64(v)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return sums, values
}

// value is Σ factors·log p over all targets, by forward passes alone.
func value(t *testing.T, e *Engine, o *Overlay, targets []Target) (sum float64, each []float64) {
	t.Helper()
	for _, target := range targets {
		s := newSession(t, e, o)
		var v float64
		for i, id := range target.Tokens[:len(target.Tokens)-1] {
			forward(t, e, Row{s, id, true})
			v += float64(target.Factors[i+1]) * float64(logSoftmax(e.Logits(0))[target.Tokens[i+1]])
		}
		sum, each = sum+v, append(each, v)
	}
	return sum, each
}

// TestDifferentiate compares every gradient of some units with differences of
// forward passes.
func TestDifferentiate(t *testing.T) {
	c := modeltest.Default()
	w := tinyWeights(t, c, F32)
	e := NewEngine(w, 2)
	defer e.Close()
	all := targets()
	got, values := gradients(t, e, nil, all, 0)
	_, want := value(t, e, nil, all)
	for i, v := range want {
		if math.Abs(values[i]-v) > 1e-4 {
			t.Errorf("target %d is worth %v, want %v", i, values[i], v)
		}
	}
	ones := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = 1
		}
		return x
	}
	for layer := range c.Layers {
		for site, width := range map[Site]int{AttnValue: c.Dim, FFNHidden: c.FFN} {
			var worst, largest float64
			for u := 0; u < width; u += 7 {
				const step = 0.05
				var side [2]float64
				for k, g := range []float32{1 - step, 1 + step} {
					o := &Overlay{Gates: make([]LayerGates, c.Layers)}
					gate := ones(width)
					gate[u] = g
					if site == AttnValue {
						o.Gates[layer].O = gate
					} else {
						o.Gates[layer].Down = gate
					}
					side[k], _ = value(t, e, o, all)
				}
				diff := (side[1] - side[0]) / (2 * step)
				worst = max(worst, math.Abs(diff-got[site][layer][u]))
				largest = max(largest, math.Abs(diff))
			}
			if !(worst <= 0.01*largest) || largest < 1e-3 {
				t.Errorf("layer %d, site %d: a gradient is off by %v, the largest is %v", layer, site, worst, largest)
			}
		}
	}
}

// TestDifferentiateOverlay: gradients through closed and half-closed units and
// on quantised weights follow the same differences.
func TestDifferentiateOverlay(t *testing.T) {
	c := modeltest.Default()
	e := NewEngine(tinyWeights(t, c, F32), 1)
	defer e.Close()
	all := targets()[:2]
	base := closedOverlay(c)
	got, _ := gradients(t, e, base, all, 0)
	for u := 0; u < c.Dim; u += 5 {
		var side [2]float64
		for k, f := range []float32{0.95, 1.05} {
			o := closedOverlay(c)
			o.Gates[1].O[u] *= f
			side[k], _ = value(t, e, o, all)
		}
		if diff := (side[1] - side[0]) / 0.1; math.Abs(diff-got[AttnValue][1][u]) > 2e-3*max(1, math.Abs(diff)) {
			t.Errorf("unit %d at gate %v: %v, by differences %v", u, base.Gates[1].O[u], got[AttnValue][1][u], diff)
		}
	}
}

func closedOverlay(c modeltest.Tiny) *Overlay {
	o := &Overlay{Gates: make([]LayerGates, c.Layers)}
	o.Gates[1].O = make([]float32, c.Dim)
	for i := range o.Gates[1].O {
		o.Gates[1].O[i] = float32(i%3) / 2
	}
	return o
}

// TestDifferentiateSplits: workers, batches and the lowest layer do not change
// a gradient's bits.
func TestDifferentiateSplits(t *testing.T) {
	c := modeltest.Default()
	w := tinyWeights(t, c, Fast)
	e1 := NewEngine(w, 1)
	defer e1.Close()
	want, _ := gradients(t, e1, closedOverlay(c), targets(), 0)
	for _, workers := range []int{1, 2, 3} {
		e := NewEngine(w, workers)
		for lowest := range c.Layers {
			got, _ := gradients(t, e, closedOverlay(c), targets(), lowest)
			for site, layers := range got {
				for l, units := range layers {
					if (units == nil) != (l < lowest) {
						t.Fatalf("down to layer %d: layer %d has %d gradients", lowest, l, len(units))
					}
					for u, v := range units {
						if v != want[site][l][u] {
							t.Fatalf("%d workers, down to %d: layer %d, site %d, unit %d: %v, want %v", workers, lowest, l, site, u, v, want[site][l][u])
						}
					}
				}
			}
		}
		e.Close()
	}
	// The engine still computes what it did.
	s := newSession(t, e1, nil)
	forward(t, e1, Row{s, 1, true})
}

// TestDifferentiateShared: a beginning that texts have in common is read once, in a
// batch and for those that follow, and changes no bit.
func TestDifferentiateShared(t *testing.T) {
	c := modeltest.Default()
	w := tinyWeights(t, c, Fast)
	var all []Target
	for i, n := range []int{30, 41, 36, 70, 90, 33, 38} {
		ids := text(n, modeltest.Vocab)
		begin := 25
		if i >= 5 { // another beginning
			ids[3]++
		}
		for k := begin; k < n; k++ {
			ids[k] = (ids[k]*7 + int32(i)) % int32(modeltest.Vocab)
		}
		f := make([]float32, n)
		for k := begin; k < n; k++ {
			f[k] = float32(k%3-1) / float32(n)
		}
		f[begin] = 1
		all = append(all, Target{ids, f})
	}
	run := func(e *Engine, targets []Target) ([][]shown, []float64) {
		return differentiate(t, e, closedOverlay(c), nil, targets)
	}
	one := NewEngine(w, 1)
	defer one.Close()
	for name, e := range teams(t, c, w) {
		seen, values := run(e, all)
		for i, target := range all {
			one.ReleaseGradients()
			want, value := run(one, []Target{target})
			if values[i] != value[0] || len(seen[i]) != len(want[0]) {
				t.Fatalf("%s: target %d is worth %v in %d pieces, alone %v in %d", name, i, values[i], len(seen[i]), value[0], len(want[0]))
			}
			for k, s := range seen[i] {
				for j, v := range s.x {
					if v != want[0][k].x[j] {
						t.Fatalf("%s: target %d, layer %d, site %d, value %d is %v, alone %v", name, i, s.layer, s.site, j, v, want[0][k].x[j])
					}
				}
			}
		}
	}
	// Alone is what one token after another gives: the beginning is not skipped.
	for i, target := range all {
		_, values := run(one, []Target{target})
		_, want := value(t, one, closedOverlay(c), []Target{target})
		if math.Abs(values[0]-want[0]) > 1e-4 {
			t.Errorf("target %d is worth %v, by forward passes %v", i, values[0], want[0])
		}
	}
}

// TestDifferentiateBehind: behind a beginning texts have the gradients, bit for bit, that
// they have at the end of the whole; with another beginning after it, and with none.
func TestDifferentiateBehind(t *testing.T) {
	c := modeltest.Default()
	w := tinyWeights(t, c, Fast)
	const behind = 25
	whole := slices.Delete(targets(), 2, 3)[:3] // without that of one token, which shares nothing
	for i := range whole {                      // all begin alike, and the start is not asked for
		copy(whole[i].Tokens, []int32{7, 8, 9})
		clear(whole[i].Factors[:min(4, len(whole[i].Factors))])
	}
	o := closedOverlay(c)
	ids := text(2*behind, modeltest.Vocab)
	gradient := func(e *Engine, beginning []int32, targets []Target) ([][]float32, []float64) {
		pieces, values := differentiate(t, e, o, beginning, targets)
		ends := make([][]float32, len(targets))
		for i, of := range pieces {
			for _, p := range of {
				ends[i] = append(ends[i], p.x[len(p.x)-p.width*(len(whole[i].Tokens)-1):]...)
			}
		}
		return ends, values
	}
	one := NewEngine(w, 1)
	defer one.Close()
	for name, e := range teams(t, c, w) {
		for _, beginning := range [][]int32{ids[:behind], ids[behind:], ids[:behind-1], nil, ids[:behind]} {
			var long []Target
			for _, target := range whole {
				long = append(long, Target{slices.Concat(beginning, target.Tokens), slices.Concat(make([]float32, len(beginning)), target.Factors)})
			}
			want, value := gradient(one, nil, long)
			for again := range 2 { // the second time it has been read
				if again == 1 && name == "one" && len(beginning) > 0 { // and what failed leaves nothing behind
					broken := slices.Clone(beginning)
					broken[len(broken)-1] = -1
					if _, err := e.Differentiate(o, broken, whole, 1, nil); err == nil {
						t.Fatal("a negative token before a text: no error")
					}
				}
				got, values := gradient(e, beginning, whole)
				for i := range got {
					if values[i] != value[i] || !slices.Equal(got[i], want[i]) {
						t.Fatalf("%s: behind %d tokens, target %d is worth %v, as part of the whole %v; are the gradients the same: %v", name, len(beginning), i, values[i], value[i], slices.Equal(got[i], want[i]))
					}
				}
			}
		}
	}
}

func TestDifferentiateErrors(t *testing.T) {
	c := modeltest.Default()
	c.Context = 10
	e := NewEngine(tinyWeights(t, c, Fast), 1)
	defer e.Close()
	none := func(int, int, Site, []float32, int) {}
	long := Target{make([]int32, 11), make([]float32, 11)}
	if _, err := e.Differentiate(nil, nil, []Target{long}, 0, none); !errors.Is(err, ErrContext) {
		t.Errorf("a text longer than the context: %v", err)
	}
	if _, err := e.Differentiate(nil, []int32{1, 2, 3, 4, 5}, []Target{{make([]int32, 6), make([]float32, 6)}}, 0, none); !errors.Is(err, ErrContext) {
		t.Errorf("a text longer than the context with what stands before it: %v", err)
	}
	if _, err := e.Differentiate(nil, []int32{1, -4}, []Target{{[]int32{1, 2}, []float32{0, 1}}}, 0, none); err == nil {
		t.Error("a negative token before a text: no error")
	}
	if _, err := e.Differentiate(nil, nil, []Target{{[]int32{1, -4}, []float32{0, 1}}}, 0, none); err == nil {
		t.Error("a negative token: no error")
	}
	if _, err := e.Differentiate(&Overlay{Gates: make([]LayerGates, 1)}, nil, nil, 0, none); err == nil {
		t.Error("a wrong overlay: no error")
	}
}
