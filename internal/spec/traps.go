package spec

import (
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"cnncalc/internal/diag"
	"cnncalc/internal/pattern"
	"cnncalc/internal/plain"
)

// The remedy for all of YAML's traps: in a literal block scalar, nothing has a meaning to YAML.
const underLiteral = "put it under `layers: |` on indented lines of its own, where YAML leaves the text alone"

// keyOrDash matches what can come before a value on its line.
var keyOrDash = pattern.Lazy(`^(\s*(?:-\s+)*(?:[A-Za-z_][A-Za-z0-9_ ]*(?:\([^()]*\))?:\s+)?)(.*)$`)

// cutValue returns the value on a line and the byte that it starts at.
func cutValue(line string) (value string, start int) {
	start = keyOrDash().FindStringSubmatchIndex(line)[4]
	return line[start:], start
}

// spacesBefore returns the number of spaces that a line starts with.
func spacesBefore(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

var (
	errLine   = pattern.Lazy(`^yaml: (?:line (\d+): )?(.*)$`)
	errAnchor = pattern.Lazy(`^unknown anchor '(.*)' referenced$`)
)

// The errors of yaml.v3's parser, which count lines from 0, while those of its scanner count from 1. An error on line 0
// names no line.
var parserErrors = []string{
	"did not find expected ',' or ']'", "did not find expected ',' or '}'", "did not find expected '-' indicator",
	"did not find expected <document start>", "did not find expected key", "did not find expected node content",
	"found duplicate", "found incompatible", "found undefined tag handle",
}

// syntaxProblem returns the problem for an error of the YAML parser. A trap that YAML sets for the arrow language gets
// a message of its own at the line of the trap, which is rarely the line that the parser complains about.
func (w *walker) syntaxProblem(err error) *diag.Problem {
	m := errLine().FindStringSubmatch(err.Error())
	if m == nil {
		m = []string{"", "", err.Error()}
	}
	message := m[2]
	line, _ := strconv.Atoi(m[1])
	for _, prefix := range parserErrors {
		if strings.HasPrefix(message, prefix) {
			line++
		}
	}
	line = min(max(line, 1), len(w.lines))
	if anchor := errAnchor().FindStringSubmatch(message); anchor != nil {
		return w.unknownAnchor(anchor[1])
	}
	if trap := findTrap(w.lines, line); trap != nil {
		if trap.Hint == underLiteral && w.needs != needsOfNetwork {
			trap.Hint = "put the text in quotes"
		}
		return trap
	}
	if p := w.explain(message, line); p != nil {
		return p
	}
	return w.inLine(line, 0, "the file is not YAML: %s", message)
}

// inLine returns a problem at a byte of a line, but not before the text that follows the line's indentation.
func (w *walker) inLine(line, at int, format string, args ...any) *diag.Problem {
	text := w.lines[line-1]
	return diag.ErrorfAt(posInLine(line, text, max(at, spacesBefore(text))), "yaml/syntax", format, args...)
}

// posInLine returns the place of a byte of a line's text.
func posInLine(line int, text string, at int) diag.Pos {
	return diag.Pos{Line: line, Col: len([]rune(text[:at])) + 1}
}

func (w *walker) unknownAnchor(name string) *diag.Problem {
	const message = "YAML reads *%[1]s as an alias, but no anchor &%[1]s comes before it"
	for i, line := range w.lines {
		if at := strings.Index(line, "*"+name); at >= 0 {
			return w.inLine(i+1, at, message, plain.Cut(name)).
				WithHint("under `layers: |` a * repeats; put a pattern in quotes; elsewhere leave the * out")
		}
	}
	return diag.Errorf("yaml/syntax", message, plain.Cut(name))
}

var (
	keyWithoutSpace = pattern.Lazy(`^\s*(?:-\s+)*[A-Za-z_]+:\S`)
	quotedText      = pattern.Lazy(`^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')\s*`)
)

// explain returns a problem that says in words about the line what a common message of yaml.v3 means, or nil.
func (w *walker) explain(message string, line int) *diag.Problem {
	text := w.lines[line-1]
	value, start := cutValue(text)
	quote := strings.IndexAny(value, `"'`)
	quoted := quotedText().FindString(value)
	open := strings.IndexAny(text, "[{")
	is := func(prefix string) bool { return strings.HasPrefix(message, prefix) }
	switch {
	case is("mapping values are not allowed"):
		return w.explainMapping(line)
	case is("could not find expected ':'"):
		return w.explainMissingColon(line)
	case is("block sequence entries are not allowed"):
		return w.inLine(line, start, "a list with dashes starts on a line of its own").
			WithHint("write the first dash under the key")
	case is("did not find expected comment or line break") && strings.IndexAny(value, "|>") == 0:
		return w.inLine(line, start, "the text of %.1s starts on the next line", value).
			WithHint("write it there, indented by two spaces")
	case is("found unexpected end of stream") && quote >= 0:
		return w.inLine(line, start+quote, "this quote is not closed").
			WithHint("end the text with the same quote")
	case is("found character that cannot start any token") && value != "":
		return w.inLine(line, start, "YAML does not allow a plain value to start with %.1s", value).
			WithHint("put the text in quotes")
	case is("did not find expected alphabetic or numeric character"):
		return w.inLine(line, max(strings.IndexAny(text, "*&"), 0), "YAML reads a word that starts with * or & as an alias").
			WithHint("put the text in quotes")
	case is("found unknown escape character"):
		return w.inLine(line, unknownEscape(text), "YAML does not know this escape in double quotes").
			WithHint("write the backslash twice, or use single quotes")
	case is("did not find expected key") && quoted != "" && len(quoted) < len(value):
		return w.inLine(line, start+len(quoted), "text follows the closing quote").
			WithHint("put the whole value in quotes")
	case (is("did not find expected ',' or ']'") || is("did not find expected ',' or '}'")) && open >= 0:
		return w.inLine(line, open, "this %.1s is not closed, or a comma is missing after it", text[open:]).
			WithHint("close it, or put its texts in quotes")
	}
	return nil
}

// explainMapping returns the problem of a mapping that starts where none is allowed.
func (w *walker) explainMapping(line int) *diag.Problem {
	value, start := cutValue(w.lines[line-1])
	if colon := strings.Index(value+" ", ": "); colon >= 0 {
		return w.inLine(line, start+colon, "YAML starts a mapping at a colon and a space inside a plain value").
			WithHint("put the text in quotes, or arrow text under `layers: |`")
	}
	return w.inLine(line, 0, "this key is indented differently from the keys above it").
		WithHint("the keys of one mapping start in the same column")
}

// explainMissingColon returns the problem of a line that YAML cannot read as a key.
func (w *walker) explainMissingColon(line int) *diag.Problem {
	text := w.lines[line-1]
	if keyWithoutSpace().MatchString(text) {
		return w.inLine(line, strings.Index(text, ":"), "a space is missing after this colon").
			WithHint("YAML separates a key from its value with a colon and a space")
	}
	return w.inLine(line, 0, "this line belongs to no key").
		WithHint("write key: value, or indent the line deeper than its key")
}

// unknownEscape returns the byte of the first backslash that starts no escape of double quotes (YAML 1.1, section 5.6).
func unknownEscape(text string) int {
	for i := 0; i+1 < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		if !strings.ContainsRune("0abt\tnvfre \"/\\N_LPxuU", rune(text[i+1])) {
			return i
		}
		i++
	}
	return 0
}

