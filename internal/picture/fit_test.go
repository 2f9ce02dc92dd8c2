package picture

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// wants is want.json: what torchvision and Pillow computed.
type wants struct {
	Fits []struct {
		Source, Mode, Want    string
		Width, Height, Resize int
	}
	Geometry  [][8]int // picture's width, height; side, resize; scaled width, height; left, top
	Normalise struct {
		Scaled   []uint32   // float32 bit patterns of ToTensor, for 0..255
		ImageNet [][]uint32 // and of Normalize after it, for each channel
	}
	Grey  [][4]int // red, green, blue; grey
	Tiles []float64
}

func readWants(t *testing.T) wants {
	t.Helper()
	var w wants
	d := json.NewDecoder(bytes.NewReader(fixture(t, "want.json")))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestFit(t *testing.T) {
	fits := readWants(t).Fits
	if len(fits) != 20 {
		t.Fatalf("want.json has %d cases, want 20", len(fits))
	}
	for _, f := range fits {
		t.Run(strings.TrimSuffix(f.Want, ".png"), func(t *testing.T) {
			p, err := Decode(bytes.NewReader(fixture(t, "fit", f.Source)), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := Fit(p.RGB, FitOptions{Width: f.Width, Height: f.Height, Mode: FitMode(f.Mode), Resize: f.Resize})
			if err != nil {
				t.Fatal(err)
			}
			if largest, mean := difference(t, got, wantPicture(t, "fit", "want", f.Want)); largest > 0 {
				t.Errorf("differs from torchvision by up to %d levels, %.3f in the mean", largest, mean)
			}
		})
	}
}

func TestGeometry(t *testing.T) {
	rows := readWants(t).Geometry
	if len(rows) != 45 {
		t.Fatalf("want.json has %d cases, want 45", len(rows))
	}
	for _, r := range rows {
		side := r[2]
		got, err := FitOptions{Width: side, Height: side, Mode: Crop, Resize: r[3]}.Geometry(r[0], r[1])
		if err != nil {
			t.Error(err)
			continue
		}
		want := Geometry{Scaled: image.Pt(r[4], r[5]), Crop: image.Rect(r[6], r[7], r[6]+side, r[7]+side)}
		if got != want {
			t.Errorf("%dx%d to %d by way of %d: %+v, want torchvision's %+v", r[0], r[1], side, r[3], got, want)
		}
	}
}

func TestImageNetResize(t *testing.T) {
	// 299*256/224 = 341.7; torchvision's Inception v3 takes 342.
	for side, want := range map[int]int{224: 256, 227: 259, 299: 342, 28: 32, 1: 1} {
		if got := ImageNetResize(side); got != want {
			t.Errorf("ImageNetResize(%d) is %d, want %d", side, got, want)
		}
	}
}

// TestGeometryCovers holds that the part which is kept lies within the scaled
// picture and that the picture's proportions are kept to a pixel.
func TestGeometryCovers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.IntRange(1, 2000)
		o := FitOptions{Width: side.Draw(t, "width"), Height: side.Draw(t, "height"), Mode: Crop}
		short := min(o.Width, o.Height)
		o.Resize = rapid.SampledFrom([]int{0, short, short + 1, 2 * short}).Draw(t, "resize")
		w, h := rapid.IntRange(1, 1<<30).Draw(t, "w"), rapid.IntRange(1, 1<<30).Draw(t, "h")
		g, err := o.Geometry(w, h)
		if err != nil {
			t.Fatal(err)
		}
		if g.Crop.Size() != image.Pt(o.Width, o.Height) {
			t.Fatalf("keeps %v", g.Crop)
		}
		if !g.Crop.In(image.Rectangle{Max: g.Scaled}) {
			t.Fatalf("keeps %v of %v", g.Crop, g.Scaled)
		}
		// One side is exact, the other is cut down to a whole pixel.
		x, y := float64(g.Scaled.X)/float64(w), float64(g.Scaled.Y)/float64(h)
		if x < y && float64(g.Scaled.X+1)/float64(w) < y*(1-1e-9) || y < x && float64(g.Scaled.Y+1)/float64(h) < x*(1-1e-9) {
			t.Fatalf("%dx%d is scaled to %v", w, h, g.Scaled)
		}
	})
}

func TestFitRefuses(t *testing.T) {
	tests := []struct {
		w, h int
		o    FitOptions
		want string
	}{
		{9, 9, FitOptions{Width: 0, Height: 4, Mode: Crop},
			"can't fit a picture to 0x4: a side must be between 1 and 1048576 pixels"},
		{9, 9, FitOptions{Width: 4, Height: -4, Mode: Stretch}, "can't fit a picture to 4x-4"},
		{9, 9, FitOptions{Width: 1 << 40, Height: 4, Mode: Stretch}, "a side must be between"},
		{9, 9, FitOptions{Width: 1 << 20, Height: 1 << 20, Mode: Stretch}, "the limit is 100000000 pixels"},
		{9, 9, FitOptions{Width: 224, Height: 224, Mode: Crop, Resize: 200},
			"resize 200 for a crop of 224x224 must be between 224, its shorter side, and 1048576"},
		{9, 9, FitOptions{Width: 224, Height: 224, Mode: Crop, Resize: 1 << 30}, "resize 1073741824 for a crop"},
		{9, 9, FitOptions{Width: 1 << 20, Height: 1, Mode: Crop, Resize: 2}, "start from 2097152x2"},
		{9, 9, FitOptions{Width: 4, Height: 4, Mode: Stretch, Resize: 5},
			"resize 5 cannot be combined with mode \"stretch\""},
		{9, 9, FitOptions{Width: 4, Height: 4, Mode: "squeeze"},
			`unknown way to fit a picture: "squeeze"; choose from crop, stretch`},
		{0, 9, FitOptions{Width: 4, Height: 4, Mode: Crop}, "a picture of 0x9 has no pixels"},
		{1, 10_000_000, FitOptions{Width: 224, Height: 224, Mode: Stretch},
			"resizing a picture of 1x10000000 to 224x224 takes too long"},
		{20_000_000, 1, FitOptions{Width: 1, Height: 1, Mode: Stretch}, "takes too long"},
	}
	for _, test := range tests {
		// Only the header of the picture: Fit must refuse it before it reads a pixel.
		src := &image.RGBA{Stride: 4 * test.w, Rect: image.Rect(0, 0, test.w, test.h)}
		got, err := Fit(src, test.o)
		if err == nil || got != nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%dx%d, %+v: %v, want an error with %q", test.w, test.h, test.o, err, test.want)
		}
	}
}

