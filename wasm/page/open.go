package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"masque/engine/chat"
	"masque/engine/generate"
	"masque/engine/gguf"
	"masque/engine/model"
	"masque/engine/sha256"
	"masque/engine/team"
	"masque/engine/tokenizer"
	"masque/masks"
	"masque/masks/study"
)

// progressBytes is how many bytes of the model pass between two loading events: a dozen
// frames of a load from storage, and each costs the page a millisecond.
const progressBytes = 4 << 20

// open reads a model from the feed. What was open before is freed first: two
// models would not fit. A follower then computes with its part of the model until the
// leader closes it.
func (p *program) open(ctx context.Context, h head, r openRequest) error {
	p.closeModel()
	if p.link.Rank() == 0 {
		return p.lead(ctx, h, r)
	}
	w, err := p.join(ctx, h, r)
	if err == nil {
		model.Follow(w, p.link)
		runtime.GC()
	}
	return err
}

func (p *program) lead(ctx context.Context, h head, r openRequest) error {
	defer collectOnce()()
	m, err := p.read(ctx, h, r)
	if ctx.Err() != nil {
		err = errors.New("opening the model was stopped")
	}
	p.feed.close(err)
	if err == nil {
		p.model = m
		p.host.event(openedEvent{h.as("opened"), m.info, p.fits()})
	}
	return err
}

func (p *program) join(ctx context.Context, h head, r openRequest) (*model.Weights, error) {
	defer collectOnce()()
	_, w, err := p.weights(ctx, h, &r, func(*gguf.File) error { return nil })
	if ctx.Err() != nil {
		err = errors.New("opening the model was stopped")
	}
	p.feed.close(err)
	if err == nil {
		p.host.event(joinedEvent{h.as("joined")})
	}
	return w, err
}

// collectOnce holds the collector back while a model is read, and returns what makes up
// for it. Almost all that is allocated meanwhile stays: collecting would mark it, twenty
// times while the heap grows, to find some 5 MB. The page is told before the one time.
func collectOnce() func() {
	was := debug.SetGCPercent(-1)
	return func() {
		runtime.GC()
		debug.SetGCPercent(was)
	}
}

func (p *program) closeModel() {
	if p.model != nil {
		p.model.engine.Close()
		p.model = nil
		runtime.GC()
	}
}

func (p *program) read(ctx context.Context, h head, r openRequest) (*openModel, error) {
	var tok *tokenizer.Tokenizer
	f, w, err := p.weights(ctx, h, &r, func(f *gguf.File) (err error) {
		tok, err = tokenizer.FromGGUF(f)
		return err
	})
	if err != nil {
		return nil, err
	}
	return newOpenModel(f, w, tok, r, p.link), nil
}

// weights reads this program's share of a model from the feed. With all that
// stands before the weights it calls begin.
func (p *program) weights(ctx context.Context, h head, r *openRequest, begin func(*gguf.File) error) (*gguf.File, *model.Weights, error) {
	if r.Size <= 0 {
		return nil, nil, fmt.Errorf("%s is empty", r.Name)
	}
	in := p.feed.reader(ctx)
	f, err := gguf.Read(in, r.Size, r.Name)
	if err != nil {
		return nil, nil, err
	}
	if err := begin(f); err != nil {
		return nil, nil, err
	}
	loader, err := model.NewShareLoader(f, model.Fast, model.Share{Rank: p.link.Rank(), Size: p.link.Size()})
	if err != nil {
		return nil, nil, err
	}
	counted := &counter{r: in, total: f.DataSize(), tell: func(done, total int64) {
		p.host.event(loadingEvent{h.as("loading"), done, total})
	}}
	if r.Digest == "" && p.link.Rank() == 0 {
		counted.hash = sha256.New()
	}
	if err := f.Stream(counted, loader.Add); err != nil {
		return nil, nil, err
	}
	if counted.hash != nil {
		r.Digest = hex.EncodeToString(counted.hash.Sum(nil))
	}
	if err := drain(in, r.Size-f.DataOffset-f.DataSize()); err != nil {
		return nil, nil, err
	}
	w, err := loader.Weights()
	return f, w, err
}

// drain reads what a file has after its last tensor.
func drain(r io.Reader, n int64) error {
	_, err := io.CopyN(io.Discard, r, n)
	return err
}

func newOpenModel(f *gguf.File, w *model.Weights, tok *tokenizer.Tokenizer, r openRequest, link team.Link) *openModel {
	m := &openModel{
		tok:  tok,
		gens: map[string]*generate.Generator{}, labs: map[string]*lab{}, panes: map[string]*pane{},
		info: modelInfo{
			Name: masks.ModelName(r.Name), Arch: w.Arch, Layers: w.Layers, Dim: w.Dim, Channels: w.QDim(), FFN: w.FFN,
			Heads: w.Heads, KVHeads: w.KVHeads, Vocab: w.Vocab, Context: w.Context,
			Quantisation: quantisation(f), Bytes: f.DataSize(), Memory: w.Bytes() * link.Size(), Workers: link.Size(),
			Families: chat.Names(), Digest: r.Digest,
		},
	}
	for _, recipe := range study.PersonaRecipes {
		if s, err := study.DefaultSettings(recipe, &w.Config); err == nil {
			m.info.Recipes = append(m.info.Recipes, s)
		}
	}
	if link.Size() > 1 {
		m.engine = model.Lead(w, link)
	} else {
		m.engine = model.NewEngine(w, 1)
	}
	if family, err := chat.FromGGUF(f); err == nil {
		name := family.Name()
		m.info.Family = &name
	}
	return m
}

// family returns a chat family by its name, the model's own for "".
func (m *openModel) family(name string) (chat.Family, error) {
	if name == "" {
		if m.info.Family == nil {
			return chat.Family{}, fmt.Errorf("the chat format of %s is not one that this program knows; choose one of %s", m.info.Name, strings.Join(m.info.Families, ", "))
		}
		name = *m.info.Family
	}
	return chat.ByName(name)
}

// generator returns the generator for a chat family, the model's own for "".
func (m *openModel) generator(name string) (*generate.Generator, error) {
	f, err := m.family(name)
	if err != nil {
		return nil, err
	}
	if g, ok := m.gens[f.Name()]; ok {
		return g, nil
	}
	g, err := generate.New(m.engine, m.tok, f)
	if err != nil {
		return nil, err
	}
	m.gens[f.Name()] = g
	return g, nil
}

// quantisation names the types of the file's matrices, the commonest first.
func quantisation(f *gguf.File) string {
	bytes := map[gguf.Type]int64{}
	for _, t := range f.Tensors {
		if t.Rows() > 1 {
			bytes[t.Type] += t.Size
		}
	}
	var names []string
	for len(bytes) > 0 {
		var most gguf.Type
		for t, n := range bytes {
			if n > bytes[most] || n == bytes[most] && t < most {
				most = t
			}
		}
		names = append(names, most.String())
		delete(bytes, most)
	}
	return strings.Join(names, ", ")
}

// counter tells how many bytes have gone by, and hashes them if asked.
type counter struct {
	r           io.Reader
	done, total int64
	told        int64
	tell        func(done, total int64)
	hash        hash.Hash
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.done += int64(n)
	if c.hash != nil {
		c.hash.Write(b[:n])
	}
	if c.done-c.told >= progressBytes || c.done == c.total && c.told != c.total {
		c.told = c.done
		c.tell(c.done, c.total)
	}
	return n, err
}
