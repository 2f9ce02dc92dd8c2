package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode"

	"cnncalc/internal/onnx"
	"cnncalc/internal/page"
)

// userTexts are names that want to be more than text where they are shown.
func userTexts() map[string]string {
	return map[string]string{
		"script":  `</title></style></script><script>alert(1)</script>`,
		"event":   `<img src=x onerror=alert(1)>"' onload="alert(1)`,
		"link":    `javascript:alert(1)`,
		"Mermaid": "x\"]\nclick n1 \"javascript:alert(1)\"\n%%{init: {}}%%",
		"dot":     `"];x[URL="javascript:alert(1)"]`,
		"TeX":     "\\end{tabular}\\input{/etc/passwd}^^5cinput{x}$#_{}~%\n\\immediate\\write18{ls}",
		"shell":   "`touch owned` $(touch owned); touch owned",
		"table":   "[x](javascript:alert(1)) ![y](x.png) `a` | b\n# c <!-- --> ---",
		"bidi":    "a\u202e\u2066b\u2069\u200f\u061c\ufeff\u2028",
		"control": "\x1b[31m\x07\x7f\u009b",
		"long":    strings.Repeat("名<b>", 25_000),
	}
}

// hostileModel returns an ONNX model in which everything that has a name has this one.
func hostileModel(text string) *onnx.Model {
	node := func(op, in, out string, weights ...string) onnx.Node {
		return onnx.Node{Name: text + out, Op: op, Inputs: append([]string{text + in}, weights...),
			Outputs: []string{text + out}}
	}
	value := func(name string) onnx.Value {
		return onnx.Value{Name: text + name, Type: onnx.Float, HasShape: true,
			Dims: []onnx.Dim{{Size: 1}, {Size: 4}, {Size: 8}, {Size: 8}}}
	}
	weight := onnx.NewFloats(text+"w", []int64{4, 4, 1, 1}, make([]float32, 16)...)
	return &onnx.Model{IRVersion: 8, Producer: text, Opsets: map[string]int64{"": 17}, Graph: onnx.Graph{
		Name: text,
		Nodes: []onnx.Node{node("Conv", "x", "a", weight.Name), node("Relu", "a", "r"),
			node("Conv", "r", "y", weight.Name)},
		Initializers: []onnx.Tensor{weight}, Inputs: []onnx.Value{value("x")}, Outputs: []onnx.Value{value("y")},
	}, Metadata: []onnx.Entry{{Key: text, Value: text}}}
}

// hostileFiles writes the model, and a file with the text wherever a file may have any, under the text as their name.
func hostileFiles(t *testing.T, text string) []string {
	t.Helper()
	name := strings.NewReplacer("/", "_", "\x00", "_").Replace(text)
	base := filepath.Join(t.TempDir(), strings.ToValidUTF8(name[:min(len(name), 100)], ""))
	model, err := os.Create(base + ".onnx")
	if err != nil && runtime.GOOS == "windows" {
		t.Skip(err) // names that this system does not have
	}
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()
	if err := onnx.Write(model, hostileModel(text), nil); err != nil {
		t.Fatal(err)
	}
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	file := fmt.Sprintf("name: %s\ndescription: %[1]s\nsource: %[1]s\ninput: 8x8x4\nlabels: [%[1]s, b]\n"+
		"layers: INPUT -> FC-2\n", quoted)
	if err := os.WriteFile(base+".yaml", []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{base + ".onnx", base + ".yaml"}
}

// Text of a user is nothing but text in whatever is printed, and does not reorder what is around it.
func TestTextOfUsersIsText(t *testing.T) {
	tables := []string{"memory", "compare", "traffic", "fit"}
	for name, text := range userTexts() {
		t.Run(name, func(t *testing.T) {
			for _, file := range hostileFiles(t, text) {
				for _, command := range tables {
					for format, check := range map[string]func(*testing.T, string){
						"text": checkVisible, "csv": checkVisible, "html": checkHTMLTable, "markdown": checkMarkdownTable,
						"latex": checkLaTeXTable,
					} {
						args := []string{command, file, "--format", format}
						if command == "compare" {
							args = append(args, "lenet5")
						}
						checkOutput(t, check, args...)
					}
				}
				checkOutput(t, checkVisible, "check", file)
				checkTaken(t, name, file)
				checkOutput(t, checkVisible, "draw", file, "--format", "dot")
				checkOutput(t, checkVisible, "draw", file, "--format", "mermaid")
				checkOutput(t, checkVisible, "draw", file, "--format", "tikz")
				for _, style := range styles() {
					checkOutput(t, checkDrawing, "draw", file, "--style", style)
				}
				checkOutput(t, checkDrawing, "memory", file, "--account", "pytorch", "--timeline", "--format", "svg")
				checkReport(t, file)
			}
		})
	}
}

// checkTaken reports a network that is refused, of which nothing else would be checked. Files may be refused for texts
// that no label may have.
func checkTaken(t *testing.T, name, file string) {
	t.Helper()
	isPlain := slices.Contains([]string{"script", "event", "link", "shell", "table"}, name)
	if !isPlain && !strings.HasSuffix(file, ".onnx") {
		return
	}
	for _, args := range [][]string{{"check"}, {"memory"}, {"traffic"}, {"compare", "lenet5"}, {"draw"}} {
		if r := call(t, append(args, file)...); r.code != exitFine {
			t.Errorf("%s refuses %s: %s", args[0], filepath.Ext(file), r.errors)
		}
	}
}

// checkOutput checks what a command prints. A network that is refused has a message that is text, too.
func checkOutput(t *testing.T, check func(*testing.T, string), args ...string) {
	t.Helper()
	r := call(t, args...)
	checkVisible(t, r.errors)
	if r.code == exitFine {
		check(t, r.out)
	}
	if t.Failed() {
		t.Fatalf("cnncalc %q", args)
	}
}

// checkVisible reports characters that control a terminal or the order of text.
func checkVisible(t *testing.T, text string) {
	t.Helper()
	for _, r := range text {
		if r != '\n' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)) {
			t.Errorf("it has %U", r)
			return
		}
	}
}

