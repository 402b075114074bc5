// Package sha256 hashes with SHA-256 (FIPS 180-4): a model's tensor data, a persona's
// document, a set of statements. The hashes are names of content, and keep no secrets.
//
// Natively it is crypto/sha256. In a browser it is an implementation of its own, for the
// sake of what visitors fetch: crypto/sha256 brings the whole of Go's FIPS module along,
// with AES, SHA-3, SHA-512, HMAC, a random number generator and the self-tests of all.
package sha256

// Size is that of a hash, in bytes.
const Size = 32
