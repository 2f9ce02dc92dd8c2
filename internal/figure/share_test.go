package figure

import (
	"fmt"
	"strings"
	"testing"

	"cnncalc/internal/fit"
	"cnncalc/internal/traffic"
)

// The layers that hold most of VGG-16, by hand.
func TestShares(t *testing.T) {
	use := notes()
	use.Machine = &traffic.Machine{FLOPS: 2e9, Bandwidth: 1e18} // a MAC takes a nanosecond, moving bytes nothing
	use.Budget = &fit.Budget{Available: 1}
	sheet := NewSheet(builtIn(t, "vgg16"), use)
	const (
		fc1     = 7*7*512*4096 + 4096
		fc2     = 4096*4096 + 4096
		conv    = 224 * 224 * 64
		convMAC = 224 * 224 * 64 * 64 * 9
	)
	for name, want := range map[string]string{
		"layers":          "",
		"receptive_field": "",
		"arena":           "",
		"parameters":      fmt.Sprint("fc1 ", fc1, ", fc2 ", fc2),
		"trainable":       fmt.Sprint("fc1 ", fc1, ", fc2 ", fc2),
		"macs":            fmt.Sprint("conv2 ", convMAC, ", conv4 ", convMAC),
		"activations":     fmt.Sprint("conv1 ", conv, ", conv2 ", conv),
		"largest":         fmt.Sprint("conv1 ", conv, ", conv2 ", conv),
		"notes_inference": fmt.Sprint("fc1 ", 4*(fc1+2*4096), ", fc2 ", 4*(fc2+2*4096)),
		"notes_training":  fmt.Sprint("fc1 ", 4*(3*fc1+4*4096), ", fc2 ", 4*(3*fc2+4*4096)),
		"peak":            fmt.Sprint("fc1 ", 4*(3*fc1+4*4096), ", fc2 ", 4*(3*fc2+4*4096)),
		"largest_batch":   fmt.Sprint("fc1 ", 4*(3*fc1+2*4096), ", fc2 ", 4*(3*fc2+2*4096)),
		"inference_peak":  fmt.Sprint("fc1.weight ", 4*(fc1-4096), ", fc2.weight ", 4*(fc2-4096)),
		"time":            fmt.Sprint("conv2 ", 2*convMAC, ", conv4 ", 2*convMAC),
	} {
		f, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		shares, err := sheet.Shares(f, 2, 2)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var got []string
		for _, s := range shares {
			got = append(got, fmt.Sprint(s.Name, " ", s.Value))
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %s, want %s", name, strings.Join(got, ", "), want)
		}
	}
}

// The shares of a figure that adds up over the layers are all of it.
func TestSharesAddUp(t *testing.T) {
	sheet := NewSheet(builtIn(t, "torchvision/googlenet"), notes())
	for _, name := range []string{"parameters", "trainable", "macs", "activations"} {
		f, _ := Find(name)
		shares, err := sheet.Shares(f, 1, 1000)
		if err != nil {
			t.Fatal(err)
		}
		sum := int64(0)
		for _, s := range shares {
			sum += s.Value
		}
		if value, err := sheet.Value(f, 1); err != nil || sum != value {
			t.Errorf("the shares of %s are %d, not %d (%v)", name, sum, value, err)
		}
	}
}