// checkHTMLTable reports elements that a table does not have.
func checkHTMLTable(t *testing.T, text string) {
	t.Helper()
	checkVisible(t, text)
	own := regexp.MustCompile(`</?(table|caption|thead|tbody|tfoot|tr|ul|li|th|td)( style="text-align: right")?>`)
	if rest := own.ReplaceAllString(text, ""); strings.ContainsAny(rest, "<>\"") {
		t.Errorf("markup is left: %.300s", rest)
	}
}

// checkMarkdownTable reports markup that is not escaped, but for the bold text of sums.
func checkMarkdownTable(t *testing.T, text string) {
	t.Helper()
	checkVisible(t, text)
	for line := range strings.Lines(regexp.MustCompile(`\\.`).ReplaceAllString(text, "")) {
		isOurs := strings.HasPrefix(line, "|") || strings.HasPrefix(line, "### ") || strings.HasPrefix(line, "- ")
		if strings.ContainsAny(line, "<[`&$") || !isOurs && strings.TrimSpace(line) != "" {
			t.Errorf("markup: %.300s", line)
		}
	}
}

// checkLaTeXTable reports commands that a table does not have, outside of comments.
func checkLaTeXTable(t *testing.T, text string) {
	t.Helper()
	checkVisible(t, text)
	own := regexp.MustCompile(`\\(\\|[&%$#_{}]|(begin|end)\{tabular\}|(top|mid|bottom)rule|char34|text\w+)`)
	for line := range strings.Lines(text) {
		rest := own.ReplaceAllString(line, "")
		if !strings.HasPrefix(line, "%") && strings.ContainsAny(rest, `\^%$#~`) {
			t.Errorf("a command: %.300s", rest)
		}
	}
}

// checkDrawing reports what is more in an SVG than shapes and text.
func checkDrawing(t *testing.T, text string) {
	t.Helper()
	checkVisible(t, text)
	for decoder := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := decoder.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Error(err)
			return
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if !regexp.MustCompile(`^(svg|title|desc|style|rect|path|circle|line|g|text)$`).MatchString(start.Name.Local) {
			t.Errorf("an element %s", start.Name.Local)
		}
		for _, a := range start.Attr {
			if strings.HasPrefix(a.Name.Local, "on") || strings.Contains(a.Name.Local, "href") {
				t.Errorf("an attribute %s=%.100q", a.Name.Local, a.Value)
			}
		}
	}
}

// checkReport reports scripts, pictures, frames and handlers of events in a report other than its own.
func checkReport(t *testing.T, file string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	r := call(t, "report", file, "-o", path)
	checkVisible(t, r.errors)
	if r.code != exitFine {
		return
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(data), page.ReportScript, "", 1)
	if n := strings.Count(text, "<script"); n != 2 {
		t.Errorf("%d scripts, not the data and its own", n)
	}
	values := regexp.MustCompile(`="[^"<>]*"`)
	for _, tag := range regexp.MustCompile(`<[^>]*>`).FindAllString(text, -1) {
		if regexp.MustCompile(`(?i)^<(img|iframe|object|embed|base|form|a)\b`).MatchString(tag) ||
			regexp.MustCompile(`(?i)\s(on\w+|href|src)=`).MatchString(values.ReplaceAllString(tag, "=")) {
			t.Errorf("an element %.200s", tag)
		}
	}
	before, after, _ := strings.Cut(text, `<script type="application/json" id="data">`)
	checkVisible(t, before)
	if inData, _, _ := strings.Cut(after, "</script>"); strings.ContainsAny(inData, "<\u202e\u2028") {
		t.Error("the data is not escaped")
	}
}
