package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cnncalc/architectures"
	"cnncalc/internal/count"
	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
)

// Files and networks above these take time and reach nothing that smaller ones do not.
const (
	maxFuzzedFile   = 4 << 10
	maxFuzzedLayers = 500
)

// maxFuzzedReport bounds what a command prints for them, in bytes.
const maxFuzzedReport = 4 << 20

// maxModest is the most values of a volume, and of a tensor, that every account can count and every command handles.
const maxModest = 1 << 24

// variant is a way to call a command.
type variant struct {
	args   string // with single spaces
	picky  bool   // may refuse a network that check accepts, as a program that lacks some layers
	judges bool   // may end with a problem after its report, as fit does if a named batch does not fit
}

// fuzzedFile is a file that the fuzzer made, and what check makes of it.
type fuzzedFile struct {
	data    []byte
	network *shape.Network
	sound   bool
	modest  bool // sound, small enough for every command, and with parameters to train
}

// newFuzzedFile skips what is too large.
func newFuzzedFile(t *testing.T, data []byte) fuzzedFile {
	if len(data) > maxFuzzedFile {
		t.Skip("the file is too large")
	}
	n, problems := network.Read("fuzzed", data).Network(graph.Options{})
	tooLarge := func(p diag.Problem) bool { return p.Code == "network/too-large" }
	if len(n.Nodes) > maxFuzzedLayers || slices.ContainsFunc(problems, tooLarge) {
		t.Skip("the network is too large")
	}
	f := fuzzedFile{data: data, network: n, sound: len(problems) == 0}
	f.modest = f.sound && isModest(n) && n.Total.Parameters() > 0
	return f
}

func isModest(n *shape.Network) bool {
	return !slices.ContainsFunc(n.Layers, func(l shape.Layer) bool {
		values, err := l.Out.Values()
		return err != nil || values > maxModest || l.Parameters() > maxModest
	})
}

// call runs the program on the file, as standard input, and holds what is true of every call.
func (f fuzzedFile) call(t *testing.T, args string) result {
	t.Helper()
	r := callOn(t, string(f.data), append(strings.Split(args, " "), "-")...)
	if r.code != exitFine && r.code != exitProblem {
		t.Errorf("%s: exit code %d\n%s", args, r.code, r.errors)
	}
	if r.code != exitFine && r.out+r.errors == "" {
		t.Errorf("%s: exit code %d without a word", args, r.code)
	}
	if args != "show" {
		checkPrinted(t, r.out, maxFuzzedReport)
	}
	checkPrinted(t, r.errors, maxFuzzedReport)
	switch {
	case r.out == "":
	case strings.Contains(args, "--format json"):
		checkJSON(t, args, r.out)
	case strings.Contains(args, "--format csv"):
		checkCSV(t, args, r.out)
	}
	return r
}

// report runs a command that makes a report of the network: check's problems or the report, never a part of either.
func (f fuzzedFile) report(t *testing.T, v variant) result {
	t.Helper()
	r := f.call(t, v.args)
	switch {
	case v.judges && f.sound && r.code == exitProblem && r.out != "":
	case r.code == exitFine && r.out == "":
		t.Errorf("%s prints nothing", v.args)
	case r.code == exitFine && !f.sound:
		t.Errorf("%s accepts what check refuses", v.args)
	case r.code != exitFine && r.out != "":
		t.Errorf("%s: exit code %d after a report: %s", v.args, r.code, r.out)
	case r.code != exitFine && f.modest && !v.picky:
		t.Errorf("%s refuses what check accepts: %s", v.args, r.errors)
	case r.code != exitFine && !f.sound:
		if got, want := withoutNote(r.errors), f.call(t, "check").out; got == "" || !strings.HasPrefix(want, got) {
			t.Errorf("%s prints other problems than check\ngot  %s\nwant %s", v.args, got, want)
		}
	}
	return r
}

// withoutNote cuts off the notes on what is probably a mistake, which every command prints before all else.
func withoutNote(errors string) string {
	for {
		first, others, ok := strings.Cut(errors, "\n")
		if !ok || !strings.Contains(first, ": note: ") {
			return errors
		}
		errors = others
	}
}

