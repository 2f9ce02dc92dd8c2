package architectures

import (
	"embed"
	"strings"
)

//go:embed weights/*.safetensors
var trained embed.FS

// HasWeights reports whether trained weights come with the network. It does not need them, so that a program without
// them can ask.
func HasWeights(name string) bool { return strings.TrimSuffix(name, ".yaml") == "lenet5" }

// Weights returns the trained weights that come with the network, as the bytes of a safetensors file, and whether
// there are any. Tensors have cnncalc's names (conv1.weight). The name may end in .yaml, as in Open.
func Weights(name string) ([]byte, bool) {
	data, err := trained.ReadFile("weights/" + strings.TrimSuffix(name, ".yaml") + ".safetensors")
	return data, err == nil
}
