package study

import (
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/plain"
)

// The severities of problems.
const (
	severe = "problem"
	note   = "note"
)

// problems adds problems or notes in the order of the file, with what can be done about them.
func (m *maker) problems(severity string, list diag.List) {
	shown, others := list.Shown()
	for _, p := range shown {
		problem := Problem{Severity: severity, Code: string(p.Code), Message: p.Msg, Fits: p.Fits, Hint: p.Hint,
			Context: p.Context, Layer: m.layerAt(p), Span: m.spanOf(p.Pos)}
		if p.Node != "" && problem.Context == "" {
			problem.Context = "node " + p.Node
		}
		if severity == severe {
			problem.Fixes = m.fixes(p)
		}
		m.Problems = append(m.Problems, problem)
	}
	if others > 0 {
		m.Problems = append(m.Problems, Problem{Severity: severity, Code: "more",
			Message: plain.Count(int64(others)) + " more problems"})
	}
}

// layerAt returns the name of the layer that a problem is about, "" if there is none.
func (m *maker) layerAt(p diag.Problem) string {
	if p.Pos.IsZero() {
		return ""
	}
	for i := range m.network.Nodes {
		if m.network.Nodes[i].Pos == p.Pos {
			return m.network.Nodes[i].Name
		}
	}
	return ""
}

// spanOf returns the word at a position: what an editor underlines.
func (m *maker) spanOf(pos diag.Pos) Span {
	lines := m.file.Source.Lines
	if pos.Line < 1 || pos.Line > len(lines) {
		return Span{}
	}
	line := []rune(lines[pos.Line-1])
	start := min(max(pos.Col-1, 0), len(line))
	end := start
	for end < len(line) && !strings.ContainsRune(" \t()[]{}|,", line[end]) {
		end++
	}
	return Span{pos.Line, start + 1, pos.Line, max(end, min(start+1, len(line))) + 1}
}
