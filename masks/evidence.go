package masks

import (
	"fmt"
	"math"

	"masque/masks/jsondoc"
)

// Limits of the evidence.
const (
	maxTests = 64     // tests, and controls
	maxDraws = 10_000 // draws of one control
)

// Evidence says how well the persona does and how that is known. Controls are part
// of it: a separation means little without what a shuffled or random mask reaches.
type Evidence struct {
	// Source says, in a sentence, where the figures come from.
	Source string `json:"source"`
	// Origin, Holdout and Added say the same as Source for programs: one of the origins, the
	// share of the statements that was held out for the test (0: none, or not recorded), and
	// whether more was added from another.
	Origin  string  `json:"origin,omitzero"`
	Holdout float64 `json:"holdout,omitzero"`
	Added   bool    `json:"added,omitzero"`
	// SettingsTried counts the settings among which these were chosen; 0 = not recorded.
	SettingsTried int `json:"settings_tried,omitzero"`

	Tests    []Test `json:"tests"`
	Controls []Test `json:"controls,omitzero"`
	// Note is what a careful reader must know beside the figures.
	Note string `json:"note,omitzero"`

	Unknown jsondoc.Raw `json:",embed"`
}

// Test is one measurement: of the persona, or of a control. Name and Note are for people;
// what was measured stands in Set, Measure and Kind (see [Topic]).
type Test struct {
	Name    string `json:"name"`
	Set     string `json:"set,omitzero"`
	Measure string `json:"measure,omitzero"`
	Kind    string `json:"kind,omitzero"`
	// Of says whose masks have this AUC: [OfPart], or empty for the persona's own.
	Of string `json:"of,omitzero"`
	// N is how many statements a pole were tested.
	N *Counts `json:"n,omitzero"`
	// AUC of D = ℓ(M+) − ℓ(M−), ℓ the mean log-probability a token of a statement, as
	// a classifier of the statements' poles: .5 is chance.
	AUC *Estimate `json:"auc,omitzero"`
	// D is Cohen's d of the same differences.
	D *Estimate `json:"d,omitzero"`
	// P is the share of the ways to deal these differences out to the poles that reach
	// this AUC: a permutation test.
	P *float64 `json:"p,omitzero"`
	// PPLRatio is the perplexity on neutral text through each pole's mask over the
	// dense model's.
	PPLRatio *Ratios `json:"ppl_ratio,omitzero"`
	// KL is the mean over the tokens of neutral text of KL(dense ‖ masked), in nats.
	KL *Ratios `json:"kl,omitzero"`
	// Rates say how healthy replies are as text, where replies were sampled.
	Rates *SampledRates `json:"rates,omitzero"`
	// Gamma is the factor γ at each pole, where the masks had another than the persona's.
	Gamma *Ratios `json:"gamma,omitzero"`
	Note  string  `json:"note,omitzero"`

	Unknown jsondoc.Raw `json:",embed"`
}

// Counts are numbers of statements.
type Counts struct {
	Plus  int `json:"plus"`
	Minus int `json:"minus"`
}

// Ratios are one figure a pole.
type Ratios struct {
	Plus  float64 `json:"plus"`
	Minus float64 `json:"minus"`
}

// SampledRates are those of the replies through each pole's mask, and of the dense model's
// to the same questions with the same seeds.
type SampledRates struct {
	Plus  TextRates `json:"plus"`
	Minus TextRates `json:"minus"`
	Dense TextRates `json:"dense"`
}

// TextRates say how healthy sampled text is. A mask that breaks a model makes it say the
// same again and again, or nothing.
type TextRates struct {
	N         int     `json:"n"`          // replies
	Distinct2 float64 `json:"distinct_2"` // different pairs of words over all pairs, of all replies together
	Repeated4 float64 `json:"repeated_4"` // runs of four words that stood in the same reply before, over all runs
	EarlyStop float64 `json:"early_stop"` // replies that end within a few tokens, over all replies
}

// Estimate is a figure with its interval, where one was computed, or with its draws,
// where it is the mean of several.
type Estimate struct {
	Value float64   `json:"value"`
	Low   *float64  `json:"low,omitzero"`
	High  *float64  `json:"high,omitzero"`
	Draws []float64 `json:"draws,omitzero"`
}

