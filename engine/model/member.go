package model

import (
	"masque/engine/kernel"
	"masque/engine/quant"
	"masque/engine/team"
)

// A member computes one share of every pass: rows of each matrix, and the
// attention of some heads. Its scratch is allocated once, for MaxRows rows.
type member struct {
	team.Member
	w     *Weights
	rope  *rope
	index int  // among the members of this program
	apart bool // the others have memory of their own

	// Shared with the team: each member writes a part, all read the whole.
	qkv []float32 // [rows][qDim+2·kvDim]
	att []float32 // [rows][qDim]
	hid []float32 // [rows][ffn]
	out []float32 // [rows][dim]: what a layer's half adds to x

	// Its own.
	rows []Row         // of the pass that the layer at hand is computed for
	x    []float32     // [rows][dim]: the residual stream
	norm []float32     // [rows][dim]
	up   []float32     // [rows][ffn]
	key  []float32     // [headDim]
	in   *kernel.Input // of the matrix at hand
	pos  [MaxRows]int  // position of each row
	view *view
}

func newMember(w *Weights, r *rope, t team.Member, index int) *member {
	_, apart := t.(team.Link)
	return &member{
		Member: t, w: w, rope: r, index: index, apart: apart,
		qkv:  t.Buffer(MaxRows * (w.QDim() + 2*w.KVDim())),
		att:  t.Buffer(MaxRows * w.QDim()),
		hid:  t.Buffer(MaxRows * w.FFN),
		out:  t.Buffer(MaxRows * w.Dim),
		x:    make([]float32, MaxRows*w.Dim),
		norm: make([]float32, MaxRows*w.Dim),
		up:   make([]float32, MaxRows*w.FFN),
		key:  make([]float32, w.HeadDim),
		in:   kernel.NewInput(MaxRows, max(w.Dim, w.QDim(), w.FFN), w.Precision == F32),
		view: newView(w),
	}
}

// heads returns the query heads that the member attends with.
func (m *member) heads() (lo, hi int) { return team.Split(m.w.Heads, 1, m.Rank(), m.Size()) }

// keyHeads returns the key heads that those queries read.
func (m *member) keyHeads() (lo, hi int) { return m.keyHeadsOf(m.Rank()) }

// keyHeadsOf returns the key heads of another member.
func (m *member) keyHeadsOf(rank int) (lo, hi int) {
	lo, hi = team.Split(m.w.Heads, 1, rank, m.Size())
	group := m.w.Heads / m.w.KVHeads
	return lo / group, (hi + group - 1) / group
}

// columns returns the member's columns of a transposed matrix. The rows of
// gate and up are shared in the same way, so that a neuron stays with a member
// in both directions.
func (m *member) columns(cols int) (lo, hi int) {
	return team.Split(cols, quant.TileCols, m.Rank(), m.Size())
}

// mul multiplies the member's rows of a layer's matrix with the loaded input,
// each session's vectors with the matrix that its overlay shows.
func (m *member) mul(dst []float32, stride int, id MatrixID, rows []Row) (lo, hi int) {
	own := m.w.own(id)
	lo, hi = m.w.partOf(id.Kind, m.Rank(), m.Size())
	for first := 0; first < len(rows); {
		matrix := rows[first].Session.overlay.matrix(id, own)
		last := first + 1
		for last < len(rows) && rows[last].Session.overlay.matrix(id, own) == matrix {
			last++
		}
		// A matrix is whole, or holds the member's rows alone.
		if whole, _ := m.w.shape(id.Kind); matrix.Rows == whole {
			kernel.MulRows(dst, stride, matrix, m.in, first, last, lo, hi)
		} else {
			kernel.MulRows(dst[lo:], stride, matrix, m.in, first, last, 0, hi-lo)
		}
		first = last
	}
	return lo, hi
}
