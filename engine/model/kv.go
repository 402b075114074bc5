package model

import "masque/engine/kernel"

// kvCache holds the keys and values of a session's positions, for the key
// heads lo ≤ h < hi that one team member needs. It grows by pages, so a short
// conversation is small whatever the model's context.
type kvCache struct {
	layers, heads, headDim int
	first                  int                              // key head of index 0
	newPage                func(blocks, headDim int) kvPage // newFloatPage or newIntPage
	pages                  []kvPage
}

// A kvPage covers kernel.PageLen positions. A block of it, layer·heads + head, holds the
// keys and values of a layer and head, in chunks that package kernel knows; at counts its
// positions.
type kvPage interface {
	put(block, at int, key, value []float32)
	get(block, at int, key, value []float32)
	// score writes to the view what its queries make of the block's first n keys, which
	// are the cache's from number first on.
	score(v *view, first, block, n int)
	// mix adds to out the block's first n values, each times its probability.
	mix(v *view, out []float32, first, block, n int)
	copyFrom(other kvPage)
	bytes() int
}

// blockSizes returns how many numbers the keys and the values of a block are.
func blockSizes(headDim int) (keys, values int) {
	return headDim * kernel.PageLen, kernel.ValueDims(headDim) * kernel.PageLen
}

// grow makes room for n positions.
func (c *kvCache) grow(n int) {
	for len(c.pages)*kernel.PageLen < n {
		c.pages = append(c.pages, c.newPage(c.layers*c.heads, c.headDim))
	}
}

// copyFrom makes the first n positions those of another cache.
func (c *kvCache) copyFrom(other *kvCache, n int) {
	c.grow(n)
	for i := range (n + kernel.PageLen - 1) / kernel.PageLen {
		c.pages[i].copyFrom(other.pages[i])
	}
}

// bytes returns the memory that the pages take.
func (c *kvCache) bytes() (n int) {
	for _, p := range c.pages {
		n += p.bytes()
	}
	return n
}

func (c *kvCache) block(layer, head int) int { return layer*c.heads + head - c.first }

// put stores the key and the value of one head at a position.
func (c *kvCache) put(layer, head, pos int, key, value []float32) {
	c.pages[pos/kernel.PageLen].put(c.block(layer, head), pos%kernel.PageLen, key, value)
}

// get reads the key and the value of one head at a position.
func (c *kvCache) get(layer, head, pos int, key, value []float32) {
	c.pages[pos/kernel.PageLen].get(c.block(layer, head), pos%kernel.PageLen, key, value)
}

// attend writes to out what queries see of the first positions of a layer and head.
func (c *kvCache) attend(v *view, out, queries []float32, layer, head, length int) {
	c.weigh(v, queries, layer, head, length)
	clear(out)
	block := c.block(layer, head)
	for p := 0; p < length; p += kernel.PageLen {
		c.pages[p/kernel.PageLen].mix(v, out, p, block, min(length-p, kernel.PageLen))
	}
}

// weigh computes the probabilities with which queries look at the first positions of a
// layer and head.
func (c *kvCache) weigh(v *view, queries []float32, layer, head, length int) {
	v.look(queries, c.headDim)
	block := c.block(layer, head)
	for p := 0; p < length; p += kernel.PageLen {
		c.pages[p/kernel.PageLen].score(v, p, block, min(length-p, kernel.PageLen))
	}
	for i := range len(queries) / c.headDim {
		kernel.Softmax(v.probabilities[i*v.stride:][:length])
	}
}

// view is the scratch of the queries that share a key head.
type view struct {
	stride        int       // the context, rounded up to pages
	probabilities []float32 // [queries][stride]; scores before
	queries       []float32 // [queries][headDim], the caller's
	// The same as integers, with their scales, and the probabilities in a page times the
	// values' scales. There are none on the f32 path.
	query        []int16 // [queries][headDim]
	queryScales  []float32
	weights      []int16   // [queries][kernel.PageLen]
	weightScales []float32 // [queries][chunks of a page]
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

// look says which queries the view is of.
func (v *view) look(queries []float32, headDim int) {
	v.queries = queries
	if v.query != nil {
		kernel.Query16(v.query, v.queryScales, queries, headDim, invSqrt(headDim))
	}
}
