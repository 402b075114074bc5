package sample

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// plain takes every token as it is likely.
func plain() Params {
	return Params{Temperature: 1, TopP: 1, RepeatPenalty: 1}
}

// reference gives the probabilities that parameters mean, the way they are defined:
// sort everything, cut, divide.
func reference(p Params, logits []float32, recent []int32) map[int32]float64 {
	type pair struct {
		id    int32
		logit float64
	}
	var all []pair
	for id, v := range logits {
		x := float64(v)
		if slices.Contains(recent, int32(id)) {
			if v > 0 {
				x = float64(v / p.RepeatPenalty)
			} else {
				x = float64(v * p.RepeatPenalty)
			}
		}
		if !math.IsNaN(x) && !math.IsInf(x, -1) {
			all = append(all, pair{int32(id), min(x, math.MaxFloat32)})
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(a, b pair) int { return cmp.Compare(b.logit, a.logit) })
	top := all[0].logit
	if p.Temperature == 0 {
		return map[int32]float64{all[0].id: 1}
	}
	if p.TopK > 0 && p.TopK < len(all) {
		all = all[:p.TopK]
	}
	if p.TopP < 1 {
		total, sum := 0.0, 0.0
		for _, x := range all {
			total += math.Exp(x.logit - top)
		}
		for i, x := range all {
			if sum += math.Exp(x.logit - top); sum >= float64(p.TopP)*total {
				all = all[:i+1]
				break
			}
		}
	}
	result, total := map[int32]float64{}, 0.0
	for _, x := range all {
		if p.MinP == 0 || x.logit-top >= math.Log(float64(p.MinP)) {
			w := math.Exp((x.logit - top) / float64(p.Temperature))
			result[x.id] = w
			total += w
		}
	}
	for id := range result {
		result[id] /= total
	}
	return result
}

// normals are logits as models have them, roughly.
func normals(rng *rand.Rand, n int) []float32 {
	logits := make([]float32, n)
	for i := range logits {
		logits[i] = float32(rng.NormFloat64() * 3)
	}
	return logits
}

// kinds are parameters that take every path.
func kinds() []Params {
	var all []Params
	for _, t := range []float32{0.3, 1, 1.7} {
		for _, k := range []int{0, 1, 5, 40} {
			for _, p := range []float32{0.1, 0.5, 0.9, 1} {
				for _, m := range []float32{0, 0.05, 0.5, 1} {
					all = append(all, Params{Temperature: t, TopK: k, TopP: p, MinP: m, RepeatPenalty: 1})
				}
			}
		}
	}
	return all
}

// TestKept compares what is kept, and how likely it is, with the reference.
func TestKept(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{1, 2, 3, 10, 300} {
		for round := range 20 {
			logits := normals(rng, n)
			if round%4 == 1 { // ties
				for i := range logits {
					logits[i] = float32(math.Round(float64(logits[i])))
				}
			}
			if round%4 == 2 { // what cannot be chosen
				for range n / 3 {
					logits[rng.IntN(n)] = float32([]float64{math.NaN(), math.Inf(-1)}[rng.IntN(2)])
				}
			}
			for _, p := range kinds() {
				p.RepeatPenalty, p.RepeatLast = []float32{1, 1.3, 0.8}[round%3], 8
				s := New(p)
				var recent []int32
				for range rng.IntN(12) {
					id := rng.Int32N(int32(n) + 2)
					s.Accept(id)
					recent = append(recent, id)
				}
				recent = recent[max(0, len(recent)-8):]
				want := reference(p, logits, recent)
				before := slices.Clone(logits)
				id := s.Sample(logits)
				if !slices.EqualFunc(logits, before, func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }) {
					t.Fatal("the logits have changed")
				}
				if len(want) == 0 {
					if id != -1 {
						t.Fatalf("token %d of logits %v", id, logits)
					}
					continue
				}
				got, total := map[int32]float64{}, 0.0
				for _, c := range s.kept {
					got[c.id] = c.weight
					total += c.weight
				}
				if len(got) != len(want) || want[id] == 0 {
					t.Fatalf("%+v keeps %d tokens of %v, want %d; chose %d", p, len(got), logits, len(want), id)
				}
				for id, w := range want {
					if math.Abs(got[id]/total-w) > 1e-12 {
						t.Fatalf("%+v: token %d has probability %v, want %v", p, id, got[id]/total, w)
					}
				}
			}
		}
	}
}

