package serve

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// hashed matches names that the bundler puts a hash of the content into.
var hashed = regexp.MustCompile(`-[A-Za-z0-9_-]{8}\.[a-z0-9.]+$`)

// cacheControl lets a client keep for ever what is named by its content, and asks it
// to revalidate the rest by ETag: the model's parts are kept by the page itself.
func cacheControl(name string) string {
	if strings.HasPrefix(name, "assets/") && hashed.MatchString(path.Base(name)) {
		return "public, max-age=31536000, immutable"
	}
	return "no-cache"
}

// tags makes entity tags. A file with a modification time is known by it and its size.
// One without (embedded, or in memory) never changes: its content is hashed once.
type tags struct{ hashes sync.Map } // name → tag

func (t *tags) tag(name string, info fs.FileInfo, content io.ReadSeeker) (string, error) {
	if !info.ModTime().IsZero() {
		return `"` + strconv.FormatInt(info.ModTime().UnixNano(), 36) + "-" +
			strconv.FormatInt(info.Size(), 36) + path.Ext(name) + `"`, nil
	}
	if tag, ok := t.hashes.Load(name); ok {
		return tag.(string), nil
	}
	h := sha256.New()
	if _, err := io.Copy(h, content); err != nil {
		return "", fmt.Errorf("serve: %s: %w", name, err)
	}
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return "", fmt.Errorf("serve: %s: %w", name, err)
	}
	tag := `"` + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16]) + `"`
	t.hashes.Store(name, tag)
	return tag, nil
}
