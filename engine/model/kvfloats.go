package model

import "masque/engine/kernel"

// floatPage holds keys and values as floats, for the f32 path.
type floatPage struct {
	keys, values []float32 // [blocks][numbers of a block]
	headDim      int
}

func newFloatPage(blocks, headDim int) kvPage {
	k, v := blockSizes(headDim)
	return &floatPage{make([]float32, blocks*k), make([]float32, blocks*v), headDim}
}

func (p *floatPage) block(i int) (keys, values []float32) {
	k, v := blockSizes(p.headDim)
	return p.keys[i*k:][:k], p.values[i*v:][:v]
}

func (p *floatPage) put(block, at int, key, value []float32) {
	keys, values := p.block(block)
	kernel.PutKey(keys, at, key)
	kernel.PutValue(values, at, value)
}

func (p *floatPage) get(block, at int, key, value []float32) {
	keys, values := p.block(block)
	kernel.Key(key, keys, at)
	kernel.Value(value, values, at)
}

func (p *floatPage) score(v *view, first, block, n int) {
	keys, _ := p.block(block)
	kernel.Scores(v.probabilities[first:], v.stride, v.queries, p.headDim, keys, n, invSqrt(p.headDim))
}

func (p *floatPage) mix(v *view, out []float32, first, block, n int) {
	_, values := p.block(block)
	kernel.Mix(out, p.headDim, v.probabilities[first:], v.stride, values, n)
}

func (p *floatPage) copyFrom(other kvPage) {
	o := other.(*floatPage)
	copy(p.keys, o.keys)
	copy(p.values, o.values)
}

func (p *floatPage) bytes() int { return 4 * (len(p.keys) + len(p.values)) }
