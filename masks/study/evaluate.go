package study

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"masque/masks"
)

// Options say what to measure beside the masks themselves.
type Options struct {
	// Whole are the masks whose cost and replies are measured, where those that separate
	// statements were made without the ones under test; nil: the same.
	Whole *Masks

	Gamma masks.Ratios // factors of what the masks leave out
	Seed  uint64       // of bootstraps, permutations and sampled replies

	// Controls; each is left out where it has nothing to work with.
	Shuffled []Masks    // of shuffled labels
	Random   []Masks    // of the same size
	Prompts  Prompts    // "You are …" alone, and with the masks; of replies as well
	Examples Statements // of a few-shot prompt; none of them may be tested

	// PromptControls asks for the controls of Prompts on statements; without, they are
	// for replies alone.
	PromptControls bool

	YesNo bool // ask whether the model would say a statement
	// Replies are sampled to each neutral question, through the masks and, as a control,
	// under Prompts. The dense model judges them twice: by its likelihood under Prompts, and
	// after statements of the set under test.
	Replies int
	// ReplyShuffled and ReplyRandom are masks for more controls of replies; one reply a
	// question is sampled through each.
	ReplyShuffled, ReplyRandom []Masks

	// Again says that the masks were measured before, on other statements: their cost
	// is known, and matched statements are left out.
	Again bool
	// ControlsOnly says that the masks were measured before, on these statements.
	ControlsOnly bool
}

// Prompts put a pole into words for the model.
type Prompts struct{ Plus, Minus string }

func (p Prompts) present() bool { return p.Plus != "" && p.Minus != "" }

// Topics of what is measured, before [Result.On] says that the statements were others.
var (
	UnseenTopic   = masks.Topic{Set: masks.SetUnseen}
	MatchedTopic  = masks.Topic{Set: masks.SetUnseen, Measure: masks.MeasureMatched}
	YesNoTopic    = masks.Topic{Set: masks.SetUnseen, Measure: masks.MeasureYesNo}
	RepliesTopic  = masks.Topic{Set: masks.SetUnseen, Measure: masks.MeasureReplies}
	ShuffledTopic = masks.Topic{Set: masks.SetUnseen, Kind: masks.ControlShuffled}
	RandomTopic   = masks.Topic{Set: masks.SetUnseen, Kind: masks.ControlRandom}
	PromptTopic   = masks.Topic{Set: masks.SetUnseen, Kind: masks.ControlPrompt}
	TogetherTopic = masks.Topic{Set: masks.SetUnseen, Kind: masks.ControlTogether}
	FewShotTopic  = masks.Topic{Set: masks.SetUnseen, Kind: masks.ControlFewShot}
	WordsTopic    = masks.Topic{Set: masks.SetUnseen, Kind: masks.ControlWords}
	WandaTopic    = masks.Topic{Set: masks.SetUnseen, Kind: masks.ControlWanda}

	ReplyPromptTopic   = masks.Topic{Set: masks.SetUnseen, Measure: masks.MeasureReplies, Kind: masks.ControlPrompt}
	ReplyShuffledTopic = masks.Topic{Set: masks.SetUnseen, Measure: masks.MeasureReplies, Kind: masks.ControlShuffled}
	ReplyRandomTopic   = masks.Topic{Set: masks.SetUnseen, Measure: masks.MeasureReplies, Kind: masks.ControlRandom}
)

// Second is the topic of the same replies as the second judge finds them.
func Second(replies masks.Topic) masks.Topic {
	replies.Measure = masks.MeasureRepliesByStatements
	return replies
}

// A Result is what Evaluate measured, in the form of a persona's evidence.
type Result struct {
	Unseen  masks.Test  // without a set: not measured
	Matched *masks.Test // nil: no two statements match
	YesNo   *masks.Test
	Replies *masks.Test
	// RepliesByStatements are the same replies, judged by statements instead of the prompts.
	RepliesByStatements *masks.Test
	Controls            []masks.Test
}

// Tests returns the measurements of the masks themselves.
func (r *Result) Tests() []masks.Test {
	var tests []masks.Test
	if r.Unseen.Set != "" {
		tests = append(tests, r.Unseen)
	}
	for _, t := range r.further() {
		tests = append(tests, *t)
	}
	return tests
}