// TestDistribution draws many tokens and compares how often each comes with its
// probability: χ² with its mean, the degrees of freedom, and five standard
// deviations. The seeds are fixed, so it passes always or never.
func TestDistribution(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	logits := normals(rng, 60)
	for i, p := range []Params{
		plain(),
		{Temperature: 0.7, TopP: 1, RepeatPenalty: 1},
		{Temperature: 1.5, TopK: 10, TopP: 1, RepeatPenalty: 1},
		{Temperature: 1, TopP: 0.8, RepeatPenalty: 1},
		{Temperature: 1, TopP: 1, MinP: 0.1, RepeatPenalty: 1},
		{Temperature: 0.9, TopK: 20, TopP: 0.9, MinP: 0.02, RepeatPenalty: 1},
	} {
		p.Seed = uint64(i)
		s := New(p)
		const draws = 200_000
		count := map[int32]int{}
		for range draws {
			count[s.Sample(logits)]++
		}
		want := reference(p, logits, nil)
		chi, freedom := 0.0, -1.0
		rest, restWant := 0.0, 0.0 // what is too rare to be compared by itself
		for id := range int32(len(logits)) {
			expected := want[id] * draws
			if expected < 10 {
				rest += float64(count[id])
				restWant += expected
				continue
			}
			d := float64(count[id]) - expected
			chi += d * d / expected
			freedom++
		}
		if restWant >= 10 {
			chi += (rest - restWant) * (rest - restWant) / restWant
			freedom++
		} else if rest > restWant+6*math.Sqrt(restWant)+1 {
			t.Errorf("%+v: %v draws of tokens that are expected %v times", p, rest, restWant)
		}
		if freedom < 2 {
			t.Fatalf("%+v: only %v degrees of freedom", p, freedom)
		}
		if chi > freedom+5*math.Sqrt(2*freedom) {
			t.Errorf("%+v: χ² is %.1f with %v degrees of freedom", p, chi, freedom)
		}
	}
}

// TestSeed: the same seed gives the same tokens, here and on every platform; another
// seed gives others.
func TestSeed(t *testing.T) {
	logits := make([]float32, 100)
	for i := range logits {
		logits[i] = float32(i*37%100) / 25
	}
	run := func(seed uint64) []int32 {
		p := Default()
		p.Seed = seed
		s := New(p)
		ids := make([]int32, 12)
		for i := range ids {
			ids[i] = s.Sample(logits)
			s.Accept(ids[i])
		}
		return ids
	}
	want := []int32{32, 86, 8, 8, 70, 97, 16, 86, 40, 27, 21, 81}
	if got := run(42); !slices.Equal(got, want) {
		t.Errorf("seed 42 gives %v, want %v", got, want)
	}
	if !slices.Equal(run(7), run(7)) || slices.Equal(run(7), run(8)) {
		t.Errorf("seeds 7, 7 and 8 give %v, %v and %v", run(7), run(7), run(8))
	}
}

// TestNear: logits that differ in their last bits give the same tokens, so that
// engines which round differently tell the same story.
func TestNear(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	p := Default()
	a, b := New(p), New(p)
	differ := 0
	for range 2000 {
		logits := normals(rng, 500)
		near := slices.Clone(logits)
		for i := range near {
			near[i] += float32(rng.NormFloat64() * 1e-6)
		}
		x, y := a.Sample(logits), b.Sample(near)
		if x != y {
			differ++
		}
		a.Accept(x)
		b.Accept(x)
	}
	if differ > 2 {
		t.Errorf("%d tokens of 2000 differ", differ)
	}
}

func TestGreedy(t *testing.T) {
	p := Params{TopP: 1, RepeatPenalty: 1}
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct {
		logits []float32
		want   int32
	}{
		{[]float32{1, 3, 2}, 1},
		{[]float32{1, 3, 3}, 1},
		{[]float32{-5, -4, -6}, 1},
		{[]float32{nan, 1, nan, 2}, 3},
		{[]float32{nan, -inf, -7}, 2},
		{[]float32{1, inf, 2, inf}, 1},
		{[]float32{math.MaxFloat32, inf}, 0},
		{[]float32{nan, nan}, -1},
		{[]float32{-inf, nan}, -1},
		{nil, -1},
	} {
		if got := New(p).Sample(c.logits); got != c.want {
			t.Errorf("%v: %d, want %d", c.logits, got, c.want)
		}
	}
	// With a temperature what cannot be chosen is never drawn.
	hot := New(Params{Temperature: MaxTemperature, TopP: 1, RepeatPenalty: 1})
	for range 1000 {
		if id := hot.Sample([]float32{nan, 1, -inf, 2, nan}); id != 1 && id != 3 {
			t.Fatalf("drew %d", id)
		}
		if id := hot.Sample([]float32{1, inf, 2, inf}); id != 1 && id != 3 {
			t.Fatalf("drew %d beside +∞", id)
		}
		if id := hot.Sample([]float32{nan, -inf}); id != -1 {
			t.Fatalf("drew %d of nothing", id)
		}
	}
	// The smallest temperature there is is greedy.
	cold := New(Params{Temperature: math.SmallestNonzeroFloat32, TopP: 1, RepeatPenalty: 1})
	if id := cold.Sample([]float32{1, 3, 2}); id != 1 {
		t.Errorf("drew %d at no temperature", id)
	}
}

