package study

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func numbered(n int) Statements {
	var set Statements
	for i := range n {
		set.Plus = append(set.Plus, fmt.Sprintf("I like it, %d.", i))
		set.Minus = append(set.Minus, fmt.Sprintf("I hate it, %d.", i))
	}
	return set
}

func TestSplits(t *testing.T) {
	set := numbered(400)
	shares := Shares{Development: .2, Test: .3}
	for name, split := range map[string]func(Statements, Shares, uint64) (Statements, Held){"ByStatement": ByStatement, "ByLine": ByLine} {
		calibration, held := split(set, shares, 0)
		for _, part := range []struct {
			set  Statements
			want int
		}{{calibration, 200}, {held.Development, 80}, {held.Test, 120}} {
			for _, pole := range [][]string{part.set.Plus, part.set.Minus} {
				if n := len(pole); n != part.want {
					t.Errorf("%s: a part has %d statements, want %d", name, n, part.want)
				}
			}
		}
		all := slices.Sorted(slices.Values(slices.Concat(calibration.all(), held.Development.all(), held.Test.all())))
		if !slices.Equal(all, slices.Sorted(slices.Values(set.all()))) {
			t.Errorf("%s: the parts together are not the whole", name)
		}
		// A larger test part has all of the smaller one, and the order of the lines
		// does not matter.
		_, more := split(set, Shares{Development: .2, Test: .5}, 0)
		back := Statements{Plus: slices.Clone(set.Plus), Minus: slices.Clone(set.Minus)}
		slices.Reverse(back.Plus)
		slices.Reverse(back.Minus)
		_, reversed := split(back, shares, 0)
		for _, s := range held.Test.all() {
			if !slices.Contains(more.Test.all(), s) {
				t.Errorf("%s: %q is not in a larger test part", name, s)
			}
			if !slices.Contains(reversed.Test.all(), s) {
				t.Errorf("%s: %q is not in the test part where the lines stand the other way round", name, s)
			}
		}
		if other, _ := split(set, shares, 1); slices.Equal(other.Plus, calibration.Plus) {
			t.Errorf("%s: another salt is the same split", name)
		}
	}
	_, held := ByLine(set, shares, 0)
	if _, again := ByLine(set.Clean(), shares, 0); !again.Test.Equal(held.Test) {
		t.Error("a set that has nothing to clean is split otherwise once it is cleaned")
	}
	for i, p := range held.Test.Plus {
		if strings.TrimPrefix(p, "I like") != strings.TrimPrefix(held.Test.Minus[i], "I hate") {
			t.Fatalf("%q has lost its opposite: %q", p, held.Test.Minus[i])
		}
	}
	// Where cleaning leaves lines of one pole out, the others keep their opposites, and
	// those that have lost theirs are in one of the parts.
	gaps := Statements{Plus: slices.Clone(set.Plus), Minus: slices.Clone(set.Minus)}
	gaps.Plus[3], gaps.Minus[200], gaps.Minus[399] = gaps.Plus[2], gaps.Minus[2]+" ", gaps.Plus[5]
	gaps.Plus = slices.Insert(gaps.Plus, 100, " ")
	gaps = gaps.Clean()
	calibration, held := ByLine(gaps, shares, 0)
	in := map[string]int{}
	for i, part := range []Statements{calibration, held.Development, held.Test} {
		for _, s := range part.all() {
			in[s] = i + 1
		}
	}
	if len(in) != len(gaps.all()) || len(in) != 2*400-4 || len(calibration.all())+len(held.Development.all())+len(held.Test.all()) != len(in) {
		t.Errorf("%d of %d statements are in a part", len(in), len(gaps.all()))
	}
	for p, part := range in {
		if m, found := strings.CutPrefix(p, "I like"); found && in["I hate"+m] != 0 && in["I hate"+m] != part {
			t.Errorf("%q has its opposite in another part", p)
		}
	}
	uneven := Statements{Plus: set.Plus, Minus: set.Minus[:50]}
	a, _ := ByLine(uneven, shares, 0)
	b, _ := ByStatement(uneven, shares, 0)
	if !slices.Equal(a.all(), b.all()) {
		t.Error("poles of different lengths are not split by statement")
	}
	for _, bad := range []Shares{{-.1, .5}, {.5, .5}, {0, 1}} {
		if bad.Check() == nil {
			t.Errorf("%+v passed", bad)
		}
	}
	if err := (Shares{}).Check(); err != nil {
		t.Error(err)
	}
}

func TestNegated(t *testing.T) {
	for s, want := range map[string]bool{
		"I do not go out.": true, "I don't.": true, "I DON’T care": true, "Nobody calls.": true,
		"I never sing": true, "I can't.": true, "I rarely talk.": true,
		"I note the time.": false, "Nothingness": false, "I know them": false, "I love noise.": false,
	} {
		if Negated(s) != want {
			t.Errorf("Negated(%q) = %v", s, !want)
		}
	}
}

func TestMatched(t *testing.T) {
	set := Statements{
		Plus:  []string{"a b c", "a b c d e f g h i j k l", "not a", "x"},
		Minus: []string{"never b", "p q r s", "one two three four five six seven"},
	}
	got := Matched(set)
	// "x" (1 word) meets "p q r s" (4)? No: the three-word one does.
	if want := (Statements{Plus: []string{"a b c", "not a"}, Minus: []string{"p q r s", "never b"}}); !slices.Equal(got.Plus, want.Plus) || !slices.Equal(got.Minus, want.Minus) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestConfounds(t *testing.T) {
	kinds := func(set Statements) []string {
		var out []string
		for _, c := range Confounds(set, "plus", "minus") {
			out = append(out, c.Kind)
			if c.Text == "" {
				t.Errorf("%s has no text", c.Kind)
			}
		}
		return out
	}
	if got := kinds(numbered(40)); len(got) > 0 {
		t.Errorf("a fair set has %v", got)
	}
	fair := numbered(40)
	long, negated := numbered(40), numbered(40)
	for i := range long.Plus {
		long.Plus[i] += " And so on, and so forth."
		negated.Minus[i] = strings.Replace(negated.Minus[i], "hate", "never like", 1)
	}
	for want, set := range map[string]Statements{
		"few":        numbered(19),
		"count":      {Plus: fair.Plus, Minus: fair.Minus[:20]},
		"duplicates": {Plus: append(slices.Clone(fair.Plus), fair.Plus[0]+" "), Minus: fair.Minus},
		"both":       {Plus: append(slices.Clone(fair.Plus), fair.Minus[0]), Minus: fair.Minus},
		"length":     long,
		"negation":   negated,
	} {
		if got := kinds(set); !slices.Contains(got, want) {
			t.Errorf("%s: found %v", want, got)
		}
	}
	// What can be mended in one pole is said of that pole, by its name.
	for _, c := range Confounds(Statements{Plus: fair.Plus, Minus: fair.Minus[:5]}, "bold", "shy") {
		if c.Pole != "minus" || !strings.Contains(c.Text, "shy pole") {
			t.Errorf("%+v", c)
		}
	}
	// What stands in both poles is left out, and does not make up for what is few then.
	mixed := Statements{Plus: slices.Concat(fair.Plus[:8], fair.Plus[20:]), Minus: slices.Concat(fair.Minus[:8], fair.Plus[20:])}
	if got := kinds(mixed); !slices.Equal(got, []string{"both", "few", "few"}) {
		t.Errorf("8 statements a pole and 20 in both have %v", got)
	}
	kinds(Statements{}) // and does not divide by nothing
}
