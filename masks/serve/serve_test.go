package serve

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

var (
	part = bytes.Repeat([]byte("0123456789abcdef"), 1<<12)
	site = fstest.MapFS{
		"index.html":                  {Data: []byte("<!doctype html>"), ModTime: time.Unix(1_700_000_000, 5)},
		"assets/index-Dx3_aZ-9.js":    {Data: []byte("let a"), ModTime: time.Unix(1_700_000_001, 0)},
		"assets/style-12345678.css":   {Data: []byte("a{}")},
		"assets/plain.js":             {Data: []byte("let b")},
		"wasm/masque.baseline.wasm":   {Data: []byte("\x00asm plain")},
		"wasm/masque.relaxed.wasm":    {Data: []byte("\x00asm")},
		"wasm/masque.relaxed.wasm.br": {Data: []byte("brotli bytes")},
		"wasm/masque.relaxed.wasm.gz": {Data: []byte("gzip")},
		"wasm/wasm_exec.js":           {Data: []byte("go()")},
		"wasm/wasm_exec.js.gz":        {Data: []byte("gzipped")},
		"model/manifest.json":         {Data: []byte("{}")},
		"model/tiny.gguf.00":          {Data: part, ModTime: time.Unix(1_700_000_002, 0)},
		"docs/index.html":             {Data: []byte("docs")},
		".git/config":                 {Data: []byte("secret")},
		"docs/.hidden":                {Data: []byte("secret")},
		"pages/notes.txt":             {Data: []byte("ä")},
		"icon.svg":                    {Data: []byte("<svg/>")},
	}
)

