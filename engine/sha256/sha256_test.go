package sha256

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"testing"
)

// The hashes of "abc" and of nothing (FIPS 180-4's examples), and of a million times "a"
// (its third), by the plain implementation and by what the platform has.
func TestKnown(t *testing.T) {
	million := make([]byte, 1e6)
	for i := range million {
		million[i] = 'a'
	}
	for _, c := range []struct {
		of   []byte
		want string
	}{
		{nil, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{[]byte("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{million, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
	} {
		for name, h := range map[string]hash.Hash{"plain": newDigest(), "platform": New()} {
			h.Write(c.of)
			if got := hex.EncodeToString(h.Sum(nil)); got != c.want {
				t.Errorf("%s, of %d bytes: %s", name, len(c.of), got)
			}
		}
		if got := Sum256(c.of); hex.EncodeToString(got[:]) != c.want {
			t.Errorf("Sum256 of %d bytes: %x", len(c.of), got)
		}
	}
}

// TestAgrees compares with crypto/sha256 at every length up to three blocks, written in two
// parts and read in between.
func TestAgrees(t *testing.T) {
	data := make([]byte, 3*blockSize+1)
	for i := range data {
		data[i] = byte(i*i + i>>3)
	}
	for n := range data {
		for _, cut := range []int{0, 1, n / 2, n - 1, n} {
			if cut < 0 || cut > n {
				continue
			}
			h := newDigest()
			h.Write(data[:cut])
			for _, part := range []int{cut, n} {
				if part == n {
					h.Write(data[cut:n])
				}
				want := sha256.Sum256(data[:part])
				if got := h.Sum([]byte("x")); string(got) != "x"+string(want[:]) {
					t.Fatalf("of the first %d of %d bytes: %x, want %x", part, n, got[1:], want)
				}
			}
		}
	}
}

func BenchmarkHash(b *testing.B) {
	data := make([]byte, 1<<20)
	for name, h := range map[string]hash.Hash{"plain": newDigest(), "crypto": sha256.New()} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				h.Write(data)
			}
		})
	}
}
