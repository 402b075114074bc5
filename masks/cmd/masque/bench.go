package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"masque/engine/kernel"
	"masque/engine/model"
)

var benchCommand = command{
	name:    "bench",
	args:    "[-model FILE] [-workers 1,2] [-runs N] [-json]",
	summary: "Measure the native engine: reading, writing, baking a mask, and how near the machine's limits it comes",
	example: "masque bench -model SmolLM2-135M-Instruct.Q4_1.gguf\nmasque bench -runs 9 -workers 2 -json",
	setup: func(flags *flag.FlagSet) func(context.Context, *env, []string) error {
		path := flags.String("model", "", "the GGUF `file` (default $MASQUE_MODEL)")
		counts := flags.String("workers", "", "numbers of `goroutines`, with commas (default 1 and the machine's processors)")
		runs := flags.Int("runs", 5, "repetitions that count, after one that warms up")
		asJSON := flags.Bool("json", false, "print JSON in place of the table")
		return func(ctx context.Context, e *env, args []string) error {
			if len(args) > 0 {
				return usagef("%q is no flag; the file goes with -model", args[0])
			}
			if *runs < 1 {
				return usagef("-runs %d: give 1 or more", *runs)
			}
			workers, err := workerCounts(*counts)
			if err != nil {
				return err
			}
			file, err := e.modelPath(*path)
			if err != nil {
				return err
			}
			report, err := benchmark(ctx, e, file, workers, *runs)
			if err != nil {
				return err
			}
			if *asJSON {
				encoder := json.NewEncoder(e.stdout)
				encoder.SetIndent("", "  ")
				return encoder.Encode(report)
			}
			return report.print(e.stdout)
		}
	},
}

func workerCounts(list string) ([]int, error) {
	if list == "" {
		counts := []int{1}
		if n := workers(); n > 1 {
			counts = append(counts, n)
		}
		return counts, nil
	}
	var counts []int
	for word := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || n < 1 || n > 256 {
			return nil, usagef("-workers %s: give numbers from 1 to 256, with commas", list)
		}
		counts = append(counts, n)
	}
	return counts, nil
}

// What is measured, as web/bench does it.
const (
	benchPrompt = 40
	benchRead   = 256
	benchDeep   = 1000
	benchWrite  = 64
)

type benchReport struct {
	Model    string          `json:"model"`
	Kernels  string          `json:"kernels"`
	Go       string          `json:"go"`
	Settings []*benchSetting `json:"settings"`
	Bake     *benchBake      `json:"bake"`
}

type benchSetting struct {
	Workers   int          `json:"workers"`
	Bandwidth float64      `json:"bandwidth"` // bytes/s that the machine reads from memory
	Multiply  float64      `json:"multiply"`  // products/s of the kernels on what lies in the cache
	Phases    []benchPhase `json:"phases"`
}

type benchPhase struct {
	Name   string  `json:"name"`
	Rate   float64 `json:"rate"` // tokens/s, the median
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Memory float64 `json:"memory"`   // share of the bandwidth that its weights take
	Share  float64 `json:"multiply"` // share of the multiply rate

	work benchWork
}

// benchWork is what a token costs that the rate counts: passes over the weights, and how often
// its layers and its head are computed.
type benchWork struct{ passes, layers, heads float64 }

func benchmark(ctx context.Context, e *env, path string, counts []int, runs int) (*benchReport, error) {
	m, err := openModel(path)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	p := e.progress()
	defer p.clear()
	w, err := m.weights(ctx, p, model.Fast)
	if err != nil {
		return nil, err
	}
	if w.Context < benchDeep+benchWrite {
		return nil, fmt.Errorf("%s holds %d tokens; the benchmark needs %d", path, w.Context, benchDeep+benchWrite)
	}
	report := &benchReport{Model: m.name(), Kernels: kernel.Variant(), Go: runtime.Version()}
	for _, n := range counts {
		p.step(fmt.Sprintf("measuring with %d", n))
		s := &benchSetting{Workers: n, Bandwidth: readRate(n), Multiply: multiplyRate(w, n)}
		engine := model.NewEngine(w, n)
		s.Phases, err = benchPhases(ctx, engine, runs)
		engine.Close()
		if err != nil {
			return nil, err
		}
		for i := range s.Phases {
			s.Phases[i].limits(w, s)
		}
		report.Settings = append(report.Settings, s)
	}
	p.step("baking a mask")
	report.Bake, err = measureBake(ctx, w, runs)
	return report, err
}