// TestFitExtreme fits lines of one pixel's width. Scaled as a whole they would
// take up to 20 GB.
func TestFitExtreme(t *testing.T) {
	for _, size := range []image.Point{{1, 100_000}, {100_000, 1}, {1, 1}} {
		for _, o := range []FitOptions{
			{Width: 224, Height: 224, Mode: Crop, Resize: 256},
			{Width: 32, Height: 32, Mode: Stretch},
		} {
			t.Run(fmt.Sprintf("%v-%s", size, o.Mode), func(t *testing.T) {
				src := image.NewRGBA(image.Rectangle{Max: size})
				for i := range src.Pix {
					src.Pix[i] = [4]uint8{10, 128, 255, 255}[i%4]
				}
				var got *image.RGBA
				var err error
				allocated := allocatedBy(func() { got, err = Fit(src, o) })
				if err != nil {
					t.Fatal(err)
				}
				if allocated > 1<<20 {
					t.Errorf("allocates %d bytes", allocated)
				}
				// A picture of one colour keeps it.
				for i, v := range got.Pix {
					if v != src.Pix[i%4] {
						t.Fatalf("byte %d is %d, want %d", i, v, src.Pix[i%4])
					}
				}
			})
		}
	}
}

// TestPhoto takes the photograph the whole way, as `cnncalc run` does for
// VGG-16, and compares rows of pixels and the means of 16x16 tiles with
// torchvision's.
func TestPhoto(t *testing.T) {
	p, err := Decode(bytes.NewReader(fixture(t, "photo.jpg")), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if p.Width != 451 || p.Height != 300 || p.Notes != nil {
		t.Fatalf("the photograph is %dx%d, notes %q; want 451x300 and none", p.Width, p.Height, p.Notes)
	}
	const side, tile = 224, 16
	rgb, err := Fit(p.RGB, FitOptions{Width: side, Height: side, Mode: Crop, Resize: 256})
	if err != nil {
		t.Fatal(err)
	}
	// The means are small; the largest differences are package jpeg's (TestDecodeKinds).
	for _, rows := range []struct {
		file string
		got  *image.RGBA
		mean float64
	}{
		{"photo-rows.png", p.RGB, 0.05},
		{"photo-224-rows.png", rgb, 0.25},
	} {
		largest, mean := difference(t, everyRow(rows.got, 13), wantPicture(t, "fit", "want", rows.file))
		if largest > 3 || mean > rows.mean {
			t.Errorf("%s: differs from torchvision by up to %d levels, %.3f in the mean", rows.file, largest, mean)
		}
	}
	planes := make([]float32, 3*side*side)
	if err := Normalise(planes, rgb, 3, ImageNet()); err != nil {
		t.Fatal(err)
	}
	means := make([]float64, 3*(side/tile)*(side/tile))
	for i, v := range planes {
		c, y, x := i/(side*side), i/side%side, i%side
		means[(c*side/tile+y/tile)*(side/tile)+x/tile] += float64(v) / (tile * tile)
	}
	want := readWants(t).Tiles
	if len(want) != len(means) {
		t.Fatalf("want.json has %d tiles, want %d", len(want), len(means))
	}
	const tolerance = 0.25 / 255 / 0.224 // a quarter of a level of 255
	for i := range means {
		if math.Abs(means[i]-want[i]) > tolerance {
			t.Errorf("tile %d has the mean %.4f, want torchvision's %.4f", i, means[i], want[i])
		}
	}
}

// everyRow keeps rows 0, step, 2*step and so on.
func everyRow(m *image.RGBA, step int) *image.RGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	part := image.NewRGBA(image.Rect(0, 0, w, (h+step-1)/step))
	for y := 0; y < h; y += step {
		copy(part.Pix[y/step*part.Stride:], m.Pix[y*m.Stride:][:4*w])
	}
	return part
}

// BenchmarkDecodeAndFit takes a picture from its file to the input of a network.
func BenchmarkDecodeAndFit(b *testing.B) {
	b.Run("photo", func(b *testing.B) { benchmarkDecodeAndFit(b, fixture(b, "photo.jpg")) })
	b.Run("12-megapixels", func(b *testing.B) { benchmarkDecodeAndFit(b, largeJPEG(b)) })
}

func benchmarkDecodeAndFit(b *testing.B, data []byte) {
	planes := make([]float32, 3*224*224)
	b.ReportAllocs()
	for b.Loop() {
		p, err := Decode(bytes.NewReader(data), Limits{})
		if err != nil {
			b.Fatal(err)
		}
		rgb, err := Fit(p.RGB, FitOptions{Width: 224, Height: 224, Mode: Crop, Resize: 256})
		if err != nil {
			b.Fatal(err)
		}
		if err := Normalise(planes, rgb, 3, ImageNet()); err != nil {
			b.Fatal(err)
		}
	}
}
