package gguf

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

// hostile holds files that must be refused: what is wrong, the whole sentence
// after "gguf: test.gguf: ", and the sentinel.
var hostile = []struct {
	name string
	file raw
	err  error
	say  string
	// stream is the sentence of Read (or Stream) where the size is not known,
	// if it is another.
	stream string
}{
	// What is not GGUF.
	{
		name: "empty", file: raw{}, err: ErrTruncated,
		say: "offset 0: at least 4 bytes must follow here, but the file ends after 0: is the download complete?",
	},
	{
		name: "cut in the magic", file: raw("GG"), err: ErrTruncated,
		say: "offset 0: at least 4 bytes must follow here, but the file ends after 2: is the download complete?",
	},
	{
		name: "other bytes", file: raw("\x7fELF\x02\x01\x01\x00"), err: ErrFormat,
		say: `offset 0: not a GGUF file: it starts with "\x7fELF"`,
	},
	{
		name: "Git LFS pointer", file: raw("version https://git-lfs.github.com/spec/v1\n"), err: ErrFormat,
		say: "offset 0: this is a Git LFS pointer: the download holds the file's address, not the file",
	},
	{
		name: "web page", file: raw("<!DOCTYPE html>"), err: ErrFormat,
		say: "offset 0: this is a web page: the download went wrong",
	},
	{
		name: "GGJT", file: raw("tjgg\x03\x00\x00\x00"), err: ErrFormat,
		say: "offset 0: this is a GGJT file, GGUF's ancestor",
	},
	{
		name: "big-endian magic", file: raw("FUGG\x00\x00\x00\x03"), err: ErrUnsupported,
		say: "offset 0: this is a GGUF file in big-endian order",
	},
	{
		name: "big-endian version", file: raw("GGUF\x00\x00\x00\x03").zeros(16), err: ErrUnsupported,
		say: "offset 4: the file is in big-endian order, for another kind of machine; get the little-endian one",
	},
	{
		name: "version 0", file: raw(magic).u32(0).zeros(16), err: ErrFormat,
		say: "offset 4: version 0 does not exist",
	},
	{
		name: "version 1", file: raw(magic).u32(1).zeros(8), err: ErrUnsupported,
		say: "offset 4: version 1 is not supported: versions 2 and 3 are",
	},
	{
		name: "version 4", file: raw(magic).u32(4).zeros(16), err: ErrUnsupported,
		say: "offset 4: version 4 is not supported: versions 2 and 3 are",
	},

	// Counts.
	{
		name: "tensor count", file: start(MaxTensors+1, 0), err: ErrLimit,
		say: "offset 8: 65537 tensors; the limit is 65536",
	},
	{
		name: "largest tensor count", file: start(1<<64-1, 1<<64-1), err: ErrLimit,
		say: "offset 8: 18446744073709551615 tensors; the limit is 65536",
	},
	{
		name: "key count", file: start(0, MaxKeys+1), err: ErrLimit,
		say: "offset 16: 65537 metadata keys; the limit is 65536",
	},
	{
		name: "more tensors than bytes", file: start(MaxTensors, 0), err: ErrTruncated,
		say:    "offset 24: at least 2162688 bytes must follow here, but the file ends after 24: is the download complete?",
		stream: "offset 24: tensor 1 of 65536: at least 2162663 bytes must follow here, but the file ends after 24: is the download complete?",
	},
	{
		name: "more keys than bytes", file: start(0, MaxKeys), err: ErrTruncated,
		say:    "offset 24: at least 917504 bytes must follow here, but the file ends after 24: is the download complete?",
		stream: "offset 24: key 1 of 65536: at least 917498 bytes must follow here, but the file ends after 24: is the download complete?",
	},

	// Keys.
	{
		name: "key without a name", file: start(0, 1).key("").kind(kindUint64).u64(0), err: ErrFormat,
		say: "offset 24: key 1 of 1: the name is empty",
	},
	{
		name: "key too long", file: start(0, 1).u64(MaxKeyLen + 1).zeros(8), err: ErrLimit,
		say: "offset 24: key 1 of 1: a name of 65536 bytes; the limit is 65535",
	},
	{
		name: "second key too long", file: start(0, 2).uint32Key(1).u64(1 << 63).zeros(8), err: ErrLimit,
		say: "offset 41: key 2 of 2: a name of 9223372036854775808 bytes; the limit is 65535",
	},
	{
		name: "key longer than the file", file: start(0, 1).u64(1000).zeros(8), err: ErrTruncated,
		say: "offset 32: key 1 of 1: at least 1000 bytes must follow here, but the file ends after 40: is the download complete?",
	},
	{
		name: "key twice", file: start(0, 2).uint32Key(1).uint32Key(2), err: ErrFormat,
		say: `key "k" at offset 41: the key is there twice`,
	},
	{
		name: "long key, in short", file: start(0, 1).key(strings.Repeat("k", 1000)).u32(13).u8(0), err: ErrFormat,
		say: `key "` + strings.Repeat("k", 80) + `"… at offset 1032: value type 13 does not exist`,
	},

	// Values.
	{
		name: "value type", file: start(0, 1).key("k").u32(uint32(kinds)).zeros(8), err: ErrFormat,
		say: `key "k" at offset 33: value type 13 does not exist`,
	},
	{
		name: "largest value type", file: start(0, 1).key("k").u32(1<<32 - 1).zeros(8), err: ErrFormat,
		say: `key "k" at offset 33: value type 4294967295 does not exist`,
	},
	{
		name: "bool of 2", file: start(0, 1).key("k").kind(kindBool).u8(2), err: ErrFormat,
		say: `key "k" at offset 37: a bool is 0 or 1, not 2`,
	},
	{
		name: "bool of 255 in an array", file: start(0, 1).key("k").array(kindBool).u64(3).u8(0, 1, 255), err: ErrFormat,
		say: `key "k" at offset 51: a bool is 0 or 1, not 255`,
	},
	{
		name: "array of bools cut", file: start(0, 1).key("k").array(kindBool).u64(3).u8(0, 1), err: ErrTruncated,
		say: `key "k" at offset 49: at least 3 bytes must follow here, but the file ends after 51: is the download complete?`,
	},
	{
		name: "string too long", file: start(0, 1).key("k").kind(kindString).u64(MaxStringLen + 1), err: ErrLimit,
		say: `key "k" at offset 37: a string of 67108865 bytes; the limit is 67108864`,
	},
	{
		name: "string of the largest length", file: start(0, 1).key("k").kind(kindString).u64(1<<64 - 1), err: ErrLimit,
		say: `key "k" at offset 37: a string of 18446744073709551615 bytes; the limit is 67108864`,
	},
	{
		name: "string longer than the file", file: start(0, 1).key("k").kind(kindString).u64(MaxStringLen).zeros(10), err: ErrTruncated,
		say: `key "k" at offset 45: at least 67108864 bytes must follow here, but the file ends after 55: is the download complete?`,
	},
	{
		name: "element type", file: start(0, 1).key("k").array(kinds).u64(1).zeros(8), err: ErrFormat,
		say: `key "k" at offset 37: element type 13 does not exist`,
	},
	{
		name: "array too long", file: start(0, 1).key("k").array(kindUint8).u64(MaxArrayLen + 1), err: ErrLimit,
		say: `key "k" at offset 41: an array of 4194305 elements; the limit is 4194304`,
	},
	{
		name: "array of the largest length", file: start(0, 1).key("k").array(kindFloat64).u64(1<<64 - 1), err: ErrLimit,
		say: `key "k" at offset 41: an array of 18446744073709551615 elements; the limit is 4194304`,
	},
	{
		name: "array longer than the file", file: start(0, 1).key("k").array(kindFloat64).u64(MaxArrayLen).zeros(64), err: ErrTruncated,
		say: `key "k" at offset 49: at least 33554432 bytes must follow here, but the file ends after 113: is the download complete?`,
	},
	{
		name: "strings longer than the file", file: start(0, 1).key("k").array(kindString).u64(MaxArrayLen).str("a").str("b"), err: ErrTruncated,
		say:    `key "k" at offset 49: at least 33554432 bytes must follow here, but the file ends after 67: is the download complete?`,
		stream: `key "k" at offset 67: at least 33554416 bytes must follow here, but the file ends after 67: is the download complete?`,
	},
	{
		name: "string in an array too long", file: start(0, 1).key("k").array(kindString).u64(2).str("a").u64(MaxStringLen + 1), err: ErrLimit,
		say: `key "k" at offset 58: a string of 67108865 bytes; the limit is 67108864`,
	},
	{
		name: "arrays longer than the file", file: start(0, 1).key("k").array(kindArray).u64(MaxArrayLen).kind(kindArray).u64(MaxArrayLen), err: ErrTruncated,
		say:    `key "k" at offset 49: at least 50331648 bytes must follow here, but the file ends after 61: is the download complete?`,
		stream: `key "k" at offset 61: at least 100663284 bytes must follow here, but the file ends after 61: is the download complete?`,
	},
	{
		name: "arrays too deep",
		file: start(0, 1).key("k").array(kindArray).u64(1).kind(kindArray).u64(1).
			kind(kindArray).u64(1).kind(kindArray).u64(1).kind(kindUint8).u64(0),
		err: ErrLimit,
		say: `key "k" at offset 85: arrays nest deeper than 4`,
	},
	{
		name: "bad element inside arrays", file: start(0, 1).key("k").array(kindArray).u64(1).u32(99).u64(0), err: ErrFormat,
		say: `key "k" at offset 49: element type 99 does not exist`,
	},

	// Alignment.
	{
		name: "alignment of 0", file: start(0, 1).key(alignmentKey).kind(kindUint32).u32(0), err: ErrFormat,
		say: `key "general.alignment" at offset 49: the alignment must be a power of two up to 65536, not 0`,
	},
	{
		name: "alignment of 24", file: start(0, 1).key(alignmentKey).kind(kindUint32).u32(24), err: ErrFormat,
		say: `key "general.alignment" at offset 49: the alignment must be a power of two up to 65536, not 24`,
	},
	{
		name: "alignment too large", file: start(0, 1).key(alignmentKey).kind(kindUint64).u64(1 << 63), err: ErrFormat,
		say: `key "general.alignment" at offset 49: the alignment must be a power of two up to 65536, not 9223372036854775808`,
	},
	{
		name: "alignment as text", file: start(0, 1).key(alignmentKey).kind(kindString).str("32"), err: ErrFormat,
		say: `key "general.alignment" at offset 49: the alignment must be a positive integer, not string`,
	},
	{
		name: "alignment below 0", file: start(0, 1).key(alignmentKey).kind(kindInt32).u32(1<<32 - 32), err: ErrFormat,
		say: `key "general.alignment" at offset 49: the alignment must be a positive integer, not int32`,
	},

	// The tensor table.
	{
		name: "tensor without a name", file: start(1, 0).tensor("", F32, 0, 8).zeros(64), err: ErrFormat,
		say: "offset 24: tensor 1 of 1: the name is empty",
	},
	{
		name: "tensor name too long", file: start(1, 0).tensor(strings.Repeat("t", MaxNameLen+1), F32, 0, 8), err: ErrLimit,
		say: "offset 24: tensor 1 of 1: a name of 257 bytes; the limit is 256",
	},
	{
		name: "tensor twice", file: start(2, 0).tensor("t", F32, 0, 8).tensor("t", F32, 32, 8).pad(32).zeros(64), err: ErrFormat,
		say: `tensor "t" at offset 57: the tensor is there twice`,
	},
	{
		name: "no dimensions", file: start(1, 0).tensor("t", F32, 0).zeros(64), err: ErrFormat,
		say: `tensor "t" at offset 33: the tensor has no dimensions`,
	},
	{
		name: "too many dimensions", file: start(1, 0).tensor("t", F32, 0, 1, 1, 1, 1, 1), err: ErrLimit,
		say: `tensor "t" at offset 33: the tensor has 5 dimensions; the limit is 4`,
	},
	{
		name: "most dimensions", file: start(1, 0).str("t").u32(1<<32 - 1).zeros(64), err: ErrLimit,
		say: `tensor "t" at offset 33: the tensor has 4294967295 dimensions; the limit is 4`,
	},
	{
		name: "dimension of 0", file: start(1, 0).tensor("t", F32, 0, 8, 0), err: ErrFormat,
		say: `tensor "t" at offset 45: dimension 1 is 0`,
	},
	{
		name: "too many weights", file: start(1, 0).tensor("t", F32, 0, MaxElements, 2), err: ErrLimit,
		say: `tensor "t" at offset 45: the tensor has more than 1099511627776 weights`,
	},
	{
		name: "a product that wraps to 0", file: start(1, 0).tensor("t", F32, 0, 1<<32, 1<<32), err: ErrLimit,
		say: `tensor "t" at offset 45: the tensor has more than 1099511627776 weights`,
	},
	{
		name: "a product that wraps to 8", file: start(1, 0).tensor("t", F32, 0, 8, 1<<63+1), err: ErrLimit,
		say: `tensor "t" at offset 45: the tensor has more than 1099511627776 weights`,
	},
	{
		name: "type not supported", file: start(1, 0).tensor("blk.0.x", 17, 0, 256).zeros(64), err: ErrUnsupported,
		say: `tensor "blk.0.x" at offset 51: the tensor has type IQ2_XS, which is not supported`,
	},
	{
		name: "type without a name", file: start(1, 0).tensor("t", 12345, 0, 256).zeros(64), err: ErrUnsupported,
		say: `tensor "t" at offset 45: the tensor has type 12345, which is not supported`,
	},
	{
		name: "half a block", file: start(1, 0).tensor("t", Q4_1, 0, 48).zeros(64), err: ErrFormat,
		say: `tensor "t" at offset 45: rows of 48 weights do not divide into Q4_1 blocks of 32`,
	},
	{
		name: "offset not aligned", file: start(1, 0).tensor("t", F32, 8, 8).pad(32).zeros(64), err: ErrFormat,
		say: `tensor "t" at offset 49: the data start at 8, which is not a multiple of the alignment, 32`,
	},
	{
		name: "offset not aligned to the file's own", err: ErrFormat,
		file: start(1, 1).key(alignmentKey).kind(kindUint32).u32(64).tensor("t", F32, 32, 8).pad(64).zeros(64),
		say:  `tensor "t" at offset 82: the data start at 32, which is not a multiple of the alignment, 64`,
	},
	{
		name: "offset too large", file: start(1, 0).tensor("t", F32, 1<<64-32, 8).pad(32).zeros(64), err: ErrLimit,
		say: `tensor "t" at offset 49: the data start at 18446744073709551584; the limit is 1125899906842624`,
	},

	// The data.
	{
		name: "overlap", file: start(2, 0).tensor("b", F32, 32, 8).tensor("a", F32, 0, 9).pad(32).zeros(96), err: ErrFormat,
		say: `tensor "b" at offset 128: the data overlap those of tensor "a", which end at 132`,
	},
	{
		name: "same place", file: start(2, 0).tensor("a", F32, 0, 8).tensor("b", F16, 0, 1).pad(32).zeros(32), err: ErrFormat,
		say: `tensor "b" at offset 96: the data overlap those of tensor "a", which end at 128`,
	},
	{
		name: "no padding", file: start(1, 0).tensor("t", F32, 0, 1), err: ErrTruncated,
		say: "offset 57: at least 7 bytes must follow here, but the file ends after 57: is the download complete?",
	},
	{
		name: "data cut", file: start(1, 0).tensor("t", F32, 0, 8).pad(32).zeros(31), err: ErrTruncated,
		say:    `tensor "t" at offset 64: the data end at 96, but the file ends after 95 bytes: is the download complete?`,
		stream: `tensor "t" at offset 95: the data end here, 1 bytes early: is the download complete?`,
	},
	{
		name: "data beyond the file", file: start(2, 0).tensor("a", F32, 0, 8).tensor("b", F32, MaxOffset, MaxElements).pad(32).zeros(64), err: ErrTruncated,
		say:    `tensor "b" at offset 1125899906842720: the data end at 1130297953353824, but the file ends after 160 bytes: is the download complete?`,
		stream: `tensor "b" at offset 160: the data end here, 1130297953353664 bytes early: is the download complete?`,
	},
}

