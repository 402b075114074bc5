package masks

import (
	"context"
	"fmt"
	"math"

	"masque/engine/model"
)

// siteCount is the number of sites of a layer where activations are read: the
// inputs of its matrices.
const siteCount = int(model.FFNHidden) + 1

// InputChannels numbers the input channels of all matrices of a model: layer after
// layer, and within a layer site after site, in the order of model.Site.
type InputChannels struct {
	Layers int
	Widths [siteCount]int // channels of each site
}

// InputChannelsOf returns the numbering of a model's channels.
func InputChannelsOf(c *model.Config) InputChannels {
	return InputChannels{Layers: c.Layers, Widths: [siteCount]int{
		model.AttnInput: c.Dim,
		model.AttnValue: c.QDim(),
		model.FFNInput:  c.Dim,
		model.FFNHidden: c.FFN,
	}}
}

// Len returns the number of channels.
func (c InputChannels) Len() int { return c.Layers * c.perLayer() }

func (c InputChannels) perLayer() int {
	n := 0
	for _, w := range c.Widths {
		n += w
	}
	return n
}

// Span returns the numbers first ≤ i < last of the channels of one site.
func (c InputChannels) Span(layer int, site model.Site) (first, last int) {
	first = layer * c.perLayer()
	for s := range int(site) {
		first += c.Widths[s]
	}
	return first, first + c.Widths[site]
}

// ReadActivations reads statements, each after the same prefix, in the plain
// model, and shows for each in order the RMS of every channel over the
// statement's own tokens: rms[i] of channel number i in [InputChannelsOf] the model.
// see must not keep or change rms. progress, which may be nil, is told how many
// statements are done and to do. Between two passes the context can end it.
//
// The engine's Tap is used and is nil afterwards. Several statements share a
// pass; what is read does not depend on which.
func ReadActivations(ctx context.Context, e *model.Engine, prefix []int32, statements [][]int32, see func(i int, rms []float32), progress func(done, total int)) error {
	for i, s := range statements {
		if len(s) == 0 {
			return fmt.Errorf("masks: statement %d is empty", i+1)
		}
	}
	r := activations{
		channels: InputChannelsOf(&e.Weights().Config),
		sums:     map[int][]float64{},
	}
	rms := make([]float32, r.channels.Len())
	defer e.SetTap(nil)
	p := passes{engine: e, beginning: prefix, rows: model.MaxRows, what: "statements"}
	p.before = func(parts []part) {
		r.parts = parts
		e.SetTap(r.tap)
	}
	p.after = func(parts []part) {
		for _, q := range parts {
			if q.last < len(statements[q.text]) {
				continue
			}
			for i, sum := range r.sums[q.text] {
				rms[i] = float32(math.Sqrt(sum / float64(q.last)))
			}
			r.free = append(r.free, r.sums[q.text])
			delete(r.sums, q.text)
			see(q.text, rms)
			if progress != nil {
				progress(q.text+1, len(statements))
			}
		}
	}
	return p.read(ctx, statements)
}

// activations is the state of ReadActivations.
type activations struct {
	channels InputChannels
	parts    []part            // of the present pass
	sums     map[int][]float64 // of squares, of each channel, for the statements under way
	free     [][]float64
}

// tap adds the squares of a pass. The square of a float32 is exact in float64,
// so that fusing it with the sum, as some processors do, changes nothing.
func (r *activations) tap(layer int, site model.Site, _ []model.Row, x []float32, width int) {
	first, last := r.channels.Span(layer, site)
	for _, q := range r.parts {
		sums := r.of(q.text)[first:last]
		for i := range q.last - q.first {
			for c, v := range x[(q.row+i)*width:][:width] {
				sums[c] += float64(v) * float64(v)
			}
		}
	}
}

// of returns the sums of a statement.
func (r *activations) of(statement int) []float64 {
	s, ok := r.sums[statement]
	if !ok {
		if n := len(r.free); n > 0 {
			s, r.free = r.free[n-1], r.free[:n-1]
			clear(s)
		} else {
			s = make([]float64, r.channels.Len())
		}
		r.sums[statement] = s
	}
	return s
}
