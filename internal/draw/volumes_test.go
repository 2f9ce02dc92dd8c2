package draw

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"cnncalc/architectures"
)

// row writes volumes as a test can state them.
func row(volumes []Volume) string {
	var all []string
	for _, v := range volumes {
		text := fmt.Sprintf("%s %s", v.Shape, strings.Join(v.Makers, ", "))
		if v.KernelW > 0 {
			text += fmt.Sprintf(" <%dx%d>", v.KernelW, v.KernelH)
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

// The volumes of VGG-16 are those of the notes' table, without ReLU and dropout.
func TestVolumes(t *testing.T) {
	const vgg = "224x224x3 INPUT <3x3>; 224x224x64 CONV3-64 x2 <2x2>; 112x112x64 POOL2 s2 <3x3>; " +
		"112x112x128 CONV3-128 x2 <2x2>; 56x56x128 POOL2 s2 <3x3>; 56x56x256 CONV3-256 x3 <2x2>; " +
		"28x28x256 POOL2 s2 <3x3>; 28x28x512 CONV3-512 x3 <2x2>; 14x14x512 POOL2 s2 <3x3>; " +
		"14x14x512 CONV3-512 x3 <2x2>; 7x7x512 POOL2 s2; 1x1x4096 FC-4096 x2; 1x1x1000 FC-1000"
	if got := row(Volumes(builtIn(t, "vgg16"))); got != vgg {
		t.Errorf("got %s\nwant %s", got, vgg)
	}
	for _, c := range []struct{ name, text, want string }{
		{"paths have no volumes of their own", `
input: 8x8x4
blocks:
  unit(w): ADD(CONV3-w -> RELU | IDENTITY) -> RELU
layers: INPUT -> unit(4)*2 -> CONCAT(CONV1-2 | CONV3-2) -> FC-3
`, "8x8x4 INPUT; 8x8x4 unit x2, CONCAT; 1x1x3 FC-3"},
		{"a path down and up again is the main one", `
input: 16x16x4
blocks:
  double(w): CONV3-w -> RELU -> CONV3-w -> RELU
  up(skip, w): UPCONV2-w s2 @wide -> CONCAT(@skip -> CROP like=@wide | IDENTITY) -> double(w)
layers: INPUT -> double(8) @skip -> POOL2 -> double(16) -> up(@skip, 8) -> CONV1-2
`, "16x16x4 INPUT <3x3>; 16x16x8 CONV3-8 x2 <2x2>; 8x8x8 POOL2 s2 <3x3>; 8x8x16 CONV3-16 x2 <2x2>; " +
			"16x16x8 UPCONV2-8 s2; 16x16x16 CONCAT <3x3>; 16x16x8 CONV3-8 x2; 16x16x2 CONV1-2"},
		{"a look at the whole plane is no such path", `
input: 16x16x4
blocks:
  excite(): MUL(IDENTITY | GAP -> FC-2 -> FC-4 -> SIGMOID)
layers: INPUT -> CONV3-4 -> excite() -> CONV3-8
`, "16x16x4 INPUT <3x3>; 16x16x4 CONV3-4; 16x16x4 excite <3x3>; 16x16x8 CONV3-8"},
		{"dilation makes a window larger", `
input: 9x9x4
layers: INPUT -> CONV3-8 d2 p2 -> FC-3
`, "9x9x4 INPUT <5x5>; 9x9x8 CONV3-8 d2; 1x1x3 FC-3"},
		{"heads for training are not there", `
input: 8x8x4
layers: INPUT -> CONV3-4 @a -> RELU -> POOL2 -> FC-3
heads: {aux: {layers: "@a -> FC-3", training: true}}
`, "8x8x4 INPUT <3x3>; 8x8x4 CONV3-4 <2x2>; 4x4x4 POOL2 s2; 1x1x3 FC-3"},
	} {
		if got := row(Volumes(read(t, "net", c.text))); got != c.want {
			t.Errorf("%s: got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// In all pictures of volumes, boxes and captions are beside each other, and within the page.
func TestVolumesDoNotOverlap(t *testing.T) {
	for _, name := range architectures.Names() {
		volumes := Volumes(builtIn(t, name))
		if len(volumes) < 2 {
			t.Errorf("%s: only %d volumes", name, len(volumes))
		}
		for _, scale := range Scales() {
			r := arrange(volumes, Scale(scale))
			end, above, below := 0.0, 0.0, 0.0 // of the row before and the captions so far
			for i := range r.solids {
				s := &r.solids[i]
				caption := textWidth(s.text())
				for _, maker := range s.Makers {
					caption = max(caption, textWidth(maker))
				}
				left := min(s.left, s.captionX-caption/2)
				right := max(s.right+float64(min(s.Times, mostBoxes)-1)*boxOffset+s.dx, s.captionX+caption/2)
				if left < end+volumeGap/2 || right > r.width || s.top-s.dy < above || s.bottom >= s.captionY-10 ||
					s.captionY > r.height {
					t.Errorf("%s, %s: %s is out of its place", name, scale, s.text())
				}
				end, below = right, max(below, s.captionY+float64(len(s.Makers))*captionRow)
				if s.endsRow {
					end, above = 0, below
				}
			}
			if below > r.height || r.width > widestRow+300 {
				t.Errorf("%s, %s: a picture of %.0fx%.0f", name, scale, r.width, r.height)
			}
		}
	}
}

// By hand: half of a size is half of a length in a linear scale, and 0.707 of it by square roots.
func TestScales(t *testing.T) {
	for scale, want := range map[Scale]float64{LinearScale: 0.5, RootScale: math.Sqrt2 / 2, LogScale: 8.0 / 9} {
		if got := scale.of(255, 510); math.Abs(got-want) > 1e-3 {
			t.Errorf("%s: %v, want %v", scale, got, want)
		}
	}
}

// The legend speaks of what the picture has, and of nothing else.
func TestVolumesLegend(t *testing.T) {
	const windows = " Red is the window that the next layer moves over a volume."
	for _, c := range []struct{ layers, want string }{
		{"INPUT -> CONV3-8 -> FC-3", "Width and height have one scale, depth another, and bars a third; all are linear." + windows},
		{"INPUT -> CONV3-8", "Width and height have one scale, depth another; both are linear." + windows},
		{"INPUT -> UPSAMPLE2", "Width and height have one scale, depth another; both are linear."},
		{"INPUT -> GAP -> FC-3", "Width and height have one scale, depth another, and bars a third; all are linear."},
	} {
		volumes := Volumes(read(t, "net", "input: 8x8x4\nlayers: "+c.layers+"\n"))
		if picture := VolumesSVG("net", volumes, LinearScale); !strings.Contains(string(picture), ">"+c.want+"<") {
			t.Errorf("%s: no %q", c.layers, c.want)
		}
	}
	bars := Volumes(read(t, "net", "input: 1x1x4\nlayers: INPUT -> FC-3\n"))
	if got, want := legendOf(bars, LogScale), "The lengths of the bars are logarithmic."; got != want {
		t.Errorf("bars: %q", got)
	}
}
