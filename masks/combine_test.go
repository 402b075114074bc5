package masks

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// otherPersona is a second persona of unitPersona's model: neurons alone, of other layers.
func otherPersona(t testing.TB) *Persona {
	t.Helper()
	p := unitPersona(t)
	p.Name, p.Author, p.Licence = "Formality", "B. Tester", "CC-BY-4.0"
	p.Poles = Poles{Plus: PoleText{Name: "Formal", Description: "Bows."}, Minus: PoleText{Name: "Casual", Description: "Nods."}}
	p.Statements = Statements{Plus: 3, Minus: 4, SHA256: strings.Repeat("2c", 32)}
	u := &Units{Layers: [2]int{0, 3}, Neurons: 20, Order: OrderScore}
	p.Units = u
	packPole(t, p, Plus, []Unit{{Neuron, 1, 0}, {Neuron, 0, 4}, {Neuron, 3, 19}})
	packPole(t, p, Minus, []Unit{{Neuron, 2, 7}, {Neuron, 0, 4}})
	return p
}

func packPole(t testing.TB, p *Persona, pole Pole, units []Unit) {
	t.Helper()
	set, err := p.Units.Pack(units)
	if err != nil {
		t.Fatal(err)
	}
	if pole == Plus {
		p.Units.Plus = set
	} else {
		p.Units.Minus = set
	}
}