func TestHostile(t *testing.T) {
	for _, h := range hostile {
		t.Run(h.name, func(t *testing.T) {
			size := int64(len(h.file))
			_, err := Open(bytes.NewReader(h.file), size, "test.gguf")
			refused(t, "Open", err, h.err, h.say)
			_, err = Read(bytes.NewReader(h.file), size, "test.gguf")
			refused(t, "Read with the size", err, h.err, h.say)

			say := h.say
			if h.stream != "" {
				say = h.stream
			}
			refused(t, "Read", stream(bytes.NewReader(h.file)), h.err, say)
			refused(t, "Read by the byte", stream(iotest.OneByteReader(bytes.NewReader(h.file))), h.err, say)
		})
	}
}

// stream reads a whole file of unknown size in order.
func stream(r io.Reader) error {
	f, err := Read(r, -1, "test.gguf")
	if err != nil {
		return err
	}
	return f.Stream(r, func(*Tensor, io.Reader) error { return nil })
}

func refused(t *testing.T, how string, err, kind error, say string) {
	t.Helper()
	if err == nil {
		t.Fatalf("%s: no error, want %q", how, say)
	}
	if want := "gguf: test.gguf: " + say; err.Error() != want {
		t.Errorf("%s:\n got %s\nwant %s", how, err, want)
	}
	if !errors.Is(err, kind) {
		t.Errorf("%s: %v is not %v", how, err, kind)
	}
	if _, ok := errors.AsType[*Error](err); !ok {
		t.Errorf("%s: %T is not an *Error", how, err)
	}
}

