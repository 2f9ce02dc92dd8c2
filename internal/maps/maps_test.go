package maps

import (
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"
)

var nan, inf = float32(math.NaN()), float32(math.Inf(1))

// By hand: (v-min)/(max-min)*255, rounded.
func TestGray(t *testing.T) {
	for _, c := range []struct {
		values []float32
		want   []uint8
		text   string
	}{
		{[]float32{0, 1, 2, 4}, []uint8{0, 64, 128, 255}, "from 0 to 4"},
		{[]float32{-3, -2, -1, -2}, []uint8{0, 128, 255, 128}, "from -3 to -1"},
		{[]float32{5, 5, 5, 5}, []uint8{128, 128, 128, 128}, "all 5"},
		{[]float32{nan, 0, 1, inf}, []uint8{0, 0, 255, 255}, "from 0 to 1, 2 not finite"},
		{[]float32{nan, -inf, inf, 2}, []uint8{0, 0, 255, 128}, "all 2, 3 not finite"},
		{[]float32{nan, nan, nan, nan}, []uint8{0, 0, 0, 0}, "all 0, 4 not finite"},
		{[]float32{-math.MaxFloat32, math.MaxFloat32, 0, 0}, []uint8{0, 255, 128, 128}, "from -3.4e+38 to 3.4e+38"},
	} {
		gray, r := Gray(c.values, 2, 2)
		if !slices.Equal(gray.Pix, c.want) || r.String() != c.text {
			t.Errorf("%v: %v, %s; want %v, %s", c.values, gray.Pix, r, c.want, c.text)
		}
	}
}

// By hand: the means of squares of 2x2, of which the last ones have 3 columns.
func TestShrunk(t *testing.T) {
	p := plane{5, 3, [][]uint8{{
		0, 2, 10, 10, 20,
		4, 2, 10, 10, 20,
		8, 8, 40, 10, 20,
	}}}
	got := p.shrunk(2)
	// (0+2+4+2+8+8)/6 = 4, (10+10+20+10+10+20+40+10+20)/9 = 16.7
	if want := []uint8{4, 17}; got.w != 2 || got.h != 1 || !slices.Equal(got.levels[0], want) {
		t.Errorf("%dx%d %v, want %v", got.w, got.h, got.levels[0], want)
	}
}

// A map of 2x2 values is drawn with squares of 28 pixels, below the title.
func TestLayer(t *testing.T) {
	v := Volume{Name: "conv1", Text: "CONV3-2", W: 2, H: 2, D: 2, Values: []float32{0, 1, 2, 4, 7, 7, 7, 7}}
	m := Layer(v, 64)
	const top = margin + lineHeight + 4
	for at, want := range map[image.Point]uint8{
		{X: margin, Y: top}: 0, {X: margin + 27, Y: top + 27}: 0, {X: margin + 28, Y: top}: 64, {X: margin, Y: top + 28}: 128,
		{X: margin + 55, Y: top + 55}: 255, {X: margin + 56 + gap, Y: top}: 128, {X: margin + 56 + gap - 1, Y: top}: background,
	} {
		if got := m.RGBAAt(at.X, at.Y); got != (color.RGBA{want, want, want, 255}) {
			t.Errorf("%v: %v, want %d", at, got, want)
		}
	}
	b := v.block(64, ofPage())
	if b.title != "conv1 CONV3-2 2x2x2, from 0 to 7" || b.tiles[0].label != "0" || b.tiles[1].label != "1 flat" {
		t.Errorf("%s: %s, %s", b.title, b.tiles[0].label, b.tiles[1].label)
	}
	if b = v.block(1, ofPage()); b.title != "conv1 CONV3-2 2x2x2, from 0 to 7, 1 of 2 maps" || len(b.tiles) != 1 {
		t.Errorf("%s: %d tiles", b.title, len(b.tiles))
	}
}