func combine(t testing.TB, op Op, a, b Operand) *Persona {
	t.Helper()
	p, err := Combine(op, a, b)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// sharing gives both poles of both personas a unit in common, so that no intersection is
// empty.
func sharing(t testing.TB) (a, b Operand) {
	x, y := unitPersona(t), otherPersona(t)
	packPole(t, x, Minus, []Unit{{Channel, 1, 0}, {Neuron, 2, 7}, {Channel, 2, 3}})
	return Operand{Persona: x, Strength: .75}, Operand{Persona: y, Strength: .5}
}

func TestCombineSets(t *testing.T) {
	a, b := sharing(t)
	for _, test := range []struct {
		op    Op
		names string
		plus  []Unit
		minus []Unit
	}{
		{
			OpUnion, "Loudness or Formality: Loud or Formal, Quiet or Casual",
			[]Unit{{Neuron, 3, 19}, {Neuron, 1, 0}, {Channel, 1, 7}, {Neuron, 0, 4}, {Channel, 3, 0}, {Channel, 2, 2}},
			[]Unit{{Channel, 1, 0}, {Neuron, 2, 7}, {Neuron, 0, 4}, {Channel, 2, 3}},
		},
		{
			OpIntersection, "Shared by Loudness and Formality: Shared by Loud and Formal, Shared by Quiet and Casual",
			[]Unit{{Neuron, 1, 0}, {Neuron, 3, 19}},
			[]Unit{{Neuron, 2, 7}},
		},
		{
			OpDifference, "Loudness without Formality: Loud without Formal, Quiet without Casual",
			[]Unit{{Channel, 1, 7}, {Channel, 3, 0}, {Channel, 2, 2}},
			[]Unit{{Channel, 1, 0}, {Channel, 2, 3}},
		},
	} {
		p := combine(t, test.op, a, b)
		if p.Version != 1 || p.Kind != KindUnits || p.Evidence != nil {
			t.Errorf("%s: version %d, kind %s, evidence %v; it is a plain unit mask that nobody measured", test.op, p.Version, p.Kind, p.Evidence)
		}
		if got := fmt.Sprintf("%s: %s, %s", p.Name, p.Poles.Plus.Name, p.Poles.Minus.Name); got != test.names {
			t.Errorf("%s is called %q", test.op, got)
		}
		for pole, want := range map[Pole][]Unit{Plus: test.plus, Minus: test.minus} {
			if got := unitMask(t, p, pole); !slices.Equal(got.Units(), want) || !got.Ranked() {
				t.Errorf("%s: the %s pole closes %v, want %v, ranked", test.op, pole, got.Units(), want)
			}
		}
		want := []Parent{
			{Name: "Loudness", Key: a.Persona.Key(), Statements: a.Persona.Statements.SHA256},
			{Name: "Formality", Key: b.Persona.Key(), Statements: b.Persona.Statements.SHA256},
		}
		if !reflect.DeepEqual(p.Parents, want) {
			t.Errorf("%s: parents %+v, want %+v", test.op, p.Parents, want)
		}
		if p.Author != "A. Tester; B. Tester" || p.Licence != "Apache-2.0 AND CC-BY-4.0" || p.Statements.Plus != 5 || p.Statements.Minus != 6 {
			t.Errorf("%s: author %s, licence %s, statements %+v", test.op, p.Author, p.Licence, p.Statements)
		}
	}
}

// TestCombineFirstUnits draws ranked lists: the first units of the result must be what the
// operation makes of the first units of both.
func TestCombineFirstUnits(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	numbers := &Units{Layers: [2]int{0, 3}, Channels: 8, Order: OrderScore}
	draw := func() []Unit {
		units := make([]Unit, 1+rng.IntN(20))
		for i, number := range rng.Perm(numbers.Scope())[:len(units)] {
			units[i] = numbers.unit(number)
		}
		return units
	}
	set := func(units []Unit) map[Unit]bool {
		m := map[Unit]bool{}
		for _, u := range units {
			m[u] = true
		}
		return m
	}
	for range 200 {
		a, b := draw(), draw()
		for _, op := range []Op{OpUnion, OpIntersection, OpDifference} {
			whole := op.units(a, b)
			if len(set(whole)) != len(whole) {
				t.Fatalf("%s of %v and %v has a unit twice: %v", op, a, b, whole)
			}
			for k := range max(len(a), len(b)) + 1 {
				first, second := set(a[:min(k, len(a))]), set(b[:min(k, len(b))])
				if op == OpDifference {
					second = set(b)
				}
				want := map[Unit]bool{}
				for number := range numbers.Scope() {
					u := numbers.unit(number)
					in := map[Op]bool{
						OpUnion: first[u] || second[u], OpIntersection: first[u] && second[u], OpDifference: first[u] && !second[u],
					}[op]
					if in {
						want[u] = true
					}
				}
				if len(want) > len(whole) || !reflect.DeepEqual(set(whole[:len(want)]), want) {
					t.Fatalf("%s of %v and %v is %v; of the first %d it should be %v", op, a, b, whole, k, want)
				}
			}
		}
	}
}

func TestCombineSwapped(t *testing.T) {
	a, b := sharing(t)
	b.Swapped = true
	p := combine(t, OpUnion, a, b)
	if p.Poles.Plus.Name != "Loud or Casual" || p.Poles.Minus.Name != "Quiet or Formal" || !p.Parents[1].Swapped || p.Parents[0].Swapped {
		t.Errorf("poles %+v of parents %+v", p.Poles, p.Parents)
	}
	if p.Statements.Plus != 2+4 || p.Statements.Minus != 2+3 {
		t.Errorf("%+v", p.Statements)
	}
	plus := unitMask(t, p, Plus).Units()
	for _, u := range slices.Concat(plusUnits, []Unit{{Neuron, 2, 7}, {Neuron, 0, 4}}) {
		if !slices.Contains(plus, u) {
			t.Errorf("%v is not among %v", u, plus)
		}
	}
	if len(plus) != 7 {
		t.Errorf("the plus pole closes %v", plus)
	}
}

func TestCombineUnranked(t *testing.T) {
	a, b := sharing(t)
	b.Persona.Units.Order = OrderIndex
	p := combine(t, OpUnion, a, b)
	if m := unitMask(t, p, Plus); m.Ranked() || !slices.IsSortedFunc(m.Units(), func(u, v Unit) int {
		i, _ := p.Units.number(u)
		j, _ := p.Units.number(v)
		return i - j
	}) {
		t.Errorf("units of an unranked mask are called ranked, or are not in the order of their numbers: %v", m.Units())
	}
	// What the second persona closes needs no order to be left out.
	if !unitMask(t, combine(t, OpDifference, a, b), Plus).Ranked() {
		t.Error("the difference from a ranked mask lost its ranks")
	}
}

func TestCombineKeepsOwnStrength(t *testing.T) {
	for _, test := range []struct{ a, b, want float64 }{{.5, .5, .5}, {.5, .25, .5}, {.6, .65, .65}, {0, .5, .5}, {0, 0, 0}} {
		a, b := sharing(t)
		a.Persona.Recipe.Parameters["gamma"], b.Persona.Recipe.Parameters["gamma"] = test.a, test.b
		for _, op := range []Op{OpUnion, OpIntersection, OpDifference} {
			if got := combine(t, op, a, b).Recipe.Parameters["gamma"]; got != test.want {
				t.Errorf("%s of γ %v and %v has %v, want %v", op, test.a, test.b, got, test.want)
			}
		}
	}
}

func TestCombineRoundTrip(t *testing.T) {
	a, b := sharing(t)
	b.Swapped = true
	weights := Operand{Persona: weightPersona(t), Strength: 1}
	for _, p := range []*Persona{
		combine(t, OpUnion, a, b), combine(t, OpIntersection, a, Operand{Persona: b.Persona}), combine(t, OpDifference, a, b),
		combine(t, OpTogether, a, b), combine(t, OpTogether, weights, a),
	} {
		t.Run(p.Name, func(t *testing.T) {
			checkPersona(t, p)
			back, err := Parse([]byte(document(t, p)))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(p, back) {
				t.Errorf("read back:\n%+v\nwrote:\n%+v", back, p)
			}
		})
	}
}

// TestCombineVersions states what programs of version 1 make of a combination: they read
// sets of units, whose parents are an unknown member to them, and refuse all else.
func TestCombineVersions(t *testing.T) {
	a, b := sharing(t)
	if p := combine(t, OpTogether, a, b); p.Version != 2 || !strings.Contains(document(t, p), `"version": 2`) {
		t.Errorf("masks worn together have version %d; programs of version 1 must refuse them", p.Version)
	}
	p := combine(t, OpUnion, a, b)
	p.Parents = nil
	if err := p.Validate(); err != nil || p.Version != 1 {
		t.Errorf("without its parents a union is version %d, %v; programs of version 1 must read it", p.Version, err)
	}
}

func TestCombineRefuses(t *testing.T) {
	a, b := sharing(t)
	weights := Operand{Persona: weightPersona(t), Strength: 1}
	both := Operand{Persona: combine(t, OpTogether, a, b), Strength: 1}
	four := Operand{Persona: combine(t, OpTogether, both, both), Strength: 1}
	change := func(o Operand, f func(*Persona)) Operand {
		p := *o.Persona
		units := *p.Units
		p.Units = &units
		f(&p)
		o.Persona = &p
		return o
	}
	strength := func(o Operand, s float64) Operand { o.Strength = s; return o }
	foreign := change(b, func(p *Persona) { p.Model.Name, p.Model.Digest = "huge", strings.Repeat("ff", 32) })
	for _, test := range []struct {
		op   Op
		a, b Operand
		says string
	}{
		{OpUnion, a, foreign, "Loudness belongs to tiny (tensor data 0a0a0a0a0a0a…) and Formality to huge"},
		{OpTogether, a, foreign, "only personas of one model"},
		{OpUnion, a, weights, "Loudness masks weights, and only units can be taken as sets"},
		{OpDifference, both, a, "Loudness + Formality closes its units at several strengths"},
		{OpDifference, a, a, "the difference of Loudness (Loud) and Loudness (Loud) has no units: the plus pole"},
		{OpIntersection, a, change(b, func(p *Persona) { packPole(t, p, Minus, []Unit{{Neuron, 0, 4}}) }), "Formality (Casual) has no units: the minus pole would be the plain model"},
		{OpUnion, a, change(b, func(p *Persona) {
			p.Units.Neurons, p.Units.Plus, p.Units.Minus = 10, UnitSet{1, []byte{0}}, UnitSet{1, []byte{0}}
		}), "different widths"},
		{OpTogether, strength(a, 0), b, "Loudness at strength 0; it must be above 0"},
		{OpTogether, a, strength(b, 1.5), "Formality at strength 1.5"},
		{OpTogether, four, change(a, func(*Persona) {}), ""},
		{OpTogether, four, Operand{Persona: combine(t, OpTogether, four, a), Strength: 1}, "9 masks at once; at most 8"},
		{"blend", a, b, `no operation "blend"; there are union, intersection, difference and together`},
		{OpUnion, a, change(b, func(p *Persona) { p.Name = "" }), "field name is missing"},
	} {
		p, err := Combine(test.op, test.a, test.b)
		if test.says == "" {
			if err != nil {
				t.Errorf("%s of %s and %s: %v", test.op, test.a.Persona.Name, test.b.Persona.Name, err)
			}
			continue
		}
		if err == nil || p != nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s of %s and %s: %v, which does not say %q", test.op, test.a.Persona.Name, test.b.Persona.Name, err, test.says)
		}
	}
	if _, err := Combine(OpUnion, a, foreign); !errors.Is(err, ErrModel) {
		t.Errorf("%v is no ErrModel", err)
	}
}

