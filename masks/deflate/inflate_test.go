package deflate

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"errors"
	"io"
	"testing"
)

const testLimit = 1 << 18

// streams are texts in every form and at levels that the standard library writes.
func streams(tb testing.TB) (out [][]byte) {
	tb.Helper()
	for name, text := range texts(tb) {
		if len(text) > 1<<14 {
			text = text[:1<<14]
		}
		for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, flate.BestSpeed, flate.BestCompression} {
			var bare, plain, preset bytes.Buffer
			for _, w := range []func() (io.WriteCloser, error){
				func() (io.WriteCloser, error) { return flate.NewWriter(&bare, level) },
				func() (io.WriteCloser, error) { return zlib.NewWriterLevel(&plain, level) },
				func() (io.WriteCloser, error) { return zlib.NewWriterLevelDict(&preset, level, []byte(dictionary)) },
			} {
				w, err := w()
				if err != nil {
					tb.Fatal(err)
				}
				if _, err := w.Write(text); err != nil {
					tb.Fatal(err)
				}
				if err := w.Close(); err != nil {
					tb.Fatal(err)
				}
			}
			out = append(out, bare.Bytes(), plain.Bytes(), preset.Bytes())
			if got, rest, err := Decompress(preset.Bytes(), []byte(dictionary), testLimit); err != nil || len(rest) > 0 || !bytes.Equal(got, text) {
				tb.Fatalf("%s, level %d: %d bytes, %d behind them, %v", name, level, len(got), len(rest), err)
			}
		}
	}
	return out
}

// reads compares what this package and the standard library read of a stream.
func reads(t *testing.T, stream []byte) {
	r := bytes.NewReader(stream)
	var want []byte
	var theirErr error
	if len(stream) >= 2 && stream[0]&0xf == 8 && stream[0]>>4 <= 7 && (int(stream[0])<<8|int(stream[1]))%31 == 0 {
		z, err := zlib.NewReaderDict(r, []byte(dictionary))
		if theirErr = err; err == nil {
			want, theirErr = io.ReadAll(io.LimitReader(z, testLimit+1))
		}
	} else {
		want, theirErr = io.ReadAll(io.LimitReader(flate.NewReader(r), testLimit+1))
	}
	got, rest, err := Decompress(stream, []byte(dictionary), testLimit)
	if len(want) > testLimit {
		if !errors.Is(err, ErrLong) {
			t.Fatalf("of more than %d bytes: %v", testLimit, err)
		}
		return
	}
	if (err == nil) != (theirErr == nil) {
		if errors.Is(err, ErrLong) && theirErr != nil {
			return // it is wrong behind the limit
		}
		t.Fatalf("our error is %v, theirs %v", err, theirErr)
	}
	if err == nil && (!bytes.Equal(got, want) || len(rest) != r.Len()) {
		t.Errorf("%d bytes with %d behind the stream, theirs %d and %d", len(got), len(rest), len(want), r.Len())
	}
}

func TestDecompress(t *testing.T) {
	for i, stream := range streams(t) {
		reads(t, stream)
		reads(t, append(stream[:len(stream):len(stream)], "behind"...))
		for cut := 0; cut < len(stream); cut += 1 + len(stream)/12 {
			reads(t, stream[:cut])
			damaged := bytes.Clone(stream)
			damaged[cut] ^= byte(1 << (i % 8))
			reads(t, damaged)
		}
	}
}

// TestDecompressErrors reads what is wrong in one way each.
func TestDecompressErrors(t *testing.T) {
	good := Compress([]byte("abcabcabc"), []byte(dictionary))
	for name, c := range map[string]struct {
		stream []byte
		want   error
	}{
		"nothing":             {nil, ErrCut},
		"no end":              {good[:len(good)-4], ErrCut},
		"cut":                 {good[:len(good)-6], ErrCut},
		"another checksum":    {append(bytes.Clone(good[:len(good)-1]), good[len(good)-1]^1), ErrChecksum},
		"another dictionary":  {append(append(bytes.Clone(good[:2]), 0, 0, 0, 0), good[6:]...), ErrDictionary},
		"no kind of block":    {[]byte{0b111, 0}, ErrCorrupt},
		"stored, wrong twice": {[]byte{1, 2, 0, 2, 0, 'x', 'y'}, ErrCorrupt},
		"stored, cut":         {[]byte{1, 2, 0, 0xfd, 0xff, 'x'}, ErrCut},
		"before the text":     {[]byte{0b011, 0b0000_0010, 0, 0}, ErrCorrupt},
	} {
		if _, _, err := Decompress(c.stream, []byte(dictionary), testLimit); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	text, _, err := Decompress(good, []byte(dictionary), 9)
	if string(text) != "abcabcabc" || err != nil {
		t.Errorf("as long as may be: %q, %v", text, err)
	}
	if _, _, err := Decompress(good, []byte(dictionary), 8); !errors.Is(err, ErrLong) {
		t.Errorf("longer than may be: %v", err)
	}
}

// FuzzDecompress reads anything as the standard library does.
func FuzzDecompress(f *testing.F) {
	for _, stream := range streams(f) {
		if len(stream) < 1<<12 {
			f.Add(stream)
		}
	}
	f.Fuzz(reads)
}
