//go:build man

package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// addMan adds the hidden command that writes the man pages, for those who make packages. Only programs built with
// -tags man have it: the library that writes them would cost every command its start.
func addMan(a *app, root *cobra.Command) {
	root.AddCommand(&cobra.Command{
		Use:    "man FOLDER",
		Short:  "write the man pages into a new folder",
		Args:   cobra.ExactArgs(1),
		Hidden: true,
		RunE:   func(_ *cobra.Command, args []string) error { return a.man(newRoot(a, nil), args[0]) },
	})
}

// man writes a page for the program, and for each command and topic of its help.
func (a *app) man(root *cobra.Command, path string) error {
	folder, err := a.outputs.MakeFolder(path)
	if err != nil {
		return outputError(err)
	}
	root.DisableAutoGenTag = true
	pages := []*cobra.Command{root}
	for _, c := range root.Commands() {
		if !c.Hidden && c.Name() != "help" {
			pages = append(pages, c)
		}
	}
	for _, page := range pages {
		page.Long = asWritten(cmp.Or(topicText(page.Name()), page.Long))
	}
	for _, page := range pages {
		name := strings.ReplaceAll(page.CommandPath(), " ", "-")
		date := sourceDate()
		header := &doc.GenManHeader{Title: strings.ToUpper(name), Section: "1", Source: "cnncalc", Manual: "cnncalc",
			Date: &date}
		err := folder.WriteFile(name+".1", func(w io.Writer) error { return doc.GenMan(page, header, w) })
		if err != nil {
			return outputError(fmt.Errorf("%s: %w", page.Name(), err))
		}
	}
	return nil
}

// topicText returns the text of a topic of the help, and "" for other pages.
func topicText(name string) string {
	for _, topic := range helpTopics() {
		if topic.name == name {
			return topic.text()
		}
	}
	return ""
}

// asWritten returns a text as Markdown that keeps its lines.
func asWritten(text string) string {
	if text == "" {
		return ""
	}
	return "\t" + strings.ReplaceAll(text, "\n", "\n\t")
}

// sourceDate returns the time of the commit that the program was built from, so that its pages are always the same.
func sourceDate() time.Time {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return time.Unix(0, 0).UTC()
	}
	date, err := time.Parse(time.RFC3339, buildSetting(info, "vcs.time"))
	if err != nil {
		return time.Unix(0, 0).UTC()
	}
	return date
}
