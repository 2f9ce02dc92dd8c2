package spec

import (
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"

	"cnncalc/internal/diag"
)

// chars gives a scalar's text with the place of every character, read from the raw lines: positions survive
// block, folded, plain and quoted styles, and a comment in folded text ends where its line ends.
func chars(n *yaml.Node, lines []string) (text []char, end diag.Pos) {
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		text = blockChars(n, lines)
	} else {
		text = flowChars(n, lines)
	}
	end = diag.Pos{Line: n.Line, Col: n.Column}
	for _, c := range text {
		if !unicode.IsSpace(c.r) {
			end = diag.Pos{Line: c.pos.Line, Col: c.pos.Col + 1}
		}
	}
	return text, end
}

// blockChars takes the lines under a | or > header, as far as they are indented like the first.
func blockChars(n *yaml.Node, lines []string) []char {
	var text []char
	indent := -1
	for i := n.Line; i < len(lines); i++ {
		line := []rune(lines[i])
		if strings.TrimSpace(lines[i]) == "" {
			continue
		}
		blanks := len(line) - len([]rune(strings.TrimLeft(lines[i], " ")))
		if indent < 0 {
			indent = blanks
			if explicit := explicitIndent(n, lines); explicit > 0 {
				indent = min(indent, explicit)
			}
		}
		if blanks < indent {
			break
		}
		for col := indent; col < len(line); col++ {
			text = append(text, char{line[col], diag.Pos{Line: i + 1, Col: col + 1}})
		}
		text = append(text, char{'\n', diag.Pos{Line: i + 1, Col: len(line) + 1}})
	}
	return text
}

// explicitIndent is the content's indentation where the header gives it (|2), else 0.
func explicitIndent(n *yaml.Node, lines []string) int {
	header := []rune(lines[n.Line-1])
	for _, r := range header[min(n.Column, len(header)):] {
		if r >= '1' && r <= '9' {
			blanks := len(header) - len([]rune(strings.TrimLeft(string(header), " ")))
			return blanks + int(r-'0')
		}
		if r != '-' && r != '+' {
			break
		}
	}
	return 0
}

// flowChars walks the raw text of a plain or quoted scalar beside its decoded value: both have the same
// characters but for line breaks, quotes and escapes.
func flowChars(n *yaml.Node, lines []string) []char {
	raw := rawFrom(n, lines)
	var text []char
	line := n.Line
	pendingBlank := false
	for _, r := range n.Value {
		if unicode.IsSpace(r) {
			pendingBlank = true
			continue
		}
		raw = skipToContent(raw, n.Style)
		if len(raw) == 0 {
			break
		}
		pos := raw[0].pos
		if pendingBlank || pos.Line != line {
			blank := ' '
			if pos.Line != line {
				blank = '\n'
			}
			text = append(text, char{blank, pos})
		}
		pendingBlank, line = false, pos.Line
		text = append(text, char{r, pos})
		raw = raw[rawLength(raw, n.Style):]
	}
	return text
}

// rawFrom is the file from a scalar's first character on, behind its anchor and its quote.
func rawFrom(n *yaml.Node, lines []string) []char {
	var raw []char
	last := min(len(lines), n.Line+strings.Count(n.Value, "\n")+len(n.Value)+1)
	for i := n.Line - 1; i < last; i++ {
		col := 0
		for _, r := range lines[i] {
			col++
			if i > n.Line-1 || col >= n.Column {
				raw = append(raw, char{r, diag.Pos{Line: i + 1, Col: col}})
			}
		}
		raw = append(raw, char{'\n', diag.Pos{Line: i + 1, Col: col + 1}})
		if len(raw) > 8*len(n.Value)+256 {
			break
		}
	}
	if n.Anchor != "" && len(raw) > 0 && raw[0].r == '&' {
		for len(raw) > 0 && !unicode.IsSpace(raw[0].r) {
			raw = raw[1:]
		}
		for len(raw) > 0 && unicode.IsSpace(raw[0].r) {
			raw = raw[1:]
		}
	}
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 && len(raw) > 0 {
		raw = raw[1:]
	}
	return raw
}

// skipToContent passes over blanks and escaped line breaks.
func skipToContent(raw []char, style yaml.Style) []char {
	for len(raw) > 0 {
		escapedBreak := style&yaml.DoubleQuotedStyle != 0 && raw[0].r == '\\' && len(raw) > 1 && strings.ContainsRune("\nntr \t", raw[1].r)
		switch {
		case escapedBreak:
			raw = raw[2:]
		case unicode.IsSpace(raw[0].r):
			raw = raw[1:]
		default:
			return raw
		}
	}
	return raw
}

// rawLength is how many raw characters make the next decoded one.
func rawLength(raw []char, style yaml.Style) int {
	length := 1
	switch {
	case style&yaml.SingleQuotedStyle != 0 && raw[0].r == '\'':
		length = 2
	case style&yaml.DoubleQuotedStyle != 0 && raw[0].r == '\\' && len(raw) > 1:
		length = 2 + map[rune]int{'x': 2, 'u': 4, 'U': 8}[raw[1].r]
	}
	return min(length, len(raw))
}
