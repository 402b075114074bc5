package masks

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"masque/engine/model"
)

// TestAttributeTooLong: a statement that the context has no room for is told by its words.
func TestAttributeTooLong(t *testing.T) {
	r := tinyReading(t)
	long := "I go on" + strings.Repeat(" and on", 100)
	_, err := r.Attribute(context.Background(), nil, Scope{Last: 2, Channels: true}, true, []string{"a"}, []string{long}, nil, func(int, int) {})
	if err == nil || !strings.Contains(err.Error(), `begins "I go on and on`) || !strings.Contains(err.Error(), "context has 200") {
		t.Errorf("a statement of %d bytes: %v", len(long), err)
	}
}

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
	if _, err := r.Attribute(ctx, nil, Scope{Last: 2, Channels: true}, true, []string{"a text", "b"}, []string{"c", "d"}, nil, func(int, int) {}); !errors.Is(err, model.ErrNoNumbers) {
		t.Errorf("gradients: %v", err)
	}
}
