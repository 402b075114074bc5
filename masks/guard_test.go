package masks

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

// tinyGuard is of layers 1 to 2 with two channels and three neurons; F counts up.
func tinyGuard() *Guard {
	g := &Guard{&Units{Layers: [2]int{1, 2}, Channels: 2, Neurons: 3}, make([]float32, 10)}
	for i := range g.f {
		g.f[i] = float32(i)
	}
	return g
}

func TestGuardOf(t *testing.T) {
	g := tinyGuard()
	got, err := g.of(&Units{Layers: [2]int{2, 2}, Neurons: 3})
	if err != nil || len(got) != 3 || got[0] != 7 || got[2] != 9 {
		t.Errorf("neurons of layer 2: %v, %v", got, err)
	}
	got, err = g.of(&Units{Layers: [2]int{1, 2}, Channels: 2})
	if err != nil || len(got) != 4 || got[1] != 1 || got[2] != 5 {
		t.Errorf("channels: %v, %v", got, err)
	}
	for _, u := range []Units{{Layers: [2]int{0, 1}, Channels: 2}, {Layers: [2]int{1, 1}, Channels: 4}, {Layers: [2]int{2, 3}, Neurons: 3}} {
		if got, err := g.of(&u); err == nil {
			t.Errorf("%+v: %v", u, got)
		}
	}
	for scope, want := range map[Scope]bool{
		{First: 1, Last: 2, Channels: true, Neurons: true}: true,
		{First: 2, Last: 2, Neurons: true}:                 true,
		{First: 0, Last: 2, Neurons: true}:                 false,
		{First: 1, Last: 3, Channels: true}:                false,
	} {
		if g.Covers(scope) != want {
			t.Errorf("Covers(%+v) = %v", scope, !want)
		}
	}
}

func TestGuardFile(t *testing.T) {
	var b bytes.Buffer
	of := GuardFor{Model: "abc", Family: "chatml"}
	if err := tinyGuard().Write(&b, of); err != nil {
		t.Fatal(err)
	}
	g, gotFor, err := ReadGuard(b.Bytes())
	if err != nil || gotFor != of {
		t.Fatalf("%+v, %v", gotFor, err)
	}
	for i, v := range tinyGuard().f {
		if g.f[i] != v {
			t.Fatalf("F of unit %d is %v, want %v", i, g.f[i], v)
		}
	}

	nan := bytes.Clone(b.Bytes())
	nan[len(nan)-2], nan[len(nan)-1] = 0xC0, 0x7F
	if !math.IsNaN(float64(math.Float32frombits(0x7FC00000))) {
		t.Fatal("0x7FC00000 is a number")
	}
	for name, file := range map[string][]byte{
		"empty":       nil,
		"other":       []byte("GGUF"),
		"no head":     []byte(guardMagic),
		"no JSON":     []byte(guardMagic + "{\n"),
		"cut":         b.Bytes()[:b.Len()-1],
		"longer":      append(bytes.Clone(b.Bytes()), 0),
		"not finite":  nan,
		"many layers": []byte(guardMagic + `{"layers":[0,99999999],"channels":2}` + "\n"),
		"negative":    []byte(guardMagic + `{"layers":[0,1],"channels":-2}` + "\n"),
	} {
		if _, _, err := ReadGuard(file); err == nil || !strings.HasPrefix(err.Error(), "masks: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
