package masks

import (
	"context"
	"slices"
	"testing"

	"masque/engine/model"
)

// TestAttributeOwn: what units do where a statement's own tokens are predicted is, bit for
// bit, what they do at the end of the whole, and it is not all.
func TestAttributeOwn(t *testing.T) {
	r, ctx := tinyReading(t), context.Background()
	scope := Scope{First: 1, Last: 2, Channels: true, Neurons: true}
	plus, minus := []string{"I like a party.", "a"}, []string{"I stay at home alone, with a book, and like that as well."}
	own, err := r.Attribute(ctx, nil, scope, true, plus, minus, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	all, err := r.Attribute(ctx, nil, scope, false, plus, minus, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for s, statement := range slices.Concat(plus, minus) {
		ids, err := r.Tokens(statement)
		if err != nil {
			t.Fatal(err)
		}
		whole := model.Target{Tokens: slices.Concat(r.Prefix(), ids), Factors: make([]float32, len(r.Prefix())+len(ids))}
		for k := range ids {
			whole.Factors[len(r.Prefix())+k] = 1 / float32(len(ids))
		}
		tail, sum := make([]float32, own.units.Scope()), make([]float32, own.units.Scope())
		_, err = r.Engine().Differentiate(nil, nil, []model.Target{whole}, scope.First, func(_, layer int, site model.Site, x []float32, width int) {
			at, ok := own.units.place(layer, site)
			if !ok {
				return
			}
			for i, v := range x {
				sum[at+i%width] += v
				if i/width >= len(r.Prefix())-1 {
					tail[at+i%width] += v
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(own.gradient[s], tail) {
			t.Errorf("%q: the gradients where its tokens are predicted are not those at the end of the whole", statement)
		}
		if !slices.Equal(all.gradient[s], sum) {
			t.Errorf("%q: the gradients at all tokens are not those of the whole", statement)
		}
		if slices.Equal(tail, sum) {
			t.Errorf("%q: the tokens before it count for nothing", statement)
		}
	}
}

// TestAttributeShort: of however short texts no more are differentiated at once than may each
// hold a KV cache.
func TestAttributeShort(t *testing.T) {
	r := tinyReading(t)
	short := slices.Repeat([]string{"a"}, 2*textsAtOnce+1)
	var ends []int
	_, err := r.Attribute(context.Background(), nil, Scope{First: 1, Last: 2, Channels: true}, true, short, []string{"b"}, nil, func(done, _ int) {
		ends = append(ends, done)
	})
	if want := []int{textsAtOnce, 2 * textsAtOnce, 2*textsAtOnce + 2}; err != nil || !slices.Equal(ends, want) {
		t.Errorf("differentiated up to %v, want %v: %v", ends, want, err)
	}
}
