package study

import (
	"context"
	"errors"
	"testing"
)

func TestImpersonate(t *testing.T) {
	l := tinyLab(t)
	said, err := l.Impersonate(ctx, likingPrompts, 2, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	most := 2 * len(ImpersonationQuestions)
	if n := len(said.Plus); n < most/3 || n > most || n != len(said.Minus) {
		t.Errorf("%d and %d statements of %d replies", n, len(said.Minus), most)
	}
	again, err := l.Impersonate(ctx, likingPrompts, 2, 1, nil)
	if err != nil || !again.Equal(said) {
		t.Errorf("the same seed gives other statements (%v)", err)
	}
	if other, err := l.Impersonate(ctx, likingPrompts, 2, 2, nil); err != nil || other.Equal(said) {
		t.Errorf("another seed gives the same statements (%v)", err)
	}
	if none, err := l.Impersonate(ctx, likingPrompts, 0, 1, nil); err != nil || len(none.all()) > 0 {
		t.Errorf("no replies are %d statements (%v)", len(none.all()), err)
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	if _, err := l.Impersonate(stopped, likingPrompts, 1, 1, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
