package masks

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"masque/engine/model"
)

// A Signature is what two poles look like inside a model: for each pole, and
// for each input channel of each matrix, the mean μ and the variance σ² over the
// pole's statements of the RMS over a statement's tokens. Weight masks are
// computed from it.
//
// The RMS and not the L2 norm, which grows with the statement's length. σ² is
// the statements' own variance (divided by their number).
type Signature struct {
	channels InputChannels
	plus     moments
	minus    moments
}

// moments are running means and sums of squared deviations (Welford).
type moments struct {
	count int
	mean  []float64
	m2    []float64
}

// NewSignature returns the signature of no statements.
func NewSignature(c *model.Config) *Signature {
	s := &Signature{channels: InputChannelsOf(c)}
	for _, pole := range []Pole{Plus, Minus} {
		m := s.of(pole)
		m.mean = make([]float64, s.channels.Len())
		m.m2 = make([]float64, s.channels.Len())
	}
	return s
}

func (s *Signature) of(pole Pole) *moments {
	switch pole {
	case Plus:
		return &s.plus
	case Minus:
		return &s.minus
	}
	panic(fmt.Sprintf("masks: a signature of pole %q", pole))
}

// Channels returns the numbering of the channels.
func (s *Signature) Channels() InputChannels { return s.channels }

// Count returns how many statements of a pole were added.
func (s *Signature) Count(pole Pole) int { return s.of(pole).count }

// Mean returns μ of every channel of a pole.
func (s *Signature) Mean(pole Pole) []float64 { return slices.Clone(s.of(pole).mean) }

// Variance returns σ² of every channel of a pole.
func (s *Signature) Variance(pole Pole) []float64 {
	m := s.of(pole)
	v := slices.Clone(m.m2)
	for i := range v {
		v[i] /= float64(max(m.count, 1))
	}
	return v
}

// Add counts a statement to a pole; rms is what [ReadActivations] shows of it. A
// control adds the same readings under other labels (see [Reading.Signatures]), or
// neutral text to both poles.
func (s *Signature) Add(pole Pole, rms []float32) {
	m := s.of(pole)
	if len(rms) != len(m.mean) {
		panic(fmt.Sprintf("masks: a reading of %d channels for a signature of %d", len(rms), len(m.mean)))
	}
	m.count++
	n := float64(m.count)
	for i, v := range rms {
		d := float64(v) - m.mean[i]
		m.mean[i] += d / n
		m.m2[i] += float64(d * (float64(v) - m.mean[i]))
	}
}

// Merge adds the statements of another signature of the same model.
func (s *Signature) Merge(other *Signature) error {
	if s.channels != other.channels {
		return fmt.Errorf("masks: %w: signatures of models with %d and %d channels", ErrModel, s.channels.Len(), other.channels.Len())
	}
	for _, pole := range []Pole{Plus, Minus} {
		m, o := s.of(pole), other.of(pole)
		if o.count == 0 {
			continue
		}
		n := float64(m.count + o.count)
		share := float64(o.count) / n
		for i, mean := range o.mean {
			d := mean - m.mean[i]
			m.mean[i] += float64(d * share)
			m.m2[i] += o.m2[i] + float64(d*d*share*float64(m.count))
		}
		m.count += o.count
	}
	return nil
}

// Weights returns the document of a weight mask: the part of the signature that
// the matrices read in layers first to last, rounded to half precision. A mask
// is always rebuilt from these rounded values, so a document gives the same bits
// wherever it is read.
func (s *Signature) Weights(matrices []string, first, last int) (*Weights, error) {
	if s.plus.count == 0 || s.minus.count == 0 {
		return nil, errors.New("masks: a signature needs statements of both poles")
	}
	if first < 0 || last < first || last >= s.channels.Layers {
		return nil, fmt.Errorf("masks: layers %d to %d; the model has layers 0 to %d", first, last, s.channels.Layers-1)
	}
	w := &Weights{Layers: [2]int{first, last}, Matrices: slices.Clone(matrices)}
	for _, im := range inputMatrices {
		if slices.ContainsFunc(im.matrices, func(m string) bool { return slices.Contains(matrices, m) }) {
			w.Inputs = append(w.Inputs, Input{
				Name: im.input, Width: s.channels.Widths[im.site],
				Plus: s.moments(Plus, im.site, first, last), Minus: s.moments(Minus, im.site, first, last),
			})
		}
	}
	return w, w.validate()
}

func (s *Signature) moments(pole Pole, site model.Site, first, last int) Moments {
	m := s.of(pole)
	var mean, deviation []float32
	for layer := first; layer <= last; layer++ {
		from, to := s.channels.Span(layer, site)
		for i := from; i < to; i++ {
			mean = append(mean, float32(m.mean[i]))
			deviation = append(deviation, float32(math.Sqrt(m.m2[i]/float64(m.count))))
		}
	}
	return Moments{Mean: NewHalves(mean), Deviation: NewHalves(deviation)}
}
