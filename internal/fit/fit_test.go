package fit_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"cnncalc/internal/fit"
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/network"
	"cnncalc/internal/shape"
)

func read(t *testing.T, text string, o graph.Options) *shape.Network {
	t.Helper()
	n, problems := network.Read("test.yaml", []byte(text)).Network(o)
	if len(problems) > 0 {
		return nil
	}
	return n
}

func architecture(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../architectures/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDevices(t *testing.T) {
	devices, err := fit.Devices()
	if err != nil || len(devices) < 20 {
		t.Fatalf("%d devices (%v)", len(devices), err)
	}
	for i, d := range devices {
		// The driver keeps less than a tenth for itself; error correction takes a sixteenth of GDDR6.
		if d.Usable > d.Stated+d.Stated/100 || d.Usable < d.Stated*9/10 || d.StatedBy == "" ||
			(d.UsableBy == "" && d.Usable != d.Stated) {
			t.Errorf("%+v", d)
		}
		found, err := fit.FindDevice(strings.ToUpper(strings.ReplaceAll(d.Name, "-", " ")), "")
		if err != nil || found != d {
			t.Errorf("%s is found as %+v (%v)", d.Name, found, err)
		}
		if d.ComputeMajor() < 6 || d.ComputeMajor() > 12 { // Pascal to Blackwell
			t.Errorf("%s has the compute capability %s", d.Name, d.Compute)
		}
		if slices.ContainsFunc(devices[:i], func(o fit.Device) bool { return o.Name == d.Name }) {
			t.Errorf("%s is there twice", d.Name)
		}
	}
}

func remedies(t *testing.T, text string, o memory.Options, batch, limit int64) []fit.Remedy {
	t.Helper()
	n := read(t, text, graph.Options{})
	m, err := memory.NewPyTorch(n, o)
	if err != nil {
		t.Fatal(err)
	}
	resize := func(width, height int64) *shape.Network {
		return read(t, text, graph.Options{InputWidth: width, InputHeight: height})
	}
	found, err := fit.Remedies(fit.Question{Network: n, Options: o, Model: m, Batch: batch, Limit: limit, Resize: resize})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Every remedy's peak is that of the network which is written so in the first place.
func TestRemediesAreTheAccountsOfOtherNetworks(t *testing.T) {
	o := memory.Options{Torch: memory.Torch2CUDA, Mode: memory.Training, DType: memory.FP32, Optimizer: "adam"}
	vgg := architecture(t, "vgg16")
	const batch, limit = 4, 1 << 30
	strided := strings.Replace(vgg, "[CONV3-64  -> RELU]*2", "CONV7-64 s2 p3 floor -> RELU -> CONV3-64 -> RELU", 1)
	strided += "defaults: {pool: {rounding: floor}}\n"
	pooled := strings.Replace(vgg, "[FC-4096 -> RELU -> DROPOUT0.5]*2 -> FC-1000", "GAP -> FC-1000", 1)
	with := func(change func(*memory.Options)) memory.Options {
		other := o
		change(&other)
		return other
	}
	cases := []struct {
		kind, what, text string
		options          memory.Options
		size             int64
	}{
		{fit.SmallerType, "amp", vgg, with(func(o *memory.Options) { o.DType = memory.AMP }), 0},
		{fit.SmallerType, "fp16", vgg, with(func(o *memory.Options) { o.DType = memory.FP16 }), 0},
		{fit.OtherOptimizer, "momentum", vgg, with(func(o *memory.Options) { o.Optimizer = "momentum" }), 0},
		{fit.OtherOptimizer, "sgd", vgg, with(func(o *memory.Options) { o.Optimizer = "sgd" }), 0},
		{fit.FirstStride, "CONV7-64 s2 p3 floor in place of the first layer CONV3-64", strided, o, 0},
		{fit.Pooling, "GAP -> FC-1000 in place of fc1 to fc3", pooled, o, 0},
	}
	found := remedies(t, vgg, o, batch, limit)
	for _, c := range cases {
		at := slices.IndexFunc(found, func(r fit.Remedy) bool { return r.Kind == c.kind && strings.Contains(r.What, c.what) })
		n := read(t, c.text, graph.Options{})
		if n == nil {
			t.Fatalf("%s is no network", c.what)
		}
		m, err := memory.NewPyTorch(n, c.options)
		if err != nil {
			t.Fatal(err)
		}
		want, err := m.Peak(batch)
		if err != nil {
			t.Fatal(err)
		}
		largest, _, err := m.LargestBatch(limit)
		if err != nil {
			t.Fatal(err)
		}
		if at < 0 {
			t.Errorf("%s %s is not found, with a peak of %d", c.kind, c.what, want)
			continue
		}
		if r := found[at]; r.Bytes != want || r.Batch != largest || r.Fits != (want <= limit) {
			t.Errorf("%s: %+v, want %d bytes and a batch of %d", c.what, r, want, largest)
		}
	}
}

// What fit proposes for the first layer can be pasted into the file: the text before "in place of", and the defaults.
// The network then needs what the remedy says.
func TestFirstStrideCanBePasted(t *testing.T) {
	o := memory.Options{Torch: memory.Torch2CUDA, Mode: memory.Training, DType: memory.FP32, Optimizer: "sgd"}
	const batch, limit = 64, 1 << 20
	for _, text := range []string{
		"input: 64x64x3\nlayers: INPUT -> CONV3-32 -> RELU -> POOL2 -> [CONV3-32 -> RELU]*2 -> POOL2 -> FC-10\n",
		"input: 67x67x3\nlayers: INPUT -> CONV4-32 s1 p0 -> RELU -> POOL2 -> CONV3-32 s2 p0 floor -> LOCAL3-4 -> POOL3 s2 floor -> FC-10\n",
		"input: 66x66x3\nlayers: INPUT -> CONV3-32 s2 p1 floor -> RELU -> POOL3 s3 -> FC-10\n",
	} {
		found := remedies(t, text, o, batch, limit)
		at := slices.IndexFunc(found, func(r fit.Remedy) bool { return r.Kind == fit.FirstStride })
		if at < 0 {
			t.Errorf("no larger stride is proposed for %s", text)
			continue
		}
		layer, rest, _ := strings.Cut(found[at].What, " in place of the first layer ")
		was, rest, _ := strings.Cut(rest, ", as the notes say")
		pasted := strings.Replace(text, was, layer, 1)
		if _, defaults, ok := strings.Cut(rest, "; with `"); ok {
			pasted += strings.TrimSuffix(defaults, "`") + "\n"
		}
		n := read(t, pasted, graph.Options{})
		if n == nil || pasted == text {
			t.Errorf("%q cannot be pasted into %s", found[at].What, text)
			continue
		}
		m, err := memory.NewPyTorch(n, o)
		if err != nil {
			t.Fatal(err)
		}
		if want, err := m.Peak(batch); err != nil || found[at].Bytes != want {
			t.Errorf("%q: %d bytes, but the pasted network takes %d (%v)", found[at].What, found[at].Bytes, want, err)
		}
	}
}

// A smaller input is one with which the batch fits, and the next larger one does not.
func TestSmallerInput(t *testing.T) {
	o := memory.Options{Torch: memory.Torch2CUDA, Mode: memory.Training, DType: memory.FP32, Optimizer: "sgd"}
	resnet := architecture(t, "torchvision/resnet18")
	peak := func(size int64) int64 {
		m, err := memory.NewPyTorch(read(t, resnet, graph.Options{InputWidth: size, InputHeight: size}), o)
		if err != nil {
			t.Fatal(err)
		}
		bytes, err := m.Peak(8)
		if err != nil {
			t.Fatal(err)
		}
		return bytes
	}
	for _, size := range []int64{192, 128, 64} {
		found := remedies(t, resnet, o, 8, peak(size))
		if len(found) == 0 || found[0].Kind != fit.SmallerInput || !found[0].Fits || found[0].Bytes != peak(size) {
			t.Errorf("for what %d takes: %+v", size, found)
		}
	}
	if found := remedies(t, resnet, o, 8, 1000); slices.ContainsFunc(found,
		func(r fit.Remedy) bool { return r.Fits || r.Kind == fit.SmallerInput }) {
		t.Errorf("something fits 1000 bytes: %+v", found)
	}
}

// Checkpoints: as few segments as make the batch fit.
func TestCheckpointRemedy(t *testing.T) {
	o := memory.Options{Torch: memory.Torch2CUDA, Mode: memory.Training, DType: memory.FP32, Optimizer: "sgd"}
	resnet := architecture(t, "torchvision/resnet50")
	n := read(t, resnet, graph.Options{})
	m, err := memory.NewPyTorch(n, o)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := m.Peak(16)
	if err != nil {
		t.Fatal(err)
	}
	before := 0
	for _, limit := range []int64{plain - 1, plain * 2 / 3, plain / 2} {
		found := remedies(t, resnet, o, 16, limit)
		last := found[len(found)-1]
		if last.Kind != fit.Checkpoints || !last.Fits || last.Bytes > limit || len(last.Cuts) < before ||
			last.ExtraMACs <= 0 || last.ExtraMACs >= n.Total.MACs {
			t.Errorf("in %d of %d bytes: %+v", limit, plain, last)
		}
		before = len(last.Cuts)
	}
	if before < 2 {
		t.Errorf("half of the memory is enough with %d cuts", before)
	}
}

// Networks that cannot have a remedy are not given one.
func TestNoRemedy(t *testing.T) {
	for _, c := range []struct{ layers, not string }{
		{"CONV11-8 s4 p0 -> GAP -> FC-10", fit.FirstStride},
		{"CONV13-8 -> GAP -> FC-10", fit.FirstStride},
		{"CONV3-8 -> GAP -> FC-10", fit.Pooling},
		{"CONV3-8 -> RELU -> CONV3-10 -> GAP", fit.Pooling},
		{"FC-10", fit.FirstStride},
		{"FC-10", fit.Checkpoints},
	} {
		text := "input: 43x43x3\nlayers: INPUT -> " + c.layers + "\n"
		o := memory.Options{Torch: memory.Torch2CUDA, Mode: memory.Training, DType: memory.FP32, Optimizer: "adam"}
		for _, r := range remedies(t, text, o, 4, 1000) {
			if r.Kind == c.not {
				t.Errorf("%s: %+v", c.layers, r)
			}
		}
	}
	inference := memory.Options{Torch: memory.Torch2CUDA, Mode: memory.Inference, DType: memory.FP32}
	for _, r := range remedies(t, architecture(t, "vgg16"), inference, 4, 1000) {
		if r.Kind == fit.Checkpoints || r.Kind == fit.OtherOptimizer {
			t.Errorf("in inference: %+v", r)
		}
	}
}
