package picture

import (
	"image"
	"image/color"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ramp is a picture of one row with all grey values.
func ramp() *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, 256, 1))
	for v := range 256 {
		m.SetRGBA(v, 0, color.RGBA{uint8(v), uint8(v), uint8(v), 255})
	}
	return m
}

func TestNormaliseIsTorchvisions(t *testing.T) {
	want := readWants(t).Normalise
	got := make([]float32, 3*256)
	if err := Normalise(got, ramp(), 3, NormaliseOptions{}); err != nil {
		t.Fatal(err)
	}
	for v, bits := range want.Scaled {
		if math.Float32bits(got[v]) != bits {
			t.Errorf("pixel %d becomes %v, want ToTensor's %v", v, got[v], math.Float32frombits(bits))
		}
	}
	if err := Normalise(got, ramp(), 3, ImageNet()); err != nil {
		t.Fatal(err)
	}
	for c, channel := range want.ImageNet {
		for v, bits := range channel {
			if math.Float32bits(got[c*256+v]) != bits {
				t.Errorf("plane %d: pixel %d becomes %v, want Normalize's %v", c, v, got[c*256+v], math.Float32frombits(bits))
			}
		}
	}
	if len(want.Scaled) != 256 || len(want.ImageNet) != 3 {
		t.Errorf("want.json has %d values, %d channels", len(want.Scaled), len(want.ImageNet))
	}
}

// twoByTwo has pixels that differ in every channel.
func twoByTwo() *image.RGBA {
	return &image.RGBA{Stride: 8, Rect: image.Rect(0, 0, 2, 2), Pix: []uint8{
		1, 2, 3, 255, 4, 5, 6, 255,
		7, 8, 9, 255, 10, 11, 12, 255,
	}}
}

func TestNormalisePlanes(t *testing.T) {
	tests := []struct {
		name string
		o    NormaliseOptions
		want []float32
	}{
		{"rgb", NormaliseOptions{Scale: 1}, []float32{1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12}},
		{"bgr", NormaliseOptions{Scale: 1, Order: BGR}, []float32{3, 6, 9, 12, 2, 5, 8, 11, 1, 4, 7, 10}},
		{"caffe", NormaliseOptions{Scale: 1, Order: BGR, Mean: []float64{3, 2, 1}},
			[]float32{0, 3, 6, 9, 0, 3, 6, 9, 0, 3, 6, 9}},
		{"std", NormaliseOptions{Scale: 2, Order: RGB, Std: []float64{1, 2, 4}},
			[]float32{2, 8, 14, 20, 2, 5, 8, 11, 1.5, 3, 4.5, 6}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := make([]float32, 12)
			if err := Normalise(got, twoByTwo(), 3, test.o); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("planes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNormalisePartOfPicture(t *testing.T) {
	// The right column, which is not contiguous in memory.
	part := twoByTwo().SubImage(image.Rect(1, 0, 2, 2)).(*image.RGBA)
	got := make([]float32, 6)
	if err := Normalise(got, part, 3, NormaliseOptions{Scale: 1}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float32{4, 10, 5, 11, 6, 12}, got); diff != "" {
		t.Errorf("planes (-want +got):\n%s", diff)
	}
}

func TestNormaliseGrey(t *testing.T) {
	samples := readWants(t).Grey
	if len(samples) != 9 {
		t.Fatalf("want.json has %d colours, want 9", len(samples))
	}
	src := image.NewRGBA(image.Rect(0, 0, len(samples), 1))
	for x, s := range samples {
		src.SetRGBA(x, 0, color.RGBA{uint8(s[0]), uint8(s[1]), uint8(s[2]), 255})
	}
	got := make([]float32, len(samples))
	if err := Normalise(got, src, 1, NormaliseOptions{Scale: 1}); err != nil {
		t.Fatal(err)
	}
	for x, s := range samples {
		if got[x] != float32(s[3]) {
			t.Errorf("colour %v is grey %v, want Pillow's %d", s[:3], got[x], s[3])
		}
	}
}

func TestNormaliseRefuses(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	tests := []struct {
		name  string
		room  int
		depth int
		o     NormaliseOptions
		want  string
	}{
		{"depth 4", 16, 4, NormaliseOptions{},
			"a picture has 3 planes (colour) or 1 (grey), but the network's input has depth 4"},
		{"depth 0", 0, 0, NormaliseOptions{}, "depth 0"},
		{"room", 11, 3, NormaliseOptions{}, "a picture of 2x2x3 has 12 values, but there is room for 11"},
		{"means", 12, 3, NormaliseOptions{Mean: []float64{1}}, "mean has 1 values, but the network's input has depth 3"},
		{"grey with ImageNet's means", 4, 1, ImageNet(), "mean has 3 values, but the network's input has depth 1"},
		{"stds", 12, 3, NormaliseOptions{Std: []float64{1, 1}}, "std has 2 values"},
		{"std 0", 12, 3, NormaliseOptions{Std: []float64{1, 0, 1}}, "std 0 of plane 1 must be a positive float32"},
		{"std too small for float32", 12, 3, NormaliseOptions{Std: []float64{1, 1, 1e-60}}, "std 1e-60 of plane 2"},
		{"mean NaN", 12, 3, NormaliseOptions{Mean: []float64{nan, 0, 0}}, "mean NaN of plane 0 must be a finite float32"},
		{"mean too large for float32", 12, 3, NormaliseOptions{Mean: []float64{1e60, 0, 0}}, "mean 1e+60 of plane 0"},
		{"scale", 12, 3, NormaliseOptions{Scale: inf}, "scale +Inf must be a positive number"},
		{"negative scale", 12, 3, NormaliseOptions{Scale: -1}, "scale -1 must be a positive number"},
		{"result", 12, 3, NormaliseOptions{Scale: 1e38}, "becomes +Inf"},
		{"order", 12, 3, NormaliseOptions{Order: "rbg"}, `unknown order of colour planes: "rbg"; choose from rgb, bgr`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dst := make([]float32, test.room)
			err := Normalise(dst, twoByTwo(), test.depth, test.o)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("%v, want an error with %q", err, test.want)
			}
			for i, v := range dst {
				if v != 0 {
					t.Fatalf("value %d was written beside an error", i)
				}
			}
		})
	}
}
