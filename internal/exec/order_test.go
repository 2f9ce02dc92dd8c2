package exec

import (
	"testing"

	"cnncalc/architectures"
)

// MobileNetV2's first expansion, with its 112x112x16 input and 112x112x96 output in int8, and the depthwise layer after
// it, 112x112x96 to 56x56x96, which takes the most: by hand from the paper's table 2. It is a chain of blocks whose
// skip connections wait in any order.
func TestArenaOfMobileNetV2(t *testing.T) {
	text, err := architectures.Open("torchvision/mobilenet_v2")
	if err != nil {
		t.Fatal(err)
	}
	p := compile(t, string(text), testOptions(1))
	o, err := NewArenaOrder(p.network, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	const want = 112*112*96 + 56*56*96
	if o.Peak != want || o.Given != want || !o.Exact || o.Least != want {
		t.Errorf("%d bytes, %d in the file's order, at least %d, exact: %t; want %d", o.Peak, o.Given, o.Least, o.Exact, want)
	}
	// MCUNetV2 (Lin et al., 2021) gives 1,372 kB: it computes depthwise layers in place, so that the expansion is the
	// peak.
	if expansion := o.Tasks[4]; expansion.Held != 1372<<10 {
		t.Errorf("%s holds %d bytes", p.network.Nodes[expansion.Node].Name, expansion.Held)
	}
	if o.Arena < o.Peak {
		t.Errorf("an arena of %d bytes for a peak of %d", o.Arena, o.Peak)
	}
}

// Peaks that others published for networks in int8 at 224x224: github.com/petewarden/ml_memory_analyser, README.md at
// commit 0e7eee2, of TensorFlow Lite's models.
func TestArenaIsPublished(t *testing.T) {
	for name, want := range map[string]int64{
		"torchvision/mobilenet_v2":       1_505_280,
		"torchvision/mobilenet_v3_large": 1_003_520,
	} {
		text, err := architectures.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		o, err := NewArenaOrder(compile(t, string(text), testOptions(1)).network, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		if o.Peak != want || o.Arena != want {
			t.Errorf("%s holds %d bytes, in an arena of %d, published are %d", name, o.Peak, o.Arena, want)
		}
	}
}

// By hand, in bytes of int8 at 4x4: the input has 16, and the paths of CONCAT are 16*10 -> 16*2 and 16*6 -> 16*6. In
// the file's order, with the second path first, 16*6 wait while 16*(10+2), or 16*(1+10), are held: 16*18. The other
// order holds 16*(2+6+6) in the second path and 16*(2+6+8) in CONCAT: 16*16.
func TestArenaOrderOfPaths(t *testing.T) {
	p := compile(t, line("4x4x1", "CONCAT(CONV1-6 -> CONV1-6 -> RELU | CONV1-10 -> CONV1-2) -> GAP"), testOptions(1))
	o, err := NewArenaOrder(p.network, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	if o.Given != 16*18 || o.Peak != 16*16 || !o.Exact {
		t.Errorf("%d bytes in the file's order, %d in the best, exact: %t", o.Given, o.Peak, o.Exact)
	}
	most := int64(0)
	for _, task := range o.Tasks {
		most = max(most, task.Held)
	}
	if most != o.Peak {
		t.Errorf("a step holds %d bytes, the peak is %d", most, o.Peak)
	}
}
