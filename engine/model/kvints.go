package model

import "masque/engine/kernel"

// intPage holds keys and values as integers of 16 bits with a scale a position.
type intPage struct {
	keys, values           []int16   // [blocks][numbers of a block]
	keyScales, valueScales []float32 // [blocks][kernel.PageLen]
	headDim                int
}

func newIntPage(blocks, headDim int) kvPage {
	k, v := blockSizes(headDim)
	scales := blocks * kernel.PageLen
	return &intPage{make([]int16, blocks*k), make([]int16, blocks*v), make([]float32, scales), make([]float32, scales), headDim}
}

func (p *intPage) keysOf(block int) (keys []int16, scales []float32) {
	n, _ := blockSizes(p.headDim)
	return p.keys[block*n:][:n], p.keyScales[block*kernel.PageLen:][:kernel.PageLen]
}

func (p *intPage) valuesOf(block int) (values []int16, scales []float32) {
	_, n := blockSizes(p.headDim)
	return p.values[block*n:][:n], p.valueScales[block*kernel.PageLen:][:kernel.PageLen]
}

func (p *intPage) put(block, at int, key, value []float32) {
	keys, scales := p.keysOf(block)
	kernel.PutKey16(keys, scales, at, key)
	values, scales := p.valuesOf(block)
	kernel.PutValue16(values, scales, at, value)
}

func (p *intPage) get(block, at int, key, value []float32) {
	keys, scales := p.keysOf(block)
	kernel.Key16(key, keys, scales, at)
	values, scales := p.valuesOf(block)
	kernel.Value16(value, values, scales, at)
}

func (p *intPage) score(v *view, first, block, n int) {
	keys, scales := p.keysOf(block)
	kernel.Scores16(v.probabilities[first:], v.stride, v.query[:len(v.queries)], v.queryScales, p.headDim, keys, scales, n)
}

func (p *intPage) mix(v *view, out []float32, first, block, n int) {
	values, scales := p.valuesOf(block)
	for i := range len(out) / p.headDim {
		at := i * kernel.PageLen
		kernel.Weights16(v.weights[at:], v.weightScales[at/kernel.ChunkLen:], v.probabilities[i*v.stride+first:], scales, n)
	}
	kernel.Mix16(out, p.headDim, v.weights, v.weightScales, kernel.PageLen, values, (n+kernel.ChunkLen-1)/kernel.ChunkLen)
}

func (p *intPage) copyFrom(other kvPage) {
	o := other.(*intPage)
	copy(p.keys, o.keys)
	copy(p.values, o.values)
	copy(p.keyScales, o.keyScales)
	copy(p.valueScales, o.valueScales)
}

func (p *intPage) bytes() int {
	return 2*(len(p.keys)+len(p.values)) + 4*(len(p.keyScales)+len(p.valueScales))
}
