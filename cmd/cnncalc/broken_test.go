package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cnncalc/internal/spec"
)

const brokenFolder = "../../testdata/broken"

// check runs cnncalc check on one file of the current folder and gives what it prints, which is the same on
// every machine.
func check(t *testing.T, name string) string {
	t.Helper()
	r := call(t, "check", name)
	if r.code != exitProblem {
		t.Errorf("check %s: exit code %d, want %d", name, r.code, exitProblem)
	}
	if r.errors != "" {
		t.Errorf("check %s writes to standard error: %s", name, r.errors)
	}
	return r.out
}

// Every file of testdata/broken has exactly the problems that the .txt beside it shows.
func TestBrokenFiles(t *testing.T) {
	t.Chdir(brokenFolder)
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", brokenFolder, err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(name, ".yaml"), func(t *testing.T) {
			golden := strings.TrimSuffix(name, ".yaml") + ".txt"
			got := check(t, name)
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Commands that need a sound network name the first problem of a broken file, with its place, and write nothing. Each
// file is given to a few of them.
func TestBrokenFilesInCommands(t *testing.T) {
	folder, err := filepath.Abs(brokenFolder)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", folder, err)
	}
	picture := filepath.Join(folder, "..", "digits", "seven.png")
	others := []string{
		"compare lenet5 FILE -o out.json", "diff lenet5 FILE -o out.md", "diff FILE lenet5 -o out.sarif",
		"diff --baseline FILE lenet5 --format github -o out", "draw FILE -o out.svg", "report FILE -o out.html",
		"convert FILE -o out.onnx", "convert FILE -o out.py", "convert --fc-to-conv FILE -o out.yaml",
		"run FILE --weights random --input " + picture + " --maps out", "checkpoint FILE -o out.svg",
		"memory FILE --gpus 2 --account pytorch -o out.csv", "memory FILE -o out.pickle", "memory FILE --timeline",
		"memory FILE --account arena", "solve FILE --for batch --budget peak<=1GiB -o out.csv",
		"traffic FILE --device t4 -o out.tex", "fit FILE --device t4 -o out.json",
		"reconcile fvcore thop FILE -o out.csv", "explain FILE -o out.txt", "show --canonical FILE",
	}
	t.Chdir(t.TempDir())
	for i, path := range files {
		first, _, _ := strings.Cut(call(t, "check", path).out, "\n")
		for _, args := range []string{"sweep FILE --batch 1,2 -o out.jsonl", others[i%len(others)]} {
			r := call(t, strings.Fields(strings.ReplaceAll(args, "FILE", path))...)
			if r.code != exitProblem || r.out != "" || !strings.Contains(r.errors, first) {
				t.Errorf("%s: exit code %d, output %.80q, errors %.300q; want the line %q",
					strings.ReplaceAll(args, "FILE", filepath.Base(path)), r.code, r.out, r.errors, first)
			}
		}
	}
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

// Every problem has a code for programs.
func TestBrokenFilesHaveCodes(t *testing.T) {
	t.Chdir(brokenFolder)
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", brokenFolder, err)
	}
	r := call(t, append([]string{"check", "--format", "json"}, files...)...)
	var document struct {
		Files []struct {
			File     string
			Problems []struct {
				Code    string
				Message string
			}
		}
	}
	if err := json.Unmarshal([]byte(r.out), &document); err != nil || len(document.Files) != len(files) {
		t.Fatalf("%d files in the report, want %d (%v)", len(document.Files), len(files), err)
	}
	for _, f := range document.Files {
		for _, p := range f.Problems {
			if part, name, ok := strings.Cut(p.Code, "/"); !ok || part == "" || name == "" {
				t.Errorf("%s: %q has the code %q", f.File, p.Message, p.Code)
			}
		}
	}
}

