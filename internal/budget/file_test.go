package budget

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// write puts files into a new folder, which becomes the current one.
func write(t *testing.T, names ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, name := range names {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(tiny), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFilesAndTheirLimits(t *testing.T) {
	write(t, "nets/a.yaml", "nets/b.yaml", "nets/deep/er/c.yaml", "nets/d.onnx", "nets/d.md", "nets/README",
		"nets/.f.yaml", "nets/.hidden/g.yaml", "nets/deep/"+FileName, "vgg11")
	text := `networks:
  ./b.yaml: {parameters: 1}
  "*.yaml": {parameters: 2}
  "**/*.yaml": {parameters: 3}
  vgg1?: {parameters: 4}
  "d*": {parameters: 5}
  README: {parameters: 6}
  .f.yaml: {parameters: 7}
`
	file, problems := ReadFile("nets/cnncalc.budget.yaml", []byte(text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	specs, problems := file.Specs([]string{"resnet18", "vgg11", "vgg16"})
	want := []string{"nets/b.yaml", "nets/a.yaml", "nets/deep/er/c.yaml", "vgg11", "vgg16", "nets/d.onnx", "nets/README", "nets/.f.yaml"}
	for i := range want {
		want[i] = filepath.FromSlash(want[i])
	}
	if !slices.Equal(specs, want) || len(problems) > 0 {
		t.Errorf("%q, %v; want %q", specs, problems, want)
	}
	absolute, err := filepath.Abs("nets/a.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name      string
		isBuiltIn bool
		want      string
	}{
		{"nets/b.yaml", false, "1 2 3"},
		{"./nets//b.yaml", false, "1 2 3"},
		{"nets/a.yaml", false, "2 3"},
		{absolute, false, "2 3"},
		{"nets/deep/er/c.yaml", false, "3"},
		{"nets/d.onnx", false, "5"},
		{"vgg11", true, "4"},
		{"vgg16.yaml", true, "4"},
		{"vgg11", false, ""}, // a file that is not in the folder
		{"a.yaml", false, ""},
	} {
		var bounds []string
		for _, l := range file.Limits(test.name, test.isBuiltIn) {
			bounds = append(bounds, l.Written)
			if l.In != file.Source {
				t.Errorf("%s: the limit is not in the file", test.name)
			}
		}
		if got := strings.Join(bounds, " "); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// The file of budgets is none of the networks, and brackets in a folder's name are no pattern.
func TestFoldersOfBudgets(t *testing.T) {
	write(t, "a [1]/b.yaml", "a [1]/cnncalc.budget.yaml")
	text := []byte("networks: {\"*.yaml\": {macs: 1}}")
	file, problems := ReadFile(filepath.FromSlash("a [1]/cnncalc.budget.yaml"), text)
	specs, more := file.Specs(nil)
	want := filepath.FromSlash("a [1]/b.yaml")
	if len(problems)+len(more) > 0 || !slices.Equal(specs, []string{want}) {
		t.Errorf("%q, %v, %v", specs, problems, more)
	}
	if limits := file.Limits(want, false); len(limits) != 1 {
		t.Errorf("%v", limits)
	}
}

func TestPatternsThatAreWrong(t *testing.T) {
	write(t, "a.yaml", "notes.md", ".b.yaml")
	for pattern, want := range map[string]string{
		"b.yaml":      `"b.yaml" names no file and no built-in network`,
		"../a.yaml":   `"../a.yaml" is not a pattern of files in the folder of x.yaml`,
		"/a.yaml":     `"/a.yaml" is not a pattern of files in the folder of x.yaml`,
		"'[a.yaml'":   `"[a.yaml" is not a pattern of files in the folder of x.yaml`,
		"'no*'":       `"no*" names no file and no built-in network`,
		"'*b*'":       `"*b*" names no file and no built-in network`,
		"vgg17":       `"vgg17" names no file and no built-in network`,
		"sub/**.yaml": `"sub/**.yaml" names no file and no built-in network`,
	} {
		file, problems := ReadFile("x.yaml", []byte("networks: {"+pattern+": {macs: 1}}"))
		_, more := file.Specs([]string{"vgg16"})
		problems = append(problems, more...)
		if len(problems) != 1 || problems[0].Msg != want || problems[0].Code != "budget/pattern" ||
			problems[0].Pos.Col != 12 {
			t.Errorf("%s: %v, want %s", pattern, problems, want)
		}
	}
}
