package masks

import (
	"bytes"
	"compress/zlib"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzParse: whatever is read without error is valid, has masks, and comes back from its own
// file and link. The seeds are valid documents, testdata/fuzz has more.
func FuzzParse(f *testing.F) {
	f.Add([]byte(document(f, unitPersona(f))))
	f.Add([]byte(document(f, weightPersona(f))))
	f.Add([]byte(document(f, togetherPersona(f))))
	paths, err := filepath.Glob("library/personas/*.persona.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse(data)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error is more than a line: %q", err)
			}
			return
		}
		checkPersona(t, p)
	})
}

// FuzzFromLink does the same for links, whose payload is deflated.
func FuzzFromLink(f *testing.F) {
	link, err := unitPersona(f).Link()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(link)
	f.Add(linkOf(f, []byte(document(f, weightPersona(f))), func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }))
	f.Fuzz(func(t *testing.T, link string) {
		p, err := FromLink(link)
		if err != nil {
			return
		}
		if !IsLink(strings.TrimSpace(link)) {
			t.Errorf("a persona came from %q, which does not look like a link", link)
		}
		checkPersona(t, p)
	})
}

func checkPersona(t *testing.T, p *Persona) {
	t.Helper()
	for _, pole := range []Pole{Plus, Minus} {
		if _, err := p.Mask(pole); err != nil {
			t.Fatalf("a valid persona has no mask: %v", err)
		}
	}
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatalf("a persona that was read cannot be written: %v", err)
	}
	back, err := Parse(b.Bytes())
	if err != nil {
		t.Fatalf("a persona that was written cannot be read: %v", err)
	}
	if back.Key() != p.Key() {
		t.Fatal("the key changed in a file")
	}
	link, err := p.Link()
	if err != nil {
		return // too large for a link
	}
	if back, err = FromLink(link); err != nil {
		t.Fatalf("a link that was made cannot be read: %v", err)
	}
	if back.Key() != p.Key() {
		t.Fatal("the key changed in a link")
	}
}
