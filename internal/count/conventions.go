package count

import (
	"fmt"
	"strings"

	"cnncalc/internal/diag"
)

// Conventions lists all, in the order in which help shows them.
func Conventions() []*Convention {
	return []*Convention{
		notes(), torchinfo(), torchsummary(), torchsummaryRelease(), fvcore(), thop(), ptflopsAten(), ptflopsPyTorch(), flopCounter(),
		convnetBurden(),
	}
}

// Names are what Find takes.
func Names() []string {
	var names []string
	for _, c := range Conventions() {
		names = append(names, c.Name)
	}
	return names
}

// Find is the convention of a name. The error for another lists the names.
func Find(name string) (*Convention, error) {
	for _, c := range Conventions() {
		if c.Name == name {
			return c, nil
		}
	}
	hint := ""
	if near := diag.DidYouMean(name, Names()); near != "" {
		hint = "; " + near
	}
	return nil, fmt.Errorf("there is no convention %s: choose from %s%s", diag.Short(name), strings.Join(Names(), ", "), hint)
}

// inTorchvision are the kinds of the 14 networks of torchvision whose recorded output the conventions are held to.
func inTorchvision() []string {
	return []string{"CONV", "DWCONV", "FC", "BN", "RELU", "RELU6", "POOL", "AVGPOOL", "GAP", "ADAPTAVG", "DROPOUT", "CONCAT", "ADD"}
}