// A claim costs nothing before the bytes are there: whatever the file says, no
// more is allocated than a buffer and some room.
func TestHostileAllocatesLittle(t *testing.T) {
	const most = 1 << 20
	for _, h := range hostile {
		for how, read := range map[string]func(){
			"Open": func() { Open(bytes.NewReader(h.file), int64(len(h.file)), "test.gguf") },
			"Read": func() { stream(bytes.NewReader(h.file)) },
		} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			read()
			runtime.ReadMemStats(&after)
			if n := after.TotalAlloc - before.TotalAlloc; n > most {
				t.Errorf("%s: %s allocates %d bytes for a file of %d; at most %d", h.name, how, n, len(h.file), most)
			}
		}
	}
}

// The length of the head is limited as a whole, too: here a string that is there
// and arrays that promise too much after it.
func TestHeadLimit(t *testing.T) {
	const length = 20 << 20
	before := start(0, 2).key("a").kind(kindString).u64(length)
	after := raw{}.key("b").array(kindArray).u64(MaxArrayLen).kind(kindArray).u64(MaxArrayLen).
		kind(kindArray).u64(MaxArrayLen).kind(kindString).u64(MaxArrayLen).u64(MaxStringLen)
	file := append(before.zeros(length), after...)
	err := stream(bytes.NewReader(file))
	refused(t, "Read", err, ErrLimit,
		`key "b" at offset 20971634: metadata and tensor table take 272629830 bytes or more; the limit is 268435456`)
}
