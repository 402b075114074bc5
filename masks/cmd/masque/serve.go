package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"masque/masks/serve"
)

var serveCommand = command{
	name:    "serve",
	args:    "[-addr HOST:PORT] [-dir DIR]",
	summary: "Serve the page, with the headers that it needs, until interrupted",
	example: "masque serve -addr 127.0.0.1:9000",
	setup: func(flags *flag.FlagSet) func(context.Context, *env, []string) error {
		addr := flags.String("addr", "127.0.0.1:8080", "the `address` to listen at; port 0 takes a free one")
		dir := flags.String("dir", "", "the `folder` with the built page (default: web/dist, looked for from here upwards and beside the program)")
		return func(ctx context.Context, e *env, args []string) error {
			if len(args) > 0 {
				return usagef("%q is no flag; the folder goes with -dir", args[0])
			}
			if *addr == "" {
				return usagef("-addr is empty; it takes HOST:PORT")
			}
			return serveSite(ctx, e, *addr, *dir)
		}
	},
}

// shutdownTime is how long the answers that are under way may take at the end.
const shutdownTime = 3 * time.Second

func serveSite(ctx context.Context, e *env, addr, dir string) error {
	if dir == "" {
		var err error
		if dir, err = findSite(); err != nil {
			return err
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if _, err := root.Stat("index.html"); err != nil {
		return fmt.Errorf("%s holds no page (index.html); ./build.sh web makes one", dir)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return listenError(addr, err)
	}
	fmt.Fprintf(e.stdout, "serving %s at %s\n", dir, siteURL(listener.Addr()))
	if _, err := root.Stat("model/manifest.json"); errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintln(e.stderr, "note: the folder has no model; the page will ask for a file (masque split makes model/)")
	}
	if ip := hostIP(listener.Addr()); !ip.IsLoopback() {
		fmt.Fprintln(e.stderr, "note: other machines reach this address; their browsers give the page storage and threads over HTTPS only")
	}
	server := &http.Server{
		Handler:           serve.Handler(root.FS()),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(e.stderr, "masque serve: ", 0),
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM) // how services are ended
	defer stop()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	if err := server.Shutdown(last); err != nil {
		server.Close() // an answer was still under way; the interrupt counts more
	}
	return nil
}

func listenError(addr string, err error) error {
	var address *net.AddrError
	var name *net.DNSError
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("another program listens at %s; end it, or choose another port with -addr", addr)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s may not be listened at; choose a port above 1023 with -addr", addr)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s is no address of this machine; choose another with -addr", addr)
	case errors.As(err, &address), errors.As(err, &name):
		return usagef("%q is no address; -addr takes HOST:PORT", addr)
	}
	return err
}

func hostIP(a net.Addr) net.IP {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.IP
	}
	return nil
}

// siteURL is the address that a browser on this machine opens.
func siteURL(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	if !ok || tcp.IP.IsUnspecified() {
		_, port, _ := net.SplitHostPort(a.String())
		return "http://localhost:" + port + "/"
	}
	return "http://" + tcp.String() + "/"
}

// findSite looks for web/dist with a page in it: in the working directory and the folders
// above it, then beside the program and the folders above that.
func findSite() (string, error) {
	var starts []string
	if dir, err := os.Getwd(); err == nil {
		starts = append(starts, dir)
	}
	if exe, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			exe = real
		}
		starts = append(starts, filepath.Dir(exe))
	}
	for _, dir := range starts {
		for {
			site := filepath.Join(dir, "web", "dist")
			if _, err := os.Stat(filepath.Join(site, "index.html")); err == nil {
				return site, nil
			}
			parent := filepath.Dir(dir)
			if parent == dir {
				break
			}
			dir = parent
		}
	}
	return "", errors.New("there is no built page: ./build.sh web makes web/dist, or -dir names another folder")
}
