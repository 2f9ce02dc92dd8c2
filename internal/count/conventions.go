package count

import (
	"slices"

	"cnncalc/internal/choice"
)

// Conventions returns all conventions, in the order in which help shows them.
func Conventions() []*Convention {
	return []*Convention{
		notes(), torchinfo(), torchsummary(), torchsummaryRelease(), fvcore(), thop(), ptflopsAten(), ptflopsPyTorch(),
		flopCounter(), convnetBurden(),
	}
}

// Names returns the names that Find takes.
func Names() []string {
	var names []string
	for _, c := range Conventions() {
		names = append(names, c.Name)
	}
	return names
}

// Find returns the convention of a name. The error for another name lists them.
func Find(name string) (*Convention, error) {
	if _, err := choice.Parse[string](name, "a known program", Names()); err != nil {
		return nil, err
	}
	all := Conventions()
	return all[slices.IndexFunc(all, func(c *Convention) bool { return c.Name == name })], nil
}

// inTorchvision returns the kinds of the networks of torchvision with whose recorded output the conventions are
// tested.
func inTorchvision() []string {
	return []string{"CONV", "DWCONV", "FC", "BN", "RELU", "RELU6", "POOL", "AVGPOOL", "GAP", "ADAPTAVG", "DROPOUT",
		"CONCAT", "ADD", "CHANNELS", "SHUFFLE", "SILU", "SIGMOID", "MUL", "STOCHDEPTH",
		"HARDSWISH", "HARDSIGMOID", "LN", "GELU", "SCALE"}
}
