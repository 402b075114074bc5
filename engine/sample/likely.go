package sample

import "math"

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

// argmax gives the most likely token, one with the id −1 if none can be chosen.
func argmax(logits []float32) token {
	top, at := float32(math.Inf(-1)), -1
	for id, v := range logits {
		if v > top {
			if v = finite(v); v > top {
				top, at = v, id
			}
		}
	}
	return token{top, int32(at)}
}

// mostLikely fills best with the n most likely tokens, fewer if fewer can be
// chosen: a heap with the least likely at its root. It takes one pass; a token costs
// one comparison unless it is among the best so far.
func mostLikely(best []token, logits []float32, n int) []token {
	best = best[:0]
	if cap(best) < n {
		best = make([]token, 0, n)
	}
	root := float32(-math.MaxFloat32) // of the heap, once it is full
	for id, v := range logits {
		if !(v >= root) {
			continue
		}
		t := token{finite(v), int32(id)}
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
