package model

import "masque/engine/kernel"

// kvCache holds the keys and values of a session's positions, for the key
// heads lo ≤ h < hi that one team member needs. It grows by pages, so a short
// conversation is small whatever the model's context.
type kvCache struct {
	layers, heads, headDim int
	first                  int // key head of index 0
	pages                  []kvPage
}

// kvPage covers kernel.PageLen positions of all layers and heads.
type kvPage struct {
	k []float32 // [layers][heads] keys, in chunks that kernel.PutKey knows
	v []float32 // [layers][heads] values, likewise
}

// grow makes room for n positions.
func (c *kvCache) grow(n int) {
	keys, values := c.blocks()
	for len(c.pages)*kernel.PageLen < n {
		c.pages = append(c.pages, kvPage{k: make([]float32, c.layers*c.heads*keys), v: make([]float32, c.layers*c.heads*values)})
	}
}

// copyFrom makes the first n positions those of another cache.
func (c *kvCache) copyFrom(other *kvCache, n int) {
	c.grow(n)
	for i := range (n + kernel.PageLen - 1) / kernel.PageLen {
		copy(c.pages[i].k, other.pages[i].k)
		copy(c.pages[i].v, other.pages[i].v)
	}
}

// bytes returns the memory that the pages take.
func (c *kvCache) bytes() int {
	keys, values := c.blocks()
	return len(c.pages) * 4 * c.layers * c.heads * (keys + values)
}

// blocks returns the sizes of a page's keys and values of one layer and head.
func (c *kvCache) blocks() (keys, values int) {
	return c.headDim * kernel.PageLen, kernel.ValueDims(c.headDim) * kernel.PageLen
}

// block returns the keys and the values of one page, layer and head.
func (c *kvCache) block(page, layer, head int) (k, v []float32) {
	keys, values := c.blocks()
	i := layer*c.heads + head - c.first
	return c.pages[page].k[i*keys:][:keys], c.pages[page].v[i*values:][:values]
}

// put stores the key and the value of one head at a position.
func (c *kvCache) put(layer, head, pos int, key, value []float32) {
	k, v := c.block(pos/kernel.PageLen, layer, head)
	kernel.PutKey(k, pos%kernel.PageLen, key)
	kernel.PutValue(v, pos%kernel.PageLen, value)
}
