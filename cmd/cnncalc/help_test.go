package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The architecture file in `cnncalc help language` is a valid network.
func TestHelpLanguageExample(t *testing.T) {
	_, rest, found := strings.Cut(languageHelp, "An architecture file:\n\n")
	example, _, ended := strings.Cut(rest, "\n\n")
	if !found || !ended {
		t.Fatal("the help does not begin with an architecture file")
	}
	path := filepath.Join(t.TempDir(), "mynet.yaml")
	var text strings.Builder
	for line := range strings.Lines(example) {
		fmt.Fprintln(&text, strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "  "))
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	if out := callFine(t, "check", path); !strings.HasPrefix(out, path+": ok\n") {
		t.Error(out)
	}
}
