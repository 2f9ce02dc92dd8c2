package report

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// vggStart is the start of the notes' VGG-16 table, with a footer of two rows.
func vggStart() Table {
	row := func(name, volume string, memory, weights int64) []Cell {
		return []Cell{Str(name), Str(volume), {Text: Short(memory), Value: memory}, Int(weights)}
	}
	return Table{
		Title: "vgg16",
		Columns: []Column{
			{Key: "layer", Header: "layer"},
			{Key: "volume", Header: "output"},
			{Key: "memory", Header: "MACs_mem", Align: Right},
			{Key: "weights", Header: "weights", Align: Right},
		},
		Rows: [][]Cell{
			row("INPUT", "224x224x3", 150_528, 0),
			row("  conv1", "224x224x64", 3_211_264, 1_728),
			row("  conv2", "224x224x64", 3_211_264, 36_864),
			row("pool1", "112x112x64", 802_816, 0),
		},
		Footer: [][]Cell{
			{Str("total"), {}, Int(7_375_872), Int(38_592)},
			{Str("with biases"), {}, {}, Int(38_720)},
		},
		Notes: []string{"One value is 4 bytes.", "Exact."},
	}
}

// hostile holds text that breaks tables: markup, separators, controls, and characters two columns wide.
func hostile() Table {
	return Table{
		Columns: []Column{{Key: "name", Header: "a|b"}, {Key: "n", Header: "n", Align: Right}},
		Rows: [][]Cell{
			{Str("a|b"), Int(1)},
			{Str("x\ny"), Int(-2)},
			{Str("\x1b[31m\u202e"), {Text: "0.5", Value: 0.5}},
			{Str("*_`<i>[l](u)\\"), {}},
			{Str("卷积"), Int(3)},
			{Str("=1+2"), {Text: "-", Value: ""}},
		},
	}
}

