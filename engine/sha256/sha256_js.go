package sha256

import "hash"

// New returns a hash of nothing yet.
func New() hash.Hash { return newDigest() }

// Sum256 hashes bytes.
func Sum256(data []byte) (sum [Size]byte) {
	d := newDigest()
	d.Write(data)
	d.Sum(sum[:0])
	return sum
}