// The values of a single place are one picture, in rows of 32.
func TestVector(t *testing.T) {
	values := make([]float32, 40)
	values[33] = 1
	v := Volume{Name: "fc1", Text: "FC-40", W: 1, H: 1, D: 40, Values: values}
	b := v.block(1, ofPage())
	p := b.tiles[0].plane
	if len(b.tiles) != 1 || p.w != 32 || p.h != 2 || b.zoom != 12 {
		t.Fatalf("%d tiles of %dx%d, zoom %d", len(b.tiles), p.w, p.h, b.zoom)
	}
	if got := p.levels[0][32:42]; !slices.Equal(got, []uint8{0, 255, 0, 0, 0, 0, 0, 0, background, background}) {
		t.Errorf("the second row is %v", got)
	}
}

// A filter of three channels is a picture in colour, whose values have one scale.
func TestFilters(t *testing.T) {
	f := Filters{Name: "conv1", K: 1, C: 3, H: 1, W: 2, Values: []float32{-1, 0, 0, 1, 1, -1}}
	at := func(f Filters, x int) color.RGBA { return f.Picture(64).RGBAAt(margin+28*x, margin+lineHeight+4) }
	for x, want := range []color.RGBA{{0, 128, 255, 255}, {128, 255, 0, 255}} {
		if got := at(f, x); got != want {
			t.Errorf("pixel %d: %v, want %v", x, got, want)
		}
	}
	f.IsBGR = true
	if got, want := at(f, 0), (color.RGBA{255, 128, 0, 255}); got != want {
		t.Errorf("from BGR: %v, want %v", got, want)
	}
	if b := f.block(64, ofPage()); b.title != "conv1 filters 2x1, red, green and blue, from -1 to 1" {
		t.Error(b.title)
	}
	f = Filters{Name: "conv1", K: 2, C: 2, H: 1, W: 1, Values: []float32{1, 2, 3, 4}}
	b := f.block(3, ofPage())
	if b.title != "conv1 filters 1x1, by filter and channel, from 1 to 4, 3 of 4" || b.tiles[2].label != "1.0" {
		t.Errorf("%s, %s", b.title, b.tiles[2].label)
	}
}

// A sheet does not grow without end, and says what it lacks.
func TestSheetIsBounded(t *testing.T) {
	s := NewSheet(64)
	for range 1000 {
		s.AddLayer(Volume{Name: "conv", W: 2, H: 2, D: 500, Values: make([]float32, 2000)})
	}
	picture := s.Picture()
	if size := picture.Rect.Size(); size.Y > maxSheetHeight || size.X > pageWidth || size.X < 1000 || s.LeftOut() == 0 {
		t.Errorf("%v, %d left out", size, s.LeftOut())
	}
	if shown := len(s.blocks) + s.LeftOut(); shown != 1000 {
		t.Errorf("%d layers, not 1000", shown)
	}
	if int64(len(picture.Pix)) > SheetBytes(1000) {
		t.Errorf("%d bytes, more than %d", len(picture.Pix), SheetBytes(1000))
	}
	for _, b := range s.blocks {
		if b.size().X > pageWidth-2*margin {
			t.Fatalf("a row of %d pixels", b.size().X)
		}
	}
}

// The memory of a sheet is known before it is drawn.
func TestSheetBytes(t *testing.T) {
	for _, v := range []Volume{
		{W: 1, H: 1, D: 4096}, {W: 96, H: 191, D: 3}, {W: 500, H: 500, D: 1}, {W: 5, H: 5, D: 100},
	} {
		s := NewSheet(64)
		v.Values = make([]float32, v.W*v.H*v.D)
		for range 3 {
			s.AddLayer(v)
		}
		if got := s.Picture(); int64(len(got.Pix)) > SheetBytes(3)-filtersHeight*pageWidth {
			t.Errorf("%dx%dx%d: %v", v.W, v.H, v.D, got.Rect)
		}
	}
}

// Names cannot control anything or make the picture wider.
func TestHostileNames(t *testing.T) {
	b := (&Volume{Name: "\u202e卷\x1b[31m" + strings.Repeat("x", 1e5), W: 1, H: 1, D: 1, Values: []float32{1}}).block(1,
		ofPage())
	if len(b.title)*letterWidth > pageWidth || !strings.HasPrefix(b.title, `\u202e?\x1b[31mxx`) {
		t.Errorf("%.50q, %d letters", b.title, len(b.title))
	}
}
