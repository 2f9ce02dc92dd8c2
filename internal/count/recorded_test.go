package count

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/architectures"
	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
)

// read reads, lowers and infers an architecture file and fails where that finds a problem.
func read(t testing.TB, name, text string) *shape.Network {
	t.Helper()
	net, problems := network.Read(name, []byte(text)).Network(graph.Options{})
	if net.Sound < len(net.Nodes) { // a network with nothing to count is one here
		t.Fatal(problems)
	}
	return net
}

func builtIn(t testing.TB, name string) *shape.Network {
	t.Helper()
	text, err := architectures.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, name, string(text))
}

func convention(t testing.TB, name string) *Convention {
	t.Helper()
	c, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func counted(t testing.TB, name string, n *shape.Network, batch int64) *Result {
	t.Helper()
	r, err := convention(t, name).Count(n, batch)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return r
}

// recorded is what the programs print for one network.
type recorded struct {
	Torchinfo struct {
		TotalParams          int64    `json:"total_params"`
		TrainableParams      int64    `json:"trainable_params"`
		TotalMultAdds        int64    `json:"total_mult_adds"`
		InputBytes           int64    `json:"input_bytes"`
		ForwardBackwardBytes int64    `json:"forward_backward_bytes"`
		ParamsBytes          int64    `json:"params_bytes"`
		Text                 []string `json:"text"`
	}
	Torchsummary map[string]string
	Fvcore       struct {
		Flops       int64
		ByOperator  map[string]int64 `json:"by_operator"`
		Unsupported map[string]int64
		Activations int64
		Params      int64
	}
	Thop           macsParams
	PtflopsPyTorch macsParams `json:"ptflops_pytorch"`
	PtflopsAten    macsParams `json:"ptflops_aten"`
}

type macsParams struct{ MACs, Params int64 }

func readRecorded(t *testing.T) map[string]recorded {
	t.Helper()
	data, err := os.ReadFile("testdata/conventions.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Source   string
		Networks map[string]recorded
	}
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		t.Fatal(err)
	}
	if len(file.Networks) != 19 {
		t.Fatalf("%d networks, want 19", len(file.Networks))
	}
	return file.Networks
}

func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-recorded +computed):\n%s", diff)
	}
}

// texts are the printed lines as "Label: text".
func texts(r *Result) []string {
	var lines []string
	for _, l := range r.Lines() {
		lines = append(lines, l.Label+": "+l.Text)
	}
	return lines
}

// An auxiliary head does not run where other programs count: its layers are in the parameters of some, and nowhere
// else.
func TestHeadsForTrainingDoNotRun(t *testing.T) {
	with := builtIn(t, "torchvision/inception_v3")
	without, _ := with.Inference()
	for _, c := range Conventions() {
		a, err := c.Count(with, 1)
		if err != nil {
			t.Fatal(err)
		}
		b, err := c.Count(without, 1)
		if err != nil {
			t.Fatal(err)
		}
		same(t, listed(b, "  "), listed(a, "  "))
		same(t, listed(b, "unsupported "), listed(a, "unsupported "))
		for _, q := range []Quantity{Operations, Activations} {
			if a.Totals[q] != b.Totals[q] {
				t.Errorf("%s: %s %d, want %d", c.Name, q, a.Totals[q], b.Totals[q])
			}
		}
	}
}

func TestProgramsFigures(t *testing.T) {
	for name, want := range readRecorded(t) {
		n, _ := builtIn(t, "torchvision/"+name).Inference() // recorded without auxiliary heads
		t.Run("torchinfo/"+name, func(t *testing.T) {
			r, want := counted(t, "torchinfo", n, 1), want.Torchinfo
			same(t, []int64{want.TotalParams, want.TrainableParams, want.TotalMultAdds, want.InputBytes,
				want.ForwardBackwardBytes, want.ParamsBytes},
				[]int64{r.Totals[Parameters], r.Lines()[1].Value, r.Totals[Operations], r.Parts[Input], r.Parts[Outputs],
					r.Parts[Stored]})
			same(t, want.Text, texts(r)[1:])
		})
		t.Run("torchsummary/"+name, func(t *testing.T) {
			if message, fails := want.Torchsummary["error"]; fails {
				_, err := convention(t, "torchsummary").Count(n, 1)
				if err == nil || !strings.Contains(err.Error(), message) {
					t.Errorf("error %v, want one with %q", err, message)
				}
				return
			}
			got := map[string]string{}
			for _, l := range counted(t, "torchsummary", n, 1).Lines() {
				if _, ok := want.Torchsummary[l.Label]; ok {
					got[l.Label] = l.Text
				}
			}
			same(t, want.Torchsummary, got)
		})
		t.Run("fvcore/"+name, func(t *testing.T) {
			r, want := counted(t, "fvcore", n, 1), want.Fvcore
			same(t, []int64{want.Flops, want.Activations, want.Params},
				[]int64{r.Totals[Operations], r.Totals[Activations], r.Totals[Parameters]})
			same(t, want.ByOperator, listed(r, "  "))
			same(t, want.Unsupported, listed(r, "unsupported "))
		})
		for as, want := range map[string]macsParams{"thop": want.Thop, "ptflops-pytorch": want.PtflopsPyTorch,
			"ptflops-aten": want.PtflopsAten} {
			t.Run(as+"/"+name, func(t *testing.T) {
				r := counted(t, as, n, 1)
				same(t, want, macsParams{r.Totals[Operations], r.Totals[Parameters]})
				same(t, []string{"macs: " + plain.Count(want.MACs), "params: " + plain.Count(want.Params)}, texts(r))
			})
		}
	}
}

// listed are the lines that start so, by the name behind it.
func listed(r *Result, start string) map[string]int64 {
	got := map[string]int64{}
	for _, l := range r.Lines() {
		if name, ok := strings.CutPrefix(l.Label, start); ok {
			got[name] = l.Value
		}
	}
	return got
}
