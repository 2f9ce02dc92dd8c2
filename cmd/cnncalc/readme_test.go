package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// notRun are the command lines of the README that a test can't run in itself. The first is the tests.
var notRun = []string{"go test ./...", "go install ./cmd/cnncalc"}

// fenced is a block of the README between ``` lines.
type fenced struct {
	line     int    // of its first text line, from 1
	language string // behind the opening ```
	file     string // named by a comment above: <!-- file: mynet.yaml -->
	text     []string
}

func readFenced(t *testing.T, path string) []fenced {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`^<!-- file: (\S+) -->$`)
	var blocks []fenced
	var open *fenced
	file := ""
	for i, line := range strings.Split(string(data), "\n") {
		language, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open == nil:
			open = &fenced{line: i + 2, language: language, file: file}
			file = ""
		case fence:
			blocks = append(blocks, *open)
			open = nil
		case open != nil:
			open.text = append(open.text, line)
		default:
			if m := named.FindStringSubmatch(line); m != nil {
				file = m[1]
			}
		}
	}
	if open != nil {
		t.Fatalf("%s:%d: the block is not closed", path, open.line)
	}
	return blocks
}

// Every command in the README runs, and prints what stands there. In an expected output a line "..." stands for any
// number of lines, and "..." at the end of a line for the rest of it, with what varies from run to run.
func TestREADME(t *testing.T) {
	blocks := readFenced(t, "../../README.md")
	testdata, err := filepath.Abs("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.Symlink(testdata, "testdata"); err != nil {
		t.Skip(err)
	}
	ran := 0
	for _, b := range blocks {
		switch b.language {
		case "yaml":
			if b.file == "" || filepath.Base(b.file) != b.file {
				t.Fatalf("README.md:%d: name the file of this block, as in <!-- file: mynet.yaml -->", b.line)
			}
			if err := os.WriteFile(b.file, []byte(strings.Join(b.text, "\n")+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		case "sh":
			for i, line := range b.text {
				if !slices.Contains(notRun, line) {
					runLine(t, b.line+i, line)
					ran++
				}
			}
		case "console":
			ran += checkConsole(t, b)
		case "text":
		default:
			t.Errorf("README.md:%d: a block of %q is not checked: use yaml, sh, console or text", b.line, b.language)
		}
	}
	if ran < 5 {
		t.Errorf("only %d commands found", ran)
	}
}

// checkConsole runs the lines that start with "$ " and compares what follows each. It gives the number of commands.
func checkConsole(t *testing.T, b fenced) (commands int) {
	t.Helper()
	for i := 0; i < len(b.text); {
		command, ok := strings.CutPrefix(b.text[i], "$ ")
		if !ok {
			t.Fatalf("README.md:%d: a console block starts with a command, $ cnncalc ...", b.line+i)
		}
		at, end := b.line+i, i+1
		for end < len(b.text) && !strings.HasPrefix(b.text[end], "$ ") {
			end++
		}
		want := b.text[i+1 : end]
		i = end
		commands++
		got := strings.Split(strings.TrimSuffix(runLine(t, at, command), "\n"), "\n")
		if len(want) == 0 && len(got) == 1 && got[0] == "" {
			continue
		}
		if !matches(want, got) {
			t.Errorf("README.md:%d: %s prints\n%s", at, command, strings.Join(got, "\n"))
		}
	}
	return commands
}

// runLine runs one command line, "cnncalc ..." or "go run ./cmd/cnncalc ...", with "> file" at its end perhaps. It gives
// all that a terminal would show. Wrong usage and failing output end the test.
func runLine(t *testing.T, at int, line string) string {
	t.Helper()
	args, ok := strings.CutPrefix(line, "cnncalc ")
	if !ok {
		args, ok = strings.CutPrefix(line, "go run ./cmd/cnncalc ")
	}
	if !ok {
		t.Fatalf("README.md:%d: can't run %q", at, line)
	}
	args, file, redirected := strings.Cut(args, " > ")
	var shown, redirect bytes.Buffer
	out := &shown
	if redirected {
		out = &redirect
	}
	code := run(context.Background(), strings.Fields(args), strings.NewReader(""), out, &shown)
	if code != exitFine && code != exitProblem {
		t.Fatalf("README.md:%d: %s: exit code %d\n%s", at, line, code, shown.String())
	}
	if redirected {
		if err := os.WriteFile(file, redirect.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return shown.String()
}

// matches compares lines; a want line "..." stands for any number of them, "..." at a line's end for its rest.
func matches(want, got []string) bool {
	if len(want) == 0 {
		return len(got) == 0
	}
	if want[0] == "..." {
		for skip := range len(got) + 1 {
			if matches(want[1:], got[skip:]) {
				return true
			}
		}
		return false
	}
	return len(got) > 0 && matchesLine(want[0], got[0]) && matches(want[1:], got[1:])
}

func matchesLine(want, got string) bool {
	start, elided := strings.CutSuffix(want, "...")
	if elided {
		return strings.HasPrefix(got, start)
	}
	return want == got
}

func TestMatches(t *testing.T) {
	for _, test := range []struct {
		want, got string
		ok        bool
	}{
		{"a b", "a b", true},
		{"a b", "a", false},
		{"a", "a b", false},
		{"a ... c", "a b b c", true},
		{"a ... c", "a c", true},
		{"a ... c", "a b", false},
		{"...", "", true},
		{"... b", "b a b", true},
		{"a b...", "a bc", true},
		{"a b...", "a cb", false},
	} {
		if got := matches(strings.Fields(test.want), strings.Fields(test.got)); got != test.ok {
			t.Errorf("%q, %q: %t", test.want, test.got, got)
		}
	}
}

// The file in the help on the language is a sound network.
func TestHelpLanguageExample(t *testing.T) {
	_, rest, found := strings.Cut(languageHelp, "An architecture file:\n\n")
	example, _, ended := strings.Cut(rest, "\n\n")
	if !found || !ended {
		t.Fatal("the help does not begin with an architecture file")
	}
	path := filepath.Join(t.TempDir(), "mynet.yaml")
	var text strings.Builder
	for line := range strings.Lines(example) {
		fmt.Fprintln(&text, strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "  "))
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	if out := callFine(t, "check", path); !strings.HasPrefix(out, path+": ok\n") {
		t.Error(out)
	}
}
