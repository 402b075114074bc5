package study

import (
	"cmp"
	"slices"
)

// AUC is the chance that a value of plus is higher than one of minus, ties
// counting half: the area under the ROC curve of a classifier by these values,
// Mann and Whitney's U over the number of pairs. Both must have values.
func AUC(plus, minus []float64) float64 {
	r := rank(plus, minus)
	return r.auc(nil)
}

// ranking holds the values of two groups in ascending order, so that a resample
// is a weight a value and costs no sorting.
type ranking struct {
	plus  int   // values of the plus group; they come first
	order []int // numbers of the values, ascending
	ends  []int // where each run of equal values ends in order
}

func rank(plus, minus []float64) *ranking {
	if len(plus) == 0 || len(minus) == 0 {
		panic("study: AUC of a group without values")
	}
	values := slices.Concat(plus, minus)
	r := &ranking{plus: len(plus), order: make([]int, len(values))}
	for i := range r.order {
		r.order[i] = i
	}
	slices.SortFunc(r.order, func(i, j int) int { return cmp.Compare(values[i], values[j]) })
	for k := range r.order {
		if k+1 == len(r.order) || values[r.order[k]] != values[r.order[k+1]] {
			r.ends = append(r.ends, k+1)
		}
	}
	return r
}

// auc counts value i weights[i] times; nil counts each once.
func (r *ranking) auc(weights []float64) float64 {
	won, pluses, below := 0.0, 0.0, 0.0
	at := 0
	for _, end := range r.ends {
		p, m := 0.0, 0.0
		for ; at < end; at++ {
			i := r.order[at]
			w := 1.0
			if weights != nil {
				w = weights[i]
			}
			if i < r.plus {
				p += w
			} else {
				m += w
			}
		}
		won += p * (below + m/2)
		pluses += p
		below += m
	}
	return won / (pluses * below)
}

// midranks returns each value's rank from 1, that of ties being their mean.
func (r *ranking) midranks() []float64 {
	ranks := make([]float64, len(r.order))
	at := 0
	for _, end := range r.ends {
		mean := float64(at+1+end) / 2
		for ; at < end; at++ {
			ranks[r.order[at]] = mean
		}
	}
	return ranks
}