func checkJSON(t *testing.T, args, printed string) {
	t.Helper()
	var document struct{ Schema string }
	if err := json.Unmarshal([]byte(printed), &document); err != nil || document.Schema == "" {
		t.Errorf("%s: schema %q, error %v in %s", args, document.Schema, err, printed)
	}
}

func checkCSV(t *testing.T, args, printed string) {
	t.Helper()
	if rows, err := csv.NewReader(strings.NewReader(printed)).ReadAll(); err != nil || len(rows) == 0 {
		t.Errorf("%s: %d rows, error %v in %s", args, len(rows), err, printed)
	}
}

// pick returns one of the values, as the fuzzer chooses.
func pick[T any](values []T, choice uint8) T { return values[int(choice)%len(values)] }

// formats of reports, as flags.
var formats = []string{" --format text", " --format json", " --format csv", " --format markdown",
	" --format html", " --format latex"}

// format adds a format to a call, as the fuzzer chooses.
func (v variant) format(choice uint8) variant {
	v.args += pick(formats, choice)
	return v
}

// soundFiles are files without problems: blocks, labels, lists and fields of the language, and the least and the
// largest sizes.
var soundFiles = []string{
	`name: "conv\u0301"
input: 16x12x4
vars: {N: 2, w: [4, 8], pool: 0}
defaults: {conv: {size: 3}, relu: {inplace: true}}
blocks:
  unit(w, s=1): ADD(CONV3-w s(s) p1 -> BN | CONV1-w s(s) p0 floor -> BN) -> RELU
layers: |
  INPUT -> [CONV-w -> PRELU]*N @a -> DWCONV3 -> LOCAL3-8 -> unit(8) -> POOL? -> POOL2 @b+
  -> AVGPOOL3 s1 p1 excludepad @b+ -> CONCAT(@b | IDENTITY) -> MUL(IDENTITY | GAP -> FC-24 -> SIGMOID)
  -> UPSAMPLE2 bilinear -> CROP8x6 -> ADAPTAVG4x3 -> FLATTEN -> FC-10 -> RELU -> DROPOUT0.5 -> FC-3 -> SOFTMAX
`,
	`input: 7x7x2
layers:
  - INPUT -> conv5-6 s2 p=1,1,2,2 nobias floor
  - pool: {size: 2, stride: 1, rounding: ceil, name: first}
  - RELU -> ADD(POOL2 s1 same | AVGPOOL2 s1 same)
  - fc: {units: 4}
preprocess: {mean: [0.5, 0.5], std: [0.25, 0.5], scale: 255}
labels: [a, b, "d\u00e9", d]
`,
	"input: 1x1x1\nlayers: FC-1\n",
	"input: 4x4x1\nlayers: POOL2 -> RELU\n",
	"input: 3x16x16 # channels first\nlayers: CONV3-4 -> FC-2\n",
	"input: 65536x65536x1\nlayers: CONV1-1 -> GAP -> FC-2147483647 nobias -> SOFTMAX\n",
}

// The files that the fuzzer starts from have no problems where they should not.
func TestSoundFiles(t *testing.T) {
	for _, file := range soundFiles {
		if _, err := network.Sound("file", []byte(file), graph.Options{}); err != nil {
			t.Error(err)
		}
	}
}

// addFiles adds files to start from, and numbers that choose the call. They are few, as every test runs them.
func addFiles(f *testing.F, calls int) {
	files := append(slices.Clone(soundFiles), "INPUT -> CONV3-4 s2 p1 floor -> GAP -> FC-2 # arrow text alone\n")
	for _, name := range []string{"lenet5", "grammar", "unet", "googlenet"} {
		data, err := architectures.Open(name)
		if err != nil {
			f.Fatal(err)
		}
		files = append(files, string(data))
	}
	for _, name := range seedFiles(f) {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		files = append(files, string(data))
	}
	for i, file := range files {
		f.Add([]byte(file), uint8(i), uint8(i/calls))
	}
	for i := range 4 * calls {
		f.Add([]byte(soundFiles[0]), uint8(i), uint8(i/calls))
	}
}

