package main

import (
	"os"
	"strings"
	"testing"
)

// Without git, a file of a revision is a failure that says so.
func TestDiffWithoutGit(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("net.yaml", []byte(fuzzedNetwork), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", "")
	r := call(t, "diff", "git:HEAD:net.yaml", "net.yaml")
	want := "cnncalc: can't read git:HEAD:net.yaml: git is not installed, or not in PATH\n"
	if r.code != exitProblem || r.errors != want || r.out != "" {
		t.Errorf("exit code %d, %s%s", r.code, r.errors, r.out)
	}
}

// A file whose name looks like a revision's is a file.
func TestFileNamedLikeARevision(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("git:HEAD:net.yaml", []byte(fuzzedNetwork), 0o644); err != nil {
		t.Skip(err)
	}
	if out := callFine(t, "check", "git:HEAD:net.yaml"); !strings.HasPrefix(out, "git:HEAD:net.yaml: ok") {
		t.Error(out)
	}
}
