package sample

import (
	"math"

	"masque/engine/kernel"
)

// token is a token and its logit, a finite one.
type token struct {
	logit float32
	id    int32
}

// lowest comes after all tokens that can be chosen.
var lowest = token{-math.MaxFloat32, math.MaxInt32}

// before says whether t is more likely than o, or as likely and of a lower id.
func (t token) before(o token) bool {
	return t.logit > o.logit || t.logit == o.logit && t.id < o.id
}

// finite gives a logit that can be chosen with +∞ made finite. Loops over the
// vocabulary compare first and call it for the few tokens that pass: on WebAssembly
// the built-in min is a call too.
func finite(logit float32) float32 {
	if logit > math.MaxFloat32 {
		return math.MaxFloat32
	}
	return logit
}

// peaked is logits with the peak of every kernel.PeakLen of them, so that a search for
// large ones passes over the rest.
type peaked struct{ logits, peaks []float32 }

// peak prepares a search; scratch may be nil.
func peak(scratch, logits []float32) peaked {
	n := (len(logits) + kernel.PeakLen - 1) / kernel.PeakLen
	if cap(scratch) < n {
		scratch = make([]float32, n)
	}
	kernel.Peaks(scratch[:n], logits)
	return peaked{logits, scratch[:n]}
}

// part gives the first id of part i and its logits.
func (p peaked) part(i int) (first int, logits []float32) {
	first = i * kernel.PeakLen
	return first, p.logits[first:min(first+kernel.PeakLen, len(p.logits))]
}

// argmax gives the most likely token, one with the id −1 if none can be chosen.
func (p peaked) argmax() token {
	top := finite(kernel.Peak(p.peaks))
	for i, v := range p.peaks {
		if v >= top && v >= -math.MaxFloat32 {
			first, part := p.part(i)
			for k, v := range part {
				if v >= top {
					return token{top, int32(first + k)}
				}
			}
		}
	}
	return token{top, -1}
}

// mostLikely fills best with the n most likely tokens, fewer if fewer can be
// chosen: a heap with the least likely at its root. A token costs one comparison
// unless it stands near one that is among the best so far.
func (p peaked) mostLikely(best []token, n int) []token {
	best = best[:0]
	if cap(best) < n {
		best = make([]token, 0, n)
	}
	root := float32(-math.MaxFloat32) // of the heap, once it is full
	for i, top := range p.peaks {
		if !(top >= root) {
			continue
		}
		first, part := p.part(i)
		for k, v := range part {
			if !(v >= root) {
				continue
			}
			t := token{finite(v), int32(first + k)}
			switch {
			case len(best) < n:
				best = append(best, t)
				up(best)
			case t.before(best[0]):
				best[0] = t
				down(best)
			}
			if len(best) == n {
				root = best[0].logit
			}
		}
	}
	return best
}

// up restores the heap after an append.
func up(heap []token) {
	i := len(heap) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !heap[parent].before(heap[i]) {
			break
		}
		heap[parent], heap[i] = heap[i], heap[parent]
		i = parent
	}
}

// down restores the heap after its root has changed.
func down(heap []token) {
	i := 0
	for {
		child := 2*i + 1
		if child >= len(heap) {
			break
		}
		if child+1 < len(heap) && heap[child].before(heap[child+1]) {
			child++
		}
		if !heap[i].before(heap[child]) {
			break
		}
		heap[i], heap[child] = heap[child], heap[i]
		i = child
	}
}
