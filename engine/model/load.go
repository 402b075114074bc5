package model

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"masque/engine/gguf"
	"masque/engine/quant"
)

// chunkBytes bounds the part of a tensor that is in memory beside its weights
// while it is laid out.
const chunkBytes = 256 << 10

// Load reads all weights of an opened file. progress, which may be nil, is
// told the bytes of tensor data read so far; an error of it ends the reading
// and is returned as it is.
func Load(f *gguf.File, p Precision, progress func(done, total int64) error) (*Weights, error) {
	l, err := NewLoader(f, p)
	if err != nil {
		return nil, err
	}
	var done int64
	for i := range f.Tensors {
		t := &f.Tensors[i]
		if err := l.Add(t, f.Section(t)); err != nil {
			return nil, err
		}
		done += t.Size
		if progress == nil {
			continue
		}
		if err := progress(done, f.DataSize()); err != nil {
			return nil, err
		}
	}
	return l.Weights()
}

// A Loader lays weights out tensor by tensor, as they arrive.
type Loader struct {
	name  string
	w     *Weights
	slots map[string]slot
	chunk []byte
}

// slot is where a tensor goes.
type slot struct {
	rows, cols int
	vector     *[]float32
	matrix     **quant.Matrix
	part       func(rank, size int) (lo, hi int) // the rows of a member
	optional   bool
}

// NewLoader checks that the file's tensors are those of a model that this
// engine runs, before anything large is allocated.
func NewLoader(f *gguf.File, p Precision) (*Loader, error) { return NewShareLoader(f, p, Share{}) }

// NewShareLoader is NewLoader for one member of a team, which keeps its own
// rows of each matrix only. Its weights serve [Lead] and [Follow].
func NewShareLoader(f *gguf.File, p Precision, share Share) (*Loader, error) {
	c, err := ReadConfig(f)
	if err != nil {
		return nil, err
	}
	w := &Weights{Config: c, Precision: p, Blocks: make([]Layer, c.Layers), share: share}
	l := &Loader{name: f.Name, w: w, slots: w.slots()}
	for i := range f.Tensors {
		if err := l.check(&f.Tensors[i]); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.slots)) { // one file, one error
		if _, ok := f.Tensor(name); !ok && !l.slots[name].optional {
			return nil, fmt.Errorf("model: %s: no tensor %q", f.Name, name)
		}
	}
	return l, nil
}

// slots lists every tensor that a model has.
func (w *Weights) slots() map[string]slot {
	s := map[string]slot{
		"token_embd.weight":  {rows: w.Vocab, cols: w.Dim, matrix: &w.TokenEmbd, part: w.partOfVocab},
		"output_norm.weight": {rows: 1, cols: w.Dim, vector: &w.OutputNorm},
		"output.weight":      {rows: w.Vocab, cols: w.Dim, matrix: &w.Output, part: w.partOfVocab, optional: true},
		"rope_freqs.weight":  {rows: 1, cols: w.RopeDims / 2, vector: &w.RopeFactor, optional: true},
	}
	for i := range w.Blocks {
		l := &w.Blocks[i]
		s[fmt.Sprintf("blk.%d.attn_norm.weight", i)] = slot{rows: 1, cols: w.Dim, vector: &l.AttnNorm}
		s[fmt.Sprintf("blk.%d.ffn_norm.weight", i)] = slot{rows: 1, cols: w.Dim, vector: &l.FFNNorm}
		for _, k := range Kinds() {
			rows, cols := w.shape(k)
			part := func(rank, size int) (lo, hi int) { return w.partOf(k, rank, size) }
			s[MatrixID{i, k}.String()] = slot{rows: rows, cols: cols, matrix: &l.Matrices[k], part: part}
		}
	}
	return s
}

// check refuses tensors that the model does not have, since leaving one out
// would compute something else, and those of a wrong shape or type.
func (l *Loader) check(t *gguf.Tensor) error {
	s, ok := l.slots[t.Name]
	if !ok {
		return l.fail(t, "%w: a llama model has no such tensor", ErrUnsupported)
	}
	if t.Rows() != s.rows || t.Cols() != s.cols {
		return l.fail(t, "%d × %d values, want %d × %d", t.Rows(), t.Cols(), s.rows, s.cols)
	}
	if !quant.Supported(t.Type) {
		return l.fail(t, "%w: type %v", ErrUnsupported, t.Type)
	}
	if s.vector != nil && t.Type != gguf.F32 {
		return l.fail(t, "%w: type %v, want F32", ErrUnsupported, t.Type)
	}
	if t.Cols()%t.Type.BlockLen() != 0 {
		return l.fail(t, "rows of %d values are no whole number of %v blocks", t.Cols(), t.Type)
	}
	return nil
}

func (l *Loader) fail(t *gguf.Tensor, format string, args ...any) error {
	return fmt.Errorf("model: %s: tensor %q at offset %d: "+format, append([]any{l.name, t.Name, t.Offset}, args...)...)
}

// Add lays out one tensor, reading its bytes from r.
func (l *Loader) Add(t *gguf.Tensor, r io.Reader) error {
	if err := l.check(t); err != nil {
		return err
	}
	s := l.slots[t.Name]
	var err error
	if s.vector != nil {
		*s.vector, err = readVector(r, s.cols)
	} else {
		*s.matrix, err = l.readMatrix(r, t, s.part)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return l.fail(t, "%w", err)
	}
	return nil
}

func readVector(r io.Reader, n int) ([]float32, error) {
	b := make([]byte, 4*n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, err
	}
	v := make([]float32, n)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v, nil
}

// readMatrix lays rows out in chunks of whole row groups. Of a share it skips
// the rows before; those behind are left unread.
func (l *Loader) readMatrix(r io.Reader, t *gguf.Tensor, part func(rank, size int) (lo, hi int)) (*quant.Matrix, error) {
	format := quant.FormatFor(t.Type)
	if l.w.Precision == F32 {
		format = quant.F32
	}
	rowBytes := t.Cols() / t.Type.BlockLen() * t.Type.BlockBytes()
	rows := t.Rows()
	if share := l.w.share; !share.whole() {
		lo, hi := part(share.Rank, share.Size)
		if lo == hi { // none of this matrix
			return &quant.Matrix{Cols: t.Cols(), Format: format}, nil
		}
		if _, err := io.CopyN(io.Discard, r, int64(lo)*int64(rowBytes)); err != nil {
			return nil, err
		}
		rows = hi - lo
	}
	m, err := quant.New(format, rows, t.Cols())
	if err != nil {
		return nil, err
	}
	step := max(1, chunkBytes/rowBytes/quant.TileRows) * quant.TileRows
	if need := step * rowBytes; len(l.chunk) < need {
		l.chunk = make([]byte, need)
	}
	for row := 0; row < m.Rows; row += step {
		data := l.chunk[:min(step, m.Rows-row)*rowBytes]
		if _, err := io.ReadFull(r, data); err != nil {
			return nil, err
		}
		if err := m.Convert(row, t.Type, data); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Weights returns the model once every tensor has been added.
func (l *Loader) Weights() (*Weights, error) {
	for name, s := range l.slots {
		missing := s.vector != nil && *s.vector == nil || s.matrix != nil && *s.matrix == nil
		if missing && !s.optional {
			return nil, fmt.Errorf("model: %s: tensor %q was not read", l.name, name)
		}
	}
	l.chunk = nil
	if l.w.Tied {
		l.w.Output = l.w.TokenEmbd
	}
	return l.w, nil
}
