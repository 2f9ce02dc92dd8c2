package spec

import (
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"

	"cnncalc/internal/diag"
)

// The remedy for all of YAML's traps: in a literal block scalar, nothing has a meaning to YAML.
const underLiteral = "put it under `layers: |`, on indented lines of its own, where YAML reads text as it is"

// keyOrDash is what may stand before a value on its line.
var keyOrDash = regexp.MustCompile(`^(\s*(?:-\s+)*(?:[A-Za-z_][A-Za-z0-9_ ]*(?:\([^()]*\))?:\s+)?)(.*)$`)

// findTrap looks for arrow text that YAML takes for something else, in a file that the YAML parser refused at
// about the given line. It is the last trap up to the line after that, or else the first one anywhere.
func findTrap(lines []string, line int) (diag.Problem, bool) {
	var found diag.Problem
	ok := false
	blockIndent := -1
	for i, text := range lines {
		blanks := len(text) - len(strings.TrimLeft(text, " "))
		if strings.TrimSpace(text) == "" {
			continue
		}
		if blockIndent >= 0 && blanks > blockIndent {
			continue // inside a literal: no trap there
		}
		blockIndent = -1
		if header := strings.TrimSpace(stripComment(text)); strings.HasSuffix(header, "|") || strings.HasSuffix(header, ">") {
			blockIndent = blanks
			continue
		}
		if ok && i >= line {
			break
		}
		if p, trapped := trapIn(lines, i); trapped {
			found, ok = p, true
		}
	}
	return found, ok
}

func stripComment(s string) string {
	if i := strings.Index(s, " #"); i >= 0 {
		return s[:i]
	}
	return s
}

// trapIn looks at one line.
func trapIn(lines []string, i int) (diag.Problem, bool) {
	text := lines[i]
	at := func(byteCol int, msg, hint string) (diag.Problem, bool) {
		return diag.Problem{Pos: diag.Pos{Line: i + 1, Col: len([]rune(text[:byteCol])) + 1}, Msg: msg, Hint: hint}, true
	}
	if indent := len(text) - len(strings.TrimLeft(text, " \t")); strings.Contains(text[:indent], "\t") {
		return at(strings.Index(text, "\t"), "a tab cannot indent in YAML", "indent with spaces")
	}
	m := keyOrDash.FindStringSubmatchIndex(text)
	start := m[4]
	value := text[start:]
	arrows := strings.Contains(value, "->")
	switch {
	case strings.HasPrefix(value, "[") && strings.ContainsAny(value, "{}"):
		return at(start+strings.IndexAny(value, "{}"), "braces and commas have a meaning of their own inside a YAML list in brackets", underLiteral)
	case strings.HasPrefix(value, "[") && (arrows || strings.Contains(value, "]*")):
		return at(start, "YAML reads a value that starts with [ as a list", underLiteral)
	case strings.HasPrefix(value, "@"):
		return at(start, "YAML does not allow a plain value to start with @", underLiteral)
	case strings.HasPrefix(value, "*"):
		return at(start, "YAML reads a value that starts with * as an alias", underLiteral)
	case strings.HasPrefix(strings.TrimSpace(text), "blocks: {"):
		return at(strings.Index(text, "{"), "blocks in braces are split by YAML at every comma",
			"write each block on a line of its own under blocks:, its body under `name(a, b): |`")
	case arrows && strings.Contains(value, " #") && i+1 < len(lines) && strings.TrimSpace(lines[i+1]) != "":
		return at(start+strings.Index(value, " #")+1, "a comment ends a plain YAML value, so the lines after it are not read as layers", underLiteral)
	}
	return diag.Problem{}, false
}

// splitByFlow recognises arrow text that a list in brackets has cut at its commas: the pieces have parentheses
// or brackets that do not close.
func (w *walker) splitByFlow(n *yaml.Node) bool {
	if n.Style&yaml.FlowStyle == 0 {
		return false
	}
	for _, c := range n.Content {
		if c.Kind == yaml.ScalarNode && strings.Count(c.Value, "(") != strings.Count(c.Value, ")") {
			w.problems.Add(posOf(c), "YAML cuts a list in brackets at every comma, also inside parentheses").WithHint("%s", underLiteral)
			return true
		}
	}
	return false
}
