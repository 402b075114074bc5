//go:build js && wasm

package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/hack-pad/safejs"

	"masque/masks/jsondoc"
)

// This file is the whole of what the program and JavaScript know of each other.
// Its twin on the other side is web/src/lib/protocol.ts; the messages
// themselves are the types of messages.go.
//
// The worker that starts the program sets, before it runs,
//
//	globalThis.masqueHost = {
//	  event(json: string): void,
//	  file(name: string): Promise<Uint8Array>,  // a file of the site; rejected with an Error
//	}
//
// and finds, once the event "started" has come,
//
//	globalThis.masque = {
//	  request(json: string): void,             // a request; answers are events
//	  feed(chunk: Uint8Array): Promise<void>,  // the next bytes of the model being opened
//	}
//
// feed's promise resolves when the program wants more; it is rejected with a
// sentence when the model cannot be opened. One chunk at a time is under way.
//
// Go gives JavaScript no chance to run while a goroutine can: [page.yield]
// posts a message to itself and waits for it, which lets every message that
// came before it through, at a sixth of a millisecond.

// page is the JavaScript side as the program sees it.
type page struct {
	host    safejs.Value // masqueHost
	post    safejs.Value // a port of an own MessageChannel
	posted  chan struct{}
	rested  time.Time    // when due last was true
	promise safejs.Value // the constructor
	failure safejs.Value // Error
}

// connect finds the host and offers it the program.
func connect(p *program) (*page, error) {
	g := safejs.Global()
	pg := &page{posted: make(chan struct{}, 1)}
	var err error
	get := func(from safejs.Value, name string) (v safejs.Value) {
		if err == nil {
			v, err = from.Get(name)
			if err == nil && v.IsUndefined() {
				err = fmt.Errorf("globalThis.%s is not there", name)
			}
		}
		return v
	}
	pg.host = get(g, "masqueHost")
	pg.promise, pg.failure = get(g, "Promise"), get(g, "Error")
	channel := get(g, "MessageChannel")
	if err != nil {
		return nil, err
	}
	if channel, err = channel.New(); err != nil {
		return nil, err
	}
	pg.post = get(channel, "port1")
	hear := get(channel, "port2")
	onMessage, ferr := safejs.FuncOf(func(safejs.Value, []safejs.Value) any {
		pg.posted <- struct{}{}
		return nil
	})
	request, rerr := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		p.receive([]byte(text(args)))
		return nil
	})
	feed, derr := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		return pg.feed(p, args)
	})
	if err = errors.Join(err, ferr, rerr, derr); err != nil {
		return nil, err
	}
	err = errors.Join(
		hear.Set("onmessage", onMessage.Value()),
		g.Set("masque", map[string]any{"request": request.Value(), "feed": feed.Value()}),
	)
	return pg, err
}

// text is the first argument as a string; empty if there is none.
func text(args []safejs.Value) string {
	if len(args) == 0 {
		return ""
	}
	s, err := args[0].String()
	if err != nil {
		return ""
	}
	return s
}

// event sends one event.
func (pg *page) event(e any) {
	b, err := jsondoc.MarshalMessage(e)
	if err != nil {
		panic("page: an event that is no JSON: " + err.Error())
	}
	pg.tell(b)
}

// tell sends an event that is written already.
func (pg *page) tell(event []byte) {
	if _, err := pg.host.Call("event", string(event)); err != nil {
		panic("page: the host takes no events: " + err.Error())
	}
}

// frame is about what a frame of a screen takes: nobody sees more often than that.
const frame = 16 * time.Millisecond

func (pg *page) due() bool {
	now := time.Now()
	if now.Sub(pg.rested) < frame {
		return false
	}
	pg.rested = now
	return true
}

// yield lets JavaScript run, messages from the page included.
func (pg *page) yield() {
	if _, err := pg.post.Call("postMessage", safejs.Null()); err != nil {
		panic("page: " + err.Error())
	}
	<-pg.posted
}

// file waits for a file of the site.
func (pg *page) file(name string) ([]byte, error) {
	var b []byte
	var err error
	done := make(chan struct{})
	kept, kerr := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		defer close(done)
		n, e := args[0].Length()
		if err = e; err == nil {
			b = make([]byte, n)
			_, err = safejs.CopyBytesToGo(b, args[0])
		}
		return nil
	})
	lost, lerr := safejs.FuncOf(func(_ safejs.Value, args []safejs.Value) any {
		defer close(done)
		err = errors.New("it can't be fetched")
		if message, e := args[0].Get("message"); e == nil {
			if s, e := message.String(); e == nil {
				err = errors.New(s)
			}
		}
		return nil
	})
	if err := errors.Join(kerr, lerr); err != nil {
		return nil, err
	}
	defer kept.Release()
	defer lost.Release()
	promise, perr := pg.host.Call("file", name)
	if perr == nil {
		_, perr = promise.Call("then", kept.Value(), lost.Value())
	}
	if perr != nil {
		return nil, perr
	}
	<-done
	return b, err
}

// feed takes a chunk of the model and returns the promise.
func (pg *page) feed(p *program, args []safejs.Value) any {
	chunk, err := chunkOf(p, args)
	var executor safejs.Func
	executor, ferr := safejs.FuncOf(func(_ safejs.Value, settle []safejs.Value) any {
		done := func(err error) {
			if err == nil {
				_, err = settle[0].Invoke()
			} else if why, e := pg.failure.New(err.Error()); e == nil {
				_, err = settle[1].Invoke(why)
			}
			if err != nil {
				panic("page: " + err.Error())
			}
		}
		if err != nil {
			done(err)
		} else {
			p.feed.put(chunk, done)
		}
		return nil
	})
	if ferr != nil {
		panic("page: " + ferr.Error())
	}
	defer executor.Release() // the constructor has called it when New returns
	promise, err2 := pg.promise.New(executor.Value())
	if err2 != nil {
		panic("page: " + err2.Error())
	}
	return promise
}

// chunkOf copies the first argument, a Uint8Array, into the feed's buffer.
func chunkOf(p *program, args []safejs.Value) ([]byte, error) {
	if len(args) != 1 {
		return nil, errors.New("feed takes one Uint8Array")
	}
	n, err := args[0].Length()
	if err != nil {
		return nil, err
	}
	b, err := p.feed.buffer(n)
	if err != nil {
		return nil, err
	}
	_, err = safejs.CopyBytesToGo(b, args[0])
	return b, err
}
