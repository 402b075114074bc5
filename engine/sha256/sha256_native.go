//go:build !js

package sha256

import (
	"crypto/sha256"
	"hash"
)

// New returns a hash of nothing yet.
func New() hash.Hash { return sha256.New() }

// Sum256 hashes bytes.
func Sum256(data []byte) [Size]byte { return sha256.Sum256(data) }
