package model

import "masque/engine/kernel"

// kvCache holds the keys and values of a session's positions, for the key
// heads lo ≤ h < hi that one team member needs. It grows by pages, so a short
// conversation is small whatever the model's context.
type kvCache struct {
	layers, heads, headDim int
	first                  int  // key head of index 0
	exact                  bool // as floats, for the f32 path; else as integers of 16 bits
	pages                  []kvPage
}

// kvPage covers kernel.PageLen positions of all layers and heads, [layers][heads] keys
// and values in chunks that package kernel knows.
type kvPage struct {
	k, v             []float32
	k16, v16         []int16
	kScales, vScales []float32 // of the integers, one a position
}

// grow makes room for n positions.
func (c *kvCache) grow(n int) {
	keys, values := c.blocks()
	for all := c.layers * c.heads; len(c.pages)*kernel.PageLen < n; {
		var p kvPage
		if c.exact {
			p.k, p.v = make([]float32, all*keys), make([]float32, all*values)
		} else {
			p.k16, p.v16 = make([]int16, all*keys), make([]int16, all*values)
			p.kScales, p.vScales = make([]float32, all*kernel.PageLen), make([]float32, all*kernel.PageLen)
		}
		c.pages = append(c.pages, p)
	}
}

// copyFrom makes the first n positions those of another cache.
func (c *kvCache) copyFrom(other *kvCache, n int) {
	c.grow(n)
	for i := range (n + kernel.PageLen - 1) / kernel.PageLen {
		p, o := &c.pages[i], &other.pages[i]
		copy(p.k, o.k)
		copy(p.v, o.v)
		copy(p.k16, o.k16)
		copy(p.v16, o.v16)
		copy(p.kScales, o.kScales)
		copy(p.vScales, o.vScales)
	}
}

// bytes returns the memory that the pages take.
func (c *kvCache) bytes() (n int) {
	for _, p := range c.pages {
		n += 4*(len(p.k)+len(p.v)+len(p.kScales)+len(p.vScales)) + 2*(len(p.k16)+len(p.v16))
	}
	return n
}

// blocks returns the sizes of a page's keys and values of one layer and head.
func (c *kvCache) blocks() (keys, values int) {
	return c.headDim * kernel.PageLen, kernel.ValueDims(c.headDim) * kernel.PageLen
}

// block returns one page's keys and values of a layer and head: floats, or integers with
// their scales.
func (c *kvCache) block(page, layer, head int) (b kvPage) {
	keys, values := c.blocks()
	i, p := layer*c.heads+head-c.first, &c.pages[page]
	if c.exact {
		return kvPage{k: p.k[i*keys:][:keys], v: p.v[i*values:][:values]}
	}
	return kvPage{
		k16: p.k16[i*keys:][:keys], v16: p.v16[i*values:][:values],
		kScales: p.kScales[i*kernel.PageLen:][:kernel.PageLen], vScales: p.vScales[i*kernel.PageLen:][:kernel.PageLen],
	}
}

// put stores the key and the value of one head at a position.
func (c *kvCache) put(layer, head, pos int, key, value []float32) {
	b, at := c.block(pos/kernel.PageLen, layer, head), pos%kernel.PageLen
	if c.exact {
		kernel.PutKey(b.k, at, key)
		kernel.PutValue(b.v, at, value)
		return
	}
	kernel.PutKey16(b.k16, b.kScales, at, key)
	kernel.PutValue16(b.v16, b.vScales, at, value)
}

// key reads the key of one head at a position.
func (c *kvCache) key(dst []float32, layer, head, pos int) {
	b, at := c.block(pos/kernel.PageLen, layer, head), pos%kernel.PageLen
	if c.exact {
		kernel.Key(dst, b.k, at)
		return
	}
	kernel.Key16(dst, b.k16, b.kScales, at)
}

// value reads the value of one head at a position.
func (c *kvCache) value(dst []float32, layer, head, pos int) {
	b, at := c.block(pos/kernel.PageLen, layer, head), pos%kernel.PageLen
	if c.exact {
		kernel.Value(dst, b.v, at)
		return
	}
	kernel.Value16(dst, b.v16, b.vScales, at)
}

// view is the scratch of the queries that share a key head.
type view struct {
	stride        int       // the context, rounded up to pages
	probabilities []float32 // [queries][stride]; scores before
	query         []int16   // [queries][headDim]
	queryScales   []float32
	weights       []int16   // [queries][kernel.PageLen]
	weightScales  []float32 // [queries][chunks of a page]
}

func newView(w *Weights) *view {
	group, stride := w.Heads/w.KVHeads, (w.Context+kernel.PageLen-1)/kernel.PageLen*kernel.PageLen
	v := &view{stride: stride, probabilities: make([]float32, group*stride)}
	if w.Precision != F32 {
		v.query, v.queryScales = make([]int16, group*w.HeadDim), make([]float32, group)
		v.weights, v.weightScales = make([]int16, group*kernel.PageLen), make([]float32, group*kernel.PageLen/kernel.ChunkLen)
	}
	return v
}

// attend writes to out what queries see of the first positions of a layer and head.
func (c *kvCache) attend(v *view, out, queries []float32, layer, head, length int) {
	c.weigh(v, queries, layer, head, length)
	clear(out)
	n := len(queries) / c.headDim
	for p := 0; p < length; p += kernel.PageLen {
		b, part := c.block(p/kernel.PageLen, layer, head), min(length-p, kernel.PageLen)
		if c.exact {
			kernel.Mix(out, c.headDim, v.probabilities[p:], v.stride, b.v, part)
			continue
		}
		for i := range n {
			at := i * kernel.PageLen
			kernel.Weights16(v.weights[at:], v.weightScales[at/kernel.ChunkLen:], v.probabilities[i*v.stride+p:], b.vScales, part)
		}
		kernel.Mix16(out, c.headDim, v.weights, v.weightScales, kernel.PageLen, b.v16, (part+kernel.ChunkLen-1)/kernel.ChunkLen)
	}
}

// weigh computes the probabilities with which queries look at the first positions of a
// layer and head.
func (c *kvCache) weigh(v *view, queries []float32, layer, head, length int) {
	n := len(queries) / c.headDim
	if !c.exact {
		kernel.Query16(v.query, v.queryScales, queries, c.headDim, invSqrt(c.headDim))
	}
	for p := 0; p < length; p += kernel.PageLen {
		b, part := c.block(p/kernel.PageLen, layer, head), min(length-p, kernel.PageLen)
		if c.exact {
			kernel.Scores(v.probabilities[p:], v.stride, queries, c.headDim, b.k, part, invSqrt(c.headDim))
		} else {
			kernel.Scores16(v.probabilities[p:], v.stride, v.query[:len(queries)], v.queryScales, c.headDim, b.k16, b.kScales, part)
		}
	}
	for i := range n {
		kernel.Softmax(v.probabilities[i*v.stride:][:length])
	}
}
