package report

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/plain"
)

// Annotation is what is said about a place in a file, for programs that show it there.
type Annotation struct {
	File    string
	Pos     diag.Pos // zero for the file as a whole
	Code    string
	IsNote  bool   // advice, which fails nothing
	Title   string // what it is about, in a few words
	Message string
}

// WriteGitHub writes annotations as commands of GitHub Actions, one a line, which show them in a pull request.
func WriteGitHub(w io.Writer, annotations []Annotation) error {
	var b strings.Builder
	for _, a := range annotations {
		command := "error"
		if a.IsNote {
			command = "notice"
		}
		fmt.Fprintf(&b, "::%s file=%s", command, escapeProperty(slashes(a.File)))
		if !a.Pos.IsZero() {
			fmt.Fprintf(&b, ",line=%d,col=%d", a.Pos.Line, a.Pos.Col)
		}
		fmt.Fprintf(&b, ",title=%s::%s\n", escapeProperty(a.Title), escapeData(a.Message))
	}
	return writeAll(w, []byte(b.String()))
}

// escapeData escapes the text of a command of GitHub Actions as its toolkit does (actions/toolkit,
// packages/core/src/command.ts). Other characters that do not print are escaped as everywhere.
func escapeData(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.ReplaceAll(plain.Escape(line), "%", "%25")
	}
	return strings.Join(lines, "%0A")
}

// escapeProperty escapes the value of a property of a command.
func escapeProperty(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(escapeData(text))
}

// slashes returns a path as GitHub has it, from the root of the repository, in which the program is taken to run.
func slashes(path string) string { return filepath.ToSlash(filepath.Clean(path)) }

// CheckAnnotations returns what check found in files.
func CheckAnnotations(files []CheckedFile) []Annotation {
	var all []Annotation
	for i := range files {
		f := &files[i]
		if f.Unreadable != nil {
			all = append(all, Annotation{File: f.Name, Code: unreadableCode, Title: "cnncalc", Message: f.Unreadable.Error()})
			continue
		}
		all = append(all, annotate(f.Name, f.Problems, false)...)
		all = append(all, annotate(f.Name, f.Advice, true)...)
	}
	return all
}

// unreadableCode is the code of a file that cannot be read.
const unreadableCode = "file/unreadable"

func annotate(file string, list diag.List, isNote bool) []Annotation {
	shown, _ := list.Shown()
	all := make([]Annotation, len(shown))
	for i, p := range shown {
		lines := []string{p.Msg}
		for _, more := range []struct{ what, text string }{
			{"in", p.Node}, {"in", p.Context}, {"most", p.Most}, {"fits", p.Fits}, {"hint", p.Hint},
		} {
			if more.text != "" {
				lines = append(lines, more.what+": "+more.text)
			}
		}
		all[i] = Annotation{File: file, Pos: p.Pos, Code: string(p.Code), IsNote: isNote, Title: string(p.Code),
			Message: strings.Join(lines, "\n")}
		if p.In != nil {
			all[i].File = p.In.Name
		}
	}
	return all
}
