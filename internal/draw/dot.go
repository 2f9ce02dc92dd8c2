package draw

import (
	"fmt"
	"strings"

	"cnncalc/internal/plain"
)

// Dot returns the diagram for Graphviz, with frames as clusters and the shapes of volumes on the edges.
func (d *Diagram) Dot() string {
	w := newTextWriter(d)
	w.line(0, "digraph %s {", dotQuote(d.title()))
	w.line(1, `node [fontname="monospace", fontsize=11, style="filled", fillcolor="#f6f8fa", color="#59636e"]`)
	w.line(1, `edge [fontname="monospace", fontsize=10, color="#6e7781", fontcolor="#59636e"]`)
	w.line(1, `graph [fontname="sans-serif", fontsize=12, color="#818b98"]`)
	w.parts(d.Parts, 1, func(p *Part, id string, depth int) {
		if p.IsFrame() {
			w.line(depth, `subgraph "cluster_%s" {`, id)
			w.line(depth+1, "label=%s", dotQuote(strings.Join(p.label(), "\n")))
			return
		}
		w.line(depth, `%s [label=%s, %s, tooltip=%s]`, id, dotQuote(strings.Join(w.texts(p), "\n")),
			dotLook(p.Rows[0].Class), dotQuote(p.names()))
	}, func(depth int) { w.line(depth, "}") })
	for _, e := range d.Edges {
		w.line(1, "%s -> %s [label=%s]", w.ids[e.From], w.ids[e.To], dotQuote(e.From.below()))
	}
	w.line(0, "}")
	return w.out.String()
}

// dotQuote returns text as a quoted string of the dot language.
func dotQuote(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(plain.Escape(line))
	}
	return `"` + strings.Join(lines, `\n`) + `"`
}

// dotLook returns the attributes of a class, which are those of the SVG as far as Graphviz has them.
func dotLook(c Class) string {
	switch c {
	case Input:
		return "shape=oval"
	case Conv:
		return `shape=box, fillcolor="#ddf4ff", color="#0969da"`
	case Linear:
		return `shape=box, fillcolor="#fbefff", color="#8250df", penwidth=2`
	case Pool:
		return `shape=invtrapezium, fillcolor="#dafbe1", color="#1a7f37"`
	case Join:
		return `shape=oval, fillcolor="#fff8c5", color="#9a6700"`
	case Reshape, Collapsed:
		return `shape=box, style="filled,dashed"`
	}
	return "shape=box"
}

// textWriter writes a diagram in a language of lines.
type textWriter struct {
	out  strings.Builder
	ids  map[*Part]string
	read map[*Part]bool // the boxes that an edge leaves, where the shape is written
}

func newTextWriter(d *Diagram) *textWriter {
	w := &textWriter{ids: map[*Part]string{}, read: map[*Part]bool{}}
	for _, e := range d.Edges {
		w.read[e.From] = true
	}
	return w
}

// texts returns the lines of a box with what other pictures have around it: how many in a row it represents, its share,
// and, unless an edge says so, the shape of its output.
func (w *textWriter) texts(p *Part) []string {
	lines := p.lines()
	for _, text := range []string{p.times(), p.share()} {
		if text != "" {
			lines = append(lines, text)
		}
	}
	if !w.read[p] {
		lines = append(lines, p.below())
	}
	return lines
}

func (w *textWriter) line(depth int, format string, args ...any) {
	w.out.WriteString(strings.Repeat("  ", depth))
	fmt.Fprintf(&w.out, format, args...)
	w.out.WriteByte('\n')
}

// parts gives each part an id, n1, n2 and so on, and calls begin for it, and end after the parts in a frame.
func (w *textWriter) parts(parts []*Part, depth int, begin func(p *Part, id string, depth int), end func(depth int)) {
	for _, p := range parts {
		w.ids[p] = fmt.Sprintf("n%d", len(w.ids)+1)
		begin(p, w.ids[p], depth)
		if p.IsFrame() {
			w.parts(p.Inner, depth+1, begin, end)
			end(depth)
		}
	}
}
