package model

import (
	"cmp"
	"errors"
	"fmt"

	"masque/engine/gguf"
)

// ErrUnsupported says that a file is well-formed but holds a model that this
// engine cannot run.
var ErrUnsupported = errors.New("unsupported model")

// Config is the shape of a model. All counts are per layer where that applies.
type Config struct {
	Arch, Name string
	Layers     int
	Dim        int // width of the residual stream
	FFN        int // neurons of the feed-forward layer
	Heads      int // query heads
	KVHeads    int // key and value heads; Heads is a multiple
	HeadDim    int // values of a head
	Vocab      int
	Context    int // positions the model was trained for
	RopeDims   int // values of a head that are rotated
	RopeBase   float64
	RopeScale  float64 // positions are divided by it
	Eps        float32 // of RMSNorm
	Tied       bool    // the output head is the embedding matrix
}

// KVDim is the width of the keys of one position, and of its values.
func (c *Config) KVDim() int { return c.KVHeads * c.HeadDim }

// QDim is the width of the queries of one position, which is also the width of
// the input of the attention's output matrix.
func (c *Config) QDim() int { return c.Heads * c.HeadDim }

// Limits on what a file may ask for: far above any model that fits a machine,
// low enough that no product overflows.
const (
	maxLayers  = 512
	maxWidth   = 1 << 17
	maxContext = 1 << 22
)

// ReadConfig reads the shape of a model from a file's metadata and tensor
// table.
func ReadConfig(f *gguf.File) (Config, error) {
	var c Config
	arch, err := f.Metadata.String("general.architecture")
	if err != nil {
		return c, fmt.Errorf("model: %s: %w", f.Name, err)
	}
	if arch != "llama" {
		return c, fmt.Errorf("model: %s: %w: architecture %q; this engine runs \"llama\"", f.Name, ErrUnsupported, arch)
	}
	c.Arch = arch
	c.Name, _ = f.Metadata.String("general.name")
	r := fields{f: f, arch: arch}
	c.Layers = r.count("block_count", 0, maxLayers)
	c.Dim = r.count("embedding_length", 0, maxWidth)
	c.FFN = r.count("feed_forward_length", 0, maxWidth)
	c.Heads = r.count("attention.head_count", 0, maxWidth)
	c.KVHeads = r.count("attention.head_count_kv", c.Heads, maxWidth)
	c.Context = r.count("context_length", 0, maxContext)
	if r.err == nil {
		if _, err := f.Metadata.Uint(arch + ".attention.key_length"); errors.Is(err, gguf.ErrNoKey) && c.Heads > c.Dim {
			return c, fmt.Errorf("model: %s: %s.attention.head_count = %d, more than %s.embedding_length = %d has values", f.Name, arch, c.Heads, arch, c.Dim)
		}
		c.HeadDim = r.count("attention.key_length", c.Dim/c.Heads, maxWidth)
		c.RopeDims = r.count("rope.dimension_count", c.HeadDim, maxWidth)
	}
	c.RopeBase = r.number("rope.freq_base", 10000)
	c.RopeScale = r.ropeScale()
	c.Eps = float32(r.number("attention.layer_norm_rms_epsilon", 1e-5))
	if r.err != nil {
		return c, r.err
	}
	emb, ok := f.Tensor("token_embd.weight")
	if !ok {
		return c, fmt.Errorf("model: %s: no tensor %q: this is no language model, or a part of a split one", f.Name, "token_embd.weight")
	}
	c.Vocab = emb.Rows()
	_, own := f.Tensor("output.weight")
	c.Tied = !own
	return c, c.check(f.Name)
}

func (c *Config) check(name string) error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("model: %s: %w: %s", name, ErrUnsupported, fmt.Sprintf(format, args...))
	}
	switch {
	case c.Heads%c.KVHeads != 0:
		return fail("%d query heads do not share %d key heads evenly", c.Heads, c.KVHeads)
	case c.HeadDim%2 != 0:
		return fail("heads of %d values, an odd number", c.HeadDim)
	case c.RopeDims%2 != 0 || c.RopeDims > c.HeadDim:
		return fail("rotary embedding of %d of %d values", c.RopeDims, c.HeadDim)
	case c.Vocab < 1 || c.Vocab > 1<<24:
		return fail("a vocabulary of %d", c.Vocab)
	case c.QDim() > maxWidth:
		return fail("%d heads of %d values", c.Heads, c.HeadDim)
	case !(c.Eps > 0 && c.Eps < 1):
		return fail("an RMSNorm epsilon of %v", c.Eps)
	case !(c.RopeBase >= 1 && c.RopeBase < 1e12):
		return fail("a RoPE base of %v", c.RopeBase)
	case !(c.RopeScale >= 1 && c.RopeScale <= 1e4):
		return fail("a RoPE scale of %v", c.RopeScale)
	}
	return nil
}

// fields reads metadata under the architecture's prefix, keeping the first
// error.
type fields struct {
	f    *gguf.File
	arch string
	err  error
}

// count reads a positive number; with standard > 0 the key may be missing.
func (r *fields) count(key string, standard, limit int) int {
	key = r.arch + "." + key
	v, err := r.f.Metadata.Uint(key)
	switch {
	case errors.Is(err, gguf.ErrNoKey) && standard > 0:
		return standard
	case err != nil:
		r.fail(fmt.Errorf("model: %s: %w", r.f.Name, err))
		return 1
	case v < 1 || v > uint64(limit):
		r.fail(fmt.Errorf("model: %s: %s = %d, outside 1 to %d", r.f.Name, key, v, limit))
		return 1
	}
	return int(v)
}

func (r *fields) number(key string, standard float64) float64 {
	v, err := r.f.Metadata.Float(r.arch + "." + key)
	if errors.Is(err, gguf.ErrNoKey) {
		return standard
	}
	if err != nil {
		r.fail(fmt.Errorf("model: %s: %w", r.f.Name, err))
	}
	return v
}

// ropeScale reads how positions are scaled. Only linear scaling is done here;
// another kind would compute something else than the model.
func (r *fields) ropeScale() float64 {
	kind, err := r.f.Metadata.String(r.arch + ".rope.scaling.type")
	switch {
	case errors.Is(err, gguf.ErrNoKey): // linear, as in llama.cpp
	case err != nil:
		r.fail(fmt.Errorf("model: %s: %w", r.f.Name, err))
	case kind == "none":
		return 1
	case kind != "linear":
		r.fail(fmt.Errorf("model: %s: %w: RoPE scaling %q; this engine does \"linear\"", r.f.Name, ErrUnsupported, kind))
	}
	// The second name is that of older files; 0 is no scaling.
	return cmp.Or(r.number("rope.scaling.factor", 0), r.number("rope.scale_linear", 0), 1)
}

func (r *fields) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}
