package model

import (
	"masque/engine/quant"
	"masque/engine/team"
)

// A Share is the part of a model's matrices that one member of a team of Size
// holds: some rows of each. The zero Share is the whole.
type Share struct{ Rank, Size int }

func (s Share) whole() bool { return s.Size <= 1 }

// partOf returns the rows of a matrix that a member of a team computes. The
// rows of q, k and v stand in one vector and are shared as one matrix, so that
// a member's outputs stand together; gate and up are shared by whole tiles of
// down's columns.
func (c *Config) partOf(k Kind, rank, size int) (lo, hi int) {
	rows, _ := c.shape(k)
	first := 0 // where its rows stand in the vector
	switch k {
	case Gate, Up:
		return team.Split(rows, quant.TileCols, rank, size)
	case O, Down:
		return team.Split(rows, quant.TileRows, rank, size)
	case K:
		first = c.QDim()
	case V:
		first = c.QDim() + c.KVDim()
	}
	lo, hi = c.partOfQKV(rank, size)
	return min(max(lo-first, 0), rows), min(max(hi-first, 0), rows)
}

// partOfQKV returns the share of the rows of q, k and v together.
func (c *Config) partOfQKV(rank, size int) (lo, hi int) {
	all := c.QDim() + 2*c.KVDim()
	unit := quant.TileRows
	if c.QDim()%unit != 0 || c.KVDim()%unit != 0 { // tiles would be cut
		unit = all
	}
	return team.Split(all, unit, rank, size)
}

// partOfVocab returns the share of the rows of the embedding and of the output
// head.
func (c *Config) partOfVocab(rank, size int) (lo, hi int) {
	return team.Split(c.Vocab, quant.TileRows, rank, size)
}

// own returns the rows of a layer's matrix that these weights hold.
func (w *Weights) own(id MatrixID) *quant.Matrix { return w.Blocks[id.Layer].Matrices[id.Kind] }
