package pytorchcode_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cnncalc/architectures"
	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/pytorchcode"
	"cnncalc/internal/shape"
)

// sound returns a network without problems.
func sound(t *testing.T, file string, data []byte) *shape.Network {
	t.Helper()
	n, err := network.Sound(file, data, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func code(t *testing.T, text string) string {
	t.Helper()
	written, err := pytorchcode.Code(sound(t, "net.yaml", []byte(text)))
	if err != nil {
		t.Fatal(err)
	}
	return string(written)
}

// TestCompared checks that the code of every network is the one that testdata/pytorchcode/check.py has run and compared
// with cnncalc's results. After a change of what is written, run that script again.
func TestCompared(t *testing.T) {
	data, err := os.ReadFile("../../testdata/pytorchcode/results.json")
	if err != nil {
		t.Fatal(err)
	}
	var compared map[string]struct {
		SHA256      string
		Differences map[string]float64
	}
	if err := json.Unmarshal(data, &compared); err != nil {
		t.Fatal(err)
	}
	check := func(t *testing.T, name string, n *shape.Network) {
		written, err := pytorchcode.Code(n)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(written)
		if got := hex.EncodeToString(sum[:]); got != compared[name].SHA256 {
			t.Errorf("the code has SHA-256 %s, but that of %q was compared: run testdata/pytorchcode/check.py", got,
				compared[name].SHA256)
		}
		if len(compared[name].Differences) == 0 {
			t.Error("its outputs were not compared")
		}
		for output, d := range compared[name].Differences {
			if !(d <= 1e-4) {
				t.Errorf("output %s differs by %g", output, d)
			}
		}
	}
	for _, name := range architectures.Names() {
		t.Run(name, func(t *testing.T) {
			data, err := architectures.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			check(t, name, sound(t, name+".yaml", data))
		})
	}
	files, err := filepath.Glob("../../testdata/pytorch*/*/net.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimPrefix(filepath.ToSlash(file), "../../")
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			check(t, name, sound(t, file, data))
		})
	}
}

