package main

import (
	"encoding/json"
	"fmt"
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

// longTexts are files whose problems repeat, or could repeat, text of any length.
func longTexts() map[string]string {
	const header = "input: 32x32x3\n"
	long, word := strings.Repeat("a", 100_000), strings.Repeat("b", 60)
	words := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	layers := func(text string) string { return header + "layers: |\n  INPUT -> " + text + "\n" }
	blocks := func(definitions, text string) string {
		return header + "blocks:\n" + definitions + "layers: |\n  INPUT -> " + text + "\n"
	}
	manyBlocks := words(400, "  "+word+"%d(): RELU\n")
	// Sixteen blocks that call one another, the last as the case says.
	calls := func(last string) string {
		var b strings.Builder
		for i := range 15 {
			fmt.Fprintf(&b, "  %s%d(): %[1]s%[3]d()\n", word[:40], i, i+1)
		}
		return b.String() + "  " + word[:40] + "15(): '" + last + "'\n"
	}
	return map[string]string{
		"kind":                     layers(long),
		"number":                   layers("CONV3-" + strings.Repeat("9", 100_000)),
		"pad":                      layers("CONV3-8 p=" + strings.Repeat("1,", 50_000) + "1"),
		"pad that is too long":     layers("CONV3-8 p=" + strings.Repeat("1,", 200_000) + "1"),
		"list that is too long":    layers("[CONV3-{" + strings.Repeat("1,", 200_000) + "1}]*9"),
		"size":                     layers("CONV" + strings.Repeat("3x", 50_000) + "3"),
		"label":                    layers("RELU @" + long + " -> ADD(@" + word + "|IDENTITY)"),
		"variable":                 layers("CONV3-(" + word + ")"),
		"input":                    "input: " + strings.Repeat("9x", 50_000) + "9\nlayers: RELU\n",
		"classes":                  header + "classes: " + strings.Repeat("1,", 50_000) + "1\nlayers: FC\n",
		"name":                     "name: " + long + "\n" + header + "layers: CONV64\n",
		"key":                      header + long + ": 1\nlayers: RELU\n",
		"value of a key":           header + "layers: CONV64\npreprocess: {channels: " + long + ", mean: " + long + "}\n",
		"list of decimals":         header + "layers: RELU\npreprocess: {mean: [" + strings.Repeat("1,", 200_000) + "1]}\n",
		"tag":                      header + "layers: !" + long + " RELU\n",
		"alias":                    header + "layers: *" + long + "\n",
		"alias inside its anchor":  header + "layers: &" + long + " [*" + long + "]\n",
		"variables":                header + "vars: {" + long + ": 1, N: [" + strings.Repeat("a,", 200_000) + "a], M: " + long + "}\nlayers: RELU\n",
		"mapping form":             header + "layers:\n- " + long + ": {}\n- conv: {" + long + ": 1, size: " + long + "}\n- relu: {name: " + long + "}\n",
		"two kinds in an item":     header + "layers:\n- " + long + ": {}\n  b" + long + ": {}\n",
		"block":                    blocks("  "+long+": RELU\n", "RELU"),
		"parameters":               blocks("  b("+words(64, word+"%d, ")+"z): RELU\n", "b"),
		"call without parameters":  blocks("  b("+words(63, word+"%d, ")+"z): RELU\n", "b() -> b(x=1) -> b("+strings.Repeat("1,", 70)+"1)"),
		"unknown block":            blocks(manyBlocks, "CONV3-8") + "pytorch: {modules: [x], lists: [" + long + "], functions: [" + long + "]}\n",
		"blocks that call a block": blocks(calls("X"), word[:40]+"0()"),
		"blocks that call in turn": blocks(calls(word[:40]+"0()"), word[:40]+"0()"),
		"deep layer":               blocks(calls("["+strings.Repeat("[", 60)+"CONV64"+strings.Repeat("]*1", 61)), word[:40]+"0()"),
		"repeats around a list":    layers(strings.Repeat("[", 60) + "CONV3-{1,2,3}" + strings.Repeat("]*1000000", 60)),
		"names of two volumes":     blocks(calls("ADD(CONV3-8 | CONV3-9)"), word[:40]+"0()"),
		"labels of two volumes":    blocks(calls("CONV3-8 @a -> RELU -> ADD(CONV3-9 @"+word+" | @a)"), word[:40]+"0()"),
		"line of nothing":          layers(strings.Repeat(" ", 100_000) + "]"),
		"no YAML":                  header + "layers: [" + long + "\n",
	}
}

// A line of what check prints about a broken file, and a text of its JSON, has no more than a thousand bytes, however
// long the text of the file is.
func TestProblemsAreShort(t *testing.T) {
	const limit = 1000
	t.Chdir(t.TempDir())
	for name, file := range longTexts() {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile("net.yaml", []byte(file), 0o644); err != nil {
				t.Fatal(err)
			}
			r := call(t, "check", "net.yaml")
			if r.code != exitProblem {
				t.Fatalf("exit code %d: %.300s", r.code, r.out)
			}
			if _, problem, ok := strings.Cut(r.out, "net.yaml:"); !ok || len(problem) == 0 {
				t.Fatalf("no problem in %.300s", r.out)
			}
			for line := range strings.Lines(r.out + r.errors) {
				if len(line) > limit {
					t.Errorf("a line of %d bytes: %.300s", len(line), line)
				}
			}
			var document any
			r = call(t, "check", "--format", "json", "net.yaml")
			if err := json.Unmarshal([]byte(r.out), &document); err != nil {
				t.Fatal(err)
			}
			eachText(document, func(text string) {
				if len(text) > limit {
					t.Errorf("a text of %d bytes in JSON: %.300s", len(text), text)
				}
			})
		})
	}
}

// eachText calls f with every text of a JSON document.
func eachText(document any, f func(string)) {
	switch d := document.(type) {
	case string:
		f(d)
	case []any:
		for _, element := range d {
			eachText(element, f)
		}
	case map[string]any:
		for key, value := range d {
			f(key)
			eachText(value, f)
		}
	}
}
