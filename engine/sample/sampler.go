package sample

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Sampler draws the tokens of one reply. It serves one goroutine.
type Sampler struct {
	p      Params
	minLog float64 // log of MinP
	random *rand.PCG

	recent []int32 // the last tokens, a ring
	next   int     // where the next goes in recent

	penalised []float32   // [vocabulary], if there is a penalty
	peaks     []float32   // [vocabulary/kernel.PeakLen]
	best      []token     // [top-k], a heap
	kept      []candidate // [up to vocabulary]
}

// stream is the second half of PCG's seed: any constant, the golden ratio's bits.
const stream = 0x9E3779B97F4A7C15

// New makes a sampler. It panics where p does not Validate.
func New(p Params) *Sampler {
	if err := p.Validate(); err != nil {
		panic(fmt.Sprintf("sample: New of invalid parameters: %v", err))
	}
	return &Sampler{
		p:      p,
		minLog: math.Log(float64(p.MinP)),
		random: rand.NewPCG(p.Seed, stream),
		recent: make([]int32, 0, p.RepeatLast),
	}
}

// Accept takes note of a token of the text, for the repetition penalty: each that
// Sample chose, and, if it is to count, the prompt before.
func (s *Sampler) Accept(id int32) {
	switch {
	case s.p.RepeatLast == 0:
	case len(s.recent) < s.p.RepeatLast:
		s.recent = append(s.recent, id)
	default:
		s.recent[s.next] = id
		s.next = (s.next + 1) % s.p.RepeatLast
	}
}

// Sample chooses a token: of equally likely ones the first, where it takes the most
// likely. It gives −1 if no token can be chosen. Logits [vocabulary] are not
// changed. Each call with a temperature above 0 takes one random number.
func (s *Sampler) Sample(logits []float32) int32 {
	l := peak(s.peaks, s.penalise(logits))
	s.peaks = l.peaks
	top := l.argmax()
	if s.p.Temperature == 0 {
		return top.id
	}
	u := float64(s.random.Uint64()>>11) / (1 << 53)
	if top.id < 0 {
		return -1
	}
	last := lowest
	if s.p.TopK > 0 {
		last = s.topK(l)
	}
	if s.p.TopP < 1 {
		total := s.keep(l, top.logit, last, 1)
		last = nucleus(s.kept, float64(s.p.TopP)*total)
	}
	if s.p.MinP > 0 {
		last = s.minP(top.logit, last)
	}
	total := s.keep(l, top.logit, last, float64(s.p.Temperature))
	return draw(s.kept, u*total)
}

// penalise gives the logits with the repetition penalty.
func (s *Sampler) penalise(logits []float32) []float32 {
	if s.p.RepeatPenalty == 1 || len(s.recent) == 0 {
		return logits
	}
	s.penalised = append(s.penalised[:0], logits...)
	for _, id := range s.recent {
		if id < 0 || int(id) >= len(logits) {
			continue
		}
		// From logits, so that a token which is there twice is punished once.
		if v := logits[id]; v > 0 {
			s.penalised[id] = v / s.p.RepeatPenalty
		} else {
			s.penalised[id] = v * s.p.RepeatPenalty
		}
	}
	return s.penalised
}

// topK gives the last of the k most likely tokens.
func (s *Sampler) topK(l peaked) token {
	if s.p.TopK >= len(l.logits) {
		return lowest
	}
	s.best = l.mostLikely(s.best, s.p.TopK)
	if len(s.best) < s.p.TopK {
		return lowest
	}
	return s.best[0]
}

// minP gives the last token, of those up to last, which is likely enough beside the
// most likely one.
func (s *Sampler) minP(top float32, last token) token {
	// The least float32 that is not below the bound: so no rounding decides.
	bound := float64(top) + s.minLog
	floor := token{logit: float32(bound), id: math.MaxInt32}
	if float64(floor.logit) < bound {
		floor.logit = math.Nextafter32(floor.logit, math.MaxFloat32)
	}
	if floor.before(last) {
		return floor
	}
	return last
}

// candidate is a token that may be drawn.
type candidate struct {
	token
	weight float64 // its probability, up to a factor
}

// keep fills s.kept with the tokens up to last in the order of their ids, at a
// temperature, and gives the sum of the weights.
func (s *Sampler) keep(l peaked, top float32, last token, temperature float64) (total float64) {
	if cap(s.kept) == 0 {
		n := len(l.logits)
		if s.p.TopK > 0 {
			n = min(n, s.p.TopK)
		}
		s.kept = make([]candidate, 0, n)
	}
	s.kept = s.kept[:0]
	for i, peak := range l.peaks {
		if !(peak >= last.logit) {
			continue
		}
		first, part := l.part(i)
		for k, v := range part {
			if !(v >= last.logit) {
				continue
			}
			t := token{logit: finite(v), id: int32(first + k)}
			if last.before(t) {
				continue
			}
			w := exp(float64(float64(t.logit)-float64(top)) / temperature)
			s.kept = append(s.kept, candidate{t, w})
			total += w
		}
	}
	return total
}

// draw gives the token at a point in the sum of the weights.
func draw(kept []candidate, point float64) int32 {
	sum := 0.0
	for _, c := range kept {
		sum += c.weight
		if sum > point {
			return c.id
		}
	}
	// Rounding may bring the point up to the whole sum.
	return kept[len(kept)-1].id
}
