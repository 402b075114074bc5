package gguf

// Limits on what a file may claim. Each is far above any model in use and far
// below what would hurt; a claim beyond one is an ErrLimit. They bound what a
// hostile file can cost, not what is allocated: memory follows the bytes that
// arrive.
const (
	// MaxHeader is the length in bytes of metadata and tensor table together.
	// A vocabulary of 262,144 tokens with its merges takes about 20 MB.
	MaxHeader = 256 << 20
	// MaxKeys is the number of metadata keys; models have 20 to 60.
	MaxKeys = 1 << 16
	// MaxKeyLen is the length of a key in bytes, as the specification has it.
	MaxKeyLen = 1<<16 - 1
	// MaxStringLen is the length of a string value in bytes. The longest in use
	// is a whole tokenizer.json, up to 33 MB.
	MaxStringLen = 64 << 20
	// MaxArrayLen is the number of elements of an array.
	MaxArrayLen = 1 << 22
	// MaxArrayDepth is how deep arrays may nest: 1 is an array of scalars.
	MaxArrayDepth = 4
	// MaxTensors is the number of tensors; the largest mixtures of experts have
	// a few thousand.
	MaxTensors = 1 << 16
	// MaxNameLen is the length of a tensor's name in bytes. The specification
	// says 64; files with longer names are in use.
	MaxNameLen = 256
	// MaxDims is the number of dimensions of a tensor, as in ggml.
	MaxDims = 4
	// MaxElements is the number of weights of a tensor.
	MaxElements = 1 << 40
	// MaxOffset is where a tensor may start, counted from DataOffset: a petabyte.
	MaxOffset = 1 << 50
	// MaxAlignment is the value of general.alignment.
	MaxAlignment = 1 << 16
)