// benchPhases runs every phase once for warmth and then as often as asked,
// turn by turn.
func benchPhases(ctx context.Context, engine *model.Engine, runs int) ([]benchPhase, error) {
	var sessions [3]*model.Session
	for i := range sessions {
		s, err := engine.NewSession(nil)
		if err != nil {
			return nil, err
		}
		sessions[i] = s
	}
	write := func(depth int, sessions ...*model.Session) func() (time.Duration, error) {
		return func() (time.Duration, error) {
			rows := make([]model.Row, len(sessions))
			for i, s := range sessions {
				s.Truncate(min(s.Len(), depth))
				if err := benchFeed(engine, s, depth-s.Len()); err != nil {
					return 0, err
				}
				rows[i] = model.Row{Session: s, Token: 5, Logits: true}
			}
			start := time.Now()
			for range benchWrite {
				if err := engine.Forward(rows); err != nil {
					return 0, err
				}
				for i := range rows {
					rows[i].Token = likeliest(engine.Logits(i))
				}
			}
			return time.Since(start), nil
		}
	}
	phases := []struct {
		name   string
		tokens int
		work   benchWork
		run    func() (time.Duration, error)
	}{
		{"prefill 256", benchRead, benchWork{1 / float64(min(benchRead, model.MaxRows)), 1, 1. / benchRead}, func() (time.Duration, error) {
			sessions[0].Truncate(0)
			start := time.Now()
			err := benchFeed(engine, sessions[0], benchRead)
			return time.Since(start), err
		}},
		{"decode 64", benchWrite, benchWork{1, 1, 1}, write(benchPrompt, sessions[0])},
		{"decode 64, two at once", benchWrite, benchWork{1, 2, 2}, write(benchPrompt, sessions[0], sessions[1])},
		{"decode 64 at 1,000", benchWrite, benchWork{1, 1, 1}, write(benchDeep, sessions[2])},
	}
	rates := make([][]float64, len(phases))
	for run := -1; run < runs; run++ {
		for i, phase := range phases {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			took, err := phase.run()
			if err != nil {
				return nil, err
			}
			if run >= 0 {
				rates[i] = append(rates[i], float64(phase.tokens)/took.Seconds())
			}
		}
	}
	out := make([]benchPhase, len(phases))
	for i, r := range rates {
		out[i] = benchPhase{Name: phases[i].name, work: phases[i].work}
		out[i].Rate, out[i].Low, out[i].High = spread(r)
	}
	return out, nil
}

// spread returns the median of some values, the least and the greatest.
func spread(v []float64) (median, low, high float64) {
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2, v[0], v[len(v)-1]
}

// benchFeed reads n tokens and asks for the logits after the last.
func benchFeed(engine *model.Engine, s *model.Session, n int) error {
	return s.Feed(benchTokens(engine.Weights(), s.Len(), n), n-1, nil)
}

// benchTokens are n tokens from a place in a text without meaning.
func benchTokens(w *model.Weights, from, n int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		at := from + i
		ids[i] = int32((at*at*7 + at*3 + 5) % w.Vocab)
	}
	return ids
}

func likeliest(logits []float32) int32 {
	best := 0
	for i, v := range logits {
		if v > logits[best] {
			best = i
		}
	}
	return int32(best)
}

// limits says what share of the machine's measured limits a phase takes.
// Attention and the caches are left out: they are small beside the weights.
func (b *benchPhase) limits(w *model.Weights, s *benchSetting) {
	layers := 0 // products
	for layer := range w.Layers {
		for _, k := range model.Kinds() {
			m := w.Matrix(model.MatrixID{Layer: layer, Kind: k})
			layers += m.Rows * m.Cols
		}
	}
	products := b.work.layers*float64(layers) + b.work.heads*float64(w.Output.Rows*w.Output.Cols)
	b.Memory = b.Rate * b.work.passes * float64(w.Bytes()) / s.Bandwidth
	b.Share = b.Rate * products / s.Multiply
}

func (r *benchReport) print(out io.Writer) error {
	fmt.Fprintf(out, "%s, %s, %s\n", r.Model, r.Kernels, r.Go)
	for _, s := range r.Settings {
		fmt.Fprintf(out, "\n%s; memory %.1f GB/s, %.0f billion products/s\n", goroutines(s.Workers), s.Bandwidth/1e9, s.Multiply/1e9)
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, b := range s.Phases {
			fmt.Fprintf(w, "  %s\t%.1f tokens/s\t(%.1f to %.1f)\t%.0f %% of the bandwidth, %.0f %% of the products\n",
				b.Name, b.Rate, b.Low, b.High, 100*b.Memory, 100*b.Share)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	b := r.Bake
	_, err := fmt.Fprintf(out, "\nbaking a weight mask, %s of all layers, with %s: %.1f ms (%.1f to %.1f)\n",
		b.Scope, goroutines(b.Workers), b.Time, b.Low, b.High)
	return err
}

func goroutines(n int) string {
	if n == 1 {
		return "1 goroutine"
	}
	return fmt.Sprintf("%d goroutines", n)
}
