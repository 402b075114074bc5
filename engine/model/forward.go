package model

import "masque/engine/kernel"

// forward runs the engine's rows through the model, in reading order. Every
// member of the team runs it; what they exchange, they gather.
func (m *member) forward(e *Engine) {
	w, dim := m.w, m.w.Dim
	n := len(e.rows)
	m.positions(e.rows)
	m.rows = e.rows[:n/e.twins]
	x := m.x[:n*dim]
	for i, r := range m.rows {
		m.embed(x[i*dim:(i+1)*dim], int(r.Token))
	}
	for layer := range len(w.Blocks) + 1 {
		if part := len(m.rows) * dim; layer == e.alike { // from here on each twin has its own
			for at := part; at < len(x); at += part {
				copy(x[at:], x[:part])
			}
			m.rows = e.rows
		}
		if layer < len(w.Blocks) {
			m.attention(e, layer, x[:len(m.rows)*dim])
			m.feedForward(e, layer, x[:len(m.rows)*dim])
		}
	}
	if e.trace != nil {
		m.keep(e, len(w.Blocks), func(l *layerTrace) []float32 { return l.in }, x, dim, dim)
	}
	m.head(e, x)
}

// embed writes the embedding of a token. The members of a team that are apart
// each hold some: the one that has it gives it to the others.
func (m *member) embed(x []float32, token int) {
	if m.w.share.whole() {
		m.w.TokenEmbd.Row(x, token)
		return
	}
	lo, hi := m.w.partOfVocab(m.Rank(), m.Size())
	if lo <= token && token < hi {
		m.w.TokenEmbd.Row(x, token-lo)
		m.Gather(x, len(x), 1, 0, len(x))
	} else {
		m.Gather(x, len(x), 1, 0, 0)
	}
}

// positions writes the position of each row: Forward has already counted the
// rows into their sessions.
func (m *member) positions(rows []Row) {
	for i := len(rows) - 1; i >= 0; i-- {
		if i+1 < len(rows) && rows[i+1].Session == rows[i].Session {
			m.pos[i] = m.pos[i+1] - 1
		} else {
			m.pos[i] = rows[i].Session.len - 1
		}
	}
}

// attention adds a layer's attention to x [rows][dim].
func (m *member) attention(e *Engine, layer int, x []float32) {
	rows, w := m.rows, m.w
	n := len(rows)
	block := &w.Blocks[layer]
	if e.trace != nil {
		m.keep(e, layer, func(l *layerTrace) []float32 { return l.in }, x, w.Dim, w.Dim)
	}

	// Queries, keys and values.
	m.normalise(x, block.AttnNorm, n)
	m.show(e, layer, AttnInput, m.norm, w.Dim)
	m.in.Load(m.norm, n, w.Dim)
	qd, kvd := w.QDim(), w.KVDim()
	stride := qd + 2*kvd
	m.mul(m.qkv, stride, MatrixID{layer, Q}, rows)
	m.mul(m.qkv[qd:], stride, MatrixID{layer, K}, rows)
	m.mul(m.qkv[qd+kvd:], stride, MatrixID{layer, V}, rows)
	lo, hi := w.partOfQKV(m.Rank(), m.Size())
	m.Gather(m.qkv, stride, n, lo, hi)

	// Keys and values first: rows of one session see those before them.
	m.remember(layer)
	from, to := m.heads()
	if e.trace != nil && m.apart { // a gradient needs heads of others too
		m.turn(n, 0, w.Heads)
	} else {
		m.turn(n, from, to)
	}
	for i := range rows {
		m.attend(layer, i)
	}
	m.Gather(m.att, qd, n, from*w.HeadDim, to*w.HeadDim)
	m.show(e, layer, AttnValue, m.att, qd)
	if e.trace != nil {
		m.keep(e, layer, func(l *layerTrace) []float32 { return l.query }, m.qkv, qd, stride)
		m.keep(e, layer, func(l *layerTrace) []float32 { return l.att }, m.att, qd, qd)
	}

	// The output matrix.
	m.in.Load(m.att, n, qd)
	lo, hi = m.mul(m.out, w.Dim, MatrixID{layer, O}, rows)
	m.Gather(m.out, w.Dim, n, lo, hi)
	kernel.Add(x, m.out)
}

// remember puts the keys (rotated) and values of all rows into the caches.
func (m *member) remember(layer int) {
	w := m.w
	qd, kvd, hd := w.QDim(), w.KVDim(), w.HeadDim
	first, last := m.keyHeads()
	for i, r := range m.rows {
		kv := m.qkv[i*(qd+2*kvd)+qd:][:2*kvd]
		for h := first; h < last; h++ {
			copy(m.key, kv[h*hd:(h+1)*hd])
			m.rope.rotate(m.key, m.pos[i])
			r.Session.caches[m.index].put(layer, h, m.pos[i], m.key, kv[kvd+h*hd:][:hd])
		}
	}
}

