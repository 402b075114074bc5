package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"masque/engine/model/modeltest"
)

// TestReadHalf: many goroutines read no more memory than a machine has.
func TestReadHalf(t *testing.T) {
	for n, want := range map[int]int{1: 32 << 20, 2: 32 << 20, 8: 32 << 20, 64: 4 << 20, 256: 1 << 20} {
		if got := readHalf(n); got != want {
			t.Errorf("%d goroutines read blocks of twice %d bytes, want %d", n, got, want)
		}
	}
}

// TestBench: every phase is measured and set against limits, for each number of
// goroutines.
func TestBench(t *testing.T) {
	tiny := modeltest.Default()
	tiny.Context = 1100
	path := filepath.Join(t.TempDir(), "tiny.gguf")
	if err := os.WriteFile(path, tiny.Write(), 0o644); err != nil {
		t.Fatal(err)
	}
	var report benchReport
	out := masque(t, "", path, "bench", "-json", "-runs", "1", "-workers", "1, 2").works(t)
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Settings) != 2 || report.Settings[1].Workers != 2 || report.Kernels == "" {
		t.Fatalf("%+v", report)
	}
	for _, s := range report.Settings {
		if !(s.Bandwidth > 0) || !(s.Multiply > 0) || len(s.Phases) != 4 {
			t.Errorf("%+v", s)
		}
		for _, p := range s.Phases {
			if !(p.Rate > 0) || !(p.Memory > 0) || !(p.Share > 0) || p.Low > p.Rate || p.High < p.Rate {
				t.Errorf("%+v", p)
			}
		}
	}
	if b := report.Bake; b == nil || !(b.Time > 0) || b.Low > b.Time || b.High < b.Time || b.Scope != "attention" || b.Workers < 1 {
		t.Errorf("baking a mask: %+v", b)
	}
	table := masque(t, "", path, "bench", "-runs", "1", "-workers", "1").works(t)
	for _, want := range []string{"prefill 256", "decode 64 at 1,000", "% of the bandwidth", "1 goroutine;", "baking a weight mask, attention of all layers"} {
		if !strings.Contains(table, want) {
			t.Errorf("the table has no %q:\n%s", want, table)
		}
	}
	masque(t, "", tinyModel(t), "bench").fails(t, exitError, "the benchmark needs 1064")
	masque(t, "", path, "bench", "-workers", "none").fails(t, exitUsage, "-workers")
	masque(t, "", path, "bench", "-runs", "0").fails(t, exitUsage, "-runs")
}