// findTrap looks for arrow text that YAML takes for something else, in a file that the YAML parser rejected at about
// the given line. It returns the last trap up to the line after that, or else the first one anywhere, or nil.
func findTrap(lines []string, line int) *diag.Problem {
	var found *diag.Problem
	blockIndent := -1
	inList := false // in a list in brackets that continues over several lines
	for i, text := range lines {
		if strings.TrimSpace(text) == "" {
			continue
		}
		indent := spacesBefore(text)
		if blockIndent >= 0 && indent > blockIndent {
			continue // inside a literal: no trap there
		}
		blockIndent = -1
		if header := strings.TrimSpace(stripComment(text)); endsWithBlockHeader(header) {
			blockIndent = indent
			continue
		}
		if found != nil && i >= line {
			break
		}
		if trap := trapIn(lines, i, inList); trap != nil {
			found = trap
		}
		if value, _ := cutValue(text); strings.HasPrefix(value, "[") && !strings.Contains(value, "]") {
			inList = true
		} else if strings.Contains(text, "]") {
			inList = false
		}
	}
	return found
}

func stripComment(s string) string {
	if strings.HasPrefix(s, "#") {
		return ""
	}
	if i := strings.Index(s, " #"); i >= 0 {
		return s[:i]
	}
	return s
}

