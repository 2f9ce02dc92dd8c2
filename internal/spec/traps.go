package spec

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"cnncalc/internal/diag"
	"cnncalc/internal/plain"
)

// The remedy for all of YAML's traps: in a literal block scalar, nothing has a meaning to YAML.
const underLiteral = "put it under `layers: |`, on indented lines of its own, where YAML reads text as it is"

// keyOrDash is what may stand before a value on its line.
var keyOrDash = regexp.MustCompile(`^(\s*(?:-\s+)*(?:[A-Za-z_][A-Za-z0-9_ ]*(?:\([^()]*\))?:\s+)?)(.*)$`)

// cutValue gives a line's value and the byte it starts at.
func cutValue(line string) (value string, start int) {
	start = keyOrDash.FindStringSubmatchIndex(line)[4]
	return line[start:], start
}

var (
	errLine   = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)
	errAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// Errors of yaml.v3's parser, as against its scanner, count lines from 0; and on line 0 both give no line.
var parserErrors = []string{"did not find expected ',' or ']'", "did not find expected ',' or '}'", "did not find expected '-' indicator",
	"did not find expected <document start>", "did not find expected key", "did not find expected node content",
	"found duplicate", "found incompatible", "found undefined tag handle"}

// syntaxProblem places an error of the YAML parser. The traps that YAML sets for the arrow language get their
// own message at the line that has the trap, which is rarely the line the parser complains about.
func (w *walker) syntaxProblem(err error) diag.Problem {
	m := errLine.FindStringSubmatch(err.Error())
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
	if anchor := errAnchor.FindStringSubmatch(message); anchor != nil {
		return w.unknownAnchor(anchor[1])
	}
	if trap, ok := findTrap(w.lines, line); ok {
		return trap
	}
	if p, ok := w.explain(message, line); ok {
		return p
	}
	return w.inLine(line, 0, fmt.Sprintf("the file is not YAML: %s", message), "")
}

// inLine is a problem at a byte of a line's text behind its indentation.
func (w *walker) inLine(line, at int, msg, hint string) diag.Problem {
	text := w.lines[line-1]
	at = max(at, len(text)-len(strings.TrimLeft(text, " ")))
	return diag.Problem{Pos: diag.Pos{Line: line, Col: len([]rune(text[:at])) + 1}, Code: "yaml/syntax", Msg: msg, Hint: hint}
}

func (w *walker) unknownAnchor(name string) diag.Problem {
	msg := fmt.Sprintf("YAML reads *%s as an alias, and there is no anchor &%s before it", plain.Cut(name), plain.Cut(name))
	for i, line := range w.lines {
		if at := strings.Index(line, "*"+name); at >= 0 {
			return w.inLine(i+1, at, msg, "in arrow text under `layers: |` a * repeats; elsewhere leave it out")
		}
	}
	return diag.Problem{Code: "yaml/syntax", Msg: msg}
}

var (
	keyWithoutBlank = regexp.MustCompile(`^\s*(?:-\s+)*[A-Za-z_]+:\S`)
	quotedText      = regexp.MustCompile(`^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')\s*`)
)

// explain puts the scanner's commonest messages into words about the line.
func (w *walker) explain(message string, line int) (diag.Problem, bool) {
	text := w.lines[line-1]
	value, start := cutValue(text)
	colon := strings.Index(value+" ", ": ")
	quote := strings.IndexAny(value, `"'`)
	quoted := quotedText.FindString(value)
	open := strings.IndexAny(text, "[{")
	is := func(prefix string) bool { return strings.HasPrefix(message, prefix) }
	switch {
	case is("mapping values are not allowed") && colon >= 0:
		return w.inLine(line, start+colon, "a colon and a blank inside a plain value start a mapping in YAML",
			"put the text in quotes; arrow text goes under `layers: |`"), true
	case is("mapping values are not allowed"):
		return w.inLine(line, 0, "this key is indented unlike the ones before it", "the keys of one mapping start in the same column"), true
	case is("block sequence entries are not allowed"):
		return w.inLine(line, start, "a list with dashes starts on a line of its own", "write the first dash under the key"), true
	case is("did not find expected comment or line break") && strings.IndexAny(value, "|>") == 0:
		return w.inLine(line, start, fmt.Sprintf("the text of %.1s starts on the next line", value), "write it there, indented by two blanks"), true
	case is("found unexpected end of stream") && quote >= 0:
		return w.inLine(line, start+quote, "this quote is not closed", "end the text with the same quote"), true
	case is("found character that cannot start any token") && value != "":
		return w.inLine(line, start, fmt.Sprintf("YAML does not allow a plain value to start with %.1s", value), "put the text in quotes"), true
	case is("found unknown escape character"):
		return w.inLine(line, unknownEscape(text), "YAML does not know this escape in double quotes", `write the backslash twice, or use single quotes`), true
	case is("could not find expected ':'") && keyWithoutBlank.MatchString(text):
		return w.inLine(line, strings.Index(text, ":"), "a blank is missing behind this colon", "YAML separates a key from its value by a colon and a blank"), true
	case is("could not find expected ':'"):
		return w.inLine(line, 0, "this line belongs to no key", "write key: value; the text of a key is indented deeper than the key"), true
	case is("did not find expected key") && quoted != "" && len(quoted) < len(value):
		return w.inLine(line, start+len(quoted), "text follows the closing quote", "put all of the value in the quotes"), true
	case (is("did not find expected ',' or ']'") || is("did not find expected ',' or '}'")) && open >= 0:
		return w.inLine(line, open, fmt.Sprintf("this %.1s is not closed, or a comma is missing behind it", text[open:]), "close it, or put its texts in quotes"), true
	}
	return diag.Problem{}, false
}