// further are the measurements beside the first that were made.
func (r *Result) further() []*masks.Test {
	return slices.DeleteFunc([]*masks.Test{r.Matched, r.YesNo, r.Replies, r.RepliesByStatements}, func(t *masks.Test) bool { return t == nil })
}

// Evaluate measures masks on statements that they were not made from.
func (l *Lab) Evaluate(ctx context.Context, m Masks, set Statements, o Options, progress Progress) (*Result, error) {
	e := l.evaluation(ctx, m, set, o, progress)
	if err := set.both(); err != nil {
		return nil, err
	}
	var steps []func(*Result) error
	if !o.ControlsOnly {
		steps = append(steps, e.unseen)
		if !o.Again {
			steps = append(steps, e.matched)
		}
	}
	if o.YesNo {
		steps = append(steps, e.yesNo)
	}
	if o.Replies > 0 && o.Prompts.present() {
		steps = append(steps, e.replies)
	}
	steps = append(steps, e.shuffled, e.random, e.prompts, e.fewShot)
	r := new(Result)
	for _, step := range steps {
		if err := step(r); err != nil {
			return nil, err
		}
	}
	if o.Whole != nil {
		tested := []*masks.Test{&r.Unseen, r.Matched, r.YesNo}
		for i := range r.Controls {
			if r.Controls[i].Kind == masks.ControlTogether {
				tested = append(tested, &r.Controls[i])
			}
		}
		for _, t := range tested {
			if t != nil && t.AUC != nil {
				t.Of = masks.OfPart
				t.Note = strings.TrimSpace(masks.PartNote + " " + t.Note)
			}
		}
	}
	if o.Again || o.ControlsOnly {
		return r, nil
	}
	whole, err := e.whole()
	if err != nil {
		return nil, err
	}
	cost, err := l.cost(ctx, whole, l.neutral, progress)
	if err != nil {
		return nil, err
	}
	r.Unseen.PPLRatio, r.Unseen.KL = RoundRatios(cost.PPLRatio), RoundRatios(cost.KL)
	return r, nil
}

// Separate measures masks on statements and nothing else.
func (l *Lab) Separate(ctx context.Context, m Masks, gamma masks.Ratios, set Statements, seed uint64, progress Progress) (Separation, error) {
	v, err := l.overlays(m, gamma)
	if err != nil {
		return Separation{}, err
	}
	return l.masked(v).separate(ctx, set, seed, func(done, total int) { progress.tell("reading statements", done, total) })
}

// evaluation is the state of Evaluate.
type evaluation struct {
	lab      *Lab
	ctx      context.Context
	set      Statements
	options  Options
	known    map[string]float64 // D of the statements, once they are read
	progress Progress

	// Of the masks that separate statements, and of those whose cost and replies are
	// measured: made when they are first wanted, for they may be copies of all weights.
	tested, whole func() (overlays, error)
}

func (l *Lab) evaluation(ctx context.Context, m Masks, set Statements, o Options, progress Progress) *evaluation {
	of := func(m Masks) func() (overlays, error) {
		var v overlays
		return func() (overlays, error) {
			var err error
			if v.minus == nil { // the last to be made
				v, err = l.overlays(m, o.Gamma)
			}
			return v, err
		}
	}
	e := &evaluation{lab: l, ctx: ctx, set: set, options: o, progress: progress, tested: of(m)}
	e.whole = e.tested
	if o.Whole != nil {
		e.whole = of(*o.Whole)
	}
	return e
}

// measure reads the statements through a contrast.
func (e *evaluation) measure(what string, c contrast, set Statements) (Separation, error) {
	return c.separate(e.ctx, set, e.options.Seed, func(done, total int) { e.progress.tell(what, done, total) })
}

