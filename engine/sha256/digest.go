package sha256

import (
	"encoding/binary"
	"hash"
	"math/bits"
)

const blockSize = 64

// digest is a hash in the making, in plain Go.
type digest struct {
	h     [8]uint32
	block [blockSize]byte
	n     int    // bytes in block
	total uint64 // bytes hashed
}

var _ hash.Hash = (*digest)(nil)

// The first 32 bits of the fractional parts of the square roots of the first 8 primes
// (FIPS 180-4, 5.3.3).
var initial = [8]uint32{
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
}

// The same of the cube roots of the first 64 primes (4.2.2).
var constants = [64]uint32{
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
}

func newDigest() *digest {
	d := new(digest)
	d.Reset()
	return d
}

func (d *digest) Reset() { *d = digest{h: initial} }

func (d *digest) Size() int { return Size }

func (d *digest) BlockSize() int { return blockSize }

func (d *digest) Write(p []byte) (int, error) {
	whole := len(p)
	d.total += uint64(whole)
	if d.n > 0 {
		n := copy(d.block[d.n:], p)
		d.n, p = d.n+n, p[n:]
		if d.n < blockSize {
			return whole, nil
		}
		d.compress(d.block[:])
		d.n = 0
	}
	end := len(p) / blockSize * blockSize
	d.compress(p[:end])
	d.n = copy(d.block[:], p[end:])
	return whole, nil
}

// Sum appends the hash of what was written. More can be written after that.
func (d *digest) Sum(in []byte) []byte {
	last := *d
	padding := make([]byte, 2*blockSize)
	padding[0] = 0x80
	n := blockSize - d.n // to the end of the block, which holds the length in bits
	if n < 1+8 {
		n += blockSize
	}
	binary.BigEndian.PutUint64(padding[n-8:], 8*d.total)
	last.Write(padding[:n])
	for _, h := range last.h {
		in = binary.BigEndian.AppendUint32(in, h)
	}
	return in
}

// compress takes whole blocks (FIPS 180-4, 6.2.2).
func (d *digest) compress(p []byte) {
	var w [64]uint32
	for ; len(p) >= blockSize; p = p[blockSize:] {
		for t := range 16 {
			w[t] = binary.BigEndian.Uint32(p[4*t:])
		}
		for t := 16; t < 64; t++ {
			x, y := w[t-2], w[t-15]
			w[t] = (bits.RotateLeft32(x, -17) ^ bits.RotateLeft32(x, -19) ^ x>>10) + w[t-7] +
				(bits.RotateLeft32(y, -7) ^ bits.RotateLeft32(y, -18) ^ y>>3) + w[t-16]
		}
		a, b, c, e, f, g := d.h[0], d.h[1], d.h[2], d.h[4], d.h[5], d.h[6]
		dd, h := d.h[3], d.h[7]
		for t := range 64 {
			t1 := h + (bits.RotateLeft32(e, -6) ^ bits.RotateLeft32(e, -11) ^ bits.RotateLeft32(e, -25)) + (e&f ^ ^e&g) + constants[t] + w[t]
			t2 := (bits.RotateLeft32(a, -2) ^ bits.RotateLeft32(a, -13) ^ bits.RotateLeft32(a, -22)) + (a&b ^ a&c ^ b&c)
			h, g, f, e, dd, c, b, a = g, f, e, dd+t1, c, b, a, t1+t2
		}
		for i, v := range [8]uint32{a, b, c, dd, e, f, g, h} {
			d.h[i] += v
		}
	}
}
