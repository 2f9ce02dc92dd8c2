package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// JSON shows as many problems and notes as text does, and counts the others.
func TestProblemsAreBoundedInJSON(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, test := range []struct {
		name, layers string
		problems     int
		notes        int
	}{
		{"none", "CONV3-8", 0, 0},
		{"a hundred", strings.Repeat("X -> ", 99) + "X", 100, 0},
		{"many", strings.Repeat("X -> ", 120) + "X", 121, 0},
		{"more than are looked for", strings.Repeat("X -> ", 2000) + "X", 1000, 0},
		{"notes", strings.Repeat("CONV7-8 -> ", 130) + "RELU", 0, 130},
	} {
		file := "input: 32x32x3\nlayers: " + test.layers + "\n"
		if err := os.WriteFile("net.yaml", []byte(file), 0o644); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Files []struct {
				Problems, Notes  []struct{}
				ProblemsNotShown int `json:"problems_not_shown"`
				NotesNotShown    int `json:"notes_not_shown"`
			}
		}
		r := call(t, "check", "--lint", "--format", "json", "net.yaml")
		if err := json.Unmarshal([]byte(r.out), &got); err != nil {
			t.Fatal(err)
		}
		f := got.Files[0]
		for _, part := range []struct {
			what                  string
			shown, others, wanted int
		}{{"problems", len(f.Problems), f.ProblemsNotShown, test.problems}, {"notes", len(f.Notes), f.NotesNotShown, test.notes}} {
			if part.shown != min(100, part.wanted) || part.others != part.wanted-part.shown {
				t.Errorf("%s: %d %s and %d others, want %d", test.name, part.shown, part.what, part.others, part.wanted)
			}
		}
	}
}
