package fit_test

import (
	"encoding/json"
	"os"
	"testing"

	"cnncalc/internal/fit"
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/traffic"
)

// No device is faster than the bound on the time of a step: NVIDIA's own measurements of ResNet-50 are slower
// (testdata/time/published.json). With many pictures they reach at least a quarter of it.
func TestBoundsHold(t *testing.T) {
	var file struct {
		Measured []struct {
			Device   string
			Mode     memory.Mode
			DType    memory.DType
			Batch    int64
			Pictures float64 `json:"images_per_second"`
		}
	}
	text, err := os.ReadFile("../../testdata/time/published.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &file); err != nil || len(file.Measured) < 10 {
		t.Fatalf("%d measurements (%v)", len(file.Measured), err)
	}
	n := read(t, architecture(t, "torchvision/resnet50"), graph.Options{}) // of v1.5
	devices := map[string]bool{}
	for _, m := range file.Measured {
		devices[m.Device] = true
		device, err := fit.FindDevice(m.Device, "")
		if err != nil {
			t.Fatal(err)
		}
		o := memory.Options{Torch: memory.Torch2CUDA, Mode: m.Mode, DType: m.DType}
		if m.Mode == memory.Training {
			o.Optimizer = memory.DefaultOptimizer
		}
		model, err := memory.NewPyTorch(n, o)
		if err != nil {
			t.Fatal(err)
		}
		step, err := traffic.NewStep(n, model, m.Batch)
		if err != nil {
			t.Fatal(err)
		}
		bound := step.MostPictures(device.Rates)
		t.Logf("%s, %s, %s, batch %d: %.0f measured, %.0f at most: %.2f", m.Device, m.Mode, m.DType, m.Batch, m.Pictures,
			bound, m.Pictures/bound)
		if m.Pictures > bound {
			t.Errorf("%s, %s, %s: %v pictures a second, more than the bound of %v", m.Device, m.Mode, m.DType, m.Pictures, bound)
		}
		if m.Batch >= 64 && m.Pictures < bound/4 {
			t.Errorf("%s, %s, %s: %v pictures a second, far from the bound of %v", m.Device, m.Mode, m.DType, m.Pictures, bound)
		}
	}
	if len(devices) != 4 { // as docs/contributing.md and docs/traffic.md say
		t.Errorf("measurements of %d devices, want 4", len(devices))
	}
}

// Newer rates are larger, half is at least as fast as float32, and every device has a source of its rates.
func TestRatesOfDevices(t *testing.T) {
	devices, err := fit.Devices()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range devices {
		r := d.Rates
		if r.FP32 < 1e12 || r.FP32 > 2e14 || r.Bandwidth < 1e11 || r.Bandwidth > 1e13 || d.RatesBy == "" {
			t.Errorf("%s: %+v by %q", d.Name, r, d.RatesBy)
		}
		if major := d.ComputeMajor(); major >= 8 != (r.TF32 > 0) {
			t.Errorf("%s of capability %s has %v FLOP/s in TF32", d.Name, d.Compute, r.TF32)
		}
		if r.TF32 > 0 && r.TF32 < r.FP32 || r.FP16 > 0 && r.FP16 < max(r.FP32, r.TF32) || r.INT8 > 0 && r.INT8 < r.FP16 {
			t.Errorf("%s: %+v", d.Name, r)
		}
	}
}
