// Package serve answers HTTP requests with the static site: the page, its WebAssembly
// and the model's parts. The command line serves a folder with it; any [fs.FS] will do.
//
//	root, err := os.OpenRoot("web/dist")
//	err = http.ListenAndServe("127.0.0.1:8080", serve.Handler(root.FS()))
//
// Every answer carries the headers that the page relies on: cross-origin isolation
// (for SharedArrayBuffer), a Content-Security-Policy without remote origins, and
// MIME types that do not depend on the machine.
package serve

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// ContentSecurityPolicy lets the page load from its own origin only, and compile
// WebAssembly. data: and blob: images are made by the page itself.
const ContentSecurityPolicy = "default-src 'none'; " +
	"script-src 'self' 'wasm-unsafe-eval'; " +
	"worker-src 'self'; " +
	"connect-src 'self'; " +
	"style-src 'self'; " +
	"font-src 'self'; " +
	"img-src 'self' data: blob:; " +
	"manifest-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// headers are set on every answer, errors included.
var headers = map[string]string{
	// Cross-origin isolation: without all three a browser has no SharedArrayBuffer or
	// refuses the workers.
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Embedder-Policy": "require-corp",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Content-Security-Policy":      ContentSecurityPolicy,
	"X-Content-Type-Options":       "nosniff",
	"Referrer-Policy":              "no-referrer",
}

// Handler serves the files of root to GET and HEAD. A folder is served by its
// index.html and never listed; names that start with a dot are not served. Where a file
// has a sibling with .br or .gz appended, a client that accepts that encoding gets the
// sibling. Ranges and conditional requests are answered.
func Handler(root fs.FS) http.Handler { return &handler{root: root} }

type handler struct {
	root fs.FS
	tags tags
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range headers {
		w.Header().Set(name, value)
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		fail(w, "Only GET and HEAD are answered here.", http.StatusMethodNotAllowed)
		return
	}
	name, folder, ok := parsePath(r.URL.Path)
	if !ok {
		refuse(w, fs.ErrNotExist)
		return
	}
	info, err := fs.Stat(h.root, name)
	if err == nil && info.IsDir() {
		index := path.Join(name, "index.html")
		info, err = fs.Stat(h.root, index)
		if err == nil && !folder {
			// Relative addresses in the index count from the folder. The target is made of
			// the checked name: of "//host" it would be another site's address.
			target := url.URL{Path: "/" + name + "/", RawQuery: r.URL.RawQuery}
			w.Header().Set("Location", target.String())
			w.WriteHeader(http.StatusMovedPermanently)
			return
		}
		name = index
	} else if err == nil && folder {
		err = fs.ErrNotExist // a file is no folder
	}
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	if err != nil {
		refuse(w, err)
		return
	}
	h.file(w, r, name)
}

// parsePath turns the path of an address into a name of the file system. Only the one
// way to write a name is accepted: no empty, "." or ".." elements.
func parsePath(p string) (name string, folder, ok bool) {
	name, ok = strings.CutPrefix(p, "/")
	if !ok {
		return "", false, false
	}
	if name == "" {
		return ".", true, true
	}
	name, folder = strings.CutSuffix(name, "/")
	hidden := strings.HasPrefix(name, ".") || strings.Contains(name, "/.")
	return name, folder, fs.ValidPath(name) && !hidden && !strings.ContainsAny(name, "\\\x00")
}

// file answers with a regular file of root, or with its encoded sibling.
func (h *handler) file(w http.ResponseWriter, r *http.Request, name string) {
	w.Header().Set("Content-Type", contentType(name))
	w.Header().Set("Cache-Control", cacheControl(name))
	suffix, encoding := h.encoding(w.Header(), r.Header, name)

	f, err := h.root.Open(name + suffix)
	if err != nil {
		refuse(w, err)
		return
	}
	defer f.Close()
	content, ok := f.(io.ReadSeeker)
	info, err := f.Stat()
	var tag string
	if err == nil && ok {
		tag, err = h.tags.tag(name+suffix, info, content)
	}
	if err != nil || !ok {
		fail(w, "This file cannot be read.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Etag", tag)
	if encoding != "" {
		w.Header().Set("Content-Encoding", encoding)
		w = encoded{w, info.Size()}
	}
	http.ServeContent(w, r, "", info.ModTime(), content)
}

// encoded tells the length of an encoded file, which [http.ServeContent] leaves out, where
// the file follows: a condition that fails is answered without a body.
type encoded struct {
	http.ResponseWriter
	size int64
}

func (e encoded) WriteHeader(status int) {
	switch {
	case status == http.StatusOK:
		e.Header().Set("Content-Length", strconv.FormatInt(e.size, 10))
	case status >= http.StatusBadRequest:
		e.Header().Del("Content-Encoding")
	}
	e.ResponseWriter.WriteHeader(status)
}

// refuse answers for a file that cannot be opened. A path that cannot be walked (through
// a file, too long) is not found like one that leads nowhere.
func refuse(w http.ResponseWriter, err error) {
	if errors.Is(err, fs.ErrPermission) {
		fail(w, "This file may not be read.", http.StatusForbidden)
		return
	}
	fail(w, "There is nothing at this address.", http.StatusNotFound)
}

// fail answers without what was set for the file, and without the system's words.
func fail(w http.ResponseWriter, text string, status int) {
	w.Header().Del("Content-Encoding")
	w.Header().Del("Etag")
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, text, status)
}