func (e *Evidence) validate() error {
	if e == nil {
		return nil
	}
	if err := checkTexts([]textMember{
		{"evidence.source", e.Source, true, maxText},
		{"evidence.origin", e.Origin, false, maxName},
		{"evidence.note", e.Note, false, maxText},
	}); err != nil {
		return err
	}
	if e.SettingsTried < 0 {
		return fault("evidence.settings_tried", "is %d; it cannot be negative", e.SettingsTried)
	}
	if !between(e.Holdout, 0, 1) {
		return fault("evidence.holdout", "is %v; it must be between 0 and 1", e.Holdout)
	}
	for i, list := range [][]Test{e.Tests, e.Controls} {
		field := [...]string{"evidence.tests", "evidence.controls"}[i]
		if len(list) > maxTests {
			return fault(field, "has %d entries; at most %d are read", len(list), maxTests)
		}
		for k := range list {
			if err := list[k].validate(fmt.Sprintf("%s.%d", field, k)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *Test) validate(field string) error {
	if err := checkTexts([]textMember{
		{field + ".name", t.Name, true, 4 * maxName},
		{field + ".note", t.Note, false, maxText},
	}); err != nil {
		return err
	}
	for i, identifier := range []string{t.Set, t.Measure, t.Kind, t.Of} {
		member := [...]string{".set", ".measure", ".kind", ".of"}[i]
		if err := checkTexts([]textMember{{field + member, identifier, false, 4 * maxName}}); err != nil {
			return err
		}
	}
	if t.N != nil && (t.N.Plus < 0 || t.N.Minus < 0) {
		return fault(field+".n", "is negative")
	}
	if err := t.AUC.validate(field+".auc", 0, 1); err != nil {
		return err
	}
	if err := t.D.validate(field+".d", -math.MaxFloat64, math.MaxFloat64); err != nil {
		return err
	}
	if t.P != nil && !between(*t.P, 0, 1) {
		return fault(field+".p", "is %v; it must be between 0 and 1", *t.P)
	}
	if k := t.KL; k != nil && (!between(k.Plus, 0, math.MaxFloat64) || !between(k.Minus, 0, math.MaxFloat64)) {
		return fault(field+".kl", "must be 0 or more for both poles")
	}
	if err := t.Rates.validate(field + ".rates"); err != nil {
		return err
	}
	if g := t.Gamma; g != nil && (!between(g.Plus, 0, 1) || !between(g.Minus, 0, 1)) {
		return fault(field+".gamma", "must be between 0 and 1 for both poles")
	}
	if r := t.PPLRatio; r != nil && (!between(r.Plus, math.SmallestNonzeroFloat64, math.MaxFloat64) || !between(r.Minus, math.SmallestNonzeroFloat64, math.MaxFloat64)) {
		return fault(field+".ppl_ratio", "must be greater than 0 for both poles")
	}
	return nil
}

func (r *SampledRates) validate(field string) error {
	if r == nil {
		return nil
	}
	for _, side := range []struct {
		name  string
		rates TextRates
	}{{"plus", r.Plus}, {"minus", r.Minus}, {"dense", r.Dense}} {
		if side.rates.N < 0 {
			return fault(field+"."+side.name+".n", "is negative")
		}
		for _, rate := range []float64{side.rates.Distinct2, side.rates.Repeated4, side.rates.EarlyStop} {
			if !between(rate, 0, 1) {
				return fault(field+"."+side.name, "holds the rate %v; a rate is between 0 and 1", rate)
			}
		}
	}
	return nil
}

func (e *Estimate) validate(field string, low, high float64) error {
	if e == nil {
		return nil
	}
	if len(e.Draws) > maxDraws {
		return fault(field+".draws", "has %d entries; at most %d are read", len(e.Draws), maxDraws)
	}
	values := append([]float64{e.Value}, e.Draws...)
	if (e.Low == nil) != (e.High == nil) {
		return fault(field, "has one end of its interval; give low and high, or neither")
	}
	if e.Low != nil {
		values = append(values, *e.Low, *e.High)
		if !between(e.Value, *e.Low, *e.High) {
			return fault(field, "is %v with the interval from %v to %v, which does not hold it", e.Value, *e.Low, *e.High)
		}
	}
	for _, v := range values {
		if !between(v, low, high) {
			return fault(field, "holds %v; it must be between %v and %v", v, low, high)
		}
	}
	return nil
}
