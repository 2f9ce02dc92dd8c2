// Package preprocess says how a picture becomes the input of a network.
package preprocess

import (
	"slices"

	"cnncalc/internal/graph"
	"cnncalc/internal/picture"
)

// Inputs at least this wide are trained on crops of 224 out of 256; smaller ones on the whole picture.
const largeInput = 128

// Options returns what the network's file says, with the defaults for what it leaves out. fit, if it is not "", is a
// picture.FitMode that replaces the file's. All inputs are prepared alike.
func Options(p graph.Preprocess, in graph.Shape, fit string) (picture.FitOptions, picture.NormaliseOptions) {
	fitted := picture.FitOptions{Width: int(in.W), Height: int(in.H), Mode: picture.Crop}
	switch {
	case fit == string(picture.Stretch) || fit == "" && p.Stretch:
		fitted.Mode = picture.Stretch
	case p.Resize >= min(in.W, in.H): // smaller where another input size asks for more
		fitted.Resize = int(p.Resize)
	case p.Resize == 0 && min(in.W, in.H) >= largeInput:
		fitted.Resize = picture.ImageNetResize(int(min(in.W, in.H)))
	}
	options := picture.NormaliseOptions{}
	if in.D == 3 && p.Mean == nil && p.Std == nil && p.Scale == 0 {
		options = picture.ImageNet()
		if p.BGR { // mean and deviation are in the order of the planes
			slices.Reverse(options.Mean)
			slices.Reverse(options.Std)
		}
	}
	if p.Mean != nil {
		options.Mean = everyChannel(p.Mean, in)
	}
	if p.Std != nil {
		options.Std = everyChannel(p.Std, in)
	}
	options.Scale = p.Scale
	if p.BGR {
		options.Order = picture.BGR
	}
	return fitted, options
}

// everyChannel returns a value for each channel, which all have in common where there is one only.
func everyChannel(values []float64, in graph.Shape) []float64 {
	if len(values) == 1 {
		return slices.Repeat(values, int(in.D))
	}
	return values
}
