// Command masque is the command line: it chats through a persona, serves the page, and looks
// into model and persona files.
//
//	masque chat -persona extraversion -pole minus -prompt "What are you up to tonight?"
//
// masque help lists the commands, masque COMMAND -h says what one does.
//
// A command that fails says why in one sentence on stderr and exits with 1; one that was
// called wrongly exits with 2, one that was interrupted with 130. Progress is shown
// on a terminal only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
)

// A command is one row of the table: one file of this folder each.
type command struct {
	name    string
	args    string // of the usage line
	summary string // one line
	notes   string // further lines of the help, if there are any
	example string // one or more whole command lines
	// setup defines the flags and returns what runs the command with them.
	setup func(*flag.FlagSet) func(ctx context.Context, e *env, args []string) error
	// interrupts says that the command takes interrupts itself; others are cancelled.
	interrupts bool
}

// commands in the order of the help text.
var commands = []command{
	chatCommand, calibrateCommand, combineCommand, evalCommand, inspectCommand, serveCommand,
	studyCommand, personasCommand, parityCommand, splitCommand, requantiseCommand, benchCommand, versionCommand,
}

// env is what a command has of the world, so that tests may give it another.
type env struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	terminal       bool // stderr is one: show progress
	interactive    bool // stdin is one: ask
	getenv         func(string) string
	interrupt      <-chan os.Signal
	// release leaves the interrupts that follow to the system, which ends the program; nil
	// does nothing.
	release func()
}

// Exit codes.
const (
	exitOK          = 0
	exitError       = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// usageError says that a command was called wrongly.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// errQuiet ends a command with exit code 1 when it has said all there is to say.
var errQuiet = errors.New("quiet")

func main() {
	interrupt := make(chan os.Signal, 1)
	signal.Notify(interrupt, os.Interrupt)
	os.Exit(run(os.Args[1:], &env{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		terminal: isTerminal(os.Stderr), interactive: isTerminal(os.Stdin),
		getenv: os.Getenv, interrupt: interrupt, release: func() { signal.Stop(interrupt) },
	}))
}

// isTerminal takes every character device for one but the null device, which is
// what programs get that have no terminal.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}

// run runs one command line and returns its exit code.
func run(args []string, e *env) int {
	if len(args) == 0 {
		io.WriteString(e.stderr, help())
		return exitUsage
	}
	name, args := args[0], args[1:]
	switch name {
	case "help", "-h", "-help", "--help":
		if len(args) == 0 || strings.TrimLeft(args[0], "-") == "help" || args[0] == "-h" {
			return e.print("masque", help())
		}
		name, args = args[0], []string{"-h"}
	case "-version", "--version":
		name = "version"
	}
	for i := range commands {
		if commands[i].name == name {
			return commands[i].run(args, e)
		}
	}
	fmt.Fprintf(e.stderr, "masque: there is no command %q; masque help lists them\n", name)
	return exitUsage
}

func (c *command) run(args []string, e *env) int {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	body := c.setup(flags)
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return e.print("masque "+c.name, c.help(flags))
	}
	if model := flags.Lookup("model"); err == nil && model != nil && model.Value.String() == "" && given(flags)["model"] {
		err = errors.New("-model is empty; name a file, or leave it out for that of $MASQUE_MODEL")
	}
	if err != nil {
		err = usagef("%v", err)
	} else {
		ctx, stop := context.Background(), func() {}
		if !c.interrupts {
			ctx, stop = e.cancellable(ctx, e.release)
		}
		err = body(ctx, e, flags.Args())
		stop()
	}
	var wrong *usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errQuiet):
		return exitError
	case errors.Is(err, context.Canceled):
		fmt.Fprintf(e.stderr, "masque %s: interrupted\n", c.name)
		return exitInterrupted
	case errors.As(err, &wrong):
		fmt.Fprintf(e.stderr, "masque %s: %s; masque %s -h shows how it is called\n", c.name, oneLine(err), c.name)
		return exitUsage
	}
	fmt.Fprintf(e.stderr, "masque %s: %s\n", c.name, oneLine(err))
	return exitError
}

// oneLine keeps errors to a line: some of the system's and of errors.Join have more.
func oneLine(err error) string { return shown(strings.Join(strings.Fields(err.Error()), " ")) }

// cancellable returns a context that the next interrupt cancels, until stop. then, which
// may be nil, is called when it has come: what is to end gives its interrupts back with it,
// for opening a pipe or reading from a terminal waits for no context.
func (e *env) cancellable(parent context.Context, then func()) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-e.interrupt:
			cancel()
			if then != nil {
				then()
			}
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		cancel()
		<-done // the interrupts that follow are somebody else's
	}
}

// given returns the names of the flags that were set, be it to their defaults.
func given(flags *flag.FlagSet) map[string]bool {
	names := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { names[f.Name] = true })
	return names
}

// print prints a text that was asked for, and returns the exit code.
func (e *env) print(who, text string) int {
	if _, err := io.WriteString(e.stdout, text); err != nil {
		fmt.Fprintf(e.stderr, "%s: %s\n", who, oneLine(err))
		return exitError
	}
	return exitOK
}

func help() string {
	w := new(strings.Builder)
	fmt.Fprint(w, "Masque chats through the personas that a language model already contains.\n\nusage: masque COMMAND [flags]\n\n")
	widest := 0
	for _, c := range commands {
		widest = max(widest, len(c.name))
	}
	for _, c := range commands {
		fmt.Fprintf(w, "  %-*s %s\n", widest, c.name, c.summary)
	}
	fmt.Fprint(w, "\nmasque COMMAND -h describes a command and shows an example.\n")
	return w.String()
}

func (c *command) help(flags *flag.FlagSet) string {
	w := new(strings.Builder)
	fmt.Fprintf(w, "usage: masque %s\n\n%s.\n", strings.TrimSpace(c.name+" "+c.args), c.summary)
	if c.notes != "" {
		fmt.Fprintf(w, "\n%s\n", c.notes)
	}
	var any bool
	flags.VisitAll(func(*flag.Flag) { any = true })
	if any {
		fmt.Fprint(w, "\nflags:\n")
		flags.SetOutput(w)
		flags.PrintDefaults()
	}
	fmt.Fprintf(w, "\nexample:\n  %s\n", strings.ReplaceAll(c.example, "\n", "\n  "))
	return w.String()
}
