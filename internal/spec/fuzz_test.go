package spec

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// The longest fuzzed file, in bytes. TestHostileFiles of cmd/cnncalc has longer ones.
const maxFuzzed = 4096

// The most steps that a fuzzed file may take to expand. More make a case slow, not interesting.
const fuzzedSteps = 10_000

// checkPositions checks that every problem is at a character of the file, at the end of a line, or about the whole
// file, and that it can be printed.
func checkPositions(t *testing.T, source *diag.Source, problems diag.List) {
	t.Helper()
	for _, p := range problems {
		switch {
		case p.Msg == "" || p.Msg == unread.Msg:
			t.Errorf("a problem without a message: %+v", p)
		case p.Pos.IsZero():
		case p.Pos.Line < 1 || p.Pos.Line > len(source.Lines):
			t.Errorf("%v: the file has %d lines", &p, len(source.Lines))
		case p.Pos.Col < 1 || p.Pos.Col > utf8.RuneCountInString(source.Lines[p.Pos.Line-1])+1:
			t.Errorf("%v: the line has %d characters", &p, utf8.RuneCountInString(source.Lines[p.Pos.Line-1]))
		}
	}
	if err := source.Print(io.Discard, problems, false); err != nil {
		t.Error(err)
	}
}

// FuzzRead checks that any bytes are read, or rejected with problems that are in the file.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("../../testdata/broken/*.yaml")
	if err != nil || len(files) == 0 {
		f.Fatal("no broken files to start from", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(blocksAndLabels))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > maxFuzzed {
			return
		}
		file, source, problems := Read("fuzz.yaml", data)
		checkPositions(t, source, problems)
		g, more := file.lower(graph.Options{}, fuzzedSteps)
		checkPositions(t, source, more)
		if len(problems)+len(more) == 0 && file.layers == nil {
			t.Error("neither layers nor a problem")
		}
		for i, n := range g.Nodes {
			if n.Name == "" {
				t.Errorf("node %d has no name", i)
			}
			for _, in := range n.Inputs {
				if in < 0 || in >= i {
					t.Errorf("node %d reads node %d", i, in)
				}
			}
			for _, r := range n.Refs {
				if r.Node < 0 || r.Node >= i {
					t.Errorf("node %d refers to node %d", i, r.Node)
				}
			}
		}
	})
}

// FuzzArrow checks that any arrow text is read to its end, whatever is wrong in it.
func FuzzArrow(f *testing.F) {
	for _, text := range []string{
		"INPUT -> [[CONV3-{64,128} -> RELU]*N -> POOL2?]*2 @a -> [FC-4096 -> RELU]*2 -> FC-1000",
		"ADD(CONV3-w s(s) p=1,1,0,0 -> BN | @a -> RELU | IDENTITY) # joined",
		"u(64, s=2)*3 -> CONV7x1-192 p3x0 same -> CONV(f)x(f+2*(1-f))-8 → DROPOUT0.5 LRN5 alpha=1e-4",
		"] -> ) | } ( [ { -> -> @ @1 * ? = 010 99999999999999999999 .5 1..2",
		"INPUT @a -> u(8, l=@a, act=LEAKYRELU0.1) -> u(8, 2, @a, GN groups=4) -> CROP like=@a -> u(1,2,3,IDENTITY)",
		"ADD([RELU | IDENTITY)] -> CONV3-(8 -> u(8 -> u(,) -> u(w=",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > maxFuzzed || !utf8.ValidString(text) {
			return
		}
		lines := strings.FieldsFunc(text, func(r rune) bool { return isBreak(r) || r == '\r' })
		source := &diag.Source{Name: "fuzz", Lines: lines}
		var problems diag.List
		file := newFile()
		file.vars["N"] = variable{values: []int64{2}}
		file.blocks["u"] = &block{
			name: "u",
			params: []param{{name: "w"}, {name: "s", def: &passed{number: &number{expr: &literal{1}}}}, {name: "l"},
				{name: "act"}},
			body: &chain{items: []item{{body: &broken{}}}},
		}
		lex := &lexer{text: charsOf(lines), end: diag.Pos{Line: 1, Col: 1}, problems: &problems}
		untilCrowded(func() {
			p := newParser(lex, file.kinds, file, "")
			if p.peek().kind == tokEnd {
				return
			}
			file.layers = p.chainToEnd()
			if t2 := p.peek(); t2.kind != tokEnd {
				t.Errorf("%v is left over", t2)
			}
		})
		_, more := file.lower(graph.Options{}, fuzzedSteps)
		checkPositions(t, source, append(problems, more...))
	})
}

// charsOf returns the characters of lines of arrow text with their places.
func charsOf(lines []string) []char {
	var text []char
	for i, line := range lines {
		col := int32(0)
		for _, r := range line {
			col++
			text = append(text, char{r, int32(i + 1), col})
		}
		text = append(text, char{'\n', int32(i + 1), col + 1})
	}
	return text
}

// A file of budgets is read or has problems at places that exist.
func FuzzReadBudgets(f *testing.F) {
	for _, text := range []string{"networks:\n  a.yaml: {parameters: 5M}\n", "networks: {\"*\": {peak: [{max: 1B}, 2]}}",
		"networks: {a: {b: [}}",
		"networks: &a {b: *a}", "", "\xff", "networks: 1\n---\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		budgets, source, problems := ReadBudgets("budgets", data)
		if len(budgets) == 0 && len(problems) == 0 {
			t.Error("nothing is read, without a problem")
		}
		for _, p := range problems {
			if p.Code == "" || p.Msg == "" || p.Pos.Line > len(source.Lines) {
				t.Errorf("%+v", p)
			}
		}
	})
}
