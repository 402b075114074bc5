package masks

import (
	"context"
	"slices"
	"testing"

	"masque/engine/chat"
	"masque/engine/model"
	"masque/masks/neutral"
)

// BenchmarkAttribution measures what a unit mask takes: the gradients of the 40 + 40
// golden statements, and of the guard's neutral texts, with the default recipe.
func BenchmarkAttribution(b *testing.B) {
	r := openReading(b, model.Fast)
	plus, minus := extraversion(b)
	family, err := chat.ByName("smollm2")
	if err != nil {
		b.Fatal(err)
	}
	guard, err := neutral.Render(family, neutral.Guard())
	if err != nil {
		b.Fatal(err)
	}
	scope := DefaultUnits(r.Engine().Weights().Layers).Scope
	b.Run("statements", func(b *testing.B) {
		for b.Loop() {
			if _, err := r.Attribute(context.Background(), nil, scope, true, plus, minus, nil, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("guard", func(b *testing.B) {
		for b.Loop() {
			if _, err := r.Guard(context.Background(), scope, guard, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkLogLikelihoods measures the reading of the 40 + 40 golden statements
// through the plain model.
func BenchmarkLogLikelihoods(b *testing.B) {
	r := openReading(b, model.Fast)
	statements := slices.Concat(extraversion(b))
	for b.Loop() {
		if _, err := r.LogLikelihoods(context.Background(), nil, statements, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(statements)*b.N)/b.Elapsed().Seconds(), "statements/s")
}