func (e *evaluation) unseen(r *Result) error {
	tested, err := e.tested()
	if err != nil {
		return err
	}
	d, err := e.lab.masked(tested).differences(e.ctx, e.set.all(), func(done, total int) {
		e.progress.tell("reading unseen statements", done, total)
	})
	if err != nil {
		return err
	}
	e.known = map[string]float64{}
	for i, statement := range e.set.all() {
		e.known[statement] = d[i]
	}
	s := Separate(d[:len(e.set.Plus)], d[len(e.set.Plus):], e.options.Seed)
	r.Unseen = s.Test(UnseenTopic)
	return nil
}

// fewMatched is the number of matched pairs below which they say nothing.
const fewMatched = 4

// matched compares what unseen has measured.
func (e *evaluation) matched(r *Result) error {
	set := Matched(e.set)
	if len(set.Plus) < fewMatched {
		return nil
	}
	known := func(statements []string) []float64 {
		d := make([]float64, len(statements))
		for i, s := range statements {
			d[i] = e.known[s]
		}
		return d
	}
	s := Separate(known(set.Plus), known(set.Minus), e.options.Seed)
	t := s.Test(MatchedTopic)
	r.Matched = &t
	return nil
}

func (e *evaluation) shuffled(r *Result) error { return e.drawn(r, ShuffledTopic, e.options.Shuffled) }
func (e *evaluation) random(r *Result) error   { return e.drawn(r, RandomTopic, e.options.Random) }

// drawn measures several masks as one control, and the cost of the first.
func (e *evaluation) drawn(r *Result, of masks.Topic, draws []Masks) error {
	if len(draws) == 0 {
		return nil
	}
	t := masks.NewTest(of)
	t.N, t.AUC = &masks.Counts{Plus: len(e.set.Plus), Minus: len(e.set.Minus)}, new(masks.Estimate)
	for k, m := range draws {
		o, err := e.lab.overlays(m, e.options.Gamma)
		if err != nil {
			return err
		}
		c := e.lab.masked(o)
		auc, err := c.auc(e.ctx, e.set, func(done, total int) {
			e.progress.tell(fmt.Sprintf("control: %s, draw %d of %d", t.Name, k+1, len(draws)), done, total)
		})
		if err != nil {
			return err
		}
		t.AUC.Draws = append(t.AUC.Draws, round(auc))
		if k == 0 {
			ratios, err := e.lab.perplexity(e.ctx, o)
			if err != nil {
				return err
			}
			t.PPLRatio = RoundRatios(ratios)
		}
	}
	t.AUC.Value = round(mean(t.AUC.Draws))
	if len(draws) > 1 {
		t.Note = "Perplexity ratio of the first draw."
	}
	r.Controls = append(r.Controls, t)
	return nil
}

// auc is separate without the resampling.
func (c contrast) auc(ctx context.Context, set Statements, progress func(done, total int)) (float64, error) {
	if err := set.both(); err != nil {
		return 0, err
	}
	d, err := c.differences(ctx, set.all(), progress)
	if err != nil {
		return 0, err
	}
	return AUC(d[:len(set.Plus)], d[len(set.Plus):]), nil
}

// Test is the separation in the form of evidence, rounded to what it can carry.
func (s *Separation) Test(of masks.Topic) masks.Test {
	auc, n := roundEstimate(s.AUC), s.N
	t := masks.NewTest(of)
	t.N, t.AUC = &n, &auc
	if !math.IsNaN(s.P) {
		p := math.Round(s.P*1e4) / 1e4
		if s.P > 0 && p == 0 {
			p = 1e-4
		}
		t.P = &p
	}
	if s.D != nil {
		d := roundEstimate(*s.D)
		t.D = &d
	}
	if v := s.AUC.Value; v == 0 || v == 1 {
		t.Note = "The groups do not overlap: resampling cannot say how wide the interval should be."
	}
	return t
}

// Three decimals are more than a hundred statements can carry.
func round(v float64) float64 { return math.Round(v*1e3) / 1e3 }

func roundEstimate(e masks.Estimate) masks.Estimate {
	e.Value = round(e.Value)
	if e.Low != nil {
		low, high := round(*e.Low), round(*e.High)
		e.Low, e.High = &low, &high
	}
	return e
}

func RoundRatios(r masks.Ratios) *masks.Ratios {
	return &masks.Ratios{Plus: round(r.Plus), Minus: round(r.Minus)}
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
