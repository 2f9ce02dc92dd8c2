package draw

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"cnncalc/internal/graph"
	"cnncalc/internal/shape"
	"cnncalc/internal/svg"
	"cnncalc/internal/tikz"
)

// hostileTexts returns names that no file of cnncalc's may have, and that a picture must survive even so.
func hostileTexts() map[string]string {
	return map[string]string{
		"script":    `</title></style><script>alert("1")</script>`,
		"event":     `" onload="alert(1)" x='`,
		"link":      `javascript:alert(1)`,
		"entity":    `&lt;b&gt; &#x3c;script&#62; &nope; ]]>`,
		"comment":   "--> <!-- %\n%{init: {}}%%\nend\nclick n1 \"javascript:alert(1)\"",
		"TeX":       "\\end{tikzpicture}\\input{/etc/passwd}^^5c$#_{}~%\n\\immediate\\write18{ls}",
		"quotes":    "a\"b'c`d\\\"e\\",
		"dot":       "\\N\\G\\L];n9[URL=\"javascript:alert(1)\"",
		"bidi":      "\u202e\u2066evil\u2069\u200f\u061c",
		"control":   "\x00\x01\x1b[31m\x7f\u009b\r\n\t\ufeff\u2028",
		"not UTF8":  "\xff\xfe\xed\xa0\x80",
		"long":      strings.Repeat("名", 1e5),
		"long HTML": strings.Repeat("<b>", 33_000),
	}
}

// hostileNetwork returns a network in which everything has a text as its name: itself, layers, blocks and outputs. No
// file can make one: names are checked before any picture is drawn.
func hostileNetwork(t *testing.T, text string) *shape.Network {
	t.Helper()
	n := read(t, "net", `
input: 8x8x4
blocks:
  first(): ADD(IDENTITY | CONV3-4 -> RELU)
  second(): ADD(IDENTITY | CONV3-4)
layers: INPUT -> first() @a -> second()
heads: {side: "@a -> GAP"}
`)
	n.Name = text
	seen := map[*graph.Scope]bool{}
	for i := range n.Nodes {
		n.Nodes[i].Name, n.Nodes[i].Origin = text+fmt.Sprint(i), text
		for s := n.Nodes[i].Within; s != nil && !seen[s]; s = s.Outer {
			seen[s] = true
			s.Block, s.Call, s.Name = text, text, text+s.Name
		}
	}
	for k := range n.Heads {
		n.Heads[k].Name = text
	}
	return n
}

// hostileDiagrams returns the graph of such a network with frames and with single boxes for blocks.
func hostileDiagrams(t *testing.T, text string) []*Diagram {
	t.Helper()
	n := hostileNetwork(t, text)
	heat := make([]int64, len(n.Nodes))
	for i := range heat {
		heat[i] = int64(i)
	}
	var all []*Diagram
	for _, depth := range []int{-1, 0} {
		d := New(n, Options{Depth: depth, Heat: heat})
		d.HasNames = true
		all = append(all, d)
	}
	return all
}

// Text of a user is nothing but text in any drawing, and does not make it large.
func TestHostileSVG(t *testing.T) {
	for name, text := range hostileTexts() {
		t.Run(name, func(t *testing.T) {
			var pictures [][]byte
			for _, d := range hostileDiagrams(t, text) {
				picture, err := d.SVG()
				if err != nil {
					t.Fatal(err)
				}
				pictures = append(pictures, picture)
			}
			n := hostileNetwork(t, text)
			field, err := NewField(n, 5, 4, 4)
			if err != nil {
				t.Fatal(err)
			}
			onGrid := field.SVG(text, text[:min(len(text), 200)], "")
			pictures = append(pictures, VolumesSVG(text, Volumes(n), RootScale), onGrid)
			for _, picture := range pictures {
				checkSVG(t, picture, text)
			}
		})
	}
}