// TestBounds: a mass that is reached exactly is reached, and of logits next to
// min-p's bound those at it or above it are kept.
func TestBounds(t *testing.T) {
	for n := 1; n <= 64; n *= 2 {
		for keep := 1; keep < n; keep++ {
			s := New(Params{Temperature: 1, TopP: float32(keep) / float32(n), RepeatPenalty: 1})
			s.Sample(make([]float32, n))
			if len(s.kept) != keep || s.kept[keep-1].id != int32(keep-1) {
				t.Errorf("a mass of %d of %d equal tokens keeps %v", keep, n, s.kept)
			}
		}
	}
	rounded := map[bool]int{}
	for i := range 100 {
		p := Params{Temperature: 1, TopP: 1, MinP: float32(i+1) / 101, RepeatPenalty: 1}
		bound := 1.5 + math.Log(float64(p.MinP))
		near := float32(bound)
		rounded[float64(near) < bound]++
		for _, v := range []float32{math.Nextafter32(near, -10), near, math.Nextafter32(near, 10)} {
			s := New(p)
			s.Sample([]float32{1.5, v})
			want := 1
			if float64(v) >= bound {
				want = 2
			}
			if len(s.kept) != want {
				t.Errorf("min-p %v keeps %d tokens of 1.5 and %v, the bound being %v", p.MinP, len(s.kept), v, bound)
			}
		}
	}
	if rounded[true] == 0 || rounded[false] == 0 {
		t.Errorf("bounds are rounded down %d times, up %d times", rounded[true], rounded[false])
	}
}

// TestPenalty: of the last tokens each is punished once, and only those.
func TestPenalty(t *testing.T) {
	logits := []float32{4, 3, -1, 2}
	s := New(Params{TopP: 1, RepeatPenalty: 2, RepeatLast: 3})
	step := func(want int32) {
		t.Helper()
		if got := s.Sample(logits); got != want {
			t.Errorf("token %d, want %d", got, want)
		}
		s.Accept(want)
	}
	step(0)
	step(1) // 4 counts as 2
	step(0) // 2, 1.5, −1, 2: the first of equals
	step(0) // still 2, though it is there twice
	step(0) // the 1 is the oldest of three
	step(1) // now it has left: 2, 3, −1, 2
	s.Accept(-1)
	s.Accept(99)
	s.Accept(99) // no such tokens: nothing is punished
	step(0)
	negative := New(Params{TopP: 1, RepeatPenalty: 3, RepeatLast: 1})
	negative.Accept(0)
	if got := negative.Sample([]float32{-1, -2}); got != 1 {
		t.Errorf("token %d: a negative logit is to be multiplied", got)
	}
	none := New(Params{TopP: 1, RepeatPenalty: 3})
	none.Accept(0)
	if got := none.Sample(logits); got != 0 {
		t.Errorf("token %d, though no token counts as recent", got)
	}
}

func TestAllocations(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	logits := normals(rng, 5000)
	for _, p := range append(kinds(), Default(), Params{TopP: 1, RepeatPenalty: 1.5, RepeatLast: 64}) {
		p.RepeatPenalty, p.RepeatLast = 1.1, 64
		s := New(p)
		s.Accept(s.Sample(logits))
		if n := testing.AllocsPerRun(5, func() { s.Accept(s.Sample(logits)) }); n != 0 {
			t.Errorf("%+v: %v allocations a step", p, n)
		}
	}
	if n := testing.AllocsPerRun(5, func() { LogSumExp(logits); KL(logits, logits) }); n != 0 {
		t.Errorf("%v allocations of LogSumExp and KL", n)
	}
}

