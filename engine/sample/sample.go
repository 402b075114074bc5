// Package sample chooses the next token from logits.
package sample

import "errors"

// Params says how a token is chosen.
type Params struct {
	Temperature   float32 `json:"temperature"`
	TopK          int     `json:"topK"`
	TopP          float32 `json:"topP"`
	MinP          float32 `json:"minP"`
	RepeatPenalty float32 `json:"repeatPenalty"`
	RepeatLast    int     `json:"repeatLast"`
	Seed          uint64  `json:"seed"`
}

// Sampler draws tokens.
type Sampler struct{}

// LogProb is a token with its log-probability.
type LogProb struct {
	ID      int32   `json:"id"`
	LogProb float32 `json:"logProb"`
}

var errSkeleton = errors.New("sample: not built yet")

func Default() Params                            { panic(errSkeleton) }
func (p Params) Validate() error                 { return errSkeleton }
func New(p Params) *Sampler                      { panic(errSkeleton) }
func (s *Sampler) Sample(logits []float32) int32 { panic(errSkeleton) }
func (s *Sampler) Accept(id int32)               { panic(errSkeleton) }
func LogProbs(logits []float32, n int) []LogProb { panic(errSkeleton) }
func LogSumExp(logits []float32) float64         { panic(errSkeleton) }
func KL(p, q []float32) float64                  { panic(errSkeleton) }