// checkSVG reports what is more in an SVG than shapes and text. Only the names of layers may be long.
func checkSVG(t *testing.T, picture []byte, text string) {
	t.Helper()
	checkPlain(t, picture)
	if limit := 40_000 + 20*6*len(text); len(picture) > limit {
		t.Errorf("%d bytes", len(picture))
	}
	elements := []string{"svg", "title", "desc", "style", "rect", "path", "g", "text"}
	attributes := []string{"xmlns", "width", "height", "viewBox", "role", "class", "d", "x", "y", "rx", "text-anchor",
		"data-layer", "data-block"}
	for decoder := xml.NewDecoder(bytes.NewReader(picture)); ; {
		token, err := decoder.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if !slices.Contains(elements, start.Name.Local) {
			t.Errorf("an element %s", start.Name.Local)
		}
		for _, a := range start.Attr {
			if !slices.Contains(attributes, a.Name.Local) {
				t.Errorf("an attribute %s of %s", a.Name.Local, start.Name.Local)
			}
			if a.Name.Local == "width" && len(a.Value) > len("99999.9") {
				t.Errorf("an element %s pixels wide", a.Value)
			}
		}
	}
}

// checkPlain reports characters that control a terminal or the order of text.
func checkPlain(t *testing.T, text []byte) {
	t.Helper()
	if !utf8.Valid(text) {
		t.Error("not UTF-8")
	}
	for _, r := range string(text) {
		if r != '\n' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)) {
			t.Errorf("it holds %U", r)
			return
		}
	}
}

func TestHostileTikZ(t *testing.T) {
	for name, text := range hostileTexts() {
		t.Run(name, func(t *testing.T) {
			var pictures [][]byte
			for _, d := range hostileDiagrams(t, text) {
				picture, err := d.TikZ()
				if err != nil {
					t.Fatal(err)
				}
				pictures = append(pictures, picture)
			}
			volumes, err := VolumesTikZ(text, Volumes(hostileNetwork(t, text)), RootScale)
			if err != nil {
				t.Fatal(err)
			}
			for _, picture := range append(pictures, volumes) {
				checkPlain(t, picture)
				if len(picture) > 40_000 {
					t.Errorf("%d bytes", len(picture))
				}
				for line := range strings.Lines(string(picture)) {
					if isOurs := strings.HasPrefix(line, "%"); !isOurs && strings.Contains(line, `\input`) ||
						strings.Contains(line, `\write18`) && !isOurs {
						t.Errorf("a command: %s", line)
					}
				}
			}
		})
	}
}

// Graphviz reads every graph, and finds in it the nodes and edges that were written.
func TestHostileDot(t *testing.T) {
	dot, err := exec.LookPath("dot")
	if err != nil {
		t.Log("Graphviz is not installed: only the text is checked")
	}
	for name, text := range hostileTexts() {
		t.Run(name, func(t *testing.T) {
			for _, d := range hostileDiagrams(t, text) {
				graph := d.Dot()
				checkPlain(t, []byte(graph))
				if len(graph) > 20_000 {
					t.Errorf("%d bytes", len(graph))
				}
				if dot == "" {
					continue
				}
				cmd := exec.Command(dot, "-Tplain")
				cmd.Stdin = strings.NewReader(graph)
				out, err := cmd.CombinedOutput()
				if err != nil || strings.Contains(string(out), "Warning") {
					t.Fatalf("%v: %.500s\n%.2000s", err, out, graph)
				}
				lines := strings.Split("\n"+string(out), "\n")
				edges := slices.DeleteFunc(lines, func(line string) bool { return !strings.HasPrefix(line, "edge ") })
				if len(edges) != len(d.Edges) {
					t.Errorf("%d edges, not %d", len(edges), len(d.Edges))
				}
			}
		})
	}
}

