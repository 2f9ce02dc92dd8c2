package main

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// terminalBuffer keeps what is written to it, and is a terminal.
type terminalBuffer struct {
	bytes.Buffer
	terminal *os.File
}

func (t *terminalBuffer) Fd() uintptr { return t.terminal.Fd() }

// openTerminal returns a terminal of so many columns.
func openTerminal(t *testing.T, columns uint16) *terminalBuffer {
	t.Helper()
	f, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { f.Close() })
	if err := unix.IoctlSetWinsize(int(f.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}); err != nil {
		t.Fatal(err)
	}
	return &terminalBuffer{terminal: f}
}

// On a terminal, a table takes its width; one that reports no width has 80 columns. --width and -o go before.
func TestTableFitsTerminal(t *testing.T) {
	for _, test := range []struct {
		columns uint16
		args    string
		want    string // a line of the output, whatever its spaces
	}{
		{200, "memory vgg16", "name layer output memory weights biases MACs"},
		{80, "memory vgg16", "name layer memory weights MACs"},
		{0, "memory vgg16", "name layer memory weights MACs"},
		{80, "memory vgg16 --width 0", "name layer output memory weights biases MACs"},
		{80, "memory vgg16 --format csv", "name,layer,output,memory,weights,biases,macs"},
		{200, "memory vgg16 --width 80", "Columns left out: biases, output; --width 0 shows them."},
	} {
		out := openTerminal(t, test.columns)
		var errs bytes.Buffer
		if code := run(context.Background(), strings.Fields(test.args), nil, out, &errs); code != exitFine {
			t.Fatalf("%s: exit code %d: %s", test.args, code, errs.String())
		}
		isWanted := func(line string) bool { return strings.Join(strings.Fields(line), " ") == test.want }
		if !slices.ContainsFunc(strings.Split(out.String(), "\n"), isWanted) {
			t.Errorf("%s in %d columns:\n%s\nwant the line:\n%s", test.args, test.columns, out.String(), test.want)
		}
	}
}
