package model

// A trace keeps what a backward pass needs of the forward passes before it.
type trace struct {
	lowest int // layers below are not kept
	room   int // rows that fit
	rows   []Row
	pos    []int        // of each row, within its session
	place  []int        // of each row that is read, in order, its number
	at     int          // rows read in the passes before the present one
	layers []layerTrace // [layers+1]; the last has only what leaves the model
}

// layerTrace is one layer's part, row by row.
type layerTrace struct {
	in    []float32 // [rows][dim]: the residual stream before the layer
	query []float32 // [rows][qDim]: rotated
	att   []float32 // [rows][qDim]: the input of attn_output, after the gates
	mid   []float32 // [rows][dim]: the residual stream between the halves
	gate  []float32 // [rows][ffn]: the output of ffn_gate
	up    []float32 // [rows][ffn]: the output of ffn_up
	hid   []float32 // [rows][ffn]: the input of ffn_down, after the gates
}

func newTrace(w *Weights, rows, lowest int) *trace {
	t := &trace{lowest: lowest, room: rows, layers: make([]layerTrace, len(w.Blocks)+1)}
	for l := lowest; l < len(w.Blocks); l++ {
		t.layers[l] = layerTrace{
			in:    make([]float32, rows*w.Dim),
			query: make([]float32, rows*w.QDim()),
			att:   make([]float32, rows*w.QDim()),
			mid:   make([]float32, rows*w.Dim),
			gate:  make([]float32, rows*w.FFN),
			up:    make([]float32, rows*w.FFN),
			hid:   make([]float32, rows*w.FFN),
		}
	}
	t.layers[len(w.Blocks)].in = make([]float32, rows*w.Dim)
	return t
}

// reset forgets all rows.
func (t *trace) reset() {
	t.rows, t.pos, t.place, t.at = t.rows[:0], t.pos[:0], t.place[:0], 0
}

// repeat copies the first n rows to those from row to on.
func (t *trace) repeat(w *Weights, n, to int) {
	again := func(x []float32, width int) { copy(x[to*width:], x[:n*width]) }
	for l := t.lowest; l < len(w.Blocks); l++ {
		k := &t.layers[l]
		again(k.in, w.Dim)
		again(k.query, w.QDim())
		again(k.att, w.QDim())
		again(k.mid, w.Dim)
		again(k.gate, w.FFN)
		again(k.up, w.FFN)
		again(k.hid, w.FFN)
	}
	again(t.layers[len(w.Blocks)].in, w.Dim)
}

// keep copies width values of each row of the present pass, which stand stride
// apart in x, to the trace. What is kept has been gathered: in one address space
// the first member does it for the team, else each for itself.
func (m *member) keep(e *Engine, layer int, part func(*layerTrace) []float32, x []float32, width, stride int) {
	t := e.trace
	if m.index != 0 || layer < t.lowest {
		return
	}
	dst := part(&t.layers[layer])
	for i := range e.rows {
		copy(dst[t.place[t.at+i]*width:][:width], x[i*stride:])
	}
}

// keepShare keeps the member's neurons of gate and up, before they meet.
func (m *member) keepShare(e *Engine, layer, lo, hi int) {
	t, ffn := e.trace, m.w.FFN
	if layer < t.lowest {
		return
	}
	l := &t.layers[layer]
	for i := range e.rows {
		at := t.place[t.at+i] * ffn
		copy(l.gate[at+lo:at+hi], m.hid[i*ffn+lo:])
		copy(l.up[at+lo:at+hi], m.up[i*ffn+lo:])
	}
}