// seedFiles returns the names of a third of the broken files, and of those that cover every setting of every kind.
func seedFiles(f *testing.F) []string {
	broken, err := filepath.Glob(brokenFolder + "/*.yaml")
	if err != nil || len(broken) == 0 {
		f.Fatal("no broken files to start from", err)
	}
	names, err := filepath.Glob("../../testdata/pytorch/*/net.yaml")
	if err != nil || len(names) == 0 {
		f.Fatal("no files with every kind to start from", err)
	}
	for i := 1; i < len(broken); i += 3 {
		names = append(names, broken[i])
	}
	return names
}

// FuzzCheck takes the bytes of a file to what check prints, which says the same in text and in JSON.
func FuzzCheck(f *testing.F) {
	calls := []string{"check", "check --table", "check --lint", "check --input-size 9x7", "check --input-size 12x9x3",
		"check --lint --silence lint/halvings --table"}
	addFiles(f, len(calls))
	f.Fuzz(func(t *testing.T, data []byte, call, _ uint8) {
		file := newFuzzedFile(t, data)
		args := pick(calls, call)
		text, document := file.call(t, args), file.call(t, args+" --format json")
		if withoutNote(text.errors) != "" || text.errors != document.errors {
			t.Errorf("%s writes to standard error: %s, and with JSON: %s", args, text.errors, document.errors)
		}
		var got struct {
			Files []struct {
				OK       bool
				Problems []struct{ Code, Message string }
				Others   int `json:"problems_not_shown"`
			}
		}
		if err := json.Unmarshal([]byte(document.out), &got); err != nil || len(got.Files) != 1 {
			t.Fatalf("%s: %d files, error %v", args, len(got.Files), err)
		}
		problems := len(got.Files[0].Problems) + got.Files[0].Others
		if printed := printedProblems(t, text.out); printed != problems {
			t.Errorf("%s: %d problems in text and %d in JSON\n%s", args, printed, problems, text.out)
		}
		for _, p := range got.Files[0].Problems {
			if p.Code == "" || p.Message == "" {
				t.Errorf("%s: a problem with the code %q and the message %q", args, p.Code, p.Message)
			}
		}
		fine := problems == 0
		if got.Files[0].OK != fine || (text.code == exitFine) != fine || text.code != document.code {
			t.Errorf("%s: %d problems, ok is %t, exit codes %d and %d", args, problems, got.Files[0].OK, text.code,
				document.code)
		}
	})
}

// printedProblems counts the problems that check prints as text, those included that it only counts.
func printedProblems(t *testing.T, text string) int {
	t.Helper()
	count := 0
	text, _, _ = strings.Cut(text, "\n\n") // a table
	for line := range strings.Lines(text) {
		message, ok := strings.CutPrefix(line, "<stdin>:")
		if !ok || message == " ok\n" || strings.Contains(message, ": note: ") ||
			strings.Contains(message, "notes not shown") {
			continue
		}
		count++
		if others, ok := strings.CutPrefix(message, " problems not shown: "); ok {
			others, _, _ = strings.Cut(strings.TrimSpace(others), " ")
			n, err := strconv.Atoi(strings.ReplaceAll(others, ",", ""))
			if err != nil {
				t.Error(err)
			}
			count += n - 1
		}
	}
	return count
}

// FuzzMemory takes the bytes of a file to what memory prints, by each account and as each program counts.
func FuzzMemory(f *testing.F) {
	calls := []variant{
		{args: "memory"}, {args: "memory --all --batch 7"}, {args: "memory --columns name,field,jump,start"},
		{args: "memory --account pytorch --mode inference --all"}, {args: "memory --account cnncalc --batch 3"},
		{args: "memory --timeline --account cnncalc"}, {args: "memory --timeline --mode inference --all"},
		{args: "memory --account pytorch --optimizer adam"},
		{args: "memory --account pytorch --torch 1.13-cpu --dtype bf16 --units si"},
		{args: "memory --timeline --dtype amp --batch 1000"}, {args: "memory --timeline --batch 9223372036854775807", picky: true},
	}
	for _, name := range count.Names() {
		calls = append(calls, variant{args: "memory --all --as " + name, picky: true})
	}
	addFiles(f, len(calls))
	f.Fuzz(func(t *testing.T, data []byte, call, format uint8) {
		v := pick(calls, call)
		if strings.Contains(v.args, "--columns") && pick(formats, format) == " --format json" {
			t.Skip("columns are for tables")
		}
		newFuzzedFile(t, data).report(t, v.format(format))
	})
}