// TestCombineLongNames: names of any length make names that a persona may have.
func TestCombineLongNames(t *testing.T) {
	a, b := sharing(t)
	a.Persona.Name, a.Persona.Poles.Plus.Description = strings.Repeat("ä", maxName), strings.Repeat("ö", maxText)
	b.Persona.Poles.Minus.Name, b.Persona.Author = strings.Repeat("ü", maxName), strings.Repeat("x", maxName)
	for _, op := range Ops {
		p := combine(t, op, a, b)
		if !strings.Contains(p.Name, "Formality") || !strings.Contains(p.Name, "ä…") {
			t.Errorf("%s is called %q", op, p.Name)
		}
	}
}

// TestCombineLateNames: poles whose names differ only where they are cut still have two.
func TestCombineLateNames(t *testing.T) {
	a, b := sharing(t)
	for _, o := range []Operand{a, b} {
		long := "Those who " + strings.Repeat("very ", 10) + "often speak "
		o.Persona.Poles.Plus.Name, o.Persona.Poles.Minus.Name = long+"loudly", long+"quietly"
	}
	for _, op := range Ops {
		p := combine(t, op, a, b)
		checkPersona(t, p)
		if plus, minus := p.Poles.Plus.Name, p.Poles.Minus.Name; !strings.HasSuffix(plus, " (plus)") || !strings.HasSuffix(minus, " (minus)") {
			t.Errorf("%s: the poles are %q and %q", op, plus, minus)
		}
	}
}