func endsWithBlockHeader(text string) bool {
	text = strings.TrimRight(text, "+-0123456789")
	return strings.HasSuffix(text, " |") || strings.HasSuffix(text, " >") || text == "|" || text == ">"
}

// trapIn returns the trap in line i, counted from 0, or nil.
func trapIn(lines []string, i int, inList bool) *diag.Problem {
	text := lines[i]
	at := func(byteCol int, message string) *diag.Problem {
		return diag.ErrorfAt(posInLine(i+1, text, byteCol), "yaml/trap", "%s", message)
	}
	if indent := len(text) - len(strings.TrimLeft(text, " \t")); strings.Contains(text[:indent], "\t") {
		return at(strings.Index(text, "\t"), "YAML does not allow tabs as indentation").
			WithHint("indent with spaces")
	}
	if indent := spacesBefore(text); strings.HasPrefix(text[indent:], "blocks: {") {
		return flowBlocks(diag.Pos{Line: i + 1, Col: indent + len("blocks: ") + 1})
	}
	value, start := cutValue(text)
	isLastText := i+1 >= len(lines) || strings.TrimSpace(lines[i+1]) == ""
	if offset, message := trapInValue(value, inList, isLastText); message != "" {
		hint := underLiteral
		if message == startsWithLabel {
			hint = inQuotes
		}
		return at(start+offset, message).WithHint("%s", hint)
	}
	return nil
}

// trapInValue returns what YAML makes of arrow text in a value, and the byte of the value where it does. message is ""
// if there is no trap.
func trapInValue(value string, inList, isLastText bool) (offset int, message string) {
	hasArrow := strings.Contains(value, "->")
	switch {
	case (inList || strings.HasPrefix(value, "[")) && strings.Contains(value, "-{"):
		return strings.Index(value, "-{") + 1, "in a YAML list in brackets, braces and commas have their own meaning"
	case strings.HasPrefix(value, "[") && (hasArrow || strings.Contains(value, "]*")):
		return 0, readAsList
	case strings.HasPrefix(value, "@"):
		return 0, startsWithLabel
	case strings.HasPrefix(value, "{") && strings.Contains(value, ": @"):
		return strings.Index(value, ": @") + 2, startsWithLabel
	case strings.HasPrefix(value, "*"):
		return 0, "YAML reads a value that starts with * as an alias"
	case hasArrow && strings.Contains(value, " #") && !isLastText:
		return strings.Index(value, " #") + 1,
			"a comment ends a plain YAML value, so the lines after it are not read as layers"
	}
	return 0, ""
}

// The text of a head starts with a label.
const (
	startsWithLabel = "YAML does not allow a plain value to start with @"
	inQuotes        = `put it in quotes, "@label -> ...", or on indented lines of its own after |`
)

const readAsList = "YAML reads a value that starts with [ as a list"

// splitByFlow reports arrow text that a YAML list in brackets has cut at its commas, and whether it found any: the
// pieces have parentheses that do not close, or are the numbers of an option such as p=1,1,0,0.
func (w *walker) splitByFlow(n *yaml.Node) bool {
	if n.Style&yaml.FlowStyle == 0 {
		return false
	}
	for i, c := range n.Content {
		cut := c.Kind == yaml.ScalarNode && strings.Count(c.Value, "(") != strings.Count(c.Value, ")")
		if next := i + 1; next < len(n.Content) && strings.Contains(c.Value, "=") {
			cut = cut || strings.Trim(n.Content[next].Value, "0123456789") == ""
		}
		if cut {
			w.add(w.posOf(c), "yaml/trap",
				"YAML cuts a list in brackets at every comma, even inside parentheses and numbers").WithHint(underLiteral)
			return true
		}
	}
	return false
}
