package picture

import (
	"fmt"
	"image"
	"math"

	"cnncalc/internal/plain"
)

// ChannelOrder is the order of the three colour planes.
type ChannelOrder string

// The orders of colour planes.
const (
	RGB ChannelOrder = "rgb" // PyTorch, TensorFlow, Keras
	BGR ChannelOrder = "bgr" // Caffe and what was converted from it
)

// NormaliseOptions are the settings of Normalise, which makes of a pixel's 0..255
// the value (pixel*Scale - Mean[c]) / Std[c] of plane c. Mean and Std are in the
// order of the planes (blue first for BGR) and in the units of pixel*Scale.
type NormaliseOptions struct {
	Mean  []float64    // one for each plane; nil means 0
	Std   []float64    // one for each plane; nil means 1
	Order ChannelOrder // of three planes; "" means RGB
	Scale float64      // 0 means 1/255, torchvision's ToTensor; Caffe takes 1
}

// ImageNet returns the normalisation of torchvision's ImageNet networks: mean
// and standard deviation of ImageNet's training pictures, in 0..1.
func ImageNet() NormaliseOptions {
	return NormaliseOptions{
		Mean:  []float64{0.485, 0.456, 0.406},
		Std:   []float64{0.229, 0.224, 0.225},
		Order: RGB,
		Scale: 1.0 / 255,
	}
}

// Normalise writes src into dst as depth planes, [depth, height, width]. Depth 3
// is colour; depth 1 is grey by ITU-R BT.601, as in Pillow's convert("L"). Values
// are computed in float32 and equal torchvision's bit for bit.
func Normalise(dst []float32, src *image.RGBA, depth int, o NormaliseOptions) error {
	if depth != 1 && depth != 3 {
		return fmt.Errorf("a picture has 3 planes (colour) or 1 (grey), but the network's input has depth %d", depth)
	}
	tables, err := o.tables(depth)
	if err != nil {
		return err
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	if want := int64(w) * int64(h) * int64(depth); int64(len(dst)) != want {
		return fmt.Errorf("a picture of %dx%dx%d has %d values, but there is room for %d", w, h, depth, want, len(dst))
	}
	if depth == 1 {
		normaliseGrey(dst, src, &tables[0])
		return nil
	}
	plane := w * h
	for c := range 3 {
		channel := c
		if o.Order == BGR {
			channel = 2 - c
		}
		normalisePlane(dst[c*plane:(c+1)*plane], src, channel, &tables[c])
	}
	return nil
}

// tables returns for each plane what the 256 pixel values become.
func (o NormaliseOptions) tables(depth int) ([][256]float32, error) {
	if o.Order != "" && o.Order != RGB && o.Order != BGR {
		return nil, fmt.Errorf("unknown order of colour planes: %s; choose from %s, %s",
			plain.Quote(string(o.Order)), RGB, BGR)
	}
	if o.Mean != nil && len(o.Mean) != depth {
		return nil, fmt.Errorf("mean has %d values, but the network's input has depth %d", len(o.Mean), depth)
	}
	if o.Std != nil && len(o.Std) != depth {
		return nil, fmt.Errorf("std has %d values, but the network's input has depth %d", len(o.Std), depth)
	}
	scale := o.Scale
	if scale == 0 {
		scale = 1.0 / 255
	}
	if !isFinite32(scale) || scale < 0 {
		return nil, fmt.Errorf("scale %v must be a positive number, such as 1/255 or 1", scale)
	}
	tables := make([][256]float32, depth)
	for c := range tables {
		mean, std := 0.0, 1.0
		if o.Mean != nil {
			mean = o.Mean[c]
		}
		if o.Std != nil {
			std = o.Std[c]
		}
		if !isFinite32(mean) {
			return nil, fmt.Errorf("mean %v of plane %d must be a finite float32", mean, c)
		}
		if !isFinite32(std) || float32(std) <= 0 {
			return nil, fmt.Errorf("std %v of plane %d must be a positive float32", std, c)
		}
		for v := range 256 {
			x := (float32(float64(v)*scale) - float32(mean)) / float32(std)
			if !isFinite32(float64(x)) {
				return nil, fmt.Errorf("pixel value %d becomes %v with scale %v, mean %v, std %v", v, x, scale, mean, std)
			}
			tables[c][v] = x
		}
	}
	return tables, nil
}

// isFinite32 reports whether v is a finite number also as a float32.
func isFinite32(v float64) bool {
	return !math.IsNaN(v) && !math.IsInf(float64(float32(v)), 0)
}

func normalisePlane(dst []float32, src *image.RGBA, channel int, table *[256]float32) {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	for y := range h {
		row := src.Pix[y*src.Stride : y*src.Stride+4*w]
		out := dst[y*w : (y+1)*w]
		for x := range out {
			out[x] = table[row[4*x+channel]]
		}
	}
}

func normaliseGrey(dst []float32, src *image.RGBA, table *[256]float32) {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	for y := range h {
		row := src.Pix[y*src.Stride : y*src.Stride+4*w]
		out := dst[y*w : (y+1)*w]
		for x := range out {
			out[x] = table[luma(row[4*x], row[4*x+1], row[4*x+2])]
		}
	}
}

// luma converts as Pillow's convert("L") does (Convert.c, L24): with the weights
// of ITU-R BT.601 in 16 fractional bits.
func luma(r, g, b uint8) uint8 {
	return uint8((uint32(r)*19595 + uint32(g)*38470 + uint32(b)*7471 + 0x8000) >> 16)
}
