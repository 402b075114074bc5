package model

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"masque/engine/gguf"
	"masque/engine/kernel"
	"masque/engine/model/modeltest"
	"masque/engine/quant"
	"masque/engine/team"
)

// shareOf loads one member's rows of a tiny model, from a stream as the page
// does.
func shareOf(t testing.TB, c modeltest.Tiny, p Precision, s Share) *Weights {
	t.Helper()
	b := c.Write()
	r := bytes.NewReader(b)
	f, err := gguf.Read(r, int64(len(b)), "tiny.gguf")
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewShareLoader(f, p, s)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Stream(r, l.Add); err != nil {
		t.Fatal(err)
	}
	w, err := l.Weights()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// leadTeam starts a team whose members share no memory.
func leadTeam(t testing.TB, c modeltest.Tiny, p Precision, size int) *Engine {
	t.Helper()
	links := team.Apart(size)
	var followers sync.WaitGroup
	for rank := 1; rank < size; rank++ {
		w := shareOf(t, c, p, Share{rank, size})
		followers.Go(func() { Follow(w, links[rank]) })
	}
	e := Lead(shareOf(t, c, p, Share{0, size}), links[0])
	t.Cleanup(func() {
		e.Close()
		followers.Wait()
	})
	return e
}

// teams are engines of a tiny model on the fast path: of one goroutine, of several, and of
// members that share no memory.
func teams(t testing.TB, c modeltest.Tiny, w *Weights) map[string]*Engine {
	t.Helper()
	one, three := NewEngine(w, 1), NewEngine(w, 3)
	t.Cleanup(one.Close)
	t.Cleanup(three.Close)
	return map[string]*Engine{"one": one, "three": three, "apart": leadTeam(t, c, Fast, 2)}
}

// apartCases are models whose shares are uneven in different ways.
func apartCases() map[string]modeltest.Tiny {
	tied, own := modeltest.Default(), modeltest.Default()
	own.OwnHead, own.Matrix = true, gguf.Q4_0
	return map[string]modeltest.Tiny{"tied": tied, "own head": own}
}

// TestLead: members that share no memory compute the bits of one engine, in
// batches of several sessions, after a truncation and with all logits asked for.
func TestLead(t *testing.T) {
	for name, c := range apartCases() {
		for _, p := range []Precision{Fast, F32} {
			w := tinyWeights(t, c, p)
			one := NewEngine(w, 1)
			ids := text(kernel.PageLen+40, modeltest.Vocab)
			want := stepwise(t, one, newSession(t, one, nil), ids)
			other := stepwise(t, one, newSession(t, one, nil), ids[3:])
			one.Close()
			for _, size := range []int{1, 2, 3, 5} {
				t.Run(fmt.Sprintf("%s, %v, %d members", name, p, size), func(t *testing.T) {
					e := leadTeam(t, c, p, size)
					if size > 1 && e.w.Bytes() >= w.Bytes()*3/4 {
						t.Errorf("the leader holds %d bytes of %d", e.w.Bytes(), w.Bytes())
					}
					a, b := newSession(t, e, nil), newSession(t, e, nil)
					stepwise(t, e, a, ids[20:50])
					a.Truncate(0)
					for at, bt := 0, 3; at < len(ids); {
						var rows []Row
						for range min(17, len(ids)-at) {
							rows = append(rows, Row{a, ids[at], true})
							at++
						}
						inA := len(rows)
						for range min(2, len(ids)-bt) {
							rows = append(rows, Row{b, ids[bt], true})
							bt++
						}
						forward(t, e, rows...)
						for i := range rows {
							if i < inA {
								same(t, fmt.Sprintf("token %d", at-inA+i), e.Logits(i), want[at-inA+i])
							} else {
								k := bt - 3 - (len(rows) - i)
								same(t, fmt.Sprintf("other session, token %d", k), e.Logits(i), other[k])
							}
						}
					}
					c := newSession(t, e, nil)
					stepwise(t, e, c, ids[:30])
					f := c.Fork()
					stepwise(t, e, c, []int32{1, 2})
					same(t, "a fork", stepwise(t, e, f, ids[30:40])[9], want[39])
				})
			}
		}
	}
}

// TestLeadOverlays: gates, masked matrices and the whole of a matrix are the
// same for a team that is apart; so are the activations that a tap sees.
func TestLeadOverlays(t *testing.T) {
	for name, c := range apartCases() {
		w := tinyWeights(t, c, Fast)
		overlays := map[string]*Overlay{"none": nil, "gates": closedOverlay(c), "masked": {Matrices: map[MatrixID]*quant.Matrix{}}}
		for _, id := range []MatrixID{{0, Q}, {1, V}, {1, O}, {2, Gate}, {2, Down}} {
			overlays["masked"].Matrices[id] = w.Matrix(id).Mask(func(row int, _, g []float32) {
				for i := range g {
					g[i] = float32((row + i) % 3 / 2)
				}
			})
		}
		see := func(e *Engine, o *Overlay) (logits [][]float32, seen []float32) {
			e.SetTap(func(_ int, _ Site, _ []Row, x []float32, _ int) { seen = append(seen, x...) })
			defer e.SetTap(nil)
			return stepwise(t, e, newSession(t, e, o), text(20, modeltest.Vocab)), seen
		}
		one := NewEngine(w, 1)
		defer one.Close()
		for _, size := range []int{1, 2, 3} {
			e := leadTeam(t, c, Fast, size)
			for layer := range c.Layers {
				for _, k := range Kinds() {
					id := MatrixID{layer, k}
					if got, want := e.w.Matrix(id), w.Matrix(id); got.Rows != want.Rows || !slices.Equal(got.Tiles, want.Tiles) {
						t.Fatalf("%s, %d members: %v is another", name, size, id)
					}
				}
			}
			for kind, o := range overlays {
				want, wantSeen := see(one, o)
				got, gotSeen := see(e, o)
				for i := range want {
					same(t, fmt.Sprintf("%s, %d members, overlay %s, token %d", name, size, kind, i), got[i], want[i])
				}
				if !slices.Equal(gotSeen, wantSeen) {
					t.Errorf("%s, %d members, overlay %s: the tap sees others", name, size, kind)
				}
			}
		}
	}
}

// TestLeadDifferentiate: gradients have the bits of one engine.
func TestLeadDifferentiate(t *testing.T) {
	for name, c := range apartCases() {
		w := tinyWeights(t, c, Fast)
		one := NewEngine(w, 1)
		defer one.Close()
		masked := &Overlay{Matrices: map[MatrixID]*quant.Matrix{{2, O}: w.Matrix(MatrixID{2, O}).Mask(func(_ int, _, g []float32) {
			for i := range g {
				g[i] = float32(i % 2)
			}
		})}}
		for kind, o := range map[string]*Overlay{"none": nil, "gates": closedOverlay(c), "masked": masked} {
			for _, lowest := range []int{0, 2} {
				want, wantValues := gradients(t, one, o, targets(), lowest)
				for _, size := range []int{1, 2, 3} {
					e := leadTeam(t, c, Fast, size)
					got, values := gradients(t, e, o, targets(), lowest)
					e.ReleaseGradients()
					where := fmt.Sprintf("%s, overlay %s, down to %d, %d members", name, kind, lowest, size)
					if !slices.Equal(values, wantValues) {
						t.Errorf("%s: values %v, want %v", where, values, wantValues)
					}
					for site, layers := range want {
						for l, units := range layers {
							if !slices.Equal(got[site][l], units) {
								t.Errorf("%s: layer %d, site %d has other gradients", where, l, site)
							}
						}
					}
				}
			}
		}
	}
}

// TestLeadForgets: followers drop what the leader has dropped.
func TestLeadForgets(t *testing.T) {
	c := modeltest.Default()
	links := team.Apart(2)
	f := &follower{
		engine:   newEngine(shareOf(t, c, Fast, Share{1, 2}), links[1:]),
		sessions: map[uint32]*Session{}, overlays: map[uint32]*Overlay{},
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for f.obey(links[1].Receive()) {
		}
	}()
	e := Lead(shareOf(t, c, Fast, Share{0, 2}), links[0])
	for i := range 50 {
		s := newSession(t, e, closedOverlay(c))
		forward(t, e, Row{s, int32(i), true})
	}
	kept := newSession(t, e, nil)
	for range 20 { // cleanups run some time after a collection
		runtime.GC()
		runtime.Gosched()
		kept.Truncate(0)
		forward(t, e, Row{kept, 1, true})
	}
	e.Close()
	<-done
	if n, m := len(f.sessions), len(f.overlays); n > 10 || m > 10 || n == 0 {
		t.Errorf("the follower still has %d sessions and %d overlays", n, m)
	}
	runtime.KeepAlive(kept)
}
