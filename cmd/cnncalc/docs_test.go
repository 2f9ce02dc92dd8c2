package main

import (
	"bytes"
	"context"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"cnncalc/architectures"
	"cnncalc/internal/op"
)

// repository is the root folder, seen from this package.
const repository = "../.."

// notRun are the command lines of the pages that a test cannot run: the first is the tests themselves.
var notRun = []string{"go test ./...", "go install ./cmd/cnncalc"}

// docs returns the pages whose commands are run, relative to the root of the repository.
func docs(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join(repository, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for i, path := range pages {
		pages[i] = filepath.Join("docs", filepath.Base(path))
	}
	return append(pages, "README.md")
}

// manualPage is a Markdown file of the manual.
type manualPage struct {
	name   string // for messages, relative to the root
	path   string // absolute
	lines  []string
	blocks []fenced
}

// fenced is a block of a page, between ``` lines.
type fenced struct {
	start    int    // the index of its first line
	language string // after the opening ```
	file     string // named by a comment above: <!-- file: mynet.yaml -->
	text     []string
}

var fileComment = regexp.MustCompile(`^<!-- file: (\S+) -->$`)

func readPage(t *testing.T, name string) *manualPage {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(repository, name))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p := &manualPage{name: name, path: path, lines: strings.Split(string(data), "\n")}
	var open *fenced
	file := ""
	for i, line := range p.lines {
		language, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open == nil:
			open = &fenced{start: i + 1, language: language, file: file}
			file = ""
		case fence:
			p.blocks = append(p.blocks, *open)
			open = nil
		case open != nil:
			open.text = append(open.text, line)
		case isOtherCode(line):
			t.Errorf("%s:%d: write code between ``` lines without indentation, so that it is run: %s", name, i+1, line)
		default:
			if m := fileComment.FindStringSubmatch(line); m != nil {
				file = m[1]
			}
		}
	}
	if open != nil {
		t.Fatalf("%s:%d: the block is not closed", name, open.start)
	}
	return p
}

// isOtherCode reports whether Markdown shows a line outside of the fenced blocks as code.
func isOtherCode(line string) bool {
	start := strings.TrimLeft(line, " \t>")
	return strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "\t") || strings.Contains(line, "<pre") ||
		strings.HasPrefix(start, "```") || strings.HasPrefix(start, "~~~")
}

