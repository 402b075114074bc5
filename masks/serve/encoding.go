package serve

import (
	"io/fs"
	"net/http"
	"strconv"
	"strings"
)

// encodings are the siblings looked for, the best first.
var encodings = []struct{ suffix, name string }{
	{".br", "br"},
	{".gz", "gzip"},
}

// encoding chooses a precompressed sibling of a file. A range is a range of the file
// itself, so requests for one get it as it is.
func (h *handler) encoding(answer, request http.Header, name string) (suffix, encoding string) {
	for _, e := range encodings {
		info, err := fs.Stat(h.root, name+e.suffix)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		answer.Set("Vary", "Accept-Encoding")
		if encoding == "" && request.Get("Range") == "" && accepts(request.Values("Accept-Encoding"), e.name) {
			suffix, encoding = e.suffix, e.name
		}
	}
	return suffix, encoding
}

// accepts reports whether an Accept-Encoding header (RFC 9110, 12.5.3) names an
// encoding with a weight above 0. "*" is not taken for a yes: what a client does not
// name it may not know.
func accepts(header []string, encoding string) bool {
	for item := range strings.SplitSeq(strings.Join(header, ","), ",") {
		name, parameter, _ := strings.Cut(item, ";")
		if !strings.EqualFold(strings.TrimSpace(name), encoding) {
			continue
		}
		key, value, found := strings.Cut(parameter, "=")
		if !found || !strings.EqualFold(strings.TrimSpace(key), "q") {
			return true
		}
		weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		return err == nil && weight > 0
	}
	return false
}
