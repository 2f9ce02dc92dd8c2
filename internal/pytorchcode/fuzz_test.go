package pytorchcode_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/pytorchcode"
	"cnncalc/internal/shape"
)

// checkCode checks what holds for the code of any network that is not refused: it is the same each time, of printable
// lines, and every bracket is closed where it was opened.
func checkCode(t rapid.TB, n *shape.Network) {
	t.Helper()
	written, err := pytorchcode.Code(n)
	if err != nil {
		if !strings.Contains(err.Error(), "cannot be written as PyTorch code") {
			t.Fatalf("%v does not say what cannot be written", err)
		}
		return
	}
	if again, err := pytorchcode.Code(n); err != nil || !bytes.Equal(written, again) {
		t.Fatalf("written once more, it is (%v)\n%s\nand was\n%s", err, again, written)
	}
	for line := range strings.Lines(string(written)) {
		text, isWhole := strings.CutSuffix(line, "\n")
		isHidden := func(r rune) bool { return !unicode.IsPrint(r) }
		if !isWhole || !utf8.ValidString(text) || strings.HasSuffix(text, " ") || strings.ContainsFunc(text, isHidden) {
			t.Fatalf("%q is not a line of printable text without spaces at its end", line)
		}
	}
	if err := checkBrackets(string(written)); err != nil {
		t.Fatalf("%v\n%s", err, written)
	}
}

// checkBrackets returns an error for brackets of Python code that do not match. It knows strings and comments.
func checkBrackets(code string) error {
	closing := map[byte]byte{'(': ')', '[': ']', '{': '}'}
	var open []byte
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case '#':
			i += strings.IndexByte(code[i:], '\n')
		case '"', '\'':
			quote := code[i : i+1]
			if strings.HasPrefix(code[i:], `"""`) {
				quote = `"""`
			}
			end := stringEnd(code[i+len(quote):], quote)
			if end < 0 {
				return fmt.Errorf("the string at byte %d does not end", i)
			}
			i += len(quote) + end - 1
		case '(', '[', '{':
			open = append(open, closing[c])
		case ')', ']', '}':
			if len(open) == 0 || open[len(open)-1] != c {
				return fmt.Errorf("the %c at byte %d closes nothing", c, i)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return fmt.Errorf("%d brackets are open at the end", len(open))
	}
	return nil
}

// stringEnd returns the place after the quote that ends a string, -1 if there is none. A string of one quote ends in
// its line.
func stringEnd(code, quote string) int {
	for i := 0; i < len(code); i++ {
		switch {
		case code[i] == '\\':
			i++
		case strings.HasPrefix(code[i:], quote):
			return i + len(quote)
		case code[i] == '\n' && len(quote) == 1:
			return -1
		}
	}
	return -1
}

// FuzzCode writes the code of whatever is a network.
func FuzzCode(f *testing.F) {
	files, err := filepath.Glob("../../testdata/pytorch*/*/net.yaml")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, problems := network.Read("net.yaml", data).Network(graph.Options{})
		if len(problems) == 0 && len(n.Nodes) <= 1000 {
			checkCode(t, n)
		}
	})
}

// FuzzRandomNetworks writes the code of networks with blocks, repeats, joins, several inputs and heads.
func FuzzRandomNetworks(f *testing.F) { f.Fuzz(rapid.MakeFuzz(checkRandom)) }

func TestRandomNetworks(t *testing.T) { rapid.Check(t, checkRandom) }

