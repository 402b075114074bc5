package gguf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// cursor reads the head of a file in order and knows where it stands.
//
// It reads through a buffer, and yet a stream must stand at DataOffset when the
// head has been read. So it reads ahead only what is sure to belong to the head:
// owed is a lower bound on that, kept by whoever learns of a count (an array of
// n strings owes at least the n lengths).
type cursor struct {
	r     io.Reader
	name  string // of the file
	size  int64  // of the file, −1 if it is not known
	ahead bool   // r may be read beyond the head

	buf    []byte
	lo, hi int   // buf[lo:hi] has been read from r and not been used
	off    int64 // where buf[lo] stands in the file
	owed   int64 // bytes of the head that must come beyond those asked for

	// What is being read, for errors: the i-th key or tensor of n (from 0), and
	// its name once it is known.
	part        string
	i, n        uint64
	key, tensor string
}

// bufferLen is also the longest run of bytes that next gives.
const bufferLen = 64 << 10

func newCursor(r io.Reader, size int64, name string, ahead bool) *cursor {
	return &cursor{r: r, name: name, size: size, ahead: ahead, buf: make([]byte, bufferLen)}
}

// fail makes the error of what is being read; at is the offset of the fault.
func (c *cursor) fail(at int64, kind error, format string, args ...any) error {
	reason := fmt.Sprintf(format, args...)
	if c.part != "" && c.key == "" && c.tensor == "" {
		reason = fmt.Sprintf("%s %d of %d: %s", c.part, c.i+1, c.n, reason)
	}
	return &Error{File: c.name, Key: c.key, Tensor: c.tensor, Offset: at, Reason: reason, Err: kind}
}

// ends makes the error of a file that ends after size bytes while n more are
// needed at off.
func (c *cursor) ends(size, n int64) error {
	return c.fail(c.off, ErrTruncated,
		"at least %d bytes must follow here, but the file ends after %d: is the download complete?", n, size)
}

// promise notes that n more bytes must come, and fails at once if they cannot.
// Whoever reads them takes them off owed first.
func (c *cursor) promise(n int64) error {
	c.owed += n
	return c.room(0)
}

// room checks that n bytes, and those owed, can still come.
func (c *cursor) room(n int64) error {
	n += c.owed
	if c.off+n > MaxHeader {
		return c.fail(c.off, ErrLimit, "metadata and tensor table take %d bytes or more; the limit is %d", c.off+n, int64(MaxHeader))
	}
	if c.size >= 0 && n > c.size-c.off {
		return c.ends(c.size, n)
	}
	return nil
}

// next gives the next n bytes, at most bufferLen. They are good until the next
// call.
func (c *cursor) next(n int) ([]byte, error) {
	if err := c.room(int64(n)); err != nil {
		return nil, err
	}
	if c.hi-c.lo < n {
		if err := c.fill(n); err != nil {
			return nil, err
		}
	}
	b := c.buf[c.lo : c.lo+n]
	c.lo += n
	c.off += int64(n)
	return b, nil
}

// fill reads until n bytes are in the buffer.
func (c *cursor) fill(n int) error {
	have := copy(c.buf, c.buf[c.lo:c.hi])
	c.lo, c.hi = 0, have
	most := len(c.buf)
	if !c.ahead {
		most = int(min(int64(most), int64(n)+c.owed))
	}
	got, err := io.ReadAtLeast(c.r, c.buf[have:most], n-have)
	c.hi += got
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return c.ends(c.off+int64(c.hi), int64(n)+c.owed)
	}
	return c.fail(c.off, err, "reading failed: %v", err)
}

// bytes appends the next n bytes to dst, which grows as they arrive.
func (c *cursor) bytes(dst []byte, n int64) ([]byte, error) {
	if err := c.promise(n); err != nil {
		return nil, err
	}
	for n > 0 {
		k := min(n, bufferLen)
		c.owed -= k
		b, err := c.next(int(k))
		if err != nil {
			return nil, err
		}
		dst = append(dst, b...)
		n -= k
	}
	return dst, nil
}

// length reads the length of a string, at most limit; what names it in errors.
func (c *cursor) length(limit uint64, what string) (int64, error) {
	at := c.off
	n, err := c.uint64()
	if err != nil {
		return 0, err
	}
	if n > limit {
		return 0, c.fail(at, ErrLimit, "%s of %d bytes; the limit is %d", what, n, limit)
	}
	return int64(n), nil
}

// text reads a string of at most limit bytes.
func (c *cursor) text(limit uint64, what string) (string, error) {
	n, err := c.length(limit, what)
	if err != nil {
		return "", err
	}
	b, err := c.bytes(nil, n)
	return string(b), err
}

// short gives a string that stands in the buffer whole, its length in front, if nothing is
// wrong with it; it is good until the next call. A vocabulary has a hundred thousand
// strings of some six bytes, and what they cost one by one is part of every start.
func (c *cursor) short() ([]byte, bool) {
	b := c.buf[c.lo:c.hi]
	if len(b) < 8 {
		return nil, false
	}
	n := binary.LittleEndian.Uint64(b)
	if b = b[8:]; n > uint64(len(b)) {
		return nil, false
	}
	taken := 8 + int(n)
	if end := c.off + int64(taken) + c.owed; end > MaxHeader || c.size >= 0 && end > c.size {
		return nil, false
	}
	c.lo += taken
	c.off += int64(taken)
	return b[:n], true
}

func (c *cursor) uint32() (uint32, error) {
	b, err := c.next(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (c *cursor) uint64() (uint64, error) {
	b, err := c.next(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

// skip drops n bytes.
func (c *cursor) skip(n int64) error {
	for n > 0 {
		k := min(n, bufferLen)
		if _, err := c.next(int(k)); err != nil {
			return err
		}
		n -= k
	}
	return nil
}