// Files too large to store, each made to cost time or memory. The first line says what is wrong, and soon.
func TestHostileFiles(t *testing.T) {
	const head = "input: 32x32x3\n"
	fill := func(unit string, room int) string { return strings.Repeat(unit, (spec.MaxFileSize-room)/len(unit)) }
	// sequence joins the numbers 0 up to count, each put into the format.
	sequence := func(count int, format, separator string) string {
		parts := make([]string, count)
		for i := range parts {
			parts[i] = fmt.Sprintf(format, i)
		}
		return strings.Join(parts, separator)
	}
	tests := []struct{ name, file, want string }{
		{"too-large", fill("# line\n", 0) + strings.Repeat("#", 64), "the file is larger than 1048576 bytes"},
		{"brackets", fill("[", 0), "the file is not YAML"},
		{"braces", fill("{", 0), "the file is not YAML"},
		{"dashes", fill("- ", 0), "the file is not YAML"},
		{"questions", fill("? ", 0), "the file is not YAML"},
		{"comments", fill("#\n", 0), "the file is empty"},
		{"quote", "layers: '" + fill("x", 16), "1:9: this quote is not closed"},
		{"brackets-in-text", head + "layers: |\n  " + fill("[", 64), "3:67: brackets are nested deeper than 64"},
		{"labels-in-text", head + "layers: |\n  " + fill("@a", 64), "3:5: unexpected @a"},
		{"label-references", head + "layers: |\n  " + sequence(40_000, "RELU @a%d", " -> ") + " -> ADD(RELU | @b)", "the label @b is not known here"},
		{"unknown-labels", head + "layers: |\n  RELU @a -> " + sequence(30_000, "ADD(RELU | @b%d)", " -> "), "the label @b0 is not known here"},
		{"arrows", head + "layers: |\n  " + fill("-> ", 64), "3:3: a layer is missing before ->"},
		{"unknown-kinds", head + "layers: |\n  " + fill("X -> ", 64) + "RELU", "3:3: unknown kind of layer X"},
		{"unknown-blocks", head + "blocks:\n" + sequence(10_000, "  b%d(): RELU", "\n") + "\nlayers: |\n  " + sequence(30_000, "c%d()", " -> "), "unknown block or kind of layer c0"},
		{"unknown-keys", head + "layers: RELU\n" + sequence(60_000, "key%d: 1", "\n"), "an architecture file has no key key0"},
		{"keys-of-a-line", head + "vars: {" + sequence(60_000, "v%d: 1", ", ") + "}\nlayers: CONV3-w", "unknown variable w"},
		{"duplicate-keys", head + "layers: RELU\n" + fill("name: x\n", 64), "the key name is written twice in the file"},
		{"variables-of-calls", head + "vars: {" + sequence(20_000, "v%d: 1", ", ") + "}\nblocks:\n  b(): CONV3-w\nlayers: " + sequence(20_000, "b() @c%d", " -> "), "unknown variable w"},
		{"long-expression", head + "layers: CONV3-(" + fill("1+", 64) + "1)", "the expression has more than 1000 operations"},
		{"long-list", head + "layers: CONV3-{" + fill("1,", 64) + "1}", "a list has at most 100,000 values"},
		{"long-word", head + "layers: CONV3-" + fill("a", 64), "is longer than 64 characters"},
		{"long-number", head + "layers: CONV3-" + fill("1", 64), "is longer than 64 characters"},
		{"long-parameters", head + "blocks:\n  ? b(" + sequence(60_000, "p%d", ",") + ")\n  : RELU\nlayers: RELU", "block b has more than 64 parameters"},
		{"empty-turns", head + "layers: |\n  " + strings.Repeat("[", 8) + "RELU*0" + strings.Repeat("]*1000", 8), "takes more than 8,000,000 steps to expand"},
		{"absent-items", head + "layers: '[" + fill("RELU*0 -> ", 64) + "RELU*0]*100000'", "takes more than 8,000,000 steps to expand"},
		{"many-paths", head + "layers: '[ADD(" + fill("IDENTITY | ", 64) + "IDENTITY)]*100000'", "the layers of the network have more than 1,000,000 inputs"},
		{"costly-turns", head + "layers: '[CONV3-(" + strings.Repeat("1+", 999) + "1)]*100000'", "takes more than 8,000,000 steps to expand"},
		{"too-many-layers", head + "layers: RELU*60000 -> RELU*60000", "more than 100,000 layers"},
		{"long-names", head + "blocks:\n" + calling(15, "RELU*30000") + "layers: " + strings.Repeat("b", 50) + "0()", "the names of the layers take more than 16,777,216 bytes"},
		{"lists", head + "layers: 'RELU @x+ -> [CONCAT(@x) -> RELU @x+]*2000'", "the layers of the network have more than 1,000,000 inputs"},
		{"lists-of-paths", head + "layers: 'RELU @x+ -> [RELU @x+]*90000 -> CONCAT(" + fill("@x | ", 128) + "@x)'", "the layers of the network have more than 1,000,000 inputs"},
		{"calls", head + "blocks:\n" + sequence(14, "  b%d(): c%[1]d()*20\n  c%[1]d(): RELU*0", "\n") + "\nlayers: '[" + sequence(14, "b%d()", " -> ") + "]*100000'", "takes more than 8,000,000 steps to expand"},
		{"mistakes-of-turns", head + "layers: '[CONV1-2147483646 g4]*100000'", "the input's depth 3 cannot be split into 4 groups"},
		{"alias-bomb", head + "a: &a [x, x]\n" + sequence(40, "b%d: &b%[1]d [*a, *a]", "\n") + "\nc: &c0 [*a]\n" + sequence(30, "d%d: &c1%[1]d [*c0, *c0]", "\n"), "an architecture file has no key a"},
		{"alias-doubling", head + "a0: &a0 [x, x]\n" + doubling(40), "once its aliases are followed"},
		{"alias-of-text", head + "blocks:\n  b(): &t " + fill("RELU -> ", 500_000) + "RELU\nlayers: [" + strings.Repeat("*t, ", 50_000) + "*t]", "once its aliases are followed"},
		{"problems", head + "layers: |\n  " + sequence(100_000, "X%d", " -> "), "problems not shown: 900 or more"},
	}
	t.Chdir(t.TempDir())
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := os.WriteFile("hostile.yaml", []byte(test.file), 0o644); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			got := check(t, "hostile.yaml")
			if took := time.Since(start); took > 5*time.Minute { // a few seconds at most, unless the work is not bounded
				t.Errorf("check took %s", took)
			}
			if !strings.Contains(got, test.want) {
				t.Errorf("check prints no %q but %.500s", test.want, got)
			}
			if len(got) > 1<<20 {
				t.Errorf("check prints %d bytes", len(got))
			}
		})
	}
}

// doubling is lists that each hold the one before twice.
func doubling(count int) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, "a%d: &a%[1]d [*a%d, *a%[2]d]\n", i+1, i)
	}
	return b.String()
}

// calling is blocks with long names that each call the next. The last has the body.
func calling(count int, body string) string {
	name := strings.Repeat("b", 50)
	var b strings.Builder
	for i := range count - 1 {
		fmt.Fprintf(&b, "  %s%d(): %[1]s%[3]d()\n", name, i, i+1)
	}
	fmt.Fprintf(&b, "  %s%d(): %s\n", name, count-1, body)
	return b.String()
}
