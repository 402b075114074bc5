package model

import (
	"math"

	"masque/engine/kernel"
	"masque/engine/quant"
	"masque/engine/team"
)

// backward is the scratch of Differentiate and the two tasks of its team.
type backward struct {
	e       *Engine
	overlay *Overlay
	trace   *trace
	targets []span
	pool    []*Session
	see     Gradient
	at      int // rows read before those of the pass that head works on

	// What stands before all targets: so many tokens, which the leader has read in a
	// session of their own.
	base   int
	before []int32
	begun  *Session

	// The first target's first tokens, whose rows and session hold what they did
	// in the batch before.
	beginning []int32

	head, layers func(*member)

	dx []float32 // [rows][dim]: gradient at the residual stream

	// What members write their columns of and all read.
	dNorm []float32 // [rows][dim]
	dAtt  []float32 // [rows][qDim]
	dQKV  []float32 // [rows][qDim+2·kvDim]
	dGate []float32 // [rows][ffn]
	dUp   []float32 // [rows][ffn]
	shown []float32 // [rows][max(qDim, ffn)]: what the Gradient sees

	asked []float32 // [MaxRows][dim]: gradients at the rows that asked for logits

	// A member's own: of one row of attention, and what it reads in the cache.
	dP     [][]float32 // [positions]
	keys   [][]float32 // of the positions, as values stand for kernel.Mix
	values [][]float32 // [positions][headDim]

	// Of a member that holds a share of the weights: whole matrices, and a piece
	// of the output head with the gradients at its rows.
	whole   [matrixKinds]*quant.Matrix
	piece   *quant.Matrix
	atPiece []float32
}

// span is the rows of one target.
type span struct {
	session     *Session
	first, last int
}

// scratchOf returns scratch for a number of rows behind a beginning of base tokens: that
// of the last call, if it is for the same overlay and large enough.
func (e *Engine) scratchOf(o *Overlay, rows, base, lowest int) *backward {
	if d := e.back; d != nil && d.overlay == o && d.trace.room >= rows && d.base == base && d.trace.lowest == lowest {
		return d
	}
	e.back = nil // so that its memory can serve
	e.back = e.newBackward(o, rows, base, lowest)
	return e.back
}

// ReleaseGradients frees the memory that Differentiate keeps between calls.
func (e *Engine) ReleaseGradients() {
	e.back = nil
	if e.lead != nil {
		e.lead.release()
	}
}

func (e *Engine) newBackward(o *Overlay, rows, base, lowest int) *backward {
	w := e.w
	qkv := w.QDim() + 2*w.KVDim()
	d := &backward{
		e: e, overlay: o, base: base, trace: newTrace(w, rows, lowest),
		dx:    make([]float32, rows*w.Dim),
		dNorm: make([]float32, rows*w.Dim),
		dAtt:  make([]float32, rows*w.QDim()),
		dQKV:  make([]float32, rows*qkv),
		dGate: make([]float32, rows*w.FFN),
		dUp:   make([]float32, rows*w.FFN),
		shown: make([]float32, rows*max(w.QDim(), w.FFN)),
		asked: make([]float32, MaxRows*w.Dim),
	}
	positions := base + rows
	for range e.members {
		d.dP = append(d.dP, make([]float32, (positions+kernel.PageLen)&^(kernel.PageLen-1)))
		d.keys = append(d.keys, make([]float32, (positions+kernel.ChunkLen)&^(kernel.ChunkLen-1)*kernel.ValueDims(w.HeadDim)))
		d.values = append(d.values, make([]float32, positions*w.HeadDim))
	}
	d.head = func(m *member) { d.throughHead(m) }
	d.layers = func(m *member) { d.throughLayers(m) }
	return d
}

// session returns the i-th of the sessions that texts run in.
func (d *backward) session(i int) (*Session, error) {
	for len(d.pool) <= i {
		var s *Session
		if d.base > 0 {
			s = d.begun.Fork()
		} else {
			var err error
			if s, err = d.e.NewSession(d.overlay); err != nil {
				return nil, err
			}
		}
		d.pool = append(d.pool, s)
	}
	return d.pool[i], nil
}

