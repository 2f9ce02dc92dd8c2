package architectures_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/architectures"
	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// Call by call: kinds, wiring, settings, shapes and weights are those of torchvision's graphs. ceil_mode shows in the
// shapes.
func TestCallsAreTorchvisions(t *testing.T) {
	for _, name := range []string{
		"alexnet", "densenet121", "googlenet", "inception_v3", "mobilenet_v2", "resnet18", "resnet50", "resnet152",
		"resnext50_32x4d", "squeezenet1_0", "vgg11", "vgg16", "vgg16_bn", "vgg19",
	} {
		running, _ := builtIn(t, "torchvision/"+name).Inference()
		got := calls(t, running)
		if diff := cmp.Diff(reference(t, name), got); diff != "" {
			t.Errorf("torchvision/%s (-torchvision +computed):\n%s", name, diff)
		}
	}
}

// These networks of the papers differ from torchvision's at most in layers without parameters.
func TestPapersLayersAreTorchvisions(t *testing.T) {
	for _, name := range []string{"vgg11", "vgg16", "vgg19", "resnet18", "resnet50"} {
		want, got := withWeights(reference(t, name)), withWeights(calls(t, builtIn(t, name)))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-torchvision +computed):\n%s", name, diff)
		}
	}
}

// What torchvision's weights IMAGENET1K_V1 expect: their transforms(), and transform_input where it is set.
func TestPreprocessIsTorchvisions(t *testing.T) {
	usual := graph.Preprocess{Mean: []float64{0.485, 0.456, 0.406}, Std: []float64{0.229, 0.224, 0.225}, Resize: 256}
	half := []float64{0.5, 0.5, 0.5}
	others := map[string]graph.Preprocess{
		"torchvision/googlenet":    {Mean: half, Std: half, Resize: 256},
		"torchvision/inception_v3": {Mean: half, Std: half, Resize: 342},

		"torchvision/efficientnet_v2_l": {Mean: half, Std: half, Resize: 480},
	}
	resizes := map[string]int64{
		"resnext101_64x4d": 232, "mnasnet0_75": 232, "mnasnet1_3": 232, "shufflenet_v2_x1_5": 232,
		"shufflenet_v2_x2_0": 232, "regnet_y_128gf": 224, "convnext_tiny": 236,
		"convnext_small": 230, "convnext_base": 232, "convnext_large": 232,
		"efficientnet_b2": 288, "efficientnet_b3": 320, "efficientnet_b4": 384, "efficientnet_b5": 456,
		"fcn_resnet50": 520, "deeplabv3_resnet50": 520, "efficientnet_b6": 528, "efficientnet_b7": 600, "efficientnet_v2_s": 384, "efficientnet_v2_m": 480,
	}
	for _, name := range architectures.Names() {
		if !strings.HasPrefix(name, "torchvision/") {
			continue
		}
		want := usual
		if other, ok := others[name]; ok {
			want = other
		}
		if size, ok := resizes[strings.TrimPrefix(name, "torchvision/")]; ok {
			want.Resize = size
		}
		if diff := cmp.Diff(want, builtIn(t, name).Preprocess); diff != "" {
			t.Errorf("%s (-torchvision +file):\n%s", name, diff)
		}
	}
}

// reference reads the rows of a table in testdata.
func reference(t *testing.T, name string) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/reference/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSpace(string(data)), "\n")
	return slices.DeleteFunc(rows, func(row string) bool { return strings.HasPrefix(row, "#") })
}

// withWeights picks the layers with parameters. It leaves out where their inputs stand.
func withWeights(rows []string) []string {
	var kept []string
	for _, row := range rows {
		if f := strings.Fields(row); len(f) > 4 {
			kept = append(kept, strings.Join(slices.Delete(f, 1, 2), " "))
		}
	}
	return kept
}

var pytorchNames = map[string]string{
	"CONV": "conv2d", "DWCONV": "conv2d", "FC": "linear", "BN": "batch_norm", "RELU": "relu", "RELU6": "relu6",
	"POOL": "max_pool2d", "AVGPOOL": "avg_pool2d", "GAP": "adaptive_avg_pool2d", "ADAPTAVG": "adaptive_avg_pool2d",
	"DROPOUT": "dropout", "ADD": "add", "CONCAT": "cat",
}

// calls writes a network as the tables do.
func calls(t *testing.T, n *shape.Network) []string {
	t.Helper()
	var rows []string
	for i := 1; i < len(n.Nodes); i++ {
		l := n.Layers[i]
		row := []string{pytorchNames[n.Nodes[i].Op.Kind()], back(n, i), settings(t, n, i), l.Out.String()}
		if len(l.Weights) > 0 {
			bias := "-"
			if l.BiasCount > 0 {
				bias = "bias"
			}
			row = append(row, joined(l.Weights[0].Dims, "x"), bias, fmt.Sprint(l.MACs))
		}
		rows = append(rows, strings.Join(row, " "))
	}
	return rows
}

// back is how many rows before row i its inputs stand.
func back(n *shape.Network, i int) string {
	var distances []int64
	for _, in := range n.Nodes[i].Inputs {
		distances = append(distances, int64(i-in))
	}
	return joined(distances, ",")
}

func settings(t *testing.T, n *shape.Network, i int) string {
	t.Helper()
	switch o := n.Nodes[i].Op.(type) {
	case op.Windowed:
		g, err := o.Geometry(n.InputsOf(i)[0])
		if err != nil {
			t.Fatal(err)
		}
		if g.W.Before != g.W.After || g.H.Before != g.H.After || g.W.Dilation != 1 || g.H.Dilation != 1 {
			return fmt.Sprint(g)
		}
		return fmt.Sprintf("%dx%d/%dx%d/%dx%d", g.W.Size, g.H.Size, g.W.Stride, g.H.Stride, g.W.Before, g.H.Before)
	case *op.BatchNorm:
		return strconv.FormatFloat(o.Eps(), 'g', -1, 64)
	case *op.Dropout:
		return strconv.FormatFloat(o.Rate(), 'g', -1, 64)
	}
	return "-"
}

func joined(numbers []int64, between string) string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(texts, between)
}