// unknownEscape is the byte of the first backslash that starts no escape of double quotes (YAML 1.1, section 5.6).
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

// findTrap looks for arrow text that YAML takes for something else, in a file that the YAML parser refused at
// about the given line. It is the last trap up to the line after that, or else the first one anywhere.
func findTrap(lines []string, line int) (diag.Problem, bool) {
	var found diag.Problem
	ok := false
	blockIndent := -1
	inList := false // in a list in brackets that goes on over several lines
	for i, text := range lines {
		blanks := len(text) - len(strings.TrimLeft(text, " "))
		if strings.TrimSpace(text) == "" {
			continue
		}
		if blockIndent >= 0 && blanks > blockIndent {
			continue // inside a literal: no trap there
		}
		blockIndent = -1
		if header := strings.TrimSpace(stripComment(text)); endsWithBlockHeader(header) {
			blockIndent = blanks
			continue
		}
		if ok && i >= line {
			break
		}
		if p, trapped := trapIn(lines, i, inList); trapped {
			found, ok = p, true
		}
		if value, _ := cutValue(text); strings.HasPrefix(value, "[") && !strings.Contains(value, "]") {
			inList = true
		} else if strings.Contains(text, "]") {
			inList = false
		}
	}
	return found, ok
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

// trapIn looks at one line.
func trapIn(lines []string, i int, inList bool) (diag.Problem, bool) {
	text := lines[i]
	at := func(byteCol int, msg, hint string) (diag.Problem, bool) {
		return diag.Problem{Pos: diag.Pos{Line: i + 1, Col: len([]rune(text[:byteCol])) + 1}, Code: "yaml/trap", Msg: msg, Hint: hint}, true
	}
	if indent := len(text) - len(strings.TrimLeft(text, " \t")); strings.Contains(text[:indent], "\t") {
		return at(strings.Index(text, "\t"), "a tab cannot indent in YAML", "indent with spaces")
	}
	if blanks := len(text) - len(strings.TrimLeft(text, " ")); strings.HasPrefix(text[blanks:], "blocks: {") {
		p := flowBlocks(diag.Pos{Line: i + 1, Col: blanks + len("blocks: ") + 1})
		return p, true
	}
	value, start := cutValue(text)
	arrows := strings.Contains(value, "->")
	switch {
	case (inList || strings.HasPrefix(value, "[")) && strings.Contains(value, "-{"):
		return at(start+strings.Index(value, "-{")+1, "braces and commas have a meaning of their own inside a YAML list in brackets", underLiteral)
	case strings.HasPrefix(value, "[") && (arrows || strings.Contains(value, "]*")):
		return at(start, "YAML reads a value that starts with [ as a list", underLiteral)
	case strings.HasPrefix(value, "@"):
		return at(start, "YAML does not allow a plain value to start with @", underLiteral)
	case strings.HasPrefix(value, "*"):
		return at(start, "YAML reads a value that starts with * as an alias", underLiteral)
	case arrows && strings.Contains(value, " #") && i+1 < len(lines) && strings.TrimSpace(lines[i+1]) != "":
		return at(start+strings.Index(value, " #")+1, "a comment ends a plain YAML value, so the lines after it are not read as layers", underLiteral)
	}
	return diag.Problem{}, false
}

// splitByFlow recognises arrow text that a list in brackets has cut at its commas: the pieces have parentheses
// or brackets that do not close, or begin with a number.
func (w *walker) splitByFlow(n *yaml.Node) bool {
	if n.Style&yaml.FlowStyle == 0 {
		return false
	}
	for i, c := range n.Content {
		cut := c.Kind == yaml.ScalarNode && strings.Count(c.Value, "(") != strings.Count(c.Value, ")")
		if next := i + 1; next < len(n.Content) && strings.Contains(c.Value, "=") && strings.Trim(n.Content[next].Value, "0123456789") == "" {
			cut = true // the commas of p=1,1,0,0
		}
		if cut {
			w.add(w.posOf(c), "yaml/trap", "YAML cuts a list in brackets at every comma, also inside parentheses and numbers").WithHint("%s", underLiteral)
			return true
		}
	}
	return false
}
