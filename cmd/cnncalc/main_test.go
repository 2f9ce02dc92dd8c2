package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/pflag"

	"cnncalc/internal/memory"
)

var update = flag.Bool("update", false, "rewrite the golden files and the outputs in the scripts, README.md and docs/")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cnncalc": main, "cnncalc-peak": printPeak})
}

// printPeak runs the program and prints the most memory that it held, in MiB, in place of its report. The figure that
// wait4 returns to a parent also counts what the parent held at the fork.
func printPeak() {
	collectSeldom()
	code := run(context.Background(), os.Args[1:], os.Stdin, io.Discard, os.Stderr)
	bytes, _ := memory.PeakResident()
	fmt.Println(bytes >> 20)
	os.Exit(code)
}

// The scripts in testdata/script run the program as a user does. "status 2 cnncalc ..." expects that exit code;
// $PICTURES is the folder of the test pictures, $DIGITS that of the digits, $ARRAYS that of npy files.
func TestScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("starts some 150 processes, which takes most of a minute with the race detector")
	}
	pictures, err := filepath.Abs("../../testdata/pictures")
	if err != nil {
		t.Fatal(err)
	}
	arrays, err := filepath.Abs("../../internal/weights/testdata")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Setup: func(env *testscript.Env) error {
			env.Setenv("PICTURES", pictures)
			env.Setenv("DIGITS", filepath.Join(filepath.Dir(pictures), "digits"))
			env.Setenv("ARRAYS", arrays)
			return nil
		},
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"status": status},
		Condition:           scriptCondition,
	})
}

// scriptCondition knows [man]: the program has the command of its man pages.
func scriptCondition(condition string) (bool, error) {
	if condition != "man" {
		return false, fmt.Errorf("unknown condition %s", condition)
	}
	root := newRoot(&app{}, nil)
	found, _, err := root.Find([]string{"man"})
	return err == nil && found != root, nil
}

func status(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) < 2 {
		ts.Fatalf("usage: status code command [argument...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// Every flag of every command is used by a script.
func TestScriptsUseEveryFlag(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string][]string{} // command -> the words of its calls
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			_, call, ok := strings.Cut(line, "cnncalc ")
			if words := strings.Fields(call); ok && len(words) > 0 {
				used[words[0]] = append(used[words[0]], words...)
			}
		}
	}
	root := newRoot(&app{}, nil)
	checkFlagsUsed(t, "", root.PersistentFlags(), slices.Concat(slices.Collect(maps.Values(used))...))
	for _, cmd := range root.Commands() {
		if _, ok := used[cmd.Name()]; !ok && cmd.Runnable() && !cmd.Hidden {
			t.Errorf("no script calls cnncalc %s", cmd.Name())
		}
		checkFlagsUsed(t, cmd.Name(), cmd.LocalNonPersistentFlags(), used[cmd.Name()])
	}
}

func checkFlagsUsed(t *testing.T, command string, flags *pflag.FlagSet, words []string) {
	t.Helper()
	flags.VisitAll(func(f *pflag.Flag) {
		is := func(word string) bool {
			name, _, _ := strings.Cut(word, "=")
			return name == "--"+f.Name || f.Shorthand != "" && name == "-"+f.Shorthand
		}
		if !slices.ContainsFunc(words, is) {
			t.Errorf("no script uses cnncalc %s --%s", command, f.Name)
		}
	})
}

// result is what one call of the program did.
type result struct {
	code        int
	out, errors string
}

// call runs the program in this process.
func call(t testing.TB, args ...string) result {
	t.Helper()
	return callOn(t, "", args...)
}

// callOn is call with a text as standard input.
func callOn(t testing.TB, input string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(context.Background(), args, strings.NewReader(input), &out, &errs)
	return result{code, out.String(), errs.String()}
}

// callFine is the standard output of a call that must succeed and say nothing else.
func callFine(t testing.TB, args ...string) string {
	t.Helper()
	r := call(t, args...)
	if r.code != exitFine || r.errors != "" {
		t.Fatalf("cnncalc %s: exit code %d\n%s", strings.Join(args, " "), r.code, r.errors)
	}
	return r.out
}