// Every line of a flowchart is one of those that the package writes: text is within its quotes.
func TestHostileMermaid(t *testing.T) {
	for name, text := range hostileTexts() {
		for _, d := range hostileDiagrams(t, text) {
			chart := d.Mermaid()
			checkPlain(t, []byte(chart))
			if len(chart) > 20_000 {
				t.Errorf("%s: %d bytes", name, len(chart))
			}
			for line := range strings.Lines(chart) {
				for i, part := range strings.Split(line, `"`) {
					if isText := i%2 == 1; isText && strings.ContainsAny(strings.ReplaceAll(part, "<br/>", ""), "<>\"'`\\&[]{}|\n") {
						t.Errorf("%s: %s", name, part)
					} else if !isText && strings.Contains(part, "click") {
						t.Errorf("%s: %s", name, line)
					}
				}
			}
		}
	}
}

// Whatever a text is, it stays within its quotes, element or argument.
func FuzzTexts(f *testing.F) {
	for _, text := range hostileTexts() {
		f.Add(text[:min(len(text), 200)])
	}
	f.Fuzz(func(t *testing.T, text string) {
		quoted := dotQuote(text)
		inner := strings.ReplaceAll(strings.ReplaceAll(quoted[1:len(quoted)-1], `\\`, ""), `\"`, "")
		if strings.ContainsAny(inner, "\"\n") || strings.HasSuffix(inner, `\`) {
			t.Errorf("dot: %s", quoted)
		}
		if mermaid := mermaidQuote([]string{text}); strings.ContainsAny(mermaid[1:len(mermaid)-1], "<>\"'`\\&[]{}|\n") {
			t.Errorf("mermaid: %s", mermaid)
		}
		if escaped := svg.Escape(text); strings.ContainsAny(escaped, "<>\"\n") {
			t.Errorf("svg: %s", escaped)
		}
		open := 0
		for _, c := range []byte(strings.NewReplacer(`\{`, "", `\}`, "").Replace(tikz.Escape(text))) {
			switch {
			case c == '{':
				open++
			case c == '}':
				open--
			case c < ' ' || c > '~':
				t.Errorf("tikz: %q", c)
			}
			if open < 0 {
				t.Fatalf("tikz: %s", tikz.Escape(text))
			}
		}
		if open != 0 {
			t.Errorf("tikz: %s", tikz.Escape(text))
		}
	})
}

// The real Mermaid draws the flowcharts of networks and of hostile names, in a browser. MERMAID_JS is the path of its
// dist/mermaid.min.js, CHROMIUM that of the browser.
func TestMermaidAccepts(t *testing.T) {
	script := os.Getenv("MERMAID_JS")
	if script == "" {
		t.Skip("without MERMAID_JS")
	}
	chromium, err := exec.LookPath(cmp.Or(os.Getenv("CHROMIUM"), "chromium"))
	if err != nil {
		t.Fatal(err)
	}
	charts := map[string]string{}
	for _, name := range []string{"lenet5", "googlenet", "unet", "yolov3", "torchvision/densenet121"} {
		charts[name] = New(builtIn(t, name), Options{Depth: -1}).Mermaid()
	}
	for name, text := range hostileTexts() {
		charts[name] = hostileDiagrams(t, text)[0].Mermaid()
	}
	data, err := json.Marshal(charts)
	if err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(t.TempDir(), "page.html")
	const form = `<html><body><script src="file://%s"></script><pre id="out"></pre><script>
const charts = %s;
(async () => {
  let failed = '', count = 0;
  for (const name in charts) {
    try { await mermaid.parse(charts[name]); await mermaid.render('x' + count++, charts[name]); }
    catch (e) { failed += name + ': ' + e.message + '\n'; }
  }
  document.getElementById('out').textContent = 'drawn ' + count + '\n' + failed;
})();
</script></body></html>`
	if err := os.WriteFile(page, fmt.Appendf(nil, form, script, data), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
		"--virtual-time-budget=60000", "--dump-dom", "file://"+page).Output()
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf(`<pre id="out">drawn %d`+"\n</pre>", len(charts)); !bytes.Contains(out, []byte(want)) {
		_, result, _ := bytes.Cut(out, []byte(`<pre id="out">`))
		t.Errorf("want %s, not %.1000s", want, result)
	}
}
