package report

import (
	"path/filepath"
	"slices"
	"strings"
)

// Format is how a report is written.
type Format string

// The formats. JSON is written by [WriteJSON]; JSONLines by a [Stream]; SVG by the reports that draw something; DOT,
// which is Graphviz's, Mermaid and TikZ by package draw; GitHub and SARIF as annotations; Snapshot by
// package snapshot; all others by [Table.Write].
const (
	Text      Format = "text"
	Markdown  Format = "markdown"
	CSV       Format = "csv"
	JSON      Format = "json"
	JSONLines Format = "jsonl" // a document on each line
	HTML      Format = "html"
	LaTeX     Format = "latex"
	SVG       Format = "svg"
	DOT       Format = "dot"
	Mermaid   Format = "mermaid"
	TikZ      Format = "tikz"   // a LaTeX document
	GitHub    Format = "github" // [WriteGitHub]
	SARIF     Format = "sarif"  // [WriteSARIF]
	Snapshot  Format = "snapshot"
)

// endings lists the formats with the endings of their files, the usual one first; annotations are for a log, not a
// file. No command writes two formats of one ending.
var endings = []struct {
	format  Format
	endings []string
}{
	{Text, []string{".txt", ".text"}},
	{Markdown, []string{".md", ".markdown"}},
	{CSV, []string{".csv"}},
	{JSON, []string{".json"}},
	{JSONLines, []string{".jsonl", ".ndjson"}},
	{HTML, []string{".html", ".htm"}},
	{LaTeX, []string{".tex"}},
	{SVG, []string{".svg"}},
	{DOT, []string{".dot", ".gv"}},
	{Mermaid, []string{".mmd", ".mermaid"}},
	{TikZ, []string{".tex"}},
	{SARIF, []string{".sarif"}},
	{GitHub, nil},
	{Snapshot, []string{".pickle", ".pkl"}},
}

// TableFormats returns the formats of reports that are a table and a document.
func TableFormats() []Format { return []Format{Text, Markdown, CSV, JSON, HTML, LaTeX} }

// Formats returns the names of all formats.
func Formats() []string {
	var names []string
	for _, e := range endings {
		names = append(names, string(e.format))
	}
	return names
}

// Ending returns the ending of a file's name in lower case, with its dot: ".md". It returns "" for a name without one,
// such as table, .hidden or a folder's.
func Ending(path string) string {
	name := filepath.Base(path)
	ending := filepath.Ext(name)
	if len(ending) < 2 || ending == name {
		return ""
	}
	return strings.ToLower(ending)
}

// FormatOf returns the format of files with an ending: one of those given, else any other, "" where there is none.
func FormatOf(ending string, formats []Format) Format {
	var other Format
	for _, e := range endings {
		switch {
		case !slices.Contains(e.endings, ending):
		case slices.Contains(formats, e.format):
			return e.format
		case other == "":
			other = e.format
		}
	}
	return other
}

// Ending returns the usual ending of the format's files, "" for none.
func (f Format) Ending() string {
	for _, e := range endings {
		if e.format == f && e.endings != nil {
			return e.endings[0]
		}
	}
	return ""
}
