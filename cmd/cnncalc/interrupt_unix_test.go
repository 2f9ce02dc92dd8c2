//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A signal ends every command that writes files, and none of them stays. The commands wait for ever in a FIFO that
// nobody reads, but for explain and sweep, which write long enough.
func TestInterruptsLeaveNoFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the grace that interrupted commands have")
	}
	for _, test := range []struct {
		signal syscall.Signal
		args   string
	}{
		{syscall.SIGINT, "explain long.yaml -o out"},
		{syscall.SIGINT, "sweep small.yaml --input-size 3:1000000:2 --batch 1:1000000 -o out.csv"},
		{syscall.SIGTERM, "convert --fc-to-conv small.yaml --weights w.safetensors --save-weights new.safetensors -o fifo"},
		{syscall.SIGHUP, "run small.yaml --input eight.png --dump dump --save-weights fifo"},
	} {
		t.Run(test.args, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			before := prepareInterrupt(t, dir)
			cmd := exec.Command("cnncalc", strings.Fields(test.args)...)
			cmd.Dir = dir
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			waitForHidden(t, cmd, dir)
			if err := cmd.Process.Signal(test.signal); err != nil {
				t.Fatal(err)
			}
			var exit *exec.ExitError
			if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
				t.Errorf("cnncalc %s: %v, want exit code %d", test.args, err, exitInterrupted)
			}
			if after := namesIn(t, dir); !slices.Equal(after, before) {
				t.Errorf("cnncalc %s leaves %q, want %q", test.args, after, before)
			}
		})
	}
}

// prepareInterrupt makes the files that the commands read, and returns their names.
func prepareInterrupt(t *testing.T, dir string) []string {
	t.Helper()
	for name, text := range map[string]string{
		"long.yaml":  "input: 8x8x1\nlayers: INPUT -> CONV3-8*99000 -> FC-2\n",
		"small.yaml": "input: 8x8x1\nlayers: INPUT -> CONV3-8 -> FC-2\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	picture, err := os.ReadFile("../../testdata/digits/eight.png")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "eight.png"), picture, 0o644); err != nil {
		t.Fatal(err)
	}
	run := exec.Command("cnncalc", "run", "small.yaml", "--input", "eight.png", "--save-weights", "w.safetensors")
	run.Dir = dir
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Skip(err)
	}
	return namesIn(t, dir)
}

// waitForHidden returns once the command has a hidden file.
func waitForHidden(t *testing.T, cmd *exec.Cmd, dir string) {
	t.Helper()
	for range 60_000 {
		if slices.ContainsFunc(namesIn(t, dir), func(name string) bool { return strings.HasPrefix(name, ".cnncalc") }) {
			return
		}
		time.Sleep(time.Millisecond)
	}
	_ = cmd.Process.Kill()
	t.Fatalf("%s writes no file", cmd)
}

func namesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
