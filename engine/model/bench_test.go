package model

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"masque/engine/model/modeltest"
)

// BenchmarkModel measures the default model: tokens a second of a prompt of
// 256 tokens, and of decoding after a short prompt and after 1,000 tokens, for
// one session and for two in one pass.
func BenchmarkModel(b *testing.B) {
	w, err := Load(modeltest.Real(b), Fast, nil)
	if err != nil {
		b.Fatal(err)
	}
	ids := text(1000, 40000)
	for _, workers := range []int{1, 2} {
		e := NewEngine(w, workers)
		b.Run(fmt.Sprintf("prefill256/%d", workers), func(b *testing.B) {
			s := newSession(b, e, nil)
			for range b.N {
				s.Truncate(0)
				feed(b, e, s, ids[:256])
			}
			b.ReportMetric(256*float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
		for _, depth := range []int{16, 1000} {
			for _, sessions := range []int{1, 2} {
				b.Run(fmt.Sprintf("decode%d@%d/%d", sessions, depth, workers), func(b *testing.B) {
					var rows []Row
					for range sessions {
						s := newSession(b, e, nil)
						feed(b, e, s, ids[:depth])
						rows = append(rows, Row{s, 5, true})
					}
					b.ResetTimer()
					for i := range b.N {
						if i%64 == 0 {
							for _, r := range rows {
								r.Session.Truncate(depth)
							}
						}
						forward(b, e, rows...)
					}
					b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
				})
			}
		}
		e.Close()
	}
}

// BenchmarkDifferentiate measures what a calibration does: statements of a dozen tokens behind
// the neutral question, back to the units of the upper two thirds.
func BenchmarkDifferentiate(b *testing.B) {
	w, err := Load(modeltest.Real(b), Fast, nil)
	if err != nil {
		b.Fatal(err)
	}
	const beginning, own, texts = 14, 13, 9
	ids := text(beginning+texts*own, 40000)
	targets := make([]Target, texts)
	for i := range targets {
		t := Target{Tokens: ids[beginning+i*own:][:own], Factors: make([]float32, own)}
		for k := 1; k < own; k++ {
			t.Factors[k] = 1.0 / own
		}
		targets[i] = t
	}
	for _, workers := range []int{1, 2} {
		e := NewEngine(w, workers)
		defer e.Close()
		b.Run(strconv.Itoa(workers), func(b *testing.B) {
			for b.Loop() {
				if _, err := e.Differentiate(nil, ids[:beginning], targets, w.Layers/3, func(int, int, Site, []float32, int) {}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(texts*float64(b.N)/b.Elapsed().Seconds(), "texts/s")
		})
	}
}

// BenchmarkLoad measures the laying out of the default model's weights.
func BenchmarkLoad(b *testing.B) {
	f := modeltest.Real(b)
	start := time.Now()
	for range b.N {
		if _, err := Load(f, Fast, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(f.DataSize())*float64(b.N)/time.Since(start).Seconds()/1e6, "MB/s")
}
