package masks

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/adler32"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestLink(t *testing.T) {
	for _, p := range []*Persona{unitPersona(t), weightPersona(t)} {
		link, err := p.Link()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(link, "#p=") || !IsLink(link) {
			t.Errorf("the link starts with %.10s", link)
		}
		if again, err := p.Link(); again != link || err != nil {
			t.Errorf("a second link differs (%v)", err)
		}
		for _, form := range []string{link, link[1:], "http://127.0.0.1:8080/" + link, " " + link + "\n"} {
			back, err := FromLink(form)
			if err != nil {
				t.Errorf("%.20s: %v", form, err)
			} else if back.Key() != p.Key() {
				t.Errorf("%.20s: another persona", form)
			}
		}
	}
	for _, s := range []string{"", "extraversion", "p/x.persona.json", "dir#1/x.persona.json"} {
		if IsLink(s) {
			t.Errorf("%q looks like a link", s)
		}
	}
}

// TestLinkOrder sends as many units as the default model's personas have, in random
// order, as a mask's scores give them.
func TestLinkOrder(t *testing.T) {
	p := unitPersona(t)
	u := &Units{Layers: [2]int{20, 29}, Channels: 576, Order: OrderScore}
	random := rand.New(rand.NewPCG(1, 2))
	draw := func() (units []Unit) {
		for _, number := range random.Perm(u.Scope())[:200] {
			units = append(units, u.unit(number))
		}
		return units
	}
	plus, minus := draw(), draw()
	var err error
	if u.Plus, err = u.Pack(plus); err != nil {
		t.Fatal(err)
	}
	if u.Minus, err = u.Pack(minus); err != nil {
		t.Fatal(err)
	}
	p.Units = u
	link, err := p.Link()
	if err != nil {
		t.Fatal(err)
	}
	if len(link) > 2048 {
		t.Errorf("the link has %d characters, more than 2048", len(link))
	}
	back, err := FromLink(link)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(unitMask(t, back, Plus).Units(), plus) || !slices.Equal(unitMask(t, back, Minus).Units(), minus) {
		t.Error("the order of the units changed")
	}
}

// TestLinkDictionary: links that are out in the world need the dictionary they were
// made with. If this fails, restore link.dictionary; do not change the sum.
func TestLinkDictionary(t *testing.T) {
	if sum := adler32.Checksum(linkDictionary); sum != 0x378f6ebb {
		t.Errorf("the dictionary has changed: its Adler-32 is %#x", sum)
	}
}

// TestForeignLinks reads links that another program made, without the dictionary.
func TestForeignLinks(t *testing.T) {
	p := unitPersona(t)
	doc := []byte(document(t, p))
	for name, compress := range map[string]func(io.Writer) io.WriteCloser{
		"RFC 1950": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
		"RFC 1951": func(w io.Writer) io.WriteCloser {
			f, err := flate.NewWriter(w, 6)
			if err != nil {
				t.Fatal(err)
			}
			return f
		},
	} {
		back, err := FromLink(linkOf(t, doc, compress))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if back.Key() != p.Key() {
			t.Errorf("%s: another persona", name)
		}
	}
}

func linkOf(t testing.TB, doc []byte, compress func(io.Writer) io.WriteCloser) string {
	t.Helper()
	var b bytes.Buffer
	w := compress(&b)
	if _, err := w.Write(doc); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return "#p=" + base64.RawURLEncoding.EncodeToString(b.Bytes())
}

func TestDamagedLinks(t *testing.T) {
	good, err := unitPersona(t).Link()
	if err != nil {
		t.Fatal(err)
	}
	zeros := linkOf(t, make([]byte, 1<<20), func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })
	for _, test := range []struct {
		name, link string
		is         error
		says       string
	}{
		{"no fragment", "https://example.org/", ErrFormat, "contains #p="},
		{"another fragment", "#q=abc", ErrFormat, "contains #p="},
		{"empty", "#p=", ErrFormat, "damaged"},
		{"not base64", "#p=%%%", ErrFormat, "damaged"},
		{"padding", good + "=", ErrFormat, "damaged"},
		{"too long", "#p=" + strings.Repeat("A", MaxLink+1), ErrLimit, "more than"},
		{"a bomb", zeros, ErrLimit, "holds more than"},
		{"bytes after the end", good + "AAAA", ErrFormat, "after its end"},
		{"not a persona", linkOf(t, []byte(`{"a":1}`), func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }), ErrFormat, "masque-persona"},
	} {
		if _, err := FromLink(test.link); !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v; want %v with %q", test.name, err, test.is, test.says)
		}
	}
	for cut := len("#p="); cut < len(good); cut += 7 {
		if _, err := FromLink(good[:cut]); !errors.Is(err, ErrFormat) {
			t.Errorf("cut to %d of %d characters: %v", cut, len(good), err)
		}
	}
	for at := len("#p="); at < len(good); at += 5 { // the checksum of the stream finds each
		other := byte('A')
		if good[at] == other {
			other = 'B'
		}
		if p, err := FromLink(good[:at] + string(other) + good[at+1:]); err == nil && p.Key() != unitPersona(t).Key() {
			t.Errorf("character %d changed: another persona was read", at)
		}
	}
}

func ExampleFromLink() {
	_, err := FromLink("https://example.org/#p=eJwz")
	fmt.Println(err)
	// Output:
	// persona: not a persona file: the link is damaged, probably cut short: the compressed text ends early
}
