package masks

import (
	"context"
	"errors"
	"math"
	"testing"

	"masque/engine/model"
)

// TestNoNumbers: of a model that computes none nothing is measured, and no mask is made.
func TestNoNumbers(t *testing.T) {
	r, ctx := tinyReading(t), context.Background()
	w := r.Engine().Weights()
	w.OutputNorm[3] = float32(math.NaN())
	if l, err := r.LogLikelihoods(ctx, nil, []string{"a", "b"}, nil); !errors.Is(err, model.ErrNoNumbers) {
		t.Errorf("log-likelihoods of %v: %v", l, err)
	}
	if sum, _, err := r.NLL(ctx, nil, []string{"a text"}); !errors.Is(err, model.ErrNoNumbers) {
		t.Errorf("a text of %v nats: %v", sum, err)
	}
	if _, err := r.Attribute(ctx, nil, Scope{Last: 2, Channels: true}, []string{"a", "b"}, []string{"c", "d"}, nil, func(int, int) {}); !errors.Is(err, model.ErrNoNumbers) {
		t.Errorf("gradients: %v", err)
	}
}