// turn rotates the queries from ≤ h < to of n rows.
func (m *member) turn(n, from, to int) {
	hd, stride := m.w.HeadDim, m.w.QDim()+2*m.w.KVDim()
	for i := range n {
		for h := from; h < to; h++ {
			m.rope.rotate(m.qkv[i*stride+h*hd:][:hd], m.pos[i])
		}
	}
}

// attend computes the member's heads of row i: those that share keys together.
func (m *member) attend(layer, i int) {
	w := m.w
	s := m.rows[i].Session
	hd, group := w.HeadDim, w.Heads/w.KVHeads
	query, out := m.qkv[i*(w.QDim()+2*w.KVDim()):], m.att[i*w.QDim():]
	from, to := m.heads()
	for first := from; first < to; {
		kv := first / group
		last := min((kv+1)*group, to)
		s.caches[m.index].attend(m.view, out[first*hd:last*hd], query[first*hd:last*hd], layer, kv, m.pos[i]+1)
		first = last
	}
	if gate := s.overlay.gateO(layer); gate != nil {
		kernel.Scale(out[from*hd:to*hd], gate[from*hd:])
	}
}

// feedForward adds a layer's SwiGLU network to x [rows][dim].
func (m *member) feedForward(e *Engine, layer int, x []float32) {
	rows, w := m.rows, m.w
	n, ffn := len(rows), w.FFN
	if e.trace != nil {
		m.keep(e, layer, func(l *layerTrace) []float32 { return l.mid }, x, w.Dim, w.Dim)
	}
	m.normalise(x, w.Blocks[layer].FFNNorm, n)
	m.show(e, layer, FFNInput, m.norm, w.Dim)
	m.in.Load(m.norm, n, w.Dim)
	lo, hi := m.mul(m.hid, ffn, MatrixID{layer, Gate}, rows)
	m.mul(m.up, ffn, MatrixID{layer, Up}, rows)
	if e.trace != nil {
		m.keepShare(e, layer, lo, hi)
	}
	for i, r := range rows {
		h := m.hid[i*ffn:]
		kernel.SwiGLU(h[lo:hi], m.up[i*ffn+lo:i*ffn+hi])
		if gate := r.Session.overlay.gateDown(layer); gate != nil {
			kernel.Scale(h[lo:hi], gate[lo:])
		}
	}
	m.Gather(m.hid, ffn, n, lo, hi)
	m.show(e, layer, FFNHidden, m.hid, ffn)
	if e.trace != nil {
		m.keep(e, layer, func(l *layerTrace) []float32 { return l.hid }, m.hid, ffn, ffn)
	}

	m.in.Load(m.hid, n, ffn)
	lo, hi = m.mul(m.out, w.Dim, MatrixID{layer, Down}, rows)
	m.Gather(m.out, w.Dim, n, lo, hi)
	kernel.Add(x, m.out)
}

// head computes the logits of the rows that asked for them.
func (m *member) head(e *Engine, x []float32) {
	if len(e.asked) == 0 {
		return
	}
	w, dim := m.w, m.w.Dim
	for k, i := range e.asked {
		kernel.RMSNorm(m.norm[k*dim:(k+1)*dim], x[i*dim:(i+1)*dim], w.OutputNorm, w.Eps)
	}
	m.in.Load(m.norm, len(e.asked), dim)
	lo, hi := w.partOfVocab(m.Rank(), m.Size())
	if w.share.whole() {
		kernel.Mul(e.logits, w.Vocab, w.Output, m.in, lo, hi)
	} else {
		kernel.Mul(e.logits[lo:], w.Vocab, w.Output, m.in, 0, hi-lo)
	}
	m.Gather(e.logits, w.Vocab, len(e.asked), lo, hi)
}

// normalise writes the RMSNorm of each row of x to norm.
func (m *member) normalise(x, weight []float32, n int) {
	dim := m.w.Dim
	for i := range n {
		kernel.RMSNorm(m.norm[i*dim:(i+1)*dim], x[i*dim:(i+1)*dim], weight, m.w.Eps)
	}
}

// show lets the tap see activations, once for the team.
func (m *member) show(e *Engine, layer int, site Site, x []float32, width int) {
	if e.tap != nil && m.Rank() == 0 {
		e.tap(layer, site, m.rows, x[:len(m.rows)*width], width)
	}
}
