package model

import "masque/engine/kernel"

// heads takes dAtt back through the attention of a layer: to the queries, keys
// and values before the rotary embedding, in dQKV as three matrices [rows][qDim],
// [rows][kvDim], [rows][kvDim]. A member takes whole key heads with the queries
// that read them, since those add to the same keys and values; the first member
// whose cache holds a key head takes it.
func (d *backward) heads(m *member, layer int) {
	w := d.e.w
	n, hd, group := len(d.trace.rows), w.HeadDim, w.Heads/w.KVHeads
	dQ := d.dQKV[:n*w.QDim()]
	dK := d.dQKV[n*w.QDim():][:n*w.KVDim()]
	dV := d.dQKV[n*(w.QDim()+w.KVDim()):][:n*w.KVDim()]
	first, last := m.keyHeadsBack()
	for kv := first; kv < last; kv++ {
		clearColumns(dK, w.KVDim(), n, kv*hd, (kv+1)*hd)
		clearColumns(dV, w.KVDim(), n, kv*hd, (kv+1)*hd)
		clearColumns(dQ, w.QDim(), n, kv*group*hd, (kv+1)*group*hd)
		for _, s := range d.targets {
			d.rowsOfCache(m, layer, kv, s)
			for h := kv * group; h < (kv+1)*group; h++ {
				for row := s.first; row < s.last; row++ {
					d.attend(m, layer, h, kv, s, row, dQ, dK, dV)
				}
			}
			for row := s.first; row < s.last; row++ {
				pos := d.trace.pos[row]
				m.rope.turnBack(dK[row*w.KVDim()+kv*hd:][:hd], pos)
				for h := kv * group; h < (kv+1)*group; h++ {
					m.rope.turnBack(dQ[row*w.QDim()+h*hd:][:hd], pos)
				}
			}
		}
	}
	m.Gather(dQ, w.QDim(), n, first*group*hd, last*group*hd)
	m.Gather(dK, w.KVDim(), n, first*hd, last*hd)
	m.Gather(dV, w.KVDim(), n, first*hd, last*hd)
}

// attend takes the gradient of one row's output of a head back. With P the
// attention probabilities and S = q·k·scale the scores,
//
//	dP[s] = dOut·v[s]          dS[s] = P[s]·(dP[s] − Σ P·dP)·scale
//	dq = Σ_s dS[s]·k[s]        dk[s] += dS[s]·q        dv[s] += P[s]·dOut
//
// The keys and values of the beginning have no gradient.
func (d *backward) attend(m *member, layer, h, kv int, target span, row int, dQ, dK, dV []float32) {
	w := d.e.w
	hd, length := w.HeadDim, d.trace.pos[row]+1
	q := d.trace.layers[layer].query[row*w.QDim()+h*hd:][:hd]
	dOut := d.dAtt[row*w.QDim()+h*hd:][:hd]
	dq := dQ[row*w.QDim()+h*hd:][:hd]
	scale := invSqrt(hd)
	target.session.caches[m.index].weigh(m.view, q, layer, kv, length)
	p, dp := m.view.probabilities, d.dP[m.index]
	var mean float32
	for s := range length {
		dp[s] = kernel.Dot(dOut, d.values[m.index][s*hd:][:hd])
		mean += float32(p[s] * dp[s])
	}
	for s := range length {
		dp[s] = p[s] * float32(dp[s]-mean) * scale // dS
		if s < d.base {
			continue
		}
		at := (target.first+s-d.base)*w.KVDim() + kv*hd
		kernel.AddScaled(dK[at:][:hd], q, dp[s])
		kernel.AddScaled(dV[at:][:hd], dOut, p[s])
	}
	kernel.Mix(dq, hd, dp, 0, d.keys[m.index], length)
}

// rowsOfCache writes the keys of a head to d.keys as values stand, to be mixed, and its
// values to d.values.
func (d *backward) rowsOfCache(m *member, layer, kv int, target span) {
	cache, keys, hd := &target.session.caches[m.index], d.keys[m.index], d.e.w.HeadDim
	for s := range d.base + target.last - target.first {
		cache.get(layer, kv, s, m.key, d.values[m.index][s*hd:][:hd])
		kernel.PutValue(keys, s, m.key)
	}
}

// keyHeadsBack returns the key heads whose gradients the member computes: those
// that it attends with and no member before it does.
func (m *member) keyHeadsBack() (first, last int) {
	first, last = m.keyHeads()
	if m.Rank() > 0 {
		_, first = m.keyHeadsOf(m.Rank() - 1)
	}
	return first, last
}