func TestLines(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"block with parameters", `
input: 16x16x3
blocks:
  unit(w, s=1): CONV3-w s(s) p1 floor -> BN -> RELU inplace
layers: INPUT -> unit(8) -> unit(16, s=2) -> FC-2
`, []string{
			"class Unit(nn.Module):",
			"def __init__(self, in_channels, out_channels, stride):",
			"self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1)",
			"self.relu1 = nn.ReLU(inplace=True)",
			"self.unit2 = Unit(8, 16, 2)",
			"x = self.unit2(x)  # [N, 16, 8, 8]",
			"self.fc1 = nn.Linear(1024, 2)",
			"x = self.fc1(x.flatten(1))  # [N, 2]",
		}},
		{"two structures of a block", `
input: 16x16x3
blocks:
  unit(w, act=RELU): CONV3-w -> act
layers: INPUT -> unit(8) -> unit(8, act=SIGMOID) -> FC-2
`, []string{"self.unit1 = Unit()", "self.unit2 = Unit2()"}},
		{"repeat", `
input: 16x16x3
blocks:
  unit(): ADD(CONV3-3 | IDENTITY) inplace
layers: INPUT -> unit()*12 -> FC-2
`, []string{
			`for i in range(1, 13):`,
			`self.add_module(f"unit{i}", Unit())`,
			`x = getattr(self, f"unit{i}")(x)  # [N, 3, 16, 16]`,
			`y += x`,
		}},
		{"functions", `
input: 16x16x3
layers: INPUT -> CONV3-3 -> RELU inplace @act -> GAP mean -> FC-2 -> DROPOUT0.5 @drop
pytorch: {functions: [act, drop]}
`, []string{"x = F.relu(x, inplace=True)", "x = x.mean([2, 3])", "x = F.dropout(x, 0.5, self.training)"}},
		{"value that is read later is not overwritten", `
input: 16x16x3
layers: INPUT -> CONV3-3 @a -> RELU inplace -> ADD(IDENTITY | @a) -> FC-2
`, []string{"self.relu1 = nn.ReLU()\n"}},
		{"label of a block's last layer", `
input: 16x16x3
blocks:
  unit(): CONV3-3
layers: INPUT -> unit() @first -> unit() -> FC-2
`, []string{"self.first = nn.Conv2d(3, 3, 3, padding=1)", "self.unit2 = Unit()"}},
		{"shared weights with another stride", `
input: 16x16x3
layers: INPUT -> CONV3-3 @a -> CONV3-3 s2 p1 floor share=@a -> FC-2
`, []string{"F.conv2d(x, self.a.weight, self.a.bias, stride=2, padding=1)"}},
		{"head for training", `
input: 16x16x3
layers: INPUT -> CONV3-3 @a -> FC-2
heads: {early: {layers: "@a -> DROPOUT -> FC-4 -> FC-2", training: true}}
`, []string{
			"if self.training:", "self.early = nn.Module()", "self.early.dropout1 = nn.Dropout(0.5)", "early = self.early.fc2(",
			`outputs["early"] = early`, `not name.startswith("early.")`,
		}},
		{"heads for training with names of other layers", `
input: 16x16x3
layers: INPUT -> CONV3-3 @a -> FC-2 @early.last
heads: {early: {layers: "@a -> FC-4 -> FC-2", training: true}, late: {layers: "@a -> FC-2", training: true}}
`, []string{`not name.startswith(("early.fc1.", "early.fc2.", "late."))`}},
		{"head with the name of a value", `
input: 16x16x3
layers: INPUT -> CONV3-3 @early -> RELU -> FC-2
heads: {early: "@early -> FC-2"}
`, []string{"early = self.early(x)", "y = self.early.fc1("}},
		{"channels", `
input: 16x16x6
layers: INPUT @in -> ADD(CHANNELS to=2 | @in -> CHANNELS from=2 to=4 | @in -> CHANNELS from=4) -> FC-2
`, []string{"x[:, :2]", "x[:, 2:4]", "x[:, 4:]"}},
		{"frozen", `
input: 16x16x3
frozen: [conv1.bias]
layers: INPUT -> CONV3-3 -> FC-2
`, []string{`"conv1.bias",`, "parameter.requires_grad = name not in frozen"}},
		{"locally connected", `
input: 16x16x3
layers: INPUT -> LOCAL3-4 s2 p1 floor -> FC-2
`, []string{"class Local(nn.Module):", "Local(3, 4, (3, 3), (8, 8), stride=(2, 2), padding=(1, 1, 1, 1))"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := code(t, tt.text)
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in\n%s", want, got)
				}
			}
		})
	}
}

func TestHostileNames(t *testing.T) {
	data, err := os.ReadFile("../../testdata/pytorchcode/hostile/net.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got := code(t, string(data))
	if n := strings.Count(got, "import os"); n > 1 || strings.Contains(got, "\nimport os") {
		t.Errorf("the name got out of its docstring:\n%s", got)
	}
	for _, want := range []string{
		`self._modules["class"] = nn.Conv2d(3, 4, 3, padding=1)`,
		`self._modules["type"] = nn.Conv2d(`,
		`self._modules["import"] = nn.Module()`,
		`self._modules["import"]._modules["__class__"] = nn.Linear(`,
		`self._modules["forward"] = nn.BatchNorm2d(4)`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	for line := range strings.Lines(got) {
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\n' || r > '~' }) {
			t.Errorf("%q is not printable ASCII", line)
		}
	}
}

func TestUnicode(t *testing.T) {
	got := code(t, "name: \"caf\u00e9\u202e\"\ndescription: \"\u00fcber\"\n"+
		"input: 8x8x3\nlayers: INPUT -> CONV3-3 -> FC-2\n")
	if !strings.Contains(got, "class Caf(nn.Module):") || strings.Contains(got, "\u202e") {
		t.Errorf("%s", got)
	}
}

func TestRefused(t *testing.T) {
	n := sound(t, "net.yaml", []byte("input: 9x9x3\nlayers: |\n  INPUT -> LOCAL3-3 s1 p1 @a -> LOCAL1-3 -> FC-2\n"))
	n.Nodes = slices.Clone(n.Nodes)
	n.Nodes[2].Op = unknown{n.Nodes[2].Op}
	_, err := pytorchcode.Code(n)
	if err == nil || !strings.Contains(err.Error(), "local2 cannot be written as PyTorch code") {
		t.Errorf("Code: %v", err)
	}
}

// unknown is a kind that the package does not know.
type unknown struct{ graph.Op }
