package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"cnncalc/internal/plain"
)

const fuzzedNetwork = "name: net\ninput: 8x8x1\nvars: {N: 2}\nlayers: INPUT -> CONV3-(N) -> RELU -> GAP -> FC-3\n"

// maxFuzzedOutput bounds what a command prints for the small network, in bytes.
const maxFuzzedOutput = 1 << 20

// textFlags are the flags that take a text or a list of texts, as "command --flag".
func textFlags() []string {
	var all []string
	for _, cmd := range newRoot(&app{}, nil).Commands() {
		cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if f.Value.Type() != "bool" {
				all = append(all, cmd.Name()+" --"+f.Name)
			}
		})
	}
	return all
}

// Any bytes in any flag end in an exit code and in lines that print, bounded in length.
func FuzzFlags(f *testing.F) {
	flags := textFlags()
	picture, err := filepath.Abs("../../testdata/digits/eight.png")
	if err != nil {
		f.Fatal(err)
	}
	values := []string{"", "-", "x", "\xff\xff/s", "\xff", "\x00", "\x1b]0;t\a", "\u202e", "İ/s", "Ⱥ", "010", "0x10",
		"-1", "N=2", "N=", "a,b,\"",
		"8x8", "9x", "1:3,[2,2]", "1:9223372036854775807", "parameters<5M&&peak<2GiB", "+macs,-peak", "name", "512MiB+5%",
		"9223372036854775808", "1e400", strings.Repeat("9", 5000), strings.Repeat("é", 100_000)}
	for i := range flags {
		for k, v := range values {
			if testing.Short() && (i+k)%8 != 0 {
				continue // the race detector has seen each flag and each value with an eighth of the pairs
			}
			f.Add(uint8(i), v)
		}
	}
	f.Fuzz(func(t *testing.T, flag uint8, value string) {
		command, name, _ := strings.Cut(flags[int(flag)%len(flags)], " --")
		dir := t.TempDir()
		if slices.Contains(writtenFlags, name) && value != "" && value != "-" {
			value = filepath.Join(dir, strings.ReplaceAll(value, "/", "_"))
		}
		args := []string{command}
		switch command {
		case "reconcile":
			args = append(args, "thop", "fvcore", "-")
		case "convert":
			args = append(args, "--fc-to-conv", "-")
		case "compare":
			args = append(args, "--layers", "lenet5", "-")
		case "diff":
			args = append(args, "-")
			if name != "baseline" {
				args = append(args, "--baseline=lenet5")
			}
		case "fit":
			args = append(args, "-", "--device=t4")
		case "run":
			if name == "set" || name == "input-size" {
				t.Skip("fuzzed for other commands, which compute nothing")
			}
			args = append(args, "-", "--input="+picture, "--max-memory=16MiB")
		case "sweep":
			args = append(args, "-", "--shard=1/9223372036854775807") // of any number of combinations, one at most
		case "solve":
			args = append(args, "-", "--for=N", "--range=1:4", "--budget=macs<=1K")
		case "list", "schema":
		default:
			args = append(args, "-")
		}
		r := callOn(t, fuzzedNetwork, append(args, "--"+name+"="+value)...)
		if r.code < exitFine || r.code > exitIO {
			t.Errorf("exit code %d", r.code)
		}
		checkPrinted(t, r.out, maxFuzzedOutput)
		checkPrinted(t, r.errors, maxFuzzedOutput)
		if left, _ := filepath.Glob(filepath.Join(dir, ".cnncalc*")); left != nil {
			t.Errorf("hidden files stay: %q", left)
		}
	})
}

// checkPrinted holds that a terminal shows what is printed as it is, and that it has at most so many bytes.
func checkPrinted(t *testing.T, printed string, limit int) {
	t.Helper()
	if len(printed) > limit {
		t.Errorf("%d bytes are printed", len(printed))
	}
	if !utf8.ValidString(printed) {
		t.Errorf("not UTF-8: %q", printed)
	}
	for line := range strings.Lines(printed) {
		if line = strings.TrimSuffix(line, "\n"); plain.Escape(line) != line {
			t.Errorf("not printable: %q", line)
		}
	}
}

// A message is bounded, whatever is named in it.
func TestMessagesAreBounded(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("net.yaml", []byte(fuzzedNetwork), 0o644); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 100_000)
	calls := [][]string{{long}, {"memory", long}, {"memory", "net.yaml", long}, {"list", long}, {"help", long},
		{"check", "--" + long},
		{"check", "--" + long + "=1"}, {"check", "-" + long}, {"completion", long}, {"reconcile", long, "thop"}, {"explain", "net.yaml", "--layer", long},
		{"memory", "net.yaml", "--all=" + long}}
	for _, flag := range textFlags() {
		command, name, _ := strings.Cut(flag, " ")
		calls = append(calls, []string{command, "net.yaml", name, long})
	}
	for _, args := range calls {
		r := call(t, args...)
		if r.code == exitFine || len(r.errors) > 3*plain.MaxMessage {
			t.Errorf("cnncalc %.60q: exit code %d, %d bytes on standard error: %.200s", args, r.code, len(r.errors), r.errors)
		}
	}
}
