package draw

import (
	"fmt"
	"strings"

	"cnncalc/internal/plain"
)

// Mermaid returns the diagram as a flowchart of Mermaid, which Markdown pages of GitHub and GitLab show as a picture.
func (d *Diagram) Mermaid() string {
	w := newTextWriter(d)
	used := map[Class]bool{}
	w.line(0, "flowchart TB")
	w.parts(d.Parts, 1, func(p *Part, id string, depth int) {
		if p.IsFrame() {
			w.line(depth, "subgraph %s[%s]", id, mermaidQuote(p.label()))
			return
		}
		used[p.Rows[0].Class] = true
		open, shut := mermaidShape(p.Rows[0].Class)
		w.line(depth, "%s%s%s%s:::%s", id, open, mermaidQuote(w.texts(p)), shut, p.Rows[0].Class)
	}, func(depth int) { w.line(depth, "end") })
	for _, e := range d.Edges {
		w.line(1, "%s -->|%s| %s", w.ids[e.From], mermaidQuote([]string{e.From.below()}), w.ids[e.To])
	}
	for _, c := range mermaidClasses() {
		if used[c.class] {
			w.line(1, "classDef %s %s", c.class, c.style)
		}
	}
	return w.out.String()
}

// mermaidQuote returns lines as a quoted text. Characters that could be Markdown, HTML or Mermaid's own are written by
// their numbers.
func mermaidQuote(lines []string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, line := range lines {
		if i > 0 {
			b.WriteString("<br/>")
		}
		for _, r := range plain.Escape(line) {
			if isWordLetter(r) || strings.ContainsRune(" -.,:/()=+", r) && r != 0 {
				b.WriteRune(r)
				continue
			}
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func isWordLetter(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '?'
}

// mermaidShape returns the brackets of a class's shape.
func mermaidShape(c Class) (open, shut string) {
	switch c {
	case Input, Join:
		return "([", "])"
	case Pool:
		return `[\`, "/]"
	}
	return "[", "]"
}

func mermaidClasses() []struct {
	class Class
	style string
} {
	return []struct {
		class Class
		style string
	}{
		{Input, "fill:#f6f8fa,stroke:#59636e,color:#1f2328"},
		{Conv, "fill:#ddf4ff,stroke:#0969da,color:#1f2328"},
		{Linear, "fill:#fbefff,stroke:#8250df,stroke-width:2px,color:#1f2328"},
		{Pool, "fill:#dafbe1,stroke:#1a7f37,color:#1f2328"},
		{Norm, "fill:#f6f8fa,stroke:#59636e,color:#1f2328"},
		{Activation, "fill:#f6f8fa,stroke:#59636e,color:#1f2328"},
		{Join, "fill:#fff8c5,stroke:#9a6700,color:#1f2328"},
		{Reshape, "fill:#f6f8fa,stroke:#59636e,stroke-dasharray:5 3,color:#1f2328"},
		{Collapsed, "fill:#f6f8fa,stroke:#59636e,stroke-dasharray:5 3,color:#1f2328"},
	}
}
