package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
	"text/tabwriter"

	"masque/engine/chat"
	"masque/engine/model"
	"masque/engine/tokenizer"
)

type modelReport struct {
	Kind     string         `json:"kind"` // "gguf"
	File     string         `json:"file"`
	Size     int64          `json:"size"`
	Version  uint32         `json:"version"`
	Digest   string         `json:"digest"`            // what a persona's model.digest is compared with
	Problem  string         `json:"problem,omitempty"` // why this program cannot run it
	Template string         `json:"template"`          // family of its chat template; "" = none or unknown
	Metadata map[string]any `json:"metadata"`
	Tensors  []tensorReport `json:"tensors"`

	keys []string // of the metadata, in the order of the file
}

type tensorReport struct {
	Name   string   `json:"name"`
	Type   string   `json:"type"`
	Dims   []uint64 `json:"dims"` // innermost first
	Offset int64    `json:"offset"`
	Size   int64    `json:"size"`
}

// arrayReport stands for a long array, such as the vocabulary.
type arrayReport struct {
	Length int `json:"length"`
	First  any `json:"first"`
}

// maxArray is the longest array of the metadata that is shown whole.
const maxArray = 16

func inspectModel(ctx context.Context, e *env, path string) (*modelReport, error) {
	m, err := openModel(path)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	r := &modelReport{
		Kind: "gguf", File: path, Size: m.size, Version: m.Version,
		Metadata: map[string]any{}, keys: m.File.Metadata.Keys(),
	}
	for key, value := range m.File.Metadata.All() {
		r.Metadata[key] = shorten(value)
	}
	for _, t := range m.File.Tensors {
		r.Tensors = append(r.Tensors, tensorReport{t.Name, t.Type.String(), t.Dims, t.Offset, t.Size})
	}
	if _, err := model.NewLoader(m.File, model.Fast); err != nil {
		r.Problem = err.Error()
	} else if _, err := tokenizer.FromGGUF(m.File); err != nil {
		r.Problem = err.Error()
	}
	if family, err := chat.FromGGUF(m.File); err == nil {
		r.Template = family.Name()
	}
	r.Digest, err = m.digest(ctx, e.progress())
	return r, err
}

// printJSON prints with encoding/json, which knows what to do with values of any kind.
func (r *modelReport) printJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

// shorten makes of a value of the metadata what people can read and JSON can say: long
// arrays are cut, bytes are numbers, and what is no number is a text.
func shorten(value any) any {
	v := reflect.ValueOf(value)
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Sprint(f)
		}
	case reflect.Slice:
		if n := v.Len(); n > maxArray {
			return arrayReport{n, shorten(v.Slice(0, 4).Interface())}
		}
		if _, ok := value.([]string); ok {
			return value
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = shorten(v.Index(i).Interface())
		}
		return list
	}
	return value
}

func (r *modelReport) print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: GGUF version %d, %s\n", r.File, r.Version, bytesText(r.Size))
	fmt.Fprintf(&b, "tensor data SHA-256 %s\n", r.Digest)
	if r.Problem == "" {
		fmt.Fprintln(&b, "masque can run it")
	} else {
		fmt.Fprintf(&b, "masque cannot run it: %s\n", r.Problem)
	}
	if r.Template != "" {
		fmt.Fprintf(&b, "chat template of the family %s\n", r.Template)
	} else if r.Problem == "" {
		fmt.Fprintln(&b, "its chat template is of no known family: choose one with -family")
	}
	fmt.Fprintln(&b, "\nmetadata:")
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, key := range r.keys {
		fmt.Fprintf(table, "  %s\t%s\n", key, valueText(r.Metadata[key]))
	}
	table.Flush()
	fmt.Fprintln(&b, "\ntensors:")
	r.types(&b)
	fmt.Fprintln(&b)
	for _, t := range r.Tensors {
		fmt.Fprintf(table, "  %s\t%s\t%s\n", t.Name, t.Type, dimsText(t.Dims))
	}
	table.Flush()
	return printLines(w, b.String())
}

// types sums the tensors by type, the largest first.
func (r *modelReport) types(w io.Writer) {
	type sum struct {
		name    string
		n       int
		weights uint64
		bytes   int64
	}
	var sums []sum
	for _, t := range r.Tensors {
		i := slices.IndexFunc(sums, func(s sum) bool { return s.name == t.Type })
		if i < 0 {
			i, sums = len(sums), append(sums, sum{name: t.Type})
		}
		weights := uint64(1)
		for _, d := range t.Dims {
			weights *= d
		}
		sums[i].n++
		sums[i].weights += weights
		sums[i].bytes += t.Size
	}
	slices.SortStableFunc(sums, func(a, b sum) int { return cmp.Compare(b.bytes, a.bytes) })
	for _, s := range sums {
		fmt.Fprintf(w, "  %d of type %s: %.1f million weights, %s\n", s.n, s.name, float64(s.weights)/1e6, bytesText(s.bytes))
	}
}

func dimsText(dims []uint64) string {
	texts := make([]string, len(dims))
	for i, d := range dims {
		texts[i] = fmt.Sprint(d)
	}
	return strings.Join(texts, " × ")
}

// maxValue is how many characters of a value people are shown.
const maxValue = 72

func valueText(v any) string {
	switch v := v.(type) {
	case string:
		return cut(fmt.Sprintf("%q", v))
	case []string:
		return cut(fmt.Sprintf("%q", v))
	case arrayReport:
		return cut(fmt.Sprintf("%d values: %s …", v.Length, valueText(v.First)))
	}
	return cut(fmt.Sprint(v))
}

func cut(s string) string {
	if r := []rune(s); len(r) > maxValue {
		return string(r[:maxValue-1]) + "…"
	}
	return s
}

func bytesText(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.2f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d bytes", n)
}
