package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"cnncalc/internal/spec"
)

// peakOf runs the program in a process of its own and returns its exit code and the most memory that it held, in MiB.
func peakOf(t *testing.T, args ...string) (code int, mebibytes int64) {
	t.Helper()
	cmd := exec.Command("cnncalc-peak", args...)
	out, err := cmd.Output()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	mebibytes, err = strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	if err != nil || mebibytes == 0 {
		t.Fatalf("%q is not a peak: %v", out, err)
	}
	return cmd.ProcessState.ExitCode(), mebibytes
}

func writeNetwork(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile("net.yaml", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A file that is refused takes little memory, whatever it is full of.
func TestRefusedFilesTakeLittleMemory(t *testing.T) {
	const most = 200 // MiB; the worst was measured at 110, and the program itself takes 14
	if testing.Short() {
		t.Skip("the race detector multiplies memory")
	}
	t.Chdir(t.TempDir())
	const head = "input: 8x8x3\nlayers: |\n  INPUT -> "
	fill := func(unit string) string { return strings.Repeat(unit, (spec.MaxFileSize-64)/len(unit)) }
	for _, test := range []struct{ name, text string }{
		{"brackets", head + fill("]")},
		{"bars", head + "CONCAT(" + fill("|")},
		{"broken items of a list", "input: 8x8x3\nlayers:\n" + fill("- ]\n")},
		{"repeats", head + "[[CONV3-8 -> BN]*1000]*1000"},
		{"inputs", head + "RELU @x+ -> [CONCAT(@x) -> RELU @x+]*20000"},
	} {
		writeNetwork(t, test.text)
		if code, peak := peakOf(t, "check", "--format", "json", "net.yaml"); code != exitProblem || peak > most {
			t.Errorf("%s: exit code %d, %d MiB", test.name, code, peak)
		}
	}
}

// A sweep holds few of its rows at a time, also for a front of two figures.
func TestSweepsTakeLittleMemory(t *testing.T) {
	const most = 80 // MiB; measured at 20, and the rows together take 250
	if testing.Short() {
		t.Skip("takes seconds, and the race detector multiplies memory")
	}
	t.Chdir(t.TempDir())
	writeNetwork(t, "input: 8x8x3\nlayers: CONV3-8 -> FC-2")
	for _, flags := range []string{"--format jsonl", "--pareto macs,parameters"} {
		args := append([]string{"sweep", "net.yaml", "--batch", "1:500000", "--figures", "macs"}, strings.Fields(flags)...)
		if code, peak := peakOf(t, args...); code != exitFine || peak > most {
			t.Errorf("%s: exit code %d, %d MiB", flags, code, peak)
		}
	}
}

// As many layers as a network may have fit 1 GiB in the commands that take most.
func TestLargestNetworksFitMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds, and the race detector multiplies memory")
	}
	t.Chdir(t.TempDir())
	writeNetwork(t, fmt.Sprintf("input: 8x8x3\nlayers: CONV3-8*%d", spec.MaxLayers))
	other := fmt.Sprintf("input: 8x8x3\nlayers: |\n  [CONV3-8 -> RELU -> CONV1-8]*%d", spec.MaxLayers/3)
	if err := os.WriteFile("other.yaml", []byte(other), 0o644); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]int{
		"compare --layers --all --format json other.yaml":                                       exitFine,
		"memory --account pytorch --format json":                                                exitFine,
		"fit --device-memory 4GiB --mode training --dtype fp32 --optimizer adam --batch 100000": exitProblem, // does not fit
	} {
		code, peak := peakOf(t, append(strings.Fields(args), "net.yaml")...)
		if code != want || peak > 1024 {
			t.Errorf("%s: exit code %d, %d MiB", args, code, peak)
		}
	}
}
