package sample

import (
	"errors"
	"fmt"
)

// Params says how tokens are chosen.
type Params struct {
	// Temperature divides the logits; 0 always takes the most likely token.
	Temperature float32 `json:"temperature"`
	// TopK keeps the k most likely tokens; 0 keeps all.
	TopK int `json:"topK"`
	// TopP keeps the most likely tokens that together have this probability
	// (arXiv 1904.09751, §3.1); 1 keeps all.
	TopP float32 `json:"topP"`
	// MinP keeps the tokens that are at least this fraction as likely as the most
	// likely one (arXiv 2407.01082); 0 keeps all.
	MinP float32 `json:"minP"`
	// RepeatPenalty makes recent tokens less likely: their logits are divided by
	// it where positive and multiplied where not (arXiv 1909.05858, §4.1); 1
	// leaves them.
	RepeatPenalty float32 `json:"repeatPenalty"`
	// RepeatLast is how many of the last tokens are recent.
	RepeatLast int `json:"repeatLast"`
	// Seed starts the random numbers.
	Seed uint64 `json:"seed"`
}

// Bounds of Params: far beyond what is of use.
const (
	MaxTemperature   = 10
	MaxTopK          = 1 << 22
	MaxRepeatPenalty = 10
	MaxRepeatLast    = 1 << 16
)

// ErrParams is wrapped by the errors of Validate.
var ErrParams = errors.New("sampling parameter out of range")

// Default gives the parameters of llama.cpp, with a repetition penalty of 1.1: a
// model of 135 M parameters repeats itself without one.
func Default() Params {
	return Params{Temperature: 0.8, TopK: 40, TopP: 0.95, MinP: 0.05, RepeatPenalty: 1.1, RepeatLast: 64}
}

// Validate gives an error that names each field out of its range, and the range.
func (p Params) Validate() error {
	var errs []error
	// A NaN is in no range, so the conditions say what is right.
	want := func(ok bool, field string, value any, valid string) {
		if !ok {
			errs = append(errs, fmt.Errorf("sample: %w: %s is %v; it goes from %s", ErrParams, field, value, valid))
		}
	}
	want(p.Temperature >= 0 && p.Temperature <= MaxTemperature, "temperature", p.Temperature, fmt.Sprintf("0 to %d", MaxTemperature))
	want(p.TopK >= 0 && p.TopK <= MaxTopK, "topK", p.TopK, fmt.Sprintf("0, which keeps all tokens, to %d", MaxTopK))
	want(p.TopP > 0 && p.TopP <= 1, "topP", p.TopP, "above 0 to 1, which keeps all tokens")
	want(p.MinP >= 0 && p.MinP <= 1, "minP", p.MinP, "0, which keeps all tokens, to 1")
	want(p.RepeatPenalty > 0 && p.RepeatPenalty <= MaxRepeatPenalty, "repeatPenalty", p.RepeatPenalty,
		fmt.Sprintf("above 0 to %d; 1 is no penalty", MaxRepeatPenalty))
	want(p.RepeatLast >= 0 && p.RepeatLast <= MaxRepeatLast, "repeatLast", p.RepeatLast, fmt.Sprintf("0 to %d", MaxRepeatLast))
	return errors.Join(errs...)
}
