package study_test

import (
	"slices"
	"strings"
	"testing"

	"cnncalc/internal/study"
)

// The fixes of a problem are edits that make it go away.
func TestFixes(t *testing.T) {
	for _, test := range []struct{ input, layers, title, want string }{
		{"32x32x3", "INPUT -> CONV3-8 -> RELUU -> FC-10", "Change to RELU", "INPUT -> CONV3-8 -> RELU -> FC-10"},
		{"32x32x3", "INPUT -> CONF3-8 -> FC-10", "Change to CONV", "INPUT -> CONV3-8 -> FC-10"},
		{"10x10x1", "INPUT -> CONV3-1 s2 p0 -> RELU", "Write floor", "INPUT -> CONV3-1 s2 p0 floor -> RELU"},
		{"33x33x3", "INPUT -> CONV3-8 -> POOL2", "Set the input to 34x34", "INPUT -> CONV3-8 -> POOL2"},
		{"16x16x3", "INPUT -> CONV3-8 p3", "Write p2", "INPUT -> CONV3-8 p2"},
		{"16x16x8", "INPUT -> CONV3-8 g3 @a", "Write groups=2", "INPUT -> CONV3-8 groups=2 @a"},
		{"32x32x8", "INPUT -> ADD(CONV3-16 -> BN | IDENTITY)", "Add -> CONV1-16 to the second path",
			"INPUT -> ADD(CONV3-16 -> BN | CONV1-16)"},
		{"32x32x8", "INPUT -> ADD(CONV3-16 -> BN | IDENTITY)", "Add -> CONV1-8 to the first path",
			"INPUT -> ADD(CONV3-16 -> BN -> CONV1-8 | IDENTITY)"},
	} {
		text := "input: " + test.input + "\nlayers: |\n  " + test.layers + "\n"
		d := makeDocument(t, text, study.Settings{})
		if d.Sound {
			t.Errorf("%s has no problem", test.layers)
			continue
		}
		fixes := d.Problems[0].Fixes
		at := slices.IndexFunc(fixes, func(f study.Fix) bool { return f.Title == test.title })
		if at < 0 {
			t.Errorf("%s on %s: no fix %q among %+v of %+v", test.layers, test.input, test.title, fixes, d.Problems[0])
			continue
		}
		fixed := applied(text, fixes[at])
		if !strings.Contains(fixed, test.want) {
			t.Errorf("%s: %s becomes %s", test.layers, test.title, fixed)
		}
		if after := makeDocument(t, fixed, study.Settings{}); !after.Sound {
			t.Errorf("%s: %s leaves %+v", test.layers, test.title, after.Problems)
		}
	}
}

// applied returns a text with the edits of a fix, none of which changes the line of another.
func applied(text string, fix study.Fix) string {
	lines := strings.Split(text, "\n")
	for _, e := range fix.Edits {
		line := []rune(lines[e.Line-1])
		lines[e.Line-1] = string(line[:e.Column-1]) + e.Text + string(line[e.EndColumn-1:])
	}
	return strings.Join(lines, "\n")
}

// Fixes are few whatever the file: each that is tried reads it again.
func TestFixesAreBounded(t *testing.T) {
	d := makeDocument(t, "input: 32x32x3\nlayers: |\n  INPUT\n"+strings.Repeat("  -> CONVV3-8\n", 300), study.Settings{})
	with := 0
	for _, p := range d.Problems {
		if len(p.Fixes) > 0 {
			with++
		}
	}
	if with == 0 || with > 5 {
		t.Errorf("%d of %d problems have fixes", with, len(d.Problems))
	}
}