func TestValidate(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
	nan := float32(math.NaN())
	for _, c := range []struct {
		change func(*Params)
		says   string
	}{
		{func(p *Params) { p.Temperature = -1 }, "temperature is -1; it goes from 0 to 10"},
		{func(p *Params) { p.Temperature = nan }, "temperature is NaN"},
		{func(p *Params) { p.Temperature = 11 }, "temperature is 11"},
		{func(p *Params) { p.TopK = -1 }, "topK is -1; it goes from 0, which keeps all tokens, to 4194304"},
		{func(p *Params) { p.TopK = MaxTopK + 1 }, "topK is 4194305"},
		{func(p *Params) { p.TopP = 0 }, "topP is 0; it goes from above 0 to 1, which keeps all tokens"},
		{func(p *Params) { p.TopP = 1.5 }, "topP is 1.5"},
		{func(p *Params) { p.TopP = nan }, "topP is NaN"},
		{func(p *Params) { p.MinP = -0.1 }, "minP is -0.1; it goes from 0, which keeps all tokens, to 1"},
		{func(p *Params) { p.MinP = 2 }, "minP is 2"},
		{func(p *Params) { p.RepeatPenalty = 0 }, "repeatPenalty is 0; it goes from above 0 to 10; 1 is no penalty"},
		{func(p *Params) { p.RepeatPenalty = float32(math.Inf(1)) }, "repeatPenalty is +Inf"},
		{func(p *Params) { p.RepeatLast = -1 }, "repeatLast is -1; it goes from 0 to 65536"},
		{func(p *Params) { p.RepeatLast = MaxRepeatLast + 1 }, "repeatLast is 65537"},
	} {
		p := Default()
		c.change(&p)
		err := p.Validate()
		if !errors.Is(err, ErrParams) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error is %v, want %q", err, c.says)
		}
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.HasPrefix(got, "sample: New of invalid parameters") {
					t.Errorf("New panics with %q", got)
				}
			}()
			New(p)
		}()
	}
	if err := (Params{}).Validate(); err == nil || !strings.Contains(err.Error(), "topP") || !strings.Contains(err.Error(), "repeatPenalty") {
		t.Errorf("the zero value: %v", err)
	}
	text, err := json.Marshal(Default())
	if want := `{"temperature":0.8,"topK":40,"topP":0.95,"minP":0.05,"repeatPenalty":1.1,"repeatLast":64,"seed":0}`; err != nil || string(text) != want {
		t.Errorf("%s, %v", text, err)
	}
}

// FuzzSample: whatever the logits, a token that can be chosen is.
func FuzzSample(f *testing.F) {
	f.Add([]byte("\x00\x00\x80\x3f\x00\x00\xc0\x7f\x00\x00\x80\xff\x00\x00\x80\x7f"), uint8(1), uint8(30), uint8(100), uint8(2))
	f.Add([]byte{}, uint8(0), uint8(0), uint8(0), uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, k, topP, minP, temperature uint8) {
		p := Params{
			Temperature: float32(temperature) / 100, TopK: int(k), TopP: (float32(topP) + 1) / 256,
			MinP: float32(minP) / 255, RepeatPenalty: 1,
		}
		logits := make([]float32, len(data)/4)
		for i := range logits {
			bits := uint32(data[4*i]) | uint32(data[4*i+1])<<8 | uint32(data[4*i+2])<<16 | uint32(data[4*i+3])<<24
			logits[i] = math.Float32frombits(bits)
		}
		id := New(p).Sample(logits)
		can := slices.ContainsFunc(logits, func(v float32) bool { return v >= -math.MaxFloat32 })
		if can != (id >= 0) || id >= int32(len(logits)) || can && !(logits[id] >= -math.MaxFloat32) {
			t.Fatalf("%+v: token %d of %v", p, id, logits)
		}
		if list := LogProbs(logits, 3); can != (len(list) > 0) {
			t.Fatalf("%v of %v", list, logits)
		}
		if kl := KL(logits, logits); can && kl != 0 {
			t.Fatalf("KL of %v with itself is %v", logits, kl)
		}
	})
}

// BenchmarkSample draws from as many tokens as SmolLM2 has.
func BenchmarkSample(b *testing.B) {
	rng := rand.New(rand.NewPCG(5, 5))
	logits := normals(rng, 49152)
	for _, c := range []struct {
		name string
		p    Params
	}{
		{"greedy", Params{TopP: 1, RepeatPenalty: 1}},
		{"default", Default()},
		{"all", plain()},
		{"top-p", Params{Temperature: 1, TopP: 0.95, RepeatPenalty: 1}},
		{"top-k 5000", Params{Temperature: 1, TopK: 5000, TopP: 0.95, RepeatPenalty: 1}},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := New(c.p)
			for b.Loop() {
				s.Accept(s.Sample(logits))
			}
		})
	}
	b.Run("KL", func(b *testing.B) {
		for b.Loop() {
			KL(logits, logits)
		}
	})
}