// The page about the language lists every kind of layer, and no page counts more than there is.
func TestPagesListWhatThereIs(t *testing.T) {
	kinds := op.Kinds()
	language := strings.Join(readPage(t, filepath.Join("docs", "language.md")).lines, "\n")
	for _, k := range kinds {
		if !regexp.MustCompile("(?m)^\\| .*`" + k.Name + "`.* \\|").MatchString(language) {
			t.Errorf("docs/language.md does not list %s", k.Name)
		}
	}
	broken, err := filepath.Glob(filepath.Join(repository, "testdata", "broken", "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		page, pattern string
		count         int
	}{
		{"README.md", `over (\d+) kinds of layers`, len(kinds)},
		{"README.md", `Over (\d+) networks`, len(architectures.Names())},
		{filepath.Join("docs", "contributing.md"), `over (\d+) broken files`, len(broken)},
	} {
		m := regexp.MustCompile(c.pattern).FindStringSubmatch(strings.Join(readPage(t, c.page).lines, " "))
		if m == nil {
			t.Errorf("%s does not say %q", c.page, c.pattern)
		} else if n, err := strconv.Atoi(m[1]); err != nil || c.count <= n {
			t.Errorf("%s says %q, but there are %d", c.page, m[0], c.count)
		}
	}
}

// Every command of the README and the manual runs, and prints what the page shows. In an expected output a line "..."
// matches any number of lines, and "..." at the end of a line matches the rest of it. Each page has a folder of its
// own, which holds testdata. The pictures of a page are those that its commands wrote. With -update the outputs and the
// pictures are rewritten.
func TestDocs(t *testing.T) {
	testdata, err := filepath.Abs(filepath.Join(repository, "testdata"))
	if err != nil {
		t.Fatal(err)
	}
	commands := 0
	for _, name := range docs(t) {
		t.Run(filepath.ToSlash(name), func(t *testing.T) {
			p := readPage(t, name)
			t.Chdir(t.TempDir())
			if err := os.Symlink(testdata, "testdata"); err != nil {
				t.Skip(err)
			}
			for i := range p.blocks {
				commands += p.runBlock(t, &p.blocks[i])
			}
			p.comparePictures(t)
			if *update && !t.Failed() {
				p.rewrite(t)
			}
		})
	}
	if commands < 30 {
		t.Errorf("only %d commands found", commands)
	}
}

// runBlock does what a block shows. It returns the number of commands that it ran.
func (p *manualPage) runBlock(t *testing.T, b *fenced) (commands int) {
	t.Helper()
	switch b.language {
	case "yaml":
		if b.file == "" || filepath.Base(b.file) != b.file {
			t.Fatalf("%s:%d: name the file of this block, as in <!-- file: mynet.yaml -->", p.name, b.start)
		}
		if err := os.WriteFile(b.file, []byte(strings.Join(b.text, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	case "sh":
		for i, line := range b.text {
			if slices.Contains(notRun, line) {
				continue
			}
			p.runLine(t, b.start+i, line)
			commands++
		}
	case "console":
		return p.runConsole(t, b)
	case "text":
		if i := slices.IndexFunc(b.text, isCommand); i >= 0 {
			t.Errorf("%s:%d: a command in a text block is not run: use console", p.name, b.start+i+1)
		}
	default:
		t.Errorf("%s:%d: a block of %q is not checked: use yaml, sh, console or text", p.name, b.start, b.language)
	}
	return commands
}

func isCommand(line string) bool {
	return strings.HasPrefix(line, "$ ") || strings.HasPrefix(line, "cnncalc ") || strings.HasPrefix(line, "go ")
}

// runConsole runs the lines that start with "$ " and compares, or with -update rewrites, what follows each.
func (p *manualPage) runConsole(t *testing.T, b *fenced) (commands int) {
	t.Helper()
	var fresh []string
	for i := 0; i < len(b.text); {
		command, ok := strings.CutPrefix(b.text[i], "$ ")
		if !ok {
			t.Fatalf("%s:%d: a console block starts with a command, $ cnncalc ...", p.name, b.start+i+1)
		}
		at, end := b.start+i, i+1
		for end < len(b.text) && !strings.HasPrefix(b.text[end], "$ ") {
			end++
		}
		want := b.text[i+1 : end]
		fresh = append(fresh, b.text[i])
		i = end
		commands++
		var got []string
		if out := strings.TrimRight(p.runLine(t, at, command), "\n"); out != "" {
			got = strings.Split(out, "\n")
		}
		if !*update && !matches(want, got) {
			t.Errorf("%s:%d: %s prints\n%s", p.name, at+1, command, strings.Join(got, "\n"))
		}
		fresh = append(fresh, refresh(want, got)...)
	}
	if *update {
		b.text = fresh
	}
	return commands
}

// pictureLink matches a picture that a page shows.
var pictureLink = regexp.MustCompile(`!\[[^\]]*\]\(([^)]*)\)`)

// ofBrowser is the picture that web/picture.mjs takes in a browser.
const ofBrowser = "pictures/edit.png"

// comparePictures compares each picture of the page with the file of the same name that a command of the page wrote.
func (p *manualPage) comparePictures(t *testing.T) {
	t.Helper()
	for _, m := range pictureLink.FindAllStringSubmatch(strings.Join(p.lines, "\n"), -1) {
		if m[1] == ofBrowser {
			continue
		}
		fresh, err := os.ReadFile(filepath.Base(m[1]))
		if err != nil {
			t.Errorf("%s shows %s, which no command of the page writes", p.name, m[1])
			continue
		}
		kept := filepath.Join(filepath.Dir(p.path), filepath.FromSlash(m[1]))
		if *update {
			if err := os.WriteFile(kept, fresh, 0o644); err != nil {
				t.Error(err)
			}
			continue
		}
		if data, err := os.ReadFile(kept); err != nil || !isSamePicture(data, fresh) {
			t.Errorf("%s: %s is not what its command writes (go test -update rewrites it): %v", p.name, m[1], err)
		}
	}
}

// isSamePicture compares two files, and the pixels of PNGs, whose compression depends on Go's version.
func isSamePicture(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, errX := png.Decode(bytes.NewReader(a))
	y, errY := png.Decode(bytes.NewReader(b))
	return errX == nil && errY == nil && reflect.DeepEqual(x, y)
}

// rewrite writes the page with its blocks as they are now.
func (p *manualPage) rewrite(t *testing.T) {
	t.Helper()
	lines, next := []string(nil), 0
	for _, b := range p.blocks {
		lines = append(append(lines, p.lines[next:b.start]...), b.text...)
		next = b.start + slices.Index(p.lines[b.start:], "```")
	}
	lines = append(lines, p.lines[next:]...)
	if slices.Equal(lines, p.lines) {
		return
	}
	if err := os.WriteFile(p.path, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
}

// runLine runs one command line, "cnncalc ..." or "go run ./cmd/cnncalc ...", which may end in "> file", or "cat file".
// It returns all that a terminal would show. Wrong usage and failing output end the test.
func (p *manualPage) runLine(t *testing.T, index int, line string) string {
	t.Helper()
	if name, ok := strings.CutPrefix(line, "cat "); ok {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatalf("%s:%d: %v", p.name, index+1, err)
		}
		return string(data)
	}
	args, ok := strings.CutPrefix(line, "cnncalc ")
	if !ok {
		args, ok = strings.CutPrefix(line, "go run ./cmd/cnncalc ")
	}
	if !ok {
		t.Fatalf("%s:%d: can't run %q", p.name, index+1, line)
	}
	args, file, redirected := strings.Cut(args, " > ")
	var shown, redirect bytes.Buffer
	out := &shown
	if redirected {
		out = &redirect
	}
	code := run(context.Background(), words(args), strings.NewReader(""), out, &shown)
	if code != exitFine && code != exitProblem {
		t.Fatalf("%s:%d: %s: exit code %d\n%s", p.name, index+1, line, code, shown.String())
	}
	if redirected {
		if err := os.WriteFile(file, redirect.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return shown.String()
}

// elision stands for any number of lines, or at the end of a line for the rest of it.
const elision = "..."

func matches(want, got []string) bool {
	if len(want) == 0 {
		return len(got) == 0
	}
	if want[0] == elision {
		for skip := range len(got) + 1 {
			if matches(want[1:], got[skip:]) {
				return true
			}
		}
		return false
	}
	return len(got) > 0 && matchesLine(want[0], got[0]) && matches(want[1:], got[1:])
}

func matchesLine(want, got string) bool {
	start, elided := strings.CutSuffix(want, elision)
	if elided {
		return strings.HasPrefix(got, start)
	}
	return want == got
}

// refresh returns lines that match got and show the same part of it as want, which may match an earlier output. The
// lines are paired so that as few as possible differ.
func refresh(want, got []string) []string {
	if matches(want, got) {
		return want
	}
	cost := pairingCosts(want, got)
	var fresh []string
	i, j := 0, 0
	for i < len(want) || j < len(got) {
		switch here := cost[i][j]; {
		case i < len(want) && want[i] == elision:
			if n := len(fresh); n == 0 || fresh[n-1] != elision {
				fresh = append(fresh, elision)
			}
			for here < cost[i+1][j] {
				j++
			}
			i++
		case i < len(want) && j < len(got) && here == cost[i+1][j+1]+difference(want[i], got[j]):
			fresh = append(fresh, refreshLine(want[i], got[j]))
			i, j = i+1, j+1
		case i < len(want) && here == cost[i+1][j]+dropped:
			i++
		default:
			fresh = append(fresh, got[j])
			j++
		}
	}
	return fresh
}

// Costs of a line of an expected output that has no partner in the new one, and of a new line that has none. A pair
// costs from 0 to 2, and the lines of an elision cost nothing.
const dropped, added = 1.5, 1.0

// pairingCosts returns at [i][j] the least cost of pairing want[i:] with got[j:].
func pairingCosts(want, got []string) [][]float64 {
	cost := make([][]float64, len(want)+1)
	for i := len(want); i >= 0; i-- {
		cost[i] = make([]float64, len(got)+1)
		for j := len(got); j >= 0; j-- {
			switch {
			case i == len(want):
				cost[i][j] = added * float64(len(got)-j)
			case want[i] == elision && j == len(got):
				cost[i][j] = cost[i+1][j]
			case want[i] == elision:
				cost[i][j] = min(cost[i+1][j], cost[i][j+1])
			case j == len(got):
				cost[i][j] = cost[i+1][j] + dropped
			default:
				cost[i][j] = min(cost[i+1][j+1]+difference(want[i], got[j]), cost[i+1][j]+dropped, cost[i][j+1]+added)
			}
		}
	}
	return cost
}

// difference is 0 for lines that match and 2 for lines without a common word.
func difference(want, got string) float64 {
	if matchesLine(want, got) {
		return 0
	}
	a, b := strings.Fields(strings.TrimSuffix(want, elision)), strings.Fields(got)
	if strings.HasSuffix(want, elision) {
		b = b[:min(len(a), len(b))]
	}
	common := 0
	for _, word := range a {
		if slices.Contains(b, word) {
			common++
		}
	}
	return 2 - 4*float64(common)/float64(max(len(a)+len(b), 2*common, 1))
}

// refreshLine keeps want where it matches. Where it is elided, got is cut after as many words.
func refreshLine(want, got string) string {
	start, elided := strings.CutSuffix(want, elision)
	if !elided || strings.HasPrefix(got, start) {
		if elided {
			return want
		}
		return got
	}
	end := 0
	for range strings.Fields(start) {
		rest := strings.TrimLeft(got[end:], " ")
		word, _, _ := strings.Cut(rest, " ")
		end = len(got) - len(rest) + len(word)
	}
	return got[:end] + elision
}

var (
	codeSpan  = regexp.MustCompile("`([^`]+)`")
	namedFlag = regexp.MustCompile(`(?:^|\s)(--[a-z][a-z-]*)`)
)

// Every command and flag that the text of a page names is there.
func TestDocsNameCommandsAndFlags(t *testing.T) {
	root := newRoot(&app{}, nil)
	root.InitDefaultHelpCmd()
	known := []string{"--help"}
	add := func(f *pflag.Flag) { known = append(known, "--"+f.Name) }
	root.PersistentFlags().VisitAll(add)
	root.Flags().VisitAll(add)
	for _, cmd := range root.Commands() {
		cmd.Flags().VisitAll(add)
	}
	for _, name := range docs(t) {
		p := readPage(t, name)
		for _, span := range codeSpan.FindAllStringSubmatch(p.text(), -1) {
			code := strings.Join(strings.Fields(span[1]), " ")
			if args, ok := strings.CutPrefix(code, "cnncalc "); ok {
				if _, rest, err := root.Find([]string{commandWord(args)}); err != nil || len(rest) > 0 {
					t.Errorf("%s: `%s`: there is no such command or topic", name, code)
				}
			}
			for _, m := range namedFlag.FindAllStringSubmatch(code, -1) {
				if !slices.Contains(known, m[1]) {
					t.Errorf("%s: `%s`: no command has the flag %s", name, code, m[1])
				}
			}
		}
	}
}

// commandWord is the word that chooses a command or a help topic. A word in capitals stands for any of them.
func commandWord(args string) string {
	words := words(args)
	if len(words) > 1 && words[0] == "help" && words[1] != strings.ToUpper(words[1]) {
		return words[1]
	}
	return words[0]
}

// text is the page without its blocks.
func (p *manualPage) text() string {
	var text []string
	next := 0
	for _, b := range p.blocks {
		text = append(text, p.lines[next:b.start-1]...)
		next = b.start + len(b.text) + 1
	}
	return strings.Join(append(text, p.lines[next:]...), "\n")
}

func TestMatches(t *testing.T) {
	for _, test := range []struct {
		want, got string
		ok        bool
	}{
		{"a b", "a b", true},
		{"a b", "a", false},
		{"a", "a b", false},
		{"a ... c", "a b b c", true},
		{"a ... c", "a c", true},
		{"a ... c", "a b", false},
		{"...", "", true},
		{"... b", "b a b", true},
		{"a b...", "a bc", true},
		{"a b...", "a cb", false},
	} {
		if got := matches(strings.Fields(test.want), strings.Fields(test.got)); got != test.ok {
			t.Errorf("%q, %q: %t", test.want, test.got, got)
		}
	}
}

func TestRefresh(t *testing.T) {
	for _, test := range []struct{ want, got, fresh string }{
		{"a\nb", "a\nb", "a\nb"},
		{"a 1\n...\nc 1", "a 2\nb\nb\nc 2\n", "a 2\n...\nc 2"},
		{"a\n...", "a\nb\nc", "a\n..."},
		{"...\nc old\n...", "a\nb\nc new\nd", "...\nc new\n..."},
		{"a old words and...", "a new words and more", "a new words and..."},
		{"a\ngone entirely\nb", "a\nb", "a\nb"},
		{"a\nb", "a\nadded here\nb", "a\nadded here\nb"},
		{"", "a\nb", "a\nb"},
		{"a\nb", "", ""},
	} {
		want, got := splitLines(test.want), splitLines(test.got)
		fresh := refresh(want, got)
		if strings.Join(fresh, "\n") != test.fresh {
			t.Errorf("%q for %q: %q, want %q", test.want, test.got, fresh, test.fresh)
		}
		if !matches(fresh, got) {
			t.Errorf("%q does not match %q", fresh, test.got)
		}
	}
}

func splitLines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// words splits a command line as a shell does: at spaces outside of single quotes.
func words(line string) (words []string) {
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}

// The description of a flag names only flags of its command.
func TestFlagsNameFlagsOfTheCommand(t *testing.T) {
	named := regexp.MustCompile(`--[a-z][a-z-]*`)
	root := newRoot(&app{}, nil)
	for _, cmd := range root.Commands() {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			for _, name := range named.FindAllString(f.Usage, -1) {
				if cmd.Flags().Lookup(name[2:]) == nil && root.PersistentFlags().Lookup(name[2:]) == nil {
					t.Errorf("cnncalc %s --%s: there is no flag %s: %s", cmd.Name(), f.Name, name, f.Usage)
				}
			}
		})
	}
}
