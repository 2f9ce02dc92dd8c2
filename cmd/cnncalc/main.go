// Command cnncalc checks, calculates and runs convolutional networks written in YAML in the notation of the
// CS231n notes.
//
// Each subcommand has a file of its own and only wires: it reads flags, calls the internal packages, and hands the
// figures to package report.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cnncalc/internal/ansi"
	"cnncalc/internal/diag"
	"cnncalc/internal/onnx"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
)

// Exit codes.
const (
	exitFine        = 0
	exitProblem     = 1 // the network or a file has a problem
	exitUsage       = 2
	exitIO          = 3 // output failed, or an internal error
	exitInterrupted = 130
)

// interruptGrace is the time that an interrupted command has to tidy up. One that waits for standard input never would.
const interruptGrace = 2 * time.Second

func main() {
	ignoreClosedPipe()
	collectSeldom()
	ctx, interrupt := context.WithCancel(context.Background())
	interrupts := notifyInterrupts()
	a := newApp(ctx, os.Stdin, os.Stdout, os.Stderr)
	code := make(chan int, 1)
	go func() { code <- a.execute(ctx, os.Args[1:]) }()
	select {
	case c := <-code:
		os.Exit(c)
	case <-interrupts:
		interrupt()
	}
	select {
	case c := <-code:
		os.Exit(c)
	case <-interrupts: // a second one ends the program at once
	case <-time.After(interruptGrace):
	}
	a.outputs.Discard()
	os.Exit(exitInterrupted)
}

// run is the whole program. Data goes to out, all else to err.
func run(ctx context.Context, args []string, in io.Reader, out, err io.Writer) int {
	return newApp(ctx, in, out, err).execute(ctx, args)
}

func newApp(ctx context.Context, in io.Reader, out, err io.Writer) *app {
	return &app{ctx: ctx, in: in, out: out, err: err, help: watchedWriter{to: out}, outputs: report.NewOutputs(ctx)}
}

// execute runs one command line and returns the exit code. The files that the command wrote get their names last.
func (a *app) execute(ctx context.Context, args []string) int {
	defer a.outputs.Discard()
	defer a.closeModels()
	root := newRoot(a, args)
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		a.completeAll(root)
	}
	root.SetArgs(args)
	failed := root.ExecuteContext(ctx)
	if a.help.err != nil {
		failed = outputError(a.help.err)
	}
	if failed == nil || failed == errAnsweredNo {
		failed = cmp.Or(outputError(a.outputs.Commit()), failed)
	}
	return a.exitCode(failed)
}

// watchedWriter remembers its first error: cobra does not look for errors when it prints help.
type watchedWriter struct {
	to  io.Writer
	err error
}

func (w *watchedWriter) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	if w.err == nil {
		w.err = err
	}
	return n, err
}

// app is what the program reads from and writes to.
type app struct {
	ctx      context.Context // of the one command that is run
	in       io.Reader
	out, err io.Writer
	help     watchedWriter // to out
	outputs  *report.Outputs
	models   []*onnx.File // opened so far
	screenFlags
}

// closeModels closes the models that were read.
func (a *app) closeModels() {
	for _, model := range a.models {
		model.Close()
	}
	a.models = nil
}

// codedError is an error with the exit code that belongs to it.
type codedError struct {
	code int
	error
}

func (e codedError) Unwrap() error { return e.error }

func usageError(format string, args ...any) error {
	return codedError{exitUsage, fmt.Errorf(format, args...)}
}

func problemError(format string, args ...any) error {
	return codedError{exitProblem, fmt.Errorf(format, args...)}
}

// outputError gives an error the code of a failed output, where it has none: what is written may be read meanwhile, and
// that may be what failed.
func outputError(err error) error {
	var coded codedError
	if err == nil || errors.As(err, &coded) {
		return err
	}
	return codedError{exitIO, err}
}

// errReported means that the problems are already printed.
var errReported = codedError{exitProblem, errors.New("")}

// errAnsweredNo means that the report is complete, and its answer is no: a batch does not fit, no value keeps a budget,
// a figure has grown. Files of the report are kept.
var errAnsweredNo = codedError{exitProblem, errors.New("")}

// isProblem reports whether an error is about the network or a file, as opposed to wrong usage and failed output.
func isProblem(err error) bool {
	var coded codedError
	return errors.As(err, &coded) && coded.code == exitProblem
}

// exitCode prints an error that is not printed yet and returns its exit code. Errors of cobra itself are wrong usage.
func (a *app) exitCode(err error) int {
	var coded codedError
	switch {
	case err == nil:
		return exitFine
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case report.IsClosedPipe(err):
		return exitIO
	case !errors.As(err, &coded):
		coded = codedError{exitUsage, err}
	}
	if message := err.Error(); message != "" {
		a.printError(message)
	}
	return coded.code
}

// write writes a report to the file at path, or to standard output where path is "" or "-".
func (a *app) write(path string, render func(io.Writer) error) error {
	if path != "" && path != "-" {
		return outputError(a.outputs.WriteFile(path, render))
	}
	return outputError(render(a.outputs.Stream(a.out)))
}

// note prints a line for the user on standard error.
func (a *app) note(format string, args ...any) {
	a.say(ansi.None, fmt.Sprintf(format, args...))
}

// printError prints the message of an error on standard error.
func (a *app) printError(message string) { a.say(ansi.BoldRed, message) }

func (a *app) say(name ansi.Style, message string) {
	fmt.Fprintf(a.err, "%s %s\n", a.colours(a.err).Paint(name, "cnncalc:"), plain.Escape(plain.CutMessage(message)))
}

// printProblems prints the problems of a file on standard error.
func (a *app) printProblems(source *diag.Source, problems diag.List) error {
	return outputError(source.Print(a.err, problems, a.colours(a.err)))
}
