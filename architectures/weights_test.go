package architectures_test

import (
	"encoding/binary"
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/architectures"
	"cnncalc/internal/graph"
)

// tensorEntry is what the header of a safetensors file says about a tensor.
type tensorEntry struct {
	DType   string   `json:"dtype"`
	Shape   []int64  `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// splitSafetensors reads the format as its description has it, apart from package weights: the header's length in
// 8 bytes, little-endian, the header in JSON, the values.
func splitSafetensors(t *testing.T, file []byte) (header map[string]tensorEntry, values []byte) {
	t.Helper()
	if len(file) < 8 || binary.LittleEndian.Uint64(file) > uint64(len(file)-8) {
		t.Fatalf("%d bytes are no safetensors file", len(file))
	}
	end := 8 + binary.LittleEndian.Uint64(file)
	if err := json.Unmarshal(file[8:end], &header); err != nil {
		t.Fatal(err)
	}
	return header, file[end:]
}

// The file has every tensor of the network and no other, in its shape, and is as small as the repository wants it.
func TestWeightsAreTheNetworks(t *testing.T) {
	file, ok := architectures.Weights("lenet5")
	if !ok {
		t.Fatal("lenet5 has no weights")
	}
	if len(file) > 300_000 {
		t.Errorf("%d bytes, more than 300,000", len(file))
	}
	header, values := splitSafetensors(t, file)

	want := map[string][]int64{}
	net := builtIn(t, "lenet5")
	for i, l := range net.Layers {
		for _, w := range l.Weights {
			want[net.Nodes[i].Name+"."+w.Name] = w.Dims
		}
	}
	got := map[string][]int64{}
	var offsets []int64
	for name, e := range header {
		got[name] = e.Shape
		offsets = append(offsets, e.Offsets[0], e.Offsets[1])
		if e.DType != "F16" {
			t.Errorf("%s: type %s, want F16", name, e.DType)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("names and shapes (-lenet5.yaml +file):\n%s", diff)
	}
	slices.Sort(offsets)
	if first, last := offsets[0], offsets[len(offsets)-1]; first != 0 || last != int64(len(values)) || last != 2*61_706 {
		t.Errorf("values from %d to %d in %d bytes, want 61,706 float16", first, last, len(values))
	}
}

// Trained values are finite: no exponent of all ones, which float16 has for infinities and NaN.
func TestWeightsAreFinite(t *testing.T) {
	file, _ := architectures.Weights("lenet5")
	_, values := splitSafetensors(t, file)
	const exponent = 0x7c00
	for i := 0; i+1 < len(values); i += 2 {
		if v := binary.LittleEndian.Uint16(values[i:]); v&exponent == exponent {
			t.Fatalf("value %d is %#04x", i/2, v)
		}
	}
}

func TestWeightsOfOthers(t *testing.T) {
	plain, _ := architectures.Weights("lenet5")
	if suffixed, ok := architectures.Weights("lenet5.yaml"); !ok || string(plain) != string(suffixed) {
		t.Errorf("Weights(lenet5.yaml) = %d bytes, %v; want what Weights(lenet5) gives", len(suffixed), ok)
	}
	for _, name := range []string{"", "vgg16", "LENET5", "../weights/lenet5", "weights/lenet5", "lenet5.safetensors"} {
		if data, ok := architectures.Weights(name); ok || data != nil {
			t.Errorf("Weights(%q) = %d bytes, %v; want none", name, len(data), ok)
		}
	}
}

// What a picture's grey levels become is what the training fed: (level/255 - 0.5) / 0.5, which runs from -1 to 1.
func TestLeNet5SaysWhatItsWeightsExpect(t *testing.T) {
	net := builtIn(t, "lenet5")
	want := graph.Preprocess{Mean: []float64{0.5}, Std: []float64{0.5}, Resize: 28}
	if diff := cmp.Diff(want, net.Preprocess); diff != "" {
		t.Errorf("preprocess (-want +file):\n%s", diff)
	}
	if want := []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}; !slices.Equal(net.Labels, want) {
		t.Errorf("labels %q, want %q", net.Labels, want)
	}
}
