package main

import (
	"context"
	"errors"
	"io"
	"sync"
)

// maxChunk bounds what one feed may copy into the program.
const maxChunk = 16 << 20

// feed is the way of the model's bytes into the program: one side puts chunks,
// the other reads them as a stream. A chunk's done is called when all of it has
// been read, or with the reason why no more is wanted.
type feed struct {
	mu     sync.Mutex
	room   []byte // reused for every chunk
	chunk  []byte // not yet read
	done   func(error)
	closed error // why nothing is wanted; nil while a model is being read
	wake   chan struct{}
}

var errNoOpen = errors.New("no model is being opened")

func newFeed() *feed { return &feed{closed: errNoOpen, wake: make(chan struct{}, 1)} }

// buffer returns room for a chunk of n bytes.
func (f *feed) buffer(n int) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case n > maxChunk:
		return nil, errors.New("a chunk is at most 16 MiB")
	case f.closed != nil:
		return nil, f.closed
	case f.done != nil:
		return nil, errors.New("the last chunk is still being read")
	}
	if cap(f.room) < n {
		f.room = make([]byte, n)
	}
	return f.room[:n], nil
}

// put offers a chunk in the buffer's room.
func (f *feed) put(chunk []byte, done func(error)) {
	f.mu.Lock()
	if err := f.closed; err != nil {
		f.mu.Unlock()
		done(err)
		return
	}
	f.chunk, f.done = chunk, done
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// open makes the feed take chunks.
func (f *feed) open() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = nil
}

// close refuses chunks from now on, the one under way included. Without a
// reason that one has done its part.
func (f *feed) close(why error) {
	f.mu.Lock()
	done := f.done
	f.chunk, f.done, f.room = nil, nil, nil
	f.closed = why
	if why == nil {
		f.closed = errNoOpen
	}
	f.mu.Unlock()
	if done != nil {
		done(why)
	}
}

// reader returns the stream of chunks, which ends with an error when the
// context is cancelled.
func (f *feed) reader(ctx context.Context) io.Reader { return &feedReader{f, ctx} }

type feedReader struct {
	*feed
	ctx context.Context
}

func (r *feedReader) Read(b []byte) (int, error) {
	for {
		r.mu.Lock()
		if len(r.chunk) > 0 {
			n := copy(b, r.chunk)
			r.chunk = r.chunk[n:]
			r.mu.Unlock()
			return n, nil
		}
		done := r.done
		r.done = nil
		r.mu.Unlock()
		if done != nil {
			done(nil)
		}
		if len(b) == 0 {
			return 0, nil
		}
		select {
		case <-r.wake:
		case <-r.ctx.Done():
			return 0, r.ctx.Err()
		}
	}
}