func get(t *testing.T, h http.Handler, target string, header ...string) *http.Response {
	t.Helper()
	method, target, found := strings.Cut(target, " ")
	if !found {
		method, target = http.MethodGet, method
	}
	r := httptest.NewRequest(method, "http://127.0.0.1/", nil)
	r.URL.Path = target // as a client that writes any bytes may send it
	if before, query, found := strings.Cut(target, "?"); found {
		r.URL.Path, r.URL.RawQuery = before, query
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestAnswers covers status, type and text, and finds the headers on every one.
func TestAnswers(t *testing.T) {
	h := Handler(site)
	for _, test := range []struct {
		target, header, value string
		status                int
		contentType, body     string
	}{
		{"/", "", "", 200, "text/html; charset=utf-8", "<!doctype html>"},
		{"/index.html", "", "", 200, "text/html; charset=utf-8", "<!doctype html>"},
		{"HEAD /", "", "", 200, "text/html; charset=utf-8", ""},
		{"/docs/", "", "", 200, "text/html; charset=utf-8", "docs"},
		{"/assets/plain.js", "", "", 200, "text/javascript; charset=utf-8", "let b"},
		{"/assets/style-12345678.css", "", "", 200, "text/css; charset=utf-8", "a{}"},
		{"/wasm/masque.baseline.wasm", "", "", 200, "application/wasm", "\x00asm plain"},
		{"/model/manifest.json", "", "", 200, "application/json; charset=utf-8", "{}"},
		{"/model/tiny.gguf.00", "", "", 200, "application/octet-stream", string(part)},
		{"/pages/notes.txt", "", "", 200, "text/plain; charset=utf-8", "ä"},
		{"/icon.svg", "", "", 200, "image/svg+xml; charset=utf-8", "<svg/>"},
		{"/model/tiny.gguf.00", "Range", "bytes=14-17", 206, "application/octet-stream", "ef01"},
		{"/model/tiny.gguf.00", "Range", "bytes=-2", 206, "application/octet-stream", "ef"},
		{"/model/tiny.gguf.00", "Range", "bytes=65534-", 206, "application/octet-stream", "ef"},
		{"/model/tiny.gguf.00", "Range", "bytes=65536-", 416, "text/plain; charset=utf-8", "invalid range: failed to overlap\n"},
		{"/nothing", "", "", 404, "text/plain; charset=utf-8", "There is nothing at this address.\n"},
		{"/index.html/", "", "", 404, "text/plain; charset=utf-8", "There is nothing at this address.\n"},
		{"/index.html/x", "", "", 404, "text/plain; charset=utf-8", "There is nothing at this address.\n"},
		{"/assets/", "", "", 404, "text/plain; charset=utf-8", "There is nothing at this address.\n"},
		{"/assets", "", "", 404, "text/plain; charset=utf-8", "There is nothing at this address.\n"},
		{"/docs", "", "", 301, "", ""},
		{"POST /", "", "", 405, "text/plain; charset=utf-8", "Only GET and HEAD are answered here.\n"},
		{"OPTIONS /", "", "", 405, "text/plain; charset=utf-8", "Only GET and HEAD are answered here.\n"},
	} {
		t.Run(test.target+" "+test.value, func(t *testing.T) {
			r := get(t, h, test.target, test.header, test.value)
			if got := body(t, r); r.StatusCode != test.status || got != test.body {
				t.Errorf("got %d %.40q, want %d %.40q", r.StatusCode, got, test.status, test.body)
			}
			if got := r.Header.Get("Content-Type"); got != test.contentType {
				t.Errorf("the type is %q, want %q", got, test.contentType)
			}
			checkHeaders(t, r)
		})
	}
}

// checkHeaders states the headers once more, so that none is lost or changed unseen.
func checkHeaders(t *testing.T, r *http.Response) {
	t.Helper()
	for name, want := range map[string]string{
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Embedder-Policy": "require-corp",
		"Cross-Origin-Resource-Policy": "same-origin",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	policy := r.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self' 'wasm-unsafe-eval';", "connect-src 'self';", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %q", policy, want)
		}
	}
	for _, never := range []string{"http", "*", "'unsafe-inline'", "'unsafe-eval'"} {
		if strings.Contains(policy, never) {
			t.Errorf("the policy %q allows %q", policy, never)
		}
	}
}

func TestTraversal(t *testing.T) {
	dir := t.TempDir()
	public := filepath.Join(dir, "public")
	if err := os.MkdirAll(filepath.Join(public, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"secret.txt": "secret", "public/index.html": "page", "public/sub/a.txt": "a"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../secret.txt", filepath.Join(public, "link.txt")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(public)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	h := Handler(root.FS())
	if r := get(t, h, "/sub/a.txt"); r.StatusCode != 200 || body(t, r) != "a" {
		t.Fatalf("a plain file: %s", r.Status)
	}
	for _, target := range []string{
		"/../secret.txt", "/sub/../../secret.txt", "/sub/../sub/a.txt", "/./index.html", "//index.html", "/sub//a.txt",
		"/..\\secret.txt", "/sub/..%2f..%2fsecret.txt", "/link.txt", "/index.html\x00", "", "secret.txt",
		"/" + strings.Repeat("x", 5000), "//secret.txt/..", "/..", "/sub/..",
	} {
		if r := get(t, h, target); r.StatusCode != 404 || strings.Contains(body(t, r), "secret") {
			t.Errorf("%.40q: %s", target, r.Status)
		} else {
			checkHeaders(t, r)
		}
	}
	for _, target := range []string{"/.git/config", "/docs/.hidden"} {
		if r := get(t, Handler(site), target); r.StatusCode != 404 {
			t.Errorf("%s: %s", target, r.Status)
		}
	}
}

func TestFolderRedirect(t *testing.T) {
	r := get(t, Handler(site), "/docs?a=b")
	if got := r.Header.Get("Location"); r.StatusCode != 301 || got != "/docs/?a=b" {
		t.Errorf("/docs goes with %s to %q", r.Status, got)
	}
	if r := get(t, Handler(site), "//docs"); r.StatusCode != 404 { // "//docs/" would be the host docs
		t.Errorf("//docs: %s to %q", r.Status, r.Header.Get("Location"))
	}
}

func TestRevalidation(t *testing.T) {
	h := Handler(site)
	tags := map[string]string{}
	for _, name := range []string{"/", "/assets/plain.js", "/model/tiny.gguf.00", "/wasm/masque.relaxed.wasm"} {
		first := get(t, h, name)
		tag := first.Header.Get("Etag")
		if other, twice := tags[tag]; twice || len(tag) < 3 {
			t.Errorf("%s has the tag %q, as has %s", name, tag, other)
		}
		tags[tag] = name
		again := get(t, h, name, "If-None-Match", tag)
		if again.StatusCode != 304 || body(t, again) != "" || again.Header.Get("Etag") != tag {
			t.Errorf("%s: %s with the tag %q", name, again.Status, again.Header.Get("Etag"))
		}
		checkHeaders(t, again)
		if r := get(t, h, name, "If-None-Match", `"other"`); r.StatusCode != 200 {
			t.Errorf("%s with another tag: %s", name, r.Status)
		}
	}
	// A range is continued only in the same file.
	tag := get(t, h, "/model/tiny.gguf.00").Header.Get("Etag")
	if r := get(t, h, "/model/tiny.gguf.00", "Range", "bytes=1-2", "If-Range", tag); r.StatusCode != 206 || body(t, r) != "12" {
		t.Errorf("a range of the same file: %s", r.Status)
	}
	if r := get(t, h, "/model/tiny.gguf.00", "Range", "bytes=1-2", "If-Range", `"other"`); r.StatusCode != 200 {
		t.Errorf("a range of a changed file: %s", r.Status)
	}
	changed := fstest.MapFS{"index.html": {Data: []byte("<!doctype html>"), ModTime: time.Unix(1_700_000_000, 6)}}
	if a, b := get(t, h, "/").Header.Get("Etag"), get(t, Handler(changed), "/").Header.Get("Etag"); a == b {
		t.Errorf("a changed file keeps the tag %s", a)
	}
}

func TestCacheControl(t *testing.T) {
	h := Handler(site)
	for name, want := range map[string]string{
		"/":                           "no-cache",
		"/assets/plain.js":            "no-cache",
		"/assets/index-Dx3_aZ-9.js":   "public, max-age=31536000, immutable",
		"/assets/style-12345678.css":  "public, max-age=31536000, immutable",
		"/wasm/masque.baseline.wasm":  "no-cache",
		"/model/tiny.gguf.00":         "no-cache",
		"/assets/missing-12345678.js": "no-store",
	} {
		if got := get(t, h, name).Header.Get("Cache-Control"); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestPrecompressed(t *testing.T) {
	h := Handler(site)
	const relaxed, script = "/wasm/masque.relaxed.wasm", "/wasm/wasm_exec.js"
	seen := map[string]bool{}
	for _, test := range []struct{ target, accept, encoding, body string }{
		{relaxed, "", "", "\x00asm"},
		{relaxed, "gzip, deflate, br, zstd", "br", "brotli bytes"},
		{relaxed, "BR", "br", "brotli bytes"},
		{relaxed, "gzip", "gzip", "gzip"},
		{relaxed, "br;q=0, gzip;q=0.5", "gzip", "gzip"},
		{relaxed, "br; q=0.000, gzip; Q=0", "", "\x00asm"},
		{relaxed, "br;q=x", "", "\x00asm"},
		{relaxed, "identity, *", "", "\x00asm"},
		{relaxed, "brotli", "", "\x00asm"},
		{script, "br, gzip", "gzip", "gzipped"},
		{"/wasm/masque.baseline.wasm", "br, gzip", "", "\x00asm plain"},
	} {
		r := get(t, h, test.target, "Accept-Encoding", test.accept)
		if got := body(t, r); got != test.body || r.Header.Get("Content-Encoding") != test.encoding {
			t.Errorf("%s for %q: %q in encoding %q", test.target, test.accept, got, r.Header.Get("Content-Encoding"))
		}
		if test.encoding != "" && r.ContentLength != int64(len(test.body)) {
			t.Errorf("%s for %q: length %d, want %d", test.target, test.accept, r.ContentLength, len(test.body))
		}
		if got, want := r.Header.Get("Content-Type"), contentType(test.target); got != want {
			t.Errorf("%s for %q: type %q, want %q", test.target, test.accept, got, want)
		}
		if vary := r.Header.Get("Vary"); (vary == "Accept-Encoding") != (test.target != "/wasm/masque.baseline.wasm") {
			t.Errorf("%s for %q: Vary is %q", test.target, test.accept, vary)
		}
		if test.target == relaxed {
			seen[r.Header.Get("Etag")] = true
		}
		checkHeaders(t, r)
	}
	if len(seen) != 3 {
		t.Errorf("three encodings of one file have the tags %v", seen)
	}
	r := get(t, h, relaxed, "Accept-Encoding", "br", "Range", "bytes=1-3")
	if got := body(t, r); r.StatusCode != 206 || got != "asm" || r.Header.Get("Content-Encoding") != "" {
		t.Errorf("a range: %s, %q in encoding %q; it is a range of the file itself", r.Status, got, r.Header.Get("Content-Encoding"))
	}
	tag := get(t, h, relaxed, "Accept-Encoding", "br").Header.Get("Etag")
	if r := get(t, h, relaxed, "Accept-Encoding", "br", "If-None-Match", tag); r.StatusCode != 304 {
		t.Errorf("revalidation of the encoded file: %s", r.Status)
	}
	if r := get(t, h, relaxed, "Accept-Encoding", "br", "If-Match", `"another"`); r.StatusCode != 412 || r.Header.Get("Content-Encoding") != "" || r.Header.Get("Content-Length") != "" {
		t.Errorf("a condition that fails: %s without a body has the headers %v", r.Status, r.Header)
	}
	head := get(t, h, "HEAD "+relaxed, "Accept-Encoding", "br")
	if got := head.Header.Get("Content-Length"); got != "12" || body(t, head) != "" {
		t.Errorf("HEAD of the encoded file: length %s", got)
	}
}

// TestConcurrent is for the race detector: the tags are shared.
func TestConcurrent(t *testing.T) {
	server := httptest.NewServer(Handler(site))
	defer server.Close()
	errs := make(chan error)
	for range 8 {
		go func() {
			r, err := http.Get(server.URL + "/assets/plain.js")
			if err == nil {
				defer r.Body.Close()
				if data, readErr := io.ReadAll(r.Body); readErr != nil || string(data) != "let b" {
					err = errors.Join(readErr, errors.New("wrong text "+string(data)))
				}
			}
			errs <- err
		}()
	}
	for range 8 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// brokenFS fails in the way its field says.
type brokenFS struct {
	fs.FS
	open error
	read error
}

func (b brokenFS) Open(name string) (fs.File, error) {
	if b.open != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: b.open}
	}
	f, err := b.FS.Open(name)
	return brokenFile{f, b.read}, err
}

type brokenFile struct {
	fs.File
	read error
}

func (f brokenFile) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: "x", Err: f.read}
}

func (f brokenFile) Seek(offset int64, whence int) (int64, error) {
	return f.File.(io.Seeker).Seek(offset, whence)
}

func TestBrokenFiles(t *testing.T) {
	for _, test := range []struct {
		root   fs.FS
		status int
	}{
		{brokenFS{FS: site, open: fs.ErrPermission}, 403},
		{brokenFS{FS: site, read: errors.New("secret device")}, 500},
	} {
		r := get(t, Handler(test.root), "/assets/style-12345678.css")
		if got := body(t, r); r.StatusCode != test.status || strings.Contains(got, "secret") {
			t.Errorf("%s: %q, want %d", r.Status, got, test.status)
		}
		if cache := r.Header.Get("Cache-Control"); cache != "no-store" {
			t.Errorf("an error is kept: %q", cache)
		}
		checkHeaders(t, r)
	}
}
