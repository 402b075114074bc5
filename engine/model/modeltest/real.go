package modeltest

import (
	"os"
	"path/filepath"
	"testing"

	"masque/engine/gguf"
)

// Real opens the default model, whose path build.sh puts into $MASQUE_MODEL.
// Without it the test is skipped, or fails where $MASQUE_REQUIRE_MODEL is 1.
func Real(t testing.TB) *gguf.File {
	t.Helper()
	path := os.Getenv("MASQUE_MODEL")
	if path == "" {
		if os.Getenv("MASQUE_REQUIRE_MODEL") == "1" {
			t.Fatal("MASQUE_MODEL is not set; `./build.sh model` prints the file to set it to")
		}
		t.Skip("MASQUE_MODEL is not set; `./build.sh model` prints the file to set it to")
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Open(file, info.Size(), filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	return f
}