// FuzzFit takes the bytes of a file to what fit prints, for devices that it fits and for those that it does not.
func FuzzFit(f *testing.F) {
	calls := []variant{
		{args: "fit --device t4"}, {args: "fit --device-memory 1MiB --reserve 64KiB --batch 64", judges: true},
		{args: "fit --device-memory 1GiB --account notes"}, {args: "fit --device-memory 2GB --batches 1,7,1000 --units si"},
		{args: "fit --device-memory 3GiB --torch 1.13-cpu --mode training --optimizer adamax"},
		{args: "fit --device-memory 64KiB --reserve 1% --account notes --mode inference --dtype fp32"},
		{args: "fit --device-memory 1GiB --inputs 9,32x24 --batch 2", picky: true, judges: true},
	}
	addFiles(f, len(calls))
	f.Fuzz(func(t *testing.T, data []byte, call, format uint8) {
		newFuzzedFile(t, data).report(t, pick(calls, call).format(format))
	})
}

// FuzzExplain takes the bytes of a file to what explain and traffic print.
func FuzzExplain(f *testing.F) {
	calls := []variant{
		{args: "traffic"}, {args: "traffic --batch 7 --units si --threads 3"}, {args: "traffic --peak 1FLOP/s --bandwidth 1TB/s"},
	}
	addFiles(f, len(calls)+1)
	f.Fuzz(func(t *testing.T, data []byte, call, format uint8) {
		file := newFuzzedFile(t, data)
		if i := int(call) % (len(calls) + 1); i < len(calls) {
			file.report(t, calls[i].format(format))
			return
		}
		all := file.report(t, variant{args: "explain"})
		if all.code != exitFine {
			return
		}
		node := pick(file.network.Nodes, format)
		if one := callOn(t, string(data), "explain", "--layer", node.Name, "-"); one.code != exitFine ||
			!strings.Contains(all.out, one.out) {
			t.Errorf("explain --layer %s: exit code %d\n%s%s", node.Name, one.code, one.out, one.errors)
		}
	})
}

// FuzzConvert takes the bytes of a file to what convert and show print: it is a file that check accepts, of the same
// network.
func FuzzConvert(f *testing.F) {
	calls := []variant{{args: "convert --fc-to-conv", picky: true}, {args: "show --canonical"}, {args: "show"}}
	addFiles(f, len(calls))
	f.Fuzz(func(t *testing.T, data []byte, call, _ uint8) {
		file := newFuzzedFile(t, data)
		v := pick(calls, call)
		if v.args == "show" {
			checkShown(t, file)
			return
		}
		r := file.report(t, v)
		if r.code != exitFine {
			return
		}
		printed, err := network.Sound("printed", []byte(r.out), graph.Options{})
		if err != nil {
			t.Fatalf("%s prints what check refuses: %s\n%s", v.args, err, r.out)
		}
		old, now := file.network.Total, printed.Total
		if old.Out != now.Out || old.Parameters() != now.Parameters() || old.MACs != now.MACs {
			t.Errorf("%s prints another network: %+v, want %+v\n%s", v.args, now, old, r.out)
		}
		if v.args != "show --canonical" {
			return // convert keeps the file's text where it can
		}
		if again := callOn(t, r.out, "show", "--canonical", "-"); again.out != r.out {
			t.Errorf("%s prints %s, which is shown as %s", v.args, r.out, again.out)
		}
	})
}

// checkShown holds that show prints a file as it is, or not at all.
func checkShown(t *testing.T, file fuzzedFile) {
	t.Helper()
	r := file.call(t, "show")
	switch {
	case r.code == exitFine && (r.out != string(file.data) || plain.FirstControl(r.out) >= 0):
		t.Errorf("show prints %q", r.out)
	case r.code != exitFine && (r.out != "" || plain.FirstControl(string(file.data)) < 0):
		t.Errorf("show: exit code %d: %s%s", r.code, r.out, r.errors)
	}
}