// gather brings together columns of rows of a width.
func (d *backward) gather(m *member, x []float32, width, lo, hi int) {
	m.Gather(x, width, len(d.trace.rows), lo, hi)
}

// throughHead takes the gradients at the logits of the last pass back through
// the output head and the last norm, to dx.
func (d *backward) throughHead(m *member) {
	e, w := d.e, d.e.w
	n := len(e.asked)
	if n == 0 {
		return
	}
	if m.apart { // the leader has computed them
		m.Gather(e.logits, w.Vocab, n, 0, m.leads(w.Vocab))
	}
	lo, hi := m.columns(w.Dim)
	clearColumns(d.asked, w.Dim, n, lo, hi)
	if w.share.whole() {
		kernel.AddMulT(d.asked, w.Output, e.logits[:n*w.Vocab], n, lo, hi)
	} else {
		d.throughOutput(m, n, lo, hi)
	}
	m.Gather(d.asked, w.Dim, n, lo, hi)
	place := d.trace.place[d.at:][:len(e.rows)]
	if m.Rank() == 0 {
		x := d.trace.layers[len(w.Blocks)].in
		for k, i := range e.asked {
			at := place[i] * w.Dim
			normBackward(d.dx[at:][:w.Dim], d.asked[k*w.Dim:][:w.Dim], x[at:][:w.Dim], w.OutputNorm, w.Eps)
		}
	}
	dx := d.dx[place[0]*w.Dim : (place[len(place)-1]+1)*w.Dim]
	m.Gather(dx, len(dx), 1, 0, m.leads(len(dx)))
}

// leads returns n for the leader and 0 for the others: the end of a part that
// the leader alone gives.
func (m *member) leads(n int) int {
	if m.Rank() == 0 {
		return n
	}
	return 0
}

// throughLayers takes dx from the last layer back to the lowest.
func (d *backward) throughLayers(m *member) {
	for layer := len(d.e.w.Blocks) - 1; layer >= d.trace.lowest; layer-- {
		d.feedForward(m, layer)
		d.attention(m, layer)
	}
}

// feedForward takes dx back through a layer's feed-forward half.
func (d *backward) feedForward(m *member, layer int) {
	w, t := d.e.w, d.trace
	n, ffn, dim := len(t.rows), w.FFN, w.Dim
	kept := &t.layers[layer]
	lo, hi := m.columns(ffn)

	// ffn_down, then the gates and SwiGLU.
	clearColumns(d.dGate, ffn, n, lo, hi)
	kernel.AddMulT(d.dGate, d.matrix(m, layer, Down), d.dx, n, lo, hi)
	gates := d.overlay.gateDown(layer)
	for i := range n {
		at := i * ffn
		d.effects(at+lo, at+hi, d.dGate, kept.hid, gates, lo)
		kernel.SwiGLUBack(d.dGate[at+lo:at+hi], d.dUp[at+lo:at+hi], kept.gate[at+lo:at+hi], kept.up[at+lo:at+hi])
	}
	d.gather(m, d.dGate, ffn, lo, hi)
	d.gather(m, d.dUp, ffn, lo, hi)
	d.show(m, layer, FFNHidden, ffn, lo, hi)

	// ffn_gate and ffn_up, then the norm.
	lo, hi = m.columns(dim)
	clearColumns(d.dNorm, dim, n, lo, hi)
	kernel.AddMulT(d.dNorm, d.matrix(m, layer, Gate), d.dGate, n, lo, hi)
	kernel.AddMulT(d.dNorm, d.matrix(m, layer, Up), d.dUp, n, lo, hi)
	d.gather(m, d.dNorm, dim, lo, hi)
	d.norm(m, kept.mid, w.Blocks[layer].FFNNorm)
}

