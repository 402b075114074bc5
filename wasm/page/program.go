package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"masque/engine/generate"
	"masque/engine/model"
	"masque/engine/team"
	"masque/engine/tokenizer"
	"masque/masks"
	"masque/masks/jsondoc"
)

// version is set by build.sh.
var version = "development"

// host is the other side: the page, or a test.
type host interface {
	event(e any)
	tell(event []byte) // one that is JSON already
	// due reports whether a frame has passed since it last said so; saying so begins
	// another. That is often enough for who watches, and for requests to come in.
	due() bool
	yield() // lets requests that have arrived come in
	// file returns a file of the site that the program came from. It waits, so it must
	// not be called where a request is received.
	file(name string) ([]byte, error)
}

// program answers requests, one after another; see atOnce for those that do not wait.
type program struct {
	host     host
	link     team.Link // its place among the workers
	feed     *feed
	requests chan request

	mu      sync.Mutex
	cancels map[int]context.CancelFunc // by the ids of the requests that wait or are at work

	personas []*persona
	unread   shipped // the library, whose personas are not yet among these; see known
	model    *openModel
}

// request waits for its answer. A stop may come before.
type request struct {
	head
	ctx     context.Context
	message []byte
}

// persona is a document with its key.
type persona struct {
	*masks.Persona // nil until it is read; find reads it
	key            string
	mask           string       // key of the document without evidence
	library        string       // its file there; empty where it is none of the library's
	told           shippedEntry // of a document that is not read
}

// openModel is what "open" leaves behind.
type openModel struct {
	info   modelInfo
	tok    *tokenizer.Tokenizer
	gens   map[string]*generate.Generator // by chat family
	labs   map[string]*lab                // by chat family
	panes  map[string]*pane
	engine *model.Engine
}

// backlog is how many requests may wait. The page has no reason to come near.
const backlog = 256

func newProgram(link team.Link) *program {
	return &program{link: link, feed: newFeed(), requests: make(chan request, backlog), cancels: map[int]context.CancelFunc{}}
}

// start tells the page that requests may come. A program that follows knows no
// personas.
func (p *program) start() error {
	if p.link.Rank() == 0 {
		p.unread = shippedLines
	}
	e, err := p.unread.started(startedEvent{Type: "started", Version: version, Variant: variant})
	if err != nil {
		return err
	}
	p.host.tell(e)
	return nil
}

// receive takes a request. It never blocks: it runs between two steps of
// whatever is at work.
func (p *program) receive(message []byte) {
	var h head
	if err := jsondoc.UnmarshalMessage(message, &h); err != nil {
		p.fail(h, fmt.Errorf("a request is no JSON: %w", err))
		return
	}
	if known, err := p.atOnce(h, message); known {
		if err != nil {
			p.fail(h, err)
		}
		return
	}
	if h.Type == "open" { // the first chunk follows before run gets to the request
		p.feed.open()
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.mu.Lock()
	p.cancels[h.ID] = cancel
	p.mu.Unlock()
	select {
	case p.requests <- request{h, ctx, message}:
	default:
		p.forget(h.ID)
		p.fail(h, errors.New("too many requests are waiting"))
	}
}

// forget lets go of a request that is answered.
func (p *program) forget(id int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if cancel := p.cancels[id]; cancel != nil {
		cancel()
		delete(p.cancels, id)
	}
}

// atOnce answers a request that computes nothing, and so need not wait for what is
// at work.
func (p *program) atOnce(h head, message []byte) (known bool, err error) {
	ctx := context.Background()
	switch h.Type {
	case "stop":
		return true, handle(ctx, h, message, p.stop)
	case "check":
		return true, handle(ctx, h, message, p.check)
	case "share":
		return true, handle(ctx, h, message, p.share)
	case "export":
		return true, handle(ctx, h, message, p.export)
	}
	return false, nil
}

func (p *program) stop(_ context.Context, _ head, r stopRequest) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if cancel := p.cancels[r.Target]; cancel != nil {
		cancel()
	}
	return nil
}

// run answers requests for ever.
func (p *program) run() {
	for r := range p.requests {
		p.answer(r)
	}
}

func (p *program) answer(r request) {
	defer p.forget(r.ID)
	ctx, h, message := r.ctx, r.head, r.message
	var err error
	switch h.Type {
	case "open":
		err = handle(ctx, h, message, p.open)
	case "persona":
		err = handle(ctx, h, message, p.addPersona)
	case "combine":
		err = handle(ctx, h, message, p.combine)
	case "generate":
		err = handle(ctx, h, message, p.generate)
	case "calibrate":
		err = handle(ctx, h, message, p.calibrate)
	case "evaluate":
		err = handle(ctx, h, message, p.evaluate)
	case "explore":
		err = handle(ctx, h, message, p.explore)
	case "estimate":
		err = handle(ctx, h, message, p.estimate)
	default:
		err = fmt.Errorf("unknown request %q", h.Type)
	}
	if err != nil {
		p.fail(h, err)
	}
}

// handle decodes a request and has it answered.
func handle[R any](ctx context.Context, h head, message []byte, answer func(context.Context, head, R) error) error {
	var r R
	if err := jsondoc.UnmarshalMessage(message, &r); err != nil {
		return fmt.Errorf("the request %q is malformed: %w", h.Type, err)
	}
	return answer(ctx, h, r)
}

// breathe lets requests come in once a frame.
func (p *program) breathe() {
	if p.host.due() {
		p.host.yield()
	}
}

func (p *program) fail(h head, err error) {
	p.host.event(failedEvent{h.as("failed"), err.Error()})
}

// as is the head of an event that answers a request.
func (h head) as(kind string) head { return head{Type: kind, ID: h.ID} }
