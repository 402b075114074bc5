package masks

import "math/rand/v2"

// ShuffleLabels gives statements new poles at random, as a control: plus
// statements come first, and labels[i] says that statement i counts as plus. The
// shuffle is in balance: each new pole has as many of the old plus statements as
// the other, and as many of the old minus ones (one more where their number is
// odd), so that no trace of the trait is left between them. Seeds below 2^53 fit
// a document.
func ShuffleLabels(plus, minus int, seed uint64) (labels []bool) {
	rng := rand.New(rand.NewPCG(seed, 0x6c6162656c73)) // "labels"
	labels = make([]bool, plus+minus)
	for k, i := range rng.Perm(plus) {
		labels[i] = k < plus/2
	}
	for k, i := range rng.Perm(minus) {
		labels[plus+i] = k < (minus+1)/2
	}
	return labels
}