// effects writes what the units of a row from ≤ u < to have to show, gradient times
// activation, and takes the gradient back through their gates, if there are any; unit is the
// first one's place among the gates.
func (d *backward) effects(from, to int, gradient, activation, gates []float32, unit int) {
	gradient, activation = gradient[from:to], activation[from:to]
	for u, x := range activation {
		d.shown[from+u] = gradient[u] * x
	}
	if gates != nil {
		kernel.Scale(gradient, gates[unit:])
	}
}

// attention takes dx back through a layer's attention half.
func (d *backward) attention(m *member, layer int) {
	w, t := d.e.w, d.trace
	n, qd, kvd, dim := len(t.rows), w.QDim(), w.KVDim(), w.Dim
	kept := &t.layers[layer]
	lo, hi := m.columns(qd)

	// attn_output, then the gates.
	clearColumns(d.dAtt, qd, n, lo, hi)
	kernel.AddMulT(d.dAtt, d.matrix(m, layer, O), d.dx, n, lo, hi)
	gates := d.overlay.gateO(layer)
	for i := range n {
		d.effects(i*qd+lo, i*qd+hi, d.dAtt, kept.att, gates, lo)
	}
	d.gather(m, d.dAtt, qd, lo, hi)
	d.show(m, layer, AttnValue, qd, lo, hi)
	if layer == t.lowest { // nobody asks for what lies below
		return
	}

	// The attention itself, then attn_q, attn_k, attn_v and the norm.
	d.heads(m, layer)
	lo, hi = m.columns(dim)
	clearColumns(d.dNorm, dim, n, lo, hi)
	at := 0
	for _, part := range []struct {
		kind  Kind
		width int
	}{{Q, qd}, {K, kvd}, {V, kvd}} {
		kernel.AddMulT(d.dNorm, d.matrix(m, layer, part.kind), d.dQKV[at*n:(at+part.width)*n], n, lo, hi)
		at += part.width
	}
	d.gather(m, d.dNorm, dim, lo, hi)
	d.norm(m, kept.in, w.Blocks[layer].AttnNorm)
}

// norm adds to dx what dNorm becomes behind an RMSNorm of x.
func (d *backward) norm(m *member, x, weight []float32) {
	dim, n := d.e.w.Dim, len(d.trace.rows)
	first, last := team.Split(n, 1, m.Rank(), m.Size())
	for i := first; i < last; i++ {
		normBackward(d.dx[i*dim:][:dim], d.dNorm[i*dim:][:dim], x[i*dim:][:dim], weight, d.e.w.Eps)
	}
	m.Gather(d.dx, n*dim, 1, first*dim, last*dim)
}

// show lets the Gradient see the units of one site, of which the member has
// written the columns lo ≤ u < hi.
func (d *backward) show(m *member, layer int, site Site, width, lo, hi int) {
	d.gather(m, d.shown, width, lo, hi)
	if m.Rank() == 0 {
		for i, s := range d.targets {
			d.see(i, layer, site, d.shown[s.first*width:s.last*width], width)
		}
	}
	m.Gather(nil, 0, 0, 0, 0) // nobody writes to shown before it has been seen
}

// normBackward adds to dx the gradient at x of an RMSNorm whose output has the
// gradient dy: with r = 1/√(mean(x²)+eps),
//
//	dx[i] += r·weight[i]·dy[i] − x[i]·(r³/n)·Σ_j weight[j]·dy[j]·x[j]
func normBackward(dx, dy, x, weight []float32, eps float32) {
	var square, dot float64
	for i, v := range x {
		square += float64(v) * float64(v)
		dot += float64(weight[i]) * float64(dy[i]) * float64(v)
	}
	n := float64(len(x))
	r := 1 / math.Sqrt(square/n+float64(eps))
	scale := float32(r)
	back := float32(r * r * r * dot / n)
	for i, v := range x {
		dx[i] += float32(scale*weight[i]*dy[i]) - float32(back*v)
	}
}

// clearColumns sets the columns lo ≤ c < hi of rows of a width to zero.
func clearColumns(x []float32, width, rows, lo, hi int) {
	for i := range rows {
		clear(x[i*width+lo : i*width+hi])
	}
}
