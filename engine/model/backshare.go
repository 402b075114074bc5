package model

import (
	"masque/engine/kernel"
	"masque/engine/quant"
	"masque/engine/team"
)

// A gradient goes back through a matrix by columns, which every member needs
// whole. Members that hold rows bring them together, matrix by matrix: a copy
// of a matrix costs a thousandth of what is computed with it, and the order of
// the sums stays that of one member.

// matrix returns a layer's matrix as the overlay shows it, all of its rows.
func (d *backward) matrix(m *member, layer int, k Kind) *quant.Matrix {
	id := MatrixID{layer, k}
	own := d.overlay.matrix(id, d.e.w.own(id))
	if d.e.w.share.whole() {
		return own
	}
	d.whole[k] = m.together(d.whole[k], own, id)
	return d.whole[k]
}

// together copies the rows of all members to dst, which is made anew if it does
// not fit. All members call it, each with its rows or the whole.
func (m *member) together(dst, own *quant.Matrix, id MatrixID) *quant.Matrix {
	rows, _ := m.w.shape(id.Kind)
	lo, hi := m.w.partOf(id.Kind, m.Rank(), m.Size())
	if dst == nil || dst.Format != own.Format {
		var err error
		if dst, err = quant.New(own.Format, rows, own.Cols); err != nil {
			panic("model: a matrix that was there before: " + err.Error())
		}
	}
	part := dst.RowBytes(lo, hi)
	if own.Rows == rows {
		copy(part, own.RowBytes(lo, hi))
	} else {
		copy(part, own.RowBytes(0, hi-lo))
	}
	all, start := dst.RowBytes(0, rows), len(dst.RowBytes(0, lo))
	m.Member.(team.Link).GatherBytes(all, start, start+len(part))
	return dst
}

// pieceRows is how many rows of the output head are brought together at once.
const pieceRows = 1024

// throughOutput is AddMulT with the output head, whose rows the members hold:
// each gives its own, piece by piece, in the order of the vocabulary.
func (d *backward) throughOutput(m *member, n, lo, hi int) {
	w := d.e.w
	for rank := range m.Size() {
		from, to := w.partOfVocab(rank, m.Size())
		for first := from; first < to; first += pieceRows {
			rows := min(pieceRows, to-first)
			if d.piece == nil || d.piece.Rows != rows {
				var err error
				if d.piece, err = quant.New(w.Output.Format, rows, w.Dim); err != nil {
					panic("model: a piece of the output head: " + err.Error())
				}
				d.atPiece = make([]float32, MaxRows*rows)
			}
			bytes, given := d.piece.RowBytes(0, rows), 0
			if rank == m.Rank() {
				given = copy(bytes, w.Output.RowBytes(first-from, first-from+rows))
			}
			m.Member.(team.Link).GatherBytes(bytes, 0, given)
			for i := range n {
				copy(d.atPiece[i*rows:(i+1)*rows], d.e.logits[i*w.Vocab+first:])
			}
			kernel.AddMulT(d.asked, d.piece, d.atPiece[:n*rows], n, lo, hi)
		}
	}
}
