package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// Every command with --output refuses a file whose ending is that of a format which it does not write, and one whose
// ending contradicts --format, before it reads anything.
func TestEndingsOfOutputs(t *testing.T) {
	tested := 0
	for _, cmd := range newRoot(&app{}).Commands() {
		if cmd.Flags().Lookup("output") == nil {
			continue
		}
		tested++
		path := filepath.Join(t.TempDir(), "x.png")
		if r := call(t, cmd.Name(), "-o", path); r.code != exitUsage || !strings.Contains(r.errors, "x.png: "+cmd.Name()+" writes .") {
			t.Errorf("cnncalc %s -o x.png: exit code %d, %s", cmd.Name(), r.code, r.errors)
		}
		if cmd.Flags().Lookup("format") == nil {
			continue
		}
		path = filepath.Join(t.TempDir(), "x.md")
		const want = "cnncalc: --format json and the ending .md contradict each other: leave out --format, or name the file *.json\n"
		if r := call(t, cmd.Name(), "--format", "json", "-o", path); r.code != exitUsage || r.errors != want {
			t.Errorf("cnncalc %s --format json -o x.md: exit code %d, %s", cmd.Name(), r.code, r.errors)
		}
	}
	if tested < 7 {
		t.Errorf("only %d commands with --output were found", tested)
	}
}
