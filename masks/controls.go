package masks

import "math/rand/v2"

// ShuffleLabels gives statements new poles at random, as a control: plus
// statements come first, and labels[i] says that statement i counts as plus. The
// shuffle is in balance: each new pole has half of the old plus statements and
// half of the old minus ones (where their number is odd, one pole has one more,
// whichever), so that no shuffle carries the trait.
func ShuffleLabels(plus, minus int, rng *rand.Rand) (labels []bool) {
	labels = make([]bool, plus+minus)
	for _, part := range [][]bool{labels[:plus], labels[plus:]} {
		half := (len(part) + rng.IntN(2)) / 2
		for _, i := range rng.Perm(len(part))[:half] {
			part[i] = true
		}
	}
	return labels
}