func TestMadeFrom(t *testing.T) {
	a, b := sharing(t)
	plus, minus := []string{"a", "b"}, []string{"c"}
	if a.Persona.MadeFrom(plus, minus) {
		t.Error("a persona of other statements")
	}
	b.Persona.Statements.SHA256 = HashStatements(plus, minus)
	if !b.Persona.MadeFrom(plus, minus) || !combine(t, OpUnion, a, b).MadeFrom(plus, minus) {
		t.Error("a persona of these statements, or a parent's, is not known for it")
	}
	// So is one of a parent's parents, however often it was combined.
	old := combine(t, OpTogether, a, b)
	for range 2 {
		old = combine(t, OpTogether, Operand{Persona: old, Strength: 1}, a)
		if !old.MadeFrom(plus, minus) {
			t.Errorf("%s is not known for a grandparent's statements: %+v", old.Name, old.Parents)
		}
		checkPersona(t, old)
	}
	if got := len(old.Parents[0].Known); got != 3 { // of a, b, and both
		t.Errorf("a parent has %d further sets of statements, want each once: %q", got, old.Parents[0].Known)
	}
}

// TestMadeFromAnyOrder: statements are known in the order of their document, and sorted; where
// the document has the hash for it, in any order. Exchanged poles hide nothing.
func TestMadeFromAnyOrder(t *testing.T) {
	a, b := sharing(t)
	plus, minus := []string{"b", "c", "a"}, []string{"e", "d"}
	shuffled := [][]string{{"c", "a", "b"}, {"d", "e"}}
	older, newer, sorted := *a.Persona, *a.Persona, *a.Persona
	older.Statements = StatementsOf(plus, minus)
	newer.Statements = older.Statements
	newer.Statements.Sorted = HashSorted(plus, minus)
	sorted.Statements = StatementsOf([]string{"a", "b", "c"}, []string{"d", "e"}) // of an earlier version
	for name, c := range map[string]struct {
		p     *Persona
		given bool // known in the order that they are written in above
		other bool // and in another
	}{
		"of an earlier version": {&older, true, false}, "of this version": {&newer, true, true}, "sorted from the start": {&sorted, true, true},
		"of a parent": {combine(t, OpUnion, Operand{Persona: &newer, Swapped: true}, b), true, true},
	} {
		if got := c.p.MadeFrom(plus, minus); got != c.given {
			t.Errorf("%s, as given: %v", name, got)
		}
		if got := c.p.MadeFrom(shuffled[0], shuffled[1]); got != c.other {
			t.Errorf("%s, in another order: %v", name, got)
		}
		if !c.p.MadeFrom(minus, plus) {
			t.Errorf("%s: exchanged poles are not known", name)
		}
		if c.p.MadeFrom(plus[1:], minus) || c.p.MadeFrom(plus, plus) {
			t.Errorf("%s: other statements are taken for its own", name)
		}
		checkPersona(t, c.p)
	}
}
