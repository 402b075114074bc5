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
		e: e, prefix: prefix,
		channels: InputChannelsOf(&e.Weights().Config),
		see:      see,
	}
	r.rms = make([]float32, r.channels.Len())
	defer e.SetTap(nil)
	rows := make([]model.Row, 0, model.MaxRows)
	for i, statement := range statements {
		s, err := r.slot(i, len(statement))
		if err != nil {
			return err
		}
		for _, id := range statement {
			rows = append(rows, model.Row{Session: s, Token: id})
			if len(rows) == cap(rows) {
				if err := r.pass(ctx, rows, progress, len(statements)); err != nil {
					return err
				}
				rows = rows[:0]
			}
		}
	}
	if len(rows) == 0 {
		return ctx.Err()
	}
	return r.pass(ctx, rows, progress, len(statements))
}

// activations is the state of ReadActivations.
type activations struct {
	e        *model.Engine
	prefix   []int32
	channels InputChannels
	see      func(int, []float32)
	rms      []float32

	reading []*slot // statements under way, in order
	free    []*slot
}

// A slot reads one statement at a time. Its session keeps the prefix.
type slot struct {
	session   *model.Session
	statement int
	tokens    int       // of the statement
	sums      []float64 // of squares, of each channel
}

// slot returns the session in which statement i is to be read.
func (r *activations) slot(i, tokens int) (*model.Session, error) {
	var s *slot
	if n := len(r.free); n > 0 {
		s, r.free = r.free[n-1], r.free[:n-1]
		s.session.Truncate(len(r.prefix))
		clear(s.sums)
	} else {
		session, err := r.e.NewSession(nil)
		if err != nil {
			return nil, err
		}
		r.e.SetTap(nil) // the prefix is not read
		for at := 0; at < len(r.prefix); at += model.MaxRows {
			var rows []model.Row
			for _, id := range r.prefix[at:min(len(r.prefix), at+model.MaxRows)] {
				rows = append(rows, model.Row{Session: session, Token: id})
			}
			if err := r.e.Forward(rows); err != nil {
				return nil, fmt.Errorf("masks: what stands before the statements: %w", err)
			}
		}
		s = &slot{session: session, sums: make([]float64, r.channels.Len())}
	}
	s.statement, s.tokens = i, tokens
	r.reading = append(r.reading, s)
	return s.session, nil
}

// pass reads the next tokens and shows the statements that end with them.
func (r *activations) pass(ctx context.Context, rows []model.Row, progress func(done, total int), total int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.e.SetTap(r.tap)
	if err := r.e.Forward(rows); err != nil {
		return fmt.Errorf("masks: statements %d to %d: %w", r.reading[0].statement+1, r.reading[len(r.reading)-1].statement+1, err)
	}
	for len(r.reading) > 0 {
		s := r.reading[0]
		if s.session.Len() < len(r.prefix)+s.tokens {
			break
		}
		for i, sum := range s.sums {
			r.rms[i] = float32(math.Sqrt(sum / float64(s.tokens)))
		}
		r.see(s.statement, r.rms)
		r.reading, r.free = r.reading[1:], append(r.free, s)
		if progress != nil {
			progress(s.statement+1, total)
		}
	}
	return nil
}

// tap adds the squares of a pass. The square of a float32 is exact in float64,
// so that fusing it with the sum, as some processors do, changes nothing.
func (r *activations) tap(layer int, site model.Site, rows []model.Row, x []float32, width int) {
	first, last := r.channels.Span(layer, site)
	at := 0
	for i, row := range rows {
		for r.reading[at].session != row.Session {
			at++
		}
		sums := r.reading[at].sums[first:last]
		for c, v := range x[i*width:][:width] {
			sums[c] += float64(v) * float64(v)
		}
	}
}