func render(t *testing.T, tab Table, format Format) string {
	t.Helper()
	var buf bytes.Buffer
	if err := tab.Write(&buf, format); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func TestWrite(t *testing.T) {
	onlyHeader := Table{Columns: []Column{{Key: "k", Header: "outputShape"}}}
	tests := []struct {
		name   string
		table  Table
		format Format
		want   string
	}{
		{"text", vggStart(), Text, `vgg16

layer        output       MACs_mem  weights
-------------------------------------------
INPUT        224x224x3        150K        0
  conv1      224x224x64       3.2M    1,728
  conv2      224x224x64       3.2M   36,864
pool1        112x112x64       800K        0
-------------------------------------------
total                    7,375,872   38,592
with biases                          38,720

One value is 4 bytes.
Exact.
`},
		{"markdown", vggStart(), Markdown, `### vgg16

| layer           | output     |     MACs\_mem |    weights |
|:----------------|:-----------|--------------:|-----------:|
| INPUT           | 224x224x3  |          150K |          0 |
|   conv1         | 224x224x64 |          3.2M |      1,728 |
|   conv2         | 224x224x64 |          3.2M |     36,864 |
| pool1           | 112x112x64 |          800K |          0 |
| **total**       |            | **7,375,872** | **38,592** |
| **with biases** |            |               | **38,720** |

- One value is 4 bytes.
- Exact.
`},
		{"csv", vggStart(), CSV, `layer,volume,memory,weights
INPUT,224x224x3,150528,0
"  conv1",224x224x64,3211264,1728
"  conv2",224x224x64,3211264,36864
pool1,112x112x64,802816,0
`},
		{"hostile text", hostile(), Text, `a|b               n
-------------------
a|b               1
x\ny             -2
\x1b[31m\u202e  0.5
*_` + "`" + `<i>[l](u)\
卷积              3
=1+2              -
`},
		{"hostile markdown", hostile(), Markdown, `| a\|b                 |   n |
|:---------------------|----:|
| a\|b                 |   1 |
| x\\ny                |  -2 |
| \\x1b\[31m\\u202e    | 0.5 |
| \*\_\` + "`" + `\<i>\[l\](u)\\ |     |
| 卷积                 |   3 |
| =1+2                 |   - |
`},
		{"hostile csv", hostile(), CSV, `name,n
a|b,1
x\ny,-2
\x1b[31m\u202e,0.5
*_` + "`" + `<i>[l](u)\,
卷积,3
'=1+2,
`},
		{"html", vggStart(), HTML, `<table>
  <caption>vgg16</caption>
  <thead>
    <tr><th>layer</th><th>output</th><th style="text-align: right">MACs_mem</th><th style="text-align: right">weights</th></tr>
  </thead>
  <tbody>
    <tr><td>INPUT</td><td>224x224x3</td><td style="text-align: right">150K</td><td style="text-align: right">0</td></tr>
    <tr><td>  conv1</td><td>224x224x64</td><td style="text-align: right">3.2M</td><td style="text-align: right">1,728</td></tr>
    <tr><td>  conv2</td><td>224x224x64</td><td style="text-align: right">3.2M</td><td style="text-align: right">36,864</td></tr>
    <tr><td>pool1</td><td>112x112x64</td><td style="text-align: right">800K</td><td style="text-align: right">0</td></tr>
  </tbody>
  <tfoot>
    <tr><td>total</td><td></td><td style="text-align: right">7,375,872</td><td style="text-align: right">38,592</td></tr>
    <tr><td>with biases</td><td></td><td style="text-align: right"></td><td style="text-align: right">38,720</td></tr>
  </tfoot>
</table>
<ul>
  <li>One value is 4 bytes.</li>
  <li>Exact.</li>
</ul>
`},
		{"latex", vggStart(), LaTeX, `% vgg16
% \usepackage{booktabs}
\begin{tabular}{llrr}
\toprule
layer & output & MACs\_mem & weights \\
\midrule
INPUT & 224x224x3 & 150K & 0 \\
  conv1 & 224x224x64 & 3.2M & 1,728 \\
  conv2 & 224x224x64 & 3.2M & 36,864 \\
pool1 & 112x112x64 & 800K & 0 \\
\midrule
total &  & 7,375,872 & 38,592 \\
with biases &  &  & 38,720 \\
\bottomrule
\end{tabular}
% One value is 4 bytes.
% Exact.
`},
		{"hostile html", hostile(), HTML, `<table>
  <thead>
    <tr><th>a|b</th><th style="text-align: right">n</th></tr>
  </thead>
  <tbody>
    <tr><td>a|b</td><td style="text-align: right">1</td></tr>
    <tr><td>x\ny</td><td style="text-align: right">-2</td></tr>
    <tr><td>\x1b[31m\u202e</td><td style="text-align: right">0.5</td></tr>
    <tr><td>*_` + "`" + `&lt;i&gt;[l](u)\</td><td style="text-align: right"></td></tr>
    <tr><td>卷积</td><td style="text-align: right">3</td></tr>
    <tr><td>=1+2</td><td style="text-align: right">-</td></tr>
  </tbody>
</table>
`},
		{"hostile latex", hostile(), LaTeX, `% \usepackage{booktabs}
\begin{tabular}{lr}
\toprule
a\textbar{}b & n \\
\midrule
a\textbar{}b & 1 \\
x\textbackslash{}ny & -2 \\
\textbackslash{}x1b{[}31m\textbackslash{}u202e & 0.5 \\
{*}\_\textasciigrave{}\textless{}i\textgreater{}{[}l](u)\textbackslash{} &  \\
卷积 & 3 \\
=1+2 & - \\
\bottomrule
\end{tabular}
`},
		{"only a header, text", onlyHeader, Text, "outputShape\n"},
		{"only a header, markdown", onlyHeader, Markdown, "| outputShape |\n|:------------|\n"},
		{"only a header, csv", onlyHeader, CSV, "k\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, render(t, tt.table, tt.format)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTextKeepsLongCells(t *testing.T) {
	long := strings.Repeat("CONV3-64 -> RELU -> ", 30) + "end"
	tab := Table{Columns: []Column{{Key: "k", Header: long}}, Rows: [][]Cell{{Str(long)}}, Footer: [][]Cell{{Str(long)}}}
	if got := strings.Count(render(t, tab, Text), long+"\n"); got != 3 {
		t.Errorf("header, row and footer: the long cell stands whole in %d of 3", got)
	}
}

func TestTitleAndNotesAreEscaped(t *testing.T) {
	tab := Table{
		Title:   "net\n\x1b*",
		Columns: []Column{{Key: "k", Header: "k"}},
		Notes:   []string{"# no heading", "1. no list", "> no quote", "a\nb | c"},
	}
	if diff := cmp.Diff("net\\n\\x1b*\n\nk\n\n# no heading\n1. no list\n> no quote\na\\nb | c\n",
		render(t, tab, Text)); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	want := "### net\\\\n\\\\x1b\\*\n\n| k |\n|:--|\n\n- \\# no heading\n- 1\\. no list\n- \\> no quote\n- a\\\\nb \\| c\n"
	if diff := cmp.Diff(want, render(t, tab, Markdown)); diff != "" {
		t.Errorf("markdown (-want +got):\n%s", diff)
	}
}

func TestWriteRefuses(t *testing.T) {
	columns := []Column{{Key: "a", Header: "a"}, {Key: "b", Header: "b"}}
	tests := []struct {
		name  string
		table Table
		want  string
	}{
		{"no columns", Table{Title: "t"}, `table "t" has no columns`},
		{"a key twice", Table{Columns: []Column{{Key: "a"}, {Key: "a"}}}, `table "": column key "a" is empty or used twice`},
		{"a short row", Table{Columns: columns, Rows: [][]Cell{{Str("x")}}}, `table "": row 1 has 1 cells for 2 columns`},
		{"a long footer", Table{Columns: columns, Footer: [][]Cell{{{}, {}, {}}}},
			`table "": footer 1 has 3 cells for 2 columns`},
		{"an int", Table{Columns: columns, Rows: [][]Cell{{{}, {Text: "1", Value: 1}}}},
			`table "": row 1, column b: the value is a int; want int64, float64 or string`},
		{"a forgotten value", Table{Columns: columns, Rows: [][]Cell{{{Text: "1"}, {}}}},
			`table "": row 1, column a: the value is a <nil>; want int64, float64 or string`},
	}
	for _, tt := range tests {
		for _, format := range []Format{Text, Markdown, CSV, HTML, LaTeX} {
			var buf bytes.Buffer
			err := tt.table.Write(&buf, format)
			if err == nil || err.Error() != tt.want {
				t.Errorf("%s, %s: error %v, want %s", tt.name, format, err, tt.want)
			}
			if buf.Len() > 0 {
				t.Errorf("%s, %s: wrote %q before the error", tt.name, format, buf.String())
			}
		}
	}
	for _, format := range []Format{JSON, SVG} {
		if err := vggStart().Write(io.Discard, format); err == nil {
			t.Errorf("a table was written as %s", format)
		}
	}
}

func TestSelect(t *testing.T) {
	tab := vggStart()
	got, err := tab.Select([]string{"weights", "layer"})
	if err != nil {
		t.Fatal(err)
	}
	want := `vgg16

weights  layer
--------------------
      0  INPUT
  1,728    conv1
 36,864    conv2
      0  pool1
--------------------
 38,592  total
 38,720  with biases

One value is 4 bytes.
Exact.
`
	if diff := cmp.Diff(want, render(t, got, Text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(vggStart(), tab); diff != "" {
		t.Errorf("Select changed its table (-want +got):\n%s", diff)
	}

	refused := []struct {
		keys []string
		want string
	}{
		{[]string{"layer", "wieghts"},
			`"wieghts" is not a column: choose from layer, volume, memory, weights; did you mean weights?`},
		{[]string{"\x1b[2J"}, `"\x1b[2J" is not a column: choose from layer, volume, memory, weights`},
		{[]string{"layer", "layer"}, `column layer is chosen twice: name each column once`},
		{nil, `no column is chosen: choose from layer, volume, memory, weights`},
	}
	for _, tt := range refused {
		if _, err := tab.Select(tt.keys); err == nil || err.Error() != tt.want {
			t.Errorf("Select(%q): error %v, want %s", tt.keys, err, tt.want)
		}
	}
}

func TestCSVText(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"conv1", "conv1"},
		{"=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"},
		{"+1", "'+1"},
		{"-1", "'-1"},
		{"@SUM(A1)", "'@SUM(A1)"},
		{"\t=1", `'\t=1`},
		{"\r=1", `'\r=1`},
		{"\n=1", `'\n=1`},
		{"＝1", "'＝1"},
		{"a=1", "a=1"},
	}
	for _, tt := range tests {
		if got := csvText(tt.in); got != tt.want {
			t.Errorf("csvText(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestEndings(t *testing.T) {
	for _, test := range []struct {
		path, ending string
		format       Format
	}{
		{"t.md", ".md", Markdown},
		{"a.b/T.MARKDOWN", ".markdown", Markdown},
		{"t.txt", ".txt", Text},
		{"t.csv", ".csv", CSV},
		{"t.json", ".json", JSON},
		{"t.htm", ".htm", HTML},
		{"t.tex", ".tex", LaTeX},
		{"t.md.svg", ".svg", SVG},
		{"t.png", ".png", ""},
		{"a.md/t", "", ""},
		{"a.md/", ".md", Markdown},
		{".md", "", ""},
		{"t.", "", ""},
		{".", "", ""},
		{"..", "", ""},
		{"", "", ""},
	} {
		if ending := Ending(test.path); ending != test.ending || FormatOf(ending, TableFormats()) != test.format {
			t.Errorf("%s: %q, %q; want %q, %q", test.path, ending, FormatOf(ending, TableFormats()), test.ending, test.format)
		}
	}
	for _, name := range Formats() {
		if f := Format(name); f != GitHub && FormatOf(f.Ending(), []Format{f}) != f { // which has no files of its own
			t.Errorf("%s: its usual ending %q is of %q", f, f.Ending(), FormatOf(f.Ending(), []Format{f}))
		}
	}
}

var errFull = errors.New("full")

// limitedWriter takes n bytes and then fails with err, or, with none, takes less without saying so.
type limitedWriter struct {
	n   int
	err error
}

func (w *limitedWriter) Write(p []byte) (int, error) {
	taken := min(w.n, len(p))
	w.n -= taken
	if taken < len(p) {
		return taken, w.err
	}
	return taken, nil
}

func TestFailingWriter(t *testing.T) {
	writers := map[string]func(io.Writer) error{
		"text":     vggStart().WriteText,
		"markdown": vggStart().WriteMarkdown,
		"csv":      vggStart().WriteCSV,
		"html":     vggStart().WriteHTML,
		"latex":    vggStart().WriteLaTeX,
		"json":     func(w io.Writer) error { return WriteJSON(w, map[string]int{"schema": 1}) },
	}
	for name, write := range writers {
		var whole bytes.Buffer
		if err := write(&whole); err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{0, 1, whole.Len() - 1} {
			if err := write(&limitedWriter{n, errFull}); !errors.Is(err, errFull) {
				t.Errorf("%s, a writer that fails after %d bytes: error %v", name, n, err)
			}
			if err := write(&limitedWriter{n, nil}); !errors.Is(err, io.ErrShortWrite) {
				t.Errorf("%s, a writer that stops after %d bytes: error %v", name, n, err)
			}
		}
		if err := write(&limitedWriter{whole.Len(), errFull}); err != nil {
			t.Errorf("%s, a writer with just enough room: %v", name, err)
		}
	}
}
