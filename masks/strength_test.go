package masks

import (
	"fmt"
	"testing"
)

func TestStrengthOf(t *testing.T) {
	for gamma, want := range map[float64]string{.55: "0.45", 0: "1", 1: "0", .875: "0.125"} {
		if got := fmt.Sprint(StrengthOf(gamma)); got != want {
			t.Errorf("γ = %v is a strength of %s, want %s", gamma, got, want)
		}
	}
}

func TestChatStrength(t *testing.T) {
	statements, replies := Test{Set: SetUnseen}, Test{Set: SetUnseen, Measure: MeasureReplies, Rates: new(SampledRates)}
	loud := replies
	loud.Gamma = &Ratios{Plus: .55, Minus: .2}
	for i, test := range []struct {
		evidence    *Evidence
		plus, minus float64
	}{
		{nil, 1, 1},
		{&Evidence{Tests: []Test{statements}}, 1, 1},
		{&Evidence{Tests: []Test{statements, replies}}, .3, .3},
		{&Evidence{Tests: []Test{statements, loud}}, .45, .8},
	} {
		p := &Persona{Recipe: Recipe{Parameters: map[string]float64{"gamma": .7}}, Evidence: test.evidence}
		if plus, minus := p.ChatStrength(Plus), p.ChatStrength(Minus); plus != test.plus || minus != test.minus {
			t.Errorf("case %d: a chat begins at %v and %v, want %v and %v", i, plus, minus, test.plus, test.minus)
		}
	}
	union := &Persona{Kind: KindUnits, Parents: make([]Parent, 2), Recipe: Recipe{Parameters: map[string]float64{"gamma": .7}}}
	if got := union.ChatStrength(Plus); got != .3 {
		t.Errorf("a chat through combined units begins at %v, want %v", got, .3)
	}
}
