package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func testSite(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "web", "dist")
	if err := os.MkdirAll(filepath.Join(dir, "model"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"index.html": "<!doctype html>page", "model/manifest.json": "{}"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// startServe runs masque serve until stop, which returns its exit code and stderr.
func startServe(t *testing.T, args ...string) (line string, stop func() (int, string)) {
	t.Helper()
	signals := make(chan os.Signal, 1)
	out, stdout := io.Pipe()
	var errs strings.Builder
	e := &env{stdin: strings.NewReader(""), stdout: stdout, stderr: &errs, getenv: func(string) string { return "" }, interrupt: signals}
	code := make(chan int, 1)
	go func() {
		code <- run(append([]string{"serve"}, args...), e)
		stdout.Close()
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("masque serve ended with %d: %s", <-code, &errs)
	}
	return line, func() (int, string) {
		signals <- os.Interrupt
		return <-code, errs.String()
	}
}

func TestServe(t *testing.T) {
	dir := testSite(t)
	line, stop := startServe(t, "-addr", "127.0.0.1:0", "-dir", dir)
	match := regexp.MustCompile(`^serving (.*) at (http://127\.0\.0\.1:\d+/)\n$`).FindStringSubmatch(line)
	if match == nil || match[1] != dir {
		t.Fatalf("it says %q", line)
	}
	for path, want := range map[string]int{"": 200, "model/manifest.json": 200, "nothing": 404} {
		r, err := http.Get(match[2] + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || r.StatusCode != want || path == "" && string(body) != "<!doctype html>page" {
			t.Errorf("/%s: %s %q, %v", path, r.Status, body, err)
		}
		if r.Header.Get("Cross-Origin-Opener-Policy") != "same-origin" {
			t.Errorf("/%s comes without the headers", path)
		}
	}
	// The port is taken now.
	addr := strings.TrimSuffix(strings.TrimPrefix(match[2], "http://"), "/")
	masque(t, "", "", "serve", "-addr", addr, "-dir", dir).fails(t, exitError, "another program listens at "+addr, "-addr")
	if code, errs := stop(); code != exitOK || errs != "" {
		t.Errorf("it ended with %d and said %q", code, errs)
	}
	if _, err := net.Dial("tcp", addr); err == nil {
		t.Error("it still listens")
	}
}

// TestServeNotes: what a visitor would run into is said at the start.
func TestServeNotes(t *testing.T) {
	dir := testSite(t)
	if err := os.RemoveAll(filepath.Join(dir, "model")); err != nil {
		t.Fatal(err)
	}
	line, stop := startServe(t, "-addr", ":0", "-dir", dir)
	if !regexp.MustCompile(` at http://localhost:\d+/\n$`).MatchString(line) {
		t.Errorf("it says %q", line)
	}
	code, errs := stop()
	if code != exitOK || !strings.Contains(errs, "the folder has no model") || !strings.Contains(errs, "HTTPS only") {
		t.Errorf("it ended with %d and said %q", code, errs)
	}
}

func TestServeErrors(t *testing.T) {
	dir := testSite(t)
	masque(t, "", "", "serve", "-dir", dir+"x").fails(t, exitError, "no such file")
	masque(t, "", "", "serve", "-dir", filepath.Join(dir, "model")).fails(t, exitError, "holds no page", "./build.sh web")
	for _, addr := range []string{"nonsense", "127.0.0.1:99999", "127.0.0.1:http-ish"} {
		masque(t, "", "", "serve", "-dir", dir, "-addr", addr).fails(t, exitUsage, addr, "HOST:PORT")
	}
	masque(t, "", "", "serve", "-dir", dir, "-addr", "192.0.2.1:8080").fails(t, exitError, "no address of this machine")
}

func TestFindSite(t *testing.T) {
	dir := testSite(t)
	t.Chdir(filepath.Join(dir, "model"))
	found, err := findSite()
	if err != nil {
		t.Fatal(err)
	}
	if a, b := realPath(t, found), realPath(t, dir); a != b {
		t.Errorf("found %s, want %s", a, b)
	}
	t.Chdir(t.TempDir())
	if found, err := findSite(); err == nil {
		t.Errorf("found %s where there is none", found)
	} else if !strings.Contains(err.Error(), "./build.sh web") {
		t.Errorf("the error does not say what to do: %v", err)
	}
}

func realPath(t *testing.T, path string) string {
	t.Helper()
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		t.Fatal(err)
	}
	return real
}

func TestSiteURL(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080/", "[::1]:80": "http://[::1]:80/", "0.0.0.0:1": "http://localhost:1/", "[::]:2": "http://localhost:2/",
	} {
		tcp, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if got := siteURL(tcp); got != want {
			t.Errorf("%s is opened at %s, want %s", addr, got, want)
		}
	}
	if got := fmt.Sprint(hostIP(&net.UnixAddr{})); got != "<nil>" {
		t.Errorf("a socket has the IP %s", got)
	}
}
