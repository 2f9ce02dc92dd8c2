package picture

import (
	"fmt"
	"image"
	"math"

	"cnncalc/internal/plain"
)

// FitMode is a way to bring a picture to the size of the network's input.
type FitMode string

// The modes of Fit.
const (
	// Crop keeps the proportions: it resizes the picture until it covers the
	// wanted size, and cuts out the centre.
	Crop FitMode = "crop"
	// Stretch resizes both sides to the wanted size.
	Stretch FitMode = "stretch"
)

// FitOptions are the settings of Fit.
type FitOptions struct {
	Width, Height int // of the result: the network's input, in pixels
	Mode          FitMode
	// Resize is for Crop: the length in pixels to which the shorter side of Width
	// x Height is scaled before the cut. For a square input this is torchvision's
	// Resize before CenterCrop: 256 for 224. Zero means the shorter side itself,
	// so that the cut keeps as much as possible.
	Resize int
}

// ImageNetResize returns the Resize for a square ImageNet input: side*256/224,
// rounded; 256 for 224, as in torchvision and the papers.
func ImageNetResize(side int) int {
	return int(math.Round(float64(side) * 256 / 224))
}

// Geometry is what Fit does to a picture, in pixels.
type Geometry struct {
	Scaled image.Point     // size of the whole picture after resizing
	Crop   image.Rectangle // the part of it that is kept
}

// Bounds on what Fit does for one picture.
const (
	maxSide = 1 << 20 // of the result and of Resize, in pixels
	maxTaps = 2e9     // products of a weight and a pixel, about 5 seconds
	maxRow  = 1 << 15 // source pixels under one result pixel, along one axis: weights of more would be too coarse
)

// Geometry computes how a picture of width x height pixels is resized and cut.
// The long side is int(short*long/shortside) and the offset is (size-crop)/2
// rounded half to even, both as in torchvision 0.14.
func (o FitOptions) Geometry(width, height int) (Geometry, error) {
	if width <= 0 || height <= 0 {
		return Geometry{}, fmt.Errorf("a picture of %dx%d has no pixels", width, height)
	}
	if width > math.MaxInt32 || height > math.MaxInt32 {
		return Geometry{}, fmt.Errorf("a picture of %dx%d is too large: a side must be at most %d",
			width, height, math.MaxInt32)
	}
	if o.Width <= 0 || o.Height <= 0 || o.Width > maxSide || o.Height > maxSide {
		return Geometry{}, fmt.Errorf("can't fit a picture to %dx%d: a side must be between 1 and %d pixels",
			o.Width, o.Height, maxSide)
	}
	if int64(o.Width)*int64(o.Height) > DefaultMaxPixels {
		return Geometry{}, fmt.Errorf("can't fit a picture to %dx%d: the limit is %d pixels",
			o.Width, o.Height, DefaultMaxPixels)
	}
	size := image.Pt(o.Width, o.Height)
	switch o.Mode {
	case Stretch:
		if o.Resize != 0 {
			return Geometry{}, fmt.Errorf("resize %d cannot be combined with mode %q", o.Resize, Stretch)
		}
		return Geometry{Scaled: size, Crop: image.Rectangle{Max: size}}, nil
	case Crop:
		return o.cropGeometry(int64(width), int64(height))
	}
	return Geometry{}, fmt.Errorf("unknown way to fit a picture: %s; choose from %s, %s",
		plain.Quote(string(o.Mode)), Crop, Stretch)
}

func (o FitOptions) cropGeometry(width, height int64) (Geometry, error) {
	short := min(o.Width, o.Height)
	resize := o.Resize
	if resize == 0 {
		resize = short
	}
	if resize < short || resize > maxSide {
		return Geometry{}, fmt.Errorf("resize %d for a crop of %dx%d must be between %d, its shorter side, and %d",
			resize, o.Width, o.Height, short, maxSide)
	}
	// The box has the proportions of the result; the scaled picture covers it.
	boxW := int64(o.Width) * int64(resize) / int64(short)
	boxH := int64(o.Height) * int64(resize) / int64(short)
	if boxW > maxSide || boxH > maxSide {
		return Geometry{}, fmt.Errorf("resize %d makes a crop of %dx%d start from %dx%d; a side must be at most %d",
			resize, o.Width, o.Height, boxW, boxH, maxSide)
	}
	scaledW, scaledH := boxW, boxH
	if width*boxH > height*boxW {
		scaledW = boxH * width / height
	} else {
		scaledH = boxW * height / width
	}
	x := halfToEven(scaledW - int64(o.Width))
	y := halfToEven(scaledH - int64(o.Height))
	return Geometry{
		Scaled: image.Pt(int(scaledW), int(scaledH)),
		Crop:   image.Rect(x, y, x+o.Width, y+o.Height),
	}, nil
}

// halfToEven returns n/2, a half rounded to the even neighbour as by Python's
// round.
func halfToEven(n int64) int { return int(math.RoundToEven(float64(n) / 2)) }

// Fit resizes and cuts src to o.Width x o.Height with the antialiased bilinear
// filter of Pillow, to the same bytes. It computes only the part that is kept, so
// memory does not grow with the scaled size. src must be opaque.
func Fit(src *image.RGBA, o FitOptions) (*image.RGBA, error) {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	g, err := o.Geometry(w, h)
	if err != nil {
		return nil, err
	}
	if err := checkWork(w, h, g); err != nil {
		return nil, err
	}
	return resize(src, g), nil
}

// checkWork refuses what would take too long, and what the weights of the filter
// are too coarse for.
func checkWork(width, height int, g Geometry) error {
	// The filter reaches one pixel to each side, measured at the coarser scale.
	tapsX := 2*max(float64(width)/float64(g.Scaled.X), 1) + 1
	tapsY := 2*max(float64(height)/float64(g.Scaled.Y), 1) + 1
	size := g.Crop.Size()
	rows := float64(size.Y)*float64(height)/float64(g.Scaled.Y) + tapsY // of the picture
	taps := float64(size.X) * (rows*tapsX + float64(size.Y)*tapsY)
	if taps > maxTaps || tapsX > maxRow || tapsY > maxRow {
		return fmt.Errorf("resizing a picture of %dx%d to %dx%d takes too long: make the picture smaller or crop it first",
			width, height, g.Scaled.X, g.Scaled.Y)
	}
	return nil
}