func checkRandom(t *rapid.T) {
	text := drawNetwork(t)
	n, err := network.Sound("net.yaml", []byte(text), graph.Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	checkCode(t, n)
}

// Labels and blocks, of which some are names in Python.
var (
	labels = []string{"a", "out", "class", "self", "forward", "x", "nn", "torch", "conv1", "stem.conv", "type", "weight"}
	blocks = []string{"unit", "block", "module", "Net", "def", "nn"}
)

// drawer draws a network all of whose results are 8x8x8, so that any may be joined.
type drawer struct {
	*rapid.T
	unused []string // labels
	known  []string // labels that may be read
	blocks []string
}

func (d *drawer) pick(what string, from ...string) string {
	return rapid.SampledFrom(from).Draw(d.T, what)
}

// drawNetwork draws a file of a network.
func drawNetwork(t *rapid.T) string {
	d := &drawer{T: t, unused: rapid.Permutation(labels).Draw(t, "labels")}
	var b strings.Builder
	b.WriteString("name: " + d.pick("name", "net", "import os", `"a\"\"\"b"`, "9lives", "é") + "\n")
	isDouble := rapid.Bool().Draw(t, "two inputs")
	if isDouble {
		b.WriteString("inputs: {left: 8x8x8, right: 8x8x8}\n")
	} else {
		b.WriteString("input: 8x8x8\n")
	}
	names := rapid.Permutation(blocks).Draw(t, "names")[:rapid.IntRange(0, 3).Draw(t, "blocks")]
	if len(names) > 0 {
		b.WriteString("blocks:\n")
	}
	for i, name := range names {
		fmt.Fprintf(&b, "  %s(w, k=3, act=RELU): %q\n", name, d.items(2, true))
		d.blocks = names[:i+1]
	}
	start := "INPUT"
	if isDouble {
		start = "ADD(@left | @right)"
	}
	layers := start + " -> CONV3-8 -> " + d.items(2, false) + " -> CONV1-8"
	if isDouble {
		d.known = append(d.known, "left", "right")
	}
	fmt.Fprintf(&b, "layers: %q\n", layers)
	if len(d.known) > 0 && rapid.Bool().Draw(t, "head") {
		fmt.Fprintf(&b, "heads:\n  %s: {layers: %q, training: %v}\n", d.pick("head's name", "aux", "class", "out2"),
			"@"+d.pick("from", d.known...)+" -> "+d.items(1, false), rapid.Bool().Draw(t, "training"))
	}
	return b.String()
}

// items draws a sequence. Within a block, filters, kernels and activation functions may be its parameters.
func (d *drawer) items(depth int, inBlock bool) string {
	var items []string
	for range rapid.IntRange(1, 4).Draw(d.T, "items") {
		items = append(items, d.item(depth, inBlock))
	}
	return strings.Join(items, " -> ")
}

func (d *drawer) item(depth int, inBlock bool) string {
	simple := []string{
		"CONV3-8", "CONV1-8 nobias", "DWCONV3", "CONV3-8 g2", "BN", "RELU", "RELU inplace", "SILU", "CLIP max=6", "GELU tanh",
		"LN", "GN2", "DROPOUT0.2", "PRELU", "SCALE", "POOL3 s1 p1", "LEAKYRELU0.2", "SOFTMAX", "CONV5-8 p2 -> BN -> RELU",
		"UPSAMPLE2 -> POOL2", "CHANNELS to=4 -> CONV1-8", "MUL(IDENTITY | GAP -> CONV1-2 -> RELU -> CONV1-8 -> SIGMOID)",
	}
	if inBlock {
		simple = append(simple, "CONV(k)-w -> act", "CONV1-(2*w) -> CONV1-w", "act")
	}
	switch choice := rapid.IntRange(0, 9).Draw(d.T, "item"); {
	case choice <= 3 || depth == 0:
		return d.pick("layer", simple...)
	case choice == 4 && len(d.blocks) > 0:
		act := d.pick("act", "", ", act=SILU", ", k=1")
		return fmt.Sprintf("%s(8%s)", d.pick("block", d.blocks...), act)
	case choice == 5:
		return fmt.Sprintf("[%s]*%d", d.within(depth, inBlock), rapid.IntRange(2, 3).Draw(d.T, "turns"))
	case choice == 6 && !inBlock && len(d.unused) > 0:
		label := d.unused[0]
		d.unused = d.unused[1:]
		item := d.pick("layer", "CONV3-8", "RELU", "BN") + " @" + label
		d.known = append(d.known, label)
		return item
	case choice == 7 && !inBlock && len(d.known) > 0:
		return fmt.Sprintf("ADD(IDENTITY | @%s)", d.pick("earlier", d.known...))
	case choice == 8:
		return fmt.Sprintf("CONCAT(%s | %s) -> CONV1-8", d.path(depth), d.path(depth))
	}
	kind := d.pick("join", "ADD", "MUL", "MAX")
	return fmt.Sprintf("%s(%s | %s)", kind, d.path(depth), d.path(depth))
}

func (d *drawer) path(depth int) string {
	if rapid.IntRange(0, 2).Draw(d.T, "path") == 0 {
		return "IDENTITY"
	}
	return d.within(depth, false)
}

// within draws items of brackets or a path, without new labels: outside, these could not be read.
func (d *drawer) within(depth int, inBlock bool) string {
	unused := d.unused
	d.unused = nil
	items := d.items(depth-1, inBlock)
	d.unused = unused
	return items
}
