package study

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"cnncalc/internal/diag"
	"cnncalc/internal/network"
	"cnncalc/internal/pattern"
)

// Bounds of the search for fixes: each that is tried reads the whole file again.
const (
	maxFixed = 5 // problems that are given fixes
	maxTried = 8 // for a problem
	maxFixes = 4 // of a problem
)

// fixes returns edits that make a problem go away: the remedies that its texts name, written in place of what is there.
// Each has been tried: the file with it has no problem at the place any more.
func (m *maker) fixes(p diag.Problem) []Fix {
	lines := m.file.Source.Lines
	if p.In != nil || p.Pos.Line < 1 || p.Pos.Line > len(lines) || len(m.Problems) >= maxFixed {
		return nil
	}
	f := &fixer{lines: lines, problem: p}
	f.suggested()
	f.fitting()
	f.paths()
	var fixes []Fix
	for _, candidate := range f.found[:min(len(f.found), maxTried)] {
		if len(fixes) < maxFixes && m.solves(candidate, p) {
			fixes = append(fixes, candidate)
		}
	}
	return fixes
}

// solves reports whether the file with a fix has no problem at the place of p.
func (m *maker) solves(fix Fix, p diag.Problem) bool {
	lines := slices.Clone(m.file.Source.Lines)
	for _, e := range fix.Edits {
		line := []rune(lines[e.Line-1])
		lines[e.Line-1] = string(line[:e.Column-1]) + e.Text + string(line[e.EndColumn-1:])
	}
	file := network.Read(m.file.Source.Name, []byte(strings.Join(lines, "\n")))
	_, problems := file.Network(m.plan.network)
	return !slices.ContainsFunc(problems, func(q diag.Problem) bool { return q.Pos == p.Pos || q.Pos.IsZero() })
}

// fixer collects what may fix a problem.
type fixer struct {
	lines   []string
	problem diag.Problem
	found   []Fix
}

// add adds the replacement of a part of a line, in columns from 0, unless it changes nothing.
func (f *fixer) add(title string, line, from, to int, text string) {
	if string([]rune(f.lines[line-1])[from:to]) == text {
		return
	}
	f.found = append(f.found, Fix{title, []Edit{{Span{line, from + 1, line, to + 1}, text}}})
}

// line returns the line of the problem and its column from 0.
func (f *fixer) line() ([]rune, int) {
	line := []rune(f.lines[f.problem.Pos.Line-1])
	return line, min(max(f.problem.Pos.Col-1, 0), len(line))
}

// suggested adds the names of "did you mean X, Y or Z?" in place of the name at the problem: its letters, or with
// digits and points.
func (f *fixer) suggested() {
	_, names, ok := strings.Cut(f.problem.Hint, "did you mean ")
	names, _, isQuestion := strings.Cut(names, "?")
	if !ok || !isQuestion {
		return
	}
	line, at := f.line()
	for _, name := range strings.Split(strings.ReplaceAll(names, " or ", ", "), ", ") {
		for _, isPart := range []func(rune) bool{isLetter, isLetterOrDigit} {
			end := at
			for end < len(line) && isPart(line[end]) {
				end++
			}
			if end > at {
				f.add("Change to "+name, f.problem.Pos.Line, at, end, name)
			}
		}
	}
}

