package main

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"os"
	"slices"
	"strconv"
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

// Every table whose columns are not chosen fits terminals of 80 and of 60 columns.
func TestTablesFitNarrowTerminals(t *testing.T) {
	for _, args := range []string{
		"memory torchvision/googlenet", "memory torchvision/resnet152 --account pytorch",
		"memory torchvision/resnet152 --account cnncalc", "memory torchvision/resnet50 --timeline",
		"memory torchvision/resnet50 --timeline --account cnncalc", "memory vgg16 --as thop",
		"memory torchvision/vgg16 --account pytorch --gpus 8 --strategy all",
		"fit torchvision/vgg16 --device t4", "fit torchvision/vgg16 --device t4 --gpus 8 --mode training --dtype fp32",
		"fit torchvision/vgg16 --device t4 --batch 2 --gpus 8 --mode training --dtype fp32",
		"fit torchvision/vgg16 --device t4 --batch 2 --inputs 224,256 --gpus 8 --mode training",
		"fit torchvision/vgg16 --device t4 --batches 1,2 --gpus 8 --mode training", "fit --list-devices",
		"compare vgg16 torchvision/resnet50 --layers",
		"compare vgg16 vgg19 torchvision/resnet50 torchvision/resnet101 --device t4",
		"solve torchvision/resnet18 --for batch --budget training_peak<=8GiB --figures parameters,notes_training",
		"solve unet --sizes 540:600", "traffic torchvision/googlenet", "traffic torchvision/googlenet --device t4",
		"reconcile fvcore torchinfo torchvision/vgg16_bn", "list", "check torchvision/googlenet --table",
		"checkpoint torchvision/resnet18 --batch 8", "checkpoint torchvision/resnet50 --batch 64 --memory 4GiB",
		"compare torchvision/efficientnet_b0 torchvision/efficientnet_v2_s --layers", "memory torchvision/resnet50 --depth 1",
		"memory torchvision/resnet50 --account arena", "memory vgg16 --as torchsummary",
		"reconcile fvcore thop torchvision/resnet50", "solve grammar --for filters --budget parameters<=5M",
		"run lenet5 --input ../../testdata/digits/seven.png", "traffic vgg16 --device t4 --mode training --gpus 2",
	} {
		for _, width := range []int{80, 60} {
			var out, errs bytes.Buffer
			fields := append(strings.Fields(args), "--width", strconv.Itoa(width))
			if code := run(context.Background(), fields, nil, &out, &errs); code != exitFine {
				t.Fatalf("%s: exit code %d: %s", args, code, errs.String())
			}
			for line := range strings.Lines(out.String()) {
				if strings.Trim(line, "-") == "\n" && len(line)-1 > width {
					t.Errorf("%s is %d columns wide in %d", args, len(line)-1, width)
				}
			}
		}
	}
}

// Text has colours on a terminal, unless the user or the terminal does not want them, and never in a pipe. Standard
// output and standard error are looked at separately.
func TestColoursOnTerminal(t *testing.T) {
	for _, test := range []struct {
		args          string
		noColor, term string // the environment
		out, err      bool   // the terminals
		wantOut       bool   // has colours
		wantErr       bool
	}{
		{args: "check .missing INPUT->FD-2", out: true, err: true, wantOut: true, wantErr: true},
		{args: "check .missing INPUT->FD-2", out: true, wantOut: true},
		{args: "check .missing INPUT->FD-2", err: true, wantErr: true},
		{args: "check .missing INPUT->FD-2"},
		{args: "check .missing INPUT->FD-2", noColor: "1", out: true, err: true},
		{args: "check .missing INPUT->FD-2", term: "dumb", out: true, err: true},
		{args: "check .missing INPUT->FD-2 --color never", out: true, err: true},
		{args: "check .missing INPUT->FD-2 --color always", noColor: "1", term: "dumb", wantOut: true, wantErr: true},
		{args: "check .missing INPUT->FD-2 --color auto", out: true, wantOut: true},
		{args: "memory INPUT->FD-2", out: true, err: true, wantErr: true},
		{args: "compare vgg11 vgg13 --layers", out: true, wantOut: true},
		{args: "compare vgg11 vgg13 --layers --format markdown", out: true},
	} {
		t.Setenv("NO_COLOR", test.noColor)
		t.Setenv("TERM", cmp.Or(test.term, "xterm"))
		out, errs := openTerminal(t, 200), openTerminal(t, 200)
		screens := []io.Writer{&out.Buffer, &errs.Buffer}
		if test.out {
			screens[0] = out
		}
		if test.err {
			screens[1] = errs
		}
		run(context.Background(), strings.Fields(test.args), nil, screens[0], screens[1])
		for _, screen := range []struct {
			name, text string
			want       bool
		}{{"output", out.String(), test.wantOut}, {"error", errs.String(), test.wantErr}} {
			if got := strings.Contains(screen.text, "\x1b["); got != screen.want {
				t.Errorf("%+v: colours on standard %s: %v\n%q", test, screen.name, got, screen.text)
			}
		}
	}
}
