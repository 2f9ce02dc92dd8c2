package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"cnncalc/internal/report"
)

// Every command with --output refuses a file whose ending is that of a format which it does not write, and one whose
// ending contradicts --format, before it reads anything.
func TestEndingsOfOutputs(t *testing.T) {
	tested := 0
	for _, cmd := range newRoot(&app{}, nil).Commands() {
		if cmd.Flags().Lookup("output") == nil {
			continue
		}
		tested++
		path := filepath.Join(t.TempDir(), "x.png")
		if r := call(t, cmd.Name(), "-o", path); r.code != exitUsage ||
			!strings.Contains(r.errors, "x.png: "+cmd.Name()+" writes .") {
			t.Errorf("cnncalc %s -o x.png: exit code %d, %s", cmd.Name(), r.code, r.errors)
		}
		flag := cmd.Flags().Lookup("format")
		if flag == nil {
			continue
		}
		_, usage, _ := strings.Cut(flag.Usage, " or ")
		last, ending := report.Format(strings.Fields(usage)[0]), report.Format(flag.DefValue).Ending()
		path = filepath.Join(t.TempDir(), "x"+ending)
		want := fmt.Sprintf("cnncalc: --format %s and the ending %s contradict each other: leave out --format, or name the "+
			"file *%s\n", last, ending, last.Ending())
		if r := call(t, cmd.Name(), "--format", string(last), "-o", path); r.code != exitUsage || r.errors != want {
			t.Errorf("cnncalc %s --format %s -o x%s: exit code %d, %s", cmd.Name(), last, ending, r.code, r.errors)
		}
	}
	if tested < 7 {
		t.Errorf("only %d commands with --output were found", tested)
	}
}
