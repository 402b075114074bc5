package deflate

import (
	"bytes"
	"compress/zlib"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// texts are empty, short, of one byte, of all bytes, with long matches, with matches that
// overlap themselves, far away, or too far, and documents.
func texts(tb testing.TB) map[string][]byte {
	tb.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 40_000)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	skewed := make([]byte, 1<<17) // needs codes of more than 15 bits
	at := 0
	for i := 0; at < len(skewed); i++ {
		for n := 0; n < 1<<i && at < len(skewed); n++ {
			skewed[at] = byte(i)
			at++
		}
	}
	random.Shuffle(len(skewed), func(i, j int) { skewed[i], skewed[j] = skewed[j], skewed[i] })
	out := map[string][]byte{
		"nothing": {}, "a byte": {'x'}, "two bytes": []byte("xx"), "three": []byte("xyz"),
		"one byte often": bytes.Repeat([]byte{7}, 5000),
		"259 of a byte":  bytes.Repeat([]byte{7}, 259), "258 and one": append([]byte{7}, bytes.Repeat([]byte{7}, 258)...),
		"period of 5":     bytes.Repeat([]byte("abcde"), 2000),
		"noise":           noise,
		"at the window":   append(noise[:maxWindow:maxWindow], noise[:100]...),
		"past the window": append(noise[:maxWindow+1:maxWindow+1], noise[:100]...),
		"skewed":          skewed,
		"the dictionary":  []byte(dictionary),
		"of it":           []byte(dictionary[5:40] + "y" + dictionary[:9]),
	}
	for _, length := range []int{3, 10, 11, 18, 19, 130, 131, 257, 258, 259} {
		out["match of "+string(rune('0'+length%10))+strings.Repeat("'", length/10)] = append(noise[:length:length], append([]byte("-"), noise[:length]...)...)
	}
	paths, err := filepath.Glob("../library/personas/*.persona.json")
	if err != nil || len(paths) == 0 {
		tb.Fatalf("no personas of the library are there: %v", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			tb.Fatal(err)
		}
		out[path] = data
	}
	return out
}

const dictionary = `"description":"","evidence":{"source":"","tests":[{"name":"Unseen statements","auc":{"value":0.`

func TestCompress(t *testing.T) {
	for name, text := range texts(t) {
		for _, d := range []string{dictionary, ""} {
			out := Compress(text, []byte(d))
			if err := inflates(out, text, []byte(d)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func inflates(stream, want, dictionary []byte) error {
	rest := bytes.NewReader(stream)
	r, err := zlib.NewReaderDict(rest, dictionary)
	if err != nil {
		return err
	}
	got, err := io.ReadAll(r)
	switch {
	case err != nil:
		return err
	case !bytes.Equal(got, want):
		return io.ErrNoProgress
	case rest.Len() > 0:
		return io.ErrShortWrite
	}
	return nil
}

// TestShorter: documents come out no longer than the standard library makes them, and all
// together shorter.
func TestShorter(t *testing.T) {
	ours, theirs := 0, 0
	for name, text := range texts(t) {
		if !strings.HasSuffix(name, ".json") {
			continue
		}
		var b bytes.Buffer
		w, err := zlib.NewWriterLevelDict(&b, zlib.BestCompression, []byte(dictionary))
		if err != nil {
			t.Fatal(err)
		}
		w.Write(text)
		w.Close()
		n := len(Compress(text, []byte(dictionary)))
		if n > b.Len() {
			t.Errorf("%s: %d bytes, compress/zlib makes %d", name, n, b.Len())
		}
		ours, theirs = ours+n, theirs+b.Len()
	}
	t.Logf("%d bytes, %d by compress/zlib", ours, theirs)
}

func FuzzCompress(f *testing.F) {
	for _, text := range texts(f) {
		if len(text) < 1<<14 {
			f.Add(text, []byte(dictionary))
		}
	}
	f.Fuzz(func(t *testing.T, text, dictionary []byte) {
		if len(text) > 1<<16 || len(dictionary) > 1<<14 {
			return
		}
		if err := inflates(Compress(text, dictionary), text, dictionary); err != nil {
			t.Error(err)
		}
	})
}

func BenchmarkCompress(b *testing.B) {
	text, err := os.ReadFile("../library/personas/extraversion.persona.json")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Compress(text, []byte(dictionary))
	}
}
