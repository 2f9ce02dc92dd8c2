package shape_test

import (
	"strings"
	"testing"

	"cnncalc/internal/graph"
	"cnncalc/internal/network"
)

const pretrained = `
input: 8x8x3
blocks:
  unit(w): CONV3-w -> BN -> RELU
layers: INPUT -> CONV3-4 -> unit(4) -> unit(4) -> FC-2
`

// The parameters are conv1 108+4, unit1 and unit2 each 144+4 and BN's 4+4, fc1 512+2.
func TestFreeze(t *testing.T) {
	for _, tt := range []struct {
		patterns string
		frozen   int64
	}{
		{"conv1", 112},
		{"conv1.bias", 4},
		{"conv*", 112},
		{"*conv*", 112 + 2*148},
		{"unit1.*", 156},
		{"unit[12].bn1", 16},
		{"*.weight", 108 + 2*148 + 512},
		{"* !fc1", 112 + 2*156},
		{"* !*bn1", 112 + 2*148 + 514},
		{"* !fc1 fc1.weight", 112 + 2*156 + 512},
		{"*", 112 + 2*156 + 514},
		{"!conv1", 0},
	} {
		n, err := network.Sound("test.yaml", []byte(pretrained), graph.Options{Freeze: strings.Fields(tt.patterns)})
		if err != nil {
			t.Errorf("%s: %v", tt.patterns, err)
			continue
		}
		byLayer := int64(0)
		for _, l := range n.Layers {
			byLayer += l.FrozenCount
		}
		if n.Total.FrozenCount != tt.frozen || byLayer != tt.frozen || n.Total.Trainable() != 938-tt.frozen {
			t.Errorf("%s: %d of %d parameters are frozen, by layer %d, want %d", tt.patterns, n.Total.FrozenCount,
				n.Total.Parameters(), byLayer, tt.frozen)
		}
	}
}

func TestFreezeMatchesNothing(t *testing.T) {
	for pattern, want := range map[string]string{
		"conv2":             "did you mean conv1?",
		"unit3.*":           "`cnncalc memory` prints the names of the layers, such as conv1",
		"unit1.relu*":       "unit1.relu1 has no parameters",
		"conv1.wieght":      "did you mean conv1.weight?",
		"unit1.bn1.running": "did you mean unit1.bn1?",
		"head.weight":       "`cnncalc memory` prints",
	} {
		f := network.Read("test.yaml", []byte(pretrained))
		_, problems := f.Network(graph.Options{Freeze: []string{"fc1", pattern}})
		if len(problems) != 1 || problems[0].Flag != "--freeze" || !strings.HasPrefix(problems[0].Hint, want) {
			t.Errorf("%s: %+v, want the hint %q", pattern, problems, want)
		}
	}
}
