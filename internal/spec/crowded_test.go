package spec

import (
	"fmt"
	"strings"
	"testing"

	"cnncalc/internal/graph"
)

// Reading stops at a thousand problems, whatever they are about.
func TestReadingStopsWhenCrowded(t *testing.T) {
	repeat := func(text string) string { return strings.Repeat(text, 1500) }
	numbered := func(format string) string {
		var b strings.Builder
		for i := range 1500 {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for _, test := range []struct{ name, text string }{
		{"nothing open", "layers: |\n  RELU " + repeat("]")},
		{"missing layers", "layers: |\n  " + repeat("-> ")},
		{"missing paths", "layers: |\n  CONCAT(" + repeat("|")},
		{"unknown kinds", "layers: |\n  " + repeat("X -> ")},
		{"unknown kinds, folded", "layers: >\n  " + repeat("X -> ")},
		{"unknown kinds, plain", "layers: " + repeat("X -> ")},
		{"unknown kinds, in quotes", "layers: '" + repeat("X -> ") + "RELU'"},
		{"unknown kinds, in a list", "layers:\n" + repeat("- X\n")},
		{"unknown kinds, in mapping form", "layers:\n" + repeat("- x: {size: 3}\n")},
		{"unknown kinds, in blocks", "layers: RELU\nblocks:\n" + numbered("  b%d(): X\n")},
		{"unknown fields", "layers:\n" + repeat("- conv: {sise: 3}\n")},
		{"unknown options", "layers: |\n  " + repeat("CONV3-8 zz -> ")},
		{"bad numbers", "layers: |\n  " + repeat("CONV3-010 -> ")},
		{"bad labels", "layers: |\n  " + repeat("RELU @1 -> ")},
		{"long words", "layers: |\n  " + repeat(strings.Repeat("a", 65)+" -> ")},
		{"empty items", "layers:\n" + repeat("- []\n")},
		{"unknown keys", "layers: RELU\n" + numbered("key%d: 1\n")},
		{"keys written twice", "layers: RELU\n" + repeat("name: x\n")},
		{"tags", "layers: [" + repeat("!!x RELU, ") + "RELU]"},
		{"names of variables", "layers: RELU\nvars:\n" + numbered("  %d: 1\n")},
		{"values of variables", "layers: RELU\nvars:\n" + numbered("  v%d: '1'\n")},
		{"unknown defaults", "layers: RELU\ndefaults:\n" + numbered("  x%d: {size: 3}\n")},
		{"names of blocks", "layers: RELU\nblocks:\n" + numbered("  b%d: RELU\n")},
		{"labels without value", "layers: RELU\nlabels:\n" + repeat("-\n")},
		{"keys of preprocess", "layers: RELU\npreprocess:\n" + numbered("  x%d: 1\n")},
		{"unknown modules", "layers: RELU\npytorch:\n  modules: [" + repeat("x, ") + "y]\n"},
		{"unknown functions", "layers: RELU\npytorch:\n  functions: [" + repeat("x, ") + "y]\n"},
	} {
		_, source, problems := Read("crowded.yaml", []byte("input: 8x8x3\n"+test.text))
		if len(problems) != 1000 || !problems.Crowded() {
			t.Errorf("%s: %d problems", test.name, len(problems))
		}
		checkPositions(t, source, problems)
	}
}

// Lowering stops at a thousand different problems, or at some thousands that repeats make of a few.
func TestLoweringStopsWhenCrowded(t *testing.T) {
	for _, test := range []struct {
		name, layers string
		want         int
	}{
		{"in one text", strings.Repeat("CONV3-(w) -> ", 1500) + "RELU", 1000},
		{"in turns", "[CONV3-(w) -> RELU]*90000", 1},
	} {
		file, _, problems := Read("crowded.yaml", []byte("input: 8x8x3\nlayers: '"+test.layers+"'\n"))
		if len(problems) > 0 {
			t.Fatalf("%s: %v", test.name, problems[0])
		}
		g, problems := file.Lower(graph.Options{})
		if len(problems) != test.want {
			t.Errorf("%s: %d problems, want %d", test.name, len(problems), test.want)
		}
		if len(g.Nodes) > 2*maxMistakes+10 {
			t.Errorf("%s: %d nodes were made", test.name, len(g.Nodes))
		}
	}
}

// A list holds as many values as a repeat may have turns.
func TestLengthOfLists(t *testing.T) {
	for _, test := range []struct{ name, before, value, after string }{
		{"in braces", "layers: '[CONV3-{", "8", "} -> RELU]*100000'\n"},
		{"of a variable", "vars: {N: [", "8", "]}\nlayers: '[CONV3-(N) -> RELU]*100000'\n"},
		{"of a field", "layers:\n- conv: {size: 3, filters: [", "8", "]}\n"},
		{"pad", "layers: CONV3-8 p=", "1", "\n"},
		{"of decimals", "layers: RELU\npreprocess: {mean: [", "0.5", "]}\n"},
		{"of functions", "layers: RELU\npytorch: {functions: [", "ELU", "]}\n"},
	} {
		for _, length := range []int{100_000, 100_001} {
			values := strings.TrimSuffix(strings.Repeat(test.value+",", length), ",")
			_, _, problems := Read("list.yaml", []byte("input: 8x8x3\n"+test.before+values+test.after))
			isLong := len(problems) > 0 && problems[0].Msg == "a list has at most 100,000 values"
			if want := length > 100_000; isLong != want || len(problems) > 1 {
				t.Errorf("%s: with %d values there are %d problems, the length is among them: %v", test.name, length, len(problems),
					isLong)
			}
		}
	}
}
