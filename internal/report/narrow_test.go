package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A table loses its minor columns, the least important first, until it fits, and no more.
func TestNarrow(t *testing.T) {
	whole := vggStart()
	whole.Minor = []string{"weights", "gone", "volume", "layer", "memory"}
	widest := width(t, whole)
	for _, test := range []struct {
		width int
		want  string // the headers
		note  string
	}{
		{0, "layer output MACs_mem weights", ""},
		{widest, "layer output MACs_mem weights", ""},
		{widest - 1, "layer output MACs_mem", "Columns left out: weights; --width 0 shows them."},
		{22, "layer MACs_mem", "Columns left out: weights, volume; --width 0 shows them."},
		{21, "MACs_mem", "Columns left out: weights, volume, layer; --width 0 shows them."},
		{1, "MACs_mem", "Columns left out: weights, volume, layer; --width 0 shows them."}, // one remains
	} {
		got := whole.Narrow(test.width)
		var headers []string
		for _, c := range got.Columns {
			headers = append(headers, c.Header)
		}
		if diff := cmp.Diff(test.want, strings.Join(headers, " ")); diff != "" {
			t.Errorf("width %d (-want +got):\n%s", test.width, diff)
		}
		if last := got.Notes[len(got.Notes)-1]; test.note != "" && last != test.note || test.note == "" &&
			len(got.Notes) != len(whole.Notes) {
			t.Errorf("width %d: the last note is %q, want %q", test.width, last, test.note)
		}
		if w := width(t, got); test.width > 8 && w > test.width {
			t.Errorf("width %d: the table is %d wide", test.width, w)
		}
	}
	if len(whole.Notes) != 2 {
		t.Error("Narrow changed its table")
	}
}

// A text column is wrapped at spaces into rows of its own, to at least minText columns.
func TestNarrowWraps(t *testing.T) {
	whole := Table{Columns: []Column{left("name", "name"), right("n", "n"), left("text", "text")}, Wrap: "text",
		Rows: [][]Cell{
			{Str("a"), Int(1), Str("one two three four five six seven eight")},
			{Str("b"), Int(2), Str("short")},
			{Str("c"), Int(3), Str("averyveryverylongwordindeed and more")},
		}}
	want := `name  n  text
------------------------------------
a     1  one two three four five
         six seven eight
b     2  short
c     3  averyveryverylongwordindeed
         and more
`
	if diff := cmp.Diff(want, render(t, whole.Narrow(33), Text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := whole.Narrow(20); width(t, got) != 9+len("averyveryverylongwordindeed") {
		t.Errorf("the text column is narrower than its longest word:\n%s", render(t, got, Text))
	}
	if wide := whole.Narrow(100); len(wide.Rows) != len(whole.Rows) || len(whole.Rows) != 3 {
		t.Error("Narrow wrapped a table that fits, or changed its table")
	}
}

// Where minor columns are not enough, headers are broken into lines, those first that save most, and no shorter than
// the cells; then columns that are the same in every row become a note. Those with totals stay.
func TestNarrowHeadersAndConstants(t *testing.T) {
	whole := Table{Columns: []Column{left("name", "name"), right("share", "share of all"), right("n", "largest batch"),
		left("mode", "mode"), right("sum", "sum")},
		Rows: [][]Cell{
			{Str("a"), Str("5%"), Int(123456), Str("training"), Int(1)},
			{Str("b"), Str("95%"), Int(2), Str("training"), Int(1)},
		},
		Footer: [][]Cell{{Str("all"), {}, {}, {}, Int(2)}}, Notes: []string{"note"}}
	for width, want := range map[int]string{
		48: "name share of all largest batch mode sum",
		47: "share|of|name all largest batch mode sum",
		41: "share|of|name all largest batch mode sum",
		40: "share|of largest|name all batch mode sum",
		35: "share|of largest|name all batch mode sum",
		34: "share|of largest|name all batch sum",
		1:  "share|of largest|name all batch sum",
	} {
		text := render(t, whole.Narrow(width), Text)
		head, _, _ := strings.Cut(text, "\n---")
		var lines []string
		for line := range strings.Lines(head) {
			lines = append(lines, strings.Join(strings.Fields(line), " "))
		}
		if got := strings.Join(lines, "|"); got != want {
			t.Errorf("width %d: %s, want %s\n%s", width, got, want, text)
		}
		isNoted := strings.Contains(text, "\n\nIn every row: mode training.\n\nnote\n")
		if isNoted == strings.Contains(want, "mode") {
			t.Errorf("width %d: mode is neither a column nor a note, or both:\n%s", width, text)
		}
	}
	if whole.Columns[1].HeaderWidth != 0 {
		t.Error("Narrow changed its table")
	}
}

// A text that may be wrapped and is the same in every row makes room for as much as it needs at least, not for all of it.
func TestNarrowConstantText(t *testing.T) {
	long := strings.Repeat("word ", 12) + "end"
	whole := Table{Columns: []Column{left("name", "name"), left("what", "what"), left("mode", "mode")}, Wrap: "what",
		Rows: [][]Cell{{Str(strings.Repeat("a", 30)), Str(long), Str("training")}, {Str("b"), Str(long), Str("training")}}}
	text := render(t, whole.Narrow(35), Text)
	for line := range strings.Lines(text[:strings.Index(text, "In every row")]) {
		if width := len(strings.TrimSuffix(line, "\n")); width > 35 {
			t.Errorf("a line of %d columns:\n%s", width, text)
		}
	}
}

// Columns in blocks come in parts that fit, each with the first column; a block is never divided.
func TestNarrowInParts(t *testing.T) {
	whole := Table{Columns: []Column{left("f", "figure"), right("a", "aaaa"), right("b", "bbbb"), right("br", "ratio"),
		right("c", "cccc"), right("cr", "ratio")}, Blocks: []string{"a", "b", "c"},
		Rows:  [][]Cell{{Str("x"), Int(1), Int(2), Str("2x"), Int(3), Str("3x")}},
		Notes: []string{"note"}}
	for width, want := range map[int]string{
		44: "figure aaaa bbbb ratio cccc ratio",
		38: "figure aaaa bbbb ratio cccc ratio",
		37: "figure aaaa bbbb ratio|figure cccc ratio",
		25: "figure aaaa bbbb ratio|figure cccc ratio",
		24: "figure aaaa|figure bbbb ratio|figure cccc ratio",
		1:  "figure aaaa|figure bbbb ratio|figure cccc ratio",
	} {
		text := render(t, whole.Narrow(width), Text)
		var headers []string
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "figure") {
				headers = append(headers, strings.Join(strings.Fields(line), " "))
			}
		}
		if got := strings.Join(headers, "|"); got != want {
			t.Errorf("width %d: %s, want %s", width, got, want)
		}
		if strings.Count(text, "note") != 1 || !strings.HasSuffix(text, "\nnote\n") {
			t.Errorf("width %d: the note is not once at the end:\n%s", width, text)
		}
	}
}

// width returns the width of a table's rules.
func width(t *testing.T, table Table) int {
	t.Helper()
	for line := range strings.Lines(render(t, table, Text)) {
		if strings.HasPrefix(line, "---") {
			return len(line) - 1
		}
	}
	t.Fatal("no rule")
	return 0
}