func isLetter(r rune) bool { return r == '_' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' }

func isLetterOrDigit(r rune) bool { return isLetter(r) || r == '.' || r >= '0' && r <= '9' }

// layerEnd returns where the layer that starts at a column ends: before an arrow, a label, a count, or the end of its
// path.
func layerEnd(line []rune, at int) int {
	depth, end := 0, at
	for ; end < len(line); end++ {
		switch r := line[end]; {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case depth == 0 && (r == '|' || r == ']' || r == '@' || r == '?' || r == '#' || r == '*' || r == '→' ||
			r == '-' && end+1 < len(line) && line[end+1] == '>'):
			depth = -1
		}
		if depth < 0 {
			break
		}
	}
	for end > at && line[end-1] == ' ' {
		end--
	}
	return end
}

// The parts of what fits: remarks in it, and the remedies of an axis.
var (
	remark   = pattern.Lazy(` \([^)]*\)|, where [^;]*| at most`)
	axis     = pattern.Lazy(`^(?:width|height): `)
	size     = pattern.Lazy(`^([A-Z]+)[0-9x]*`)
	input    = pattern.Lazy(`^input:\s*["']?([0-9]+x[0-9]+)x`)
	path     = pattern.Lazy("`-> ([^`]*)` to the (first|second)")
	isOption = pattern.Lazy(`^(?:[a-z]+=?[0-9x,=-]*|[a-z]+=\S+)$`)
)

// sameOption lists the ways to write each option, of which a layer has one.
var sameOption = sync.OnceValue(func() []*regexp.Regexp {
	var all []*regexp.Regexp
	for _, expression := range []string{`^(?:p[0-9=(].*|pad=.*|same|valid)$`, `^(?:s[0-9=(].*|stride=.*)$`,
		`^(?:d[0-9(].*|dilation=.*)$`, `^(?:g[0-9(]+|groups=.*)$`, `^(?:floor|ceil|strict)$`, `^offset=.*$`, `^outpad=.*$`,
		`^from=.*$`, `^to=.*$`} {
		all = append(all, regexp.MustCompile(expression))
	}
	return all
})

// fitting adds the remedies of "what fits": options of the layer, and sizes of the network's input.
func (f *fixer) fitting() {
	for _, part := range strings.Split(remark().ReplaceAllString(f.problem.Fits, ""), "; ") {
		part = axis().ReplaceAllString(part, "")
		sizes, isInput := strings.CutPrefix(part, "network input ")
		if strings.HasPrefix(part, "input ") {
			continue // of the layer, not of the network
		}
		key := ""
		for _, text := range strings.Split(strings.ReplaceAll(sizes, ", or ", " or "), " or ") {
			text = strings.Trim(text, "`, ")
			if k, _, has := strings.Cut(text, "="); has {
				key = k + "="
			} else if strings.Trim(text, "0123456789") == "" {
				text = key + text
			}
			switch {
			case isInput:
				f.inputSize(text)
			case !slices.ContainsFunc(strings.Fields(text), func(word string) bool { return !isOption().MatchString(word) }):
				f.option(text)
			}
		}
	}
}

// inputSize adds another width and height of the network's input.
func (f *fixer) inputSize(text string) {
	for i, line := range f.lines {
		if at := input().FindStringSubmatchIndex(line); at != nil && strings.Trim(text, "0123456789x") == "" {
			f.add("Set the input to "+text, i+1, at[2], at[3], text)
			return
		}
	}
}

// option adds options to the layer at the problem, in place of those that it has.
func (f *fixer) option(text string) {
	line, at := f.line()
	end := layerEnd(line, at)
	words := strings.Fields(string(line[at:end]))
	if len(words) == 0 || text == "" {
		return
	}
	for _, option := range strings.Fields(text) {
		if strings.HasPrefix(option, "size=") ||
			strings.HasPrefix(option, "groups=") && !strings.HasPrefix(words[0], "CONV") {
			words[0] = size().ReplaceAllString(words[0], "$1") // the size after the kind is the same field
		}
		for _, same := range sameOption() {
			if same.MatchString(option) {
				words = slices.DeleteFunc(words, same.MatchString)
			}
		}
		words = append(words, option)
	}
	f.add("Write "+text, f.problem.Pos.Line, at, end, strings.Join(words, " "))
}

// paths adds layers to the end of a path of the merge at the problem.
func (f *fixer) paths() {
	line, at := f.line()
	for _, match := range path().FindAllStringSubmatch(f.problem.Hint, -1) {
		wanted := 0
		if match[2] == "second" {
			wanted = 1
		}
		from, to, ok := pathAt(line, at, wanted)
		if !ok {
			continue
		}
		text := strings.TrimSpace(string(line[from:to])) + " -> " + match[1]
		text = strings.TrimPrefix(text, "IDENTITY -> ")
		f.add("Add -> "+match[1]+" to the "+match[2]+" path", f.problem.Pos.Line, from, to, text)
	}
}

// pathAt returns the columns of a path of the merge that starts at a column, without the spaces around it.
func pathAt(line []rune, at, wanted int) (from, to int, ok bool) {
	depth, number := 0, 0
	from = -1
	for i := at; i < len(line); i++ {
		switch r := line[i]; {
		case r == '(' || r == '[':
			if depth++; depth == 1 {
				from = i + 1
			}
			continue
		case r == ')' || r == ']':
			depth--
		case r == '|' && depth == 1:
		default:
			continue
		}
		if depth > 1 || depth == 1 && line[i] != '|' {
			continue
		}
		if number == wanted && from >= 0 {
			return trimmed(line, from, i)
		}
		if depth == 0 {
			break
		}
		number, from = number+1, i+1
	}
	return 0, 0, false
}

func trimmed(line []rune, from, to int) (int, int, bool) {
	for from < to && line[from] == ' ' {
		from++
	}
	for from < to && line[to-1] == ' ' {
		to--
	}
	return from, to, from < to
}
