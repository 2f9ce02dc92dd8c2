package main

import (
	"fmt"
	"image"
	"image/draw"
	"strings"

	drawing "cnncalc/internal/draw"
	"cnncalc/internal/picture"
	"cnncalc/internal/plain"
	"cnncalc/internal/preprocess"
	"cnncalc/internal/report"
	"cnncalc/internal/shape"
)

// fieldFlags are those of draw --style field.
type fieldFlags struct {
	layer, at, input, fit string
	x, y                  int64 // of at
}

// largestInDrawing is the longest side of the picture in a drawing, in pixels.
const largestInDrawing = 512

// check refuses what no network would suit.
func (f *fieldFlags) check() error {
	if f.at == "" {
		return nil
	}
	x, y, ok := strings.Cut(f.at, ",")
	if !ok {
		return usageError("--at: %s is not a column and a row, such as 7,7", plain.Quote(f.at))
	}
	var err error
	if f.x, err = wholeNumber(x); err != nil {
		return usageError("--at: %w", err)
	}
	if f.y, err = wholeNumber(y); err != nil {
		return usageError("--at: %w", err)
	}
	return nil
}

// drawnField returns the picture of what one place of a layer sees.
func (f *drawFlags) drawnField(l *loaded) ([]byte, error) {
	n := l.network
	fields := shape.Fields(n)
	node := lastThatSeesParts(n, fields)
	if f.field.layer != "" {
		nodes, err := l.nodesNamed(f.field.layer)
		if err != nil {
			return nil, err
		}
		node = nodes[0]
	}
	x, y := f.field.x, f.field.y
	if f.field.at == "" {
		x, y = n.Layers[node].Out.W/2, n.Layers[node].Out.H/2
	}
	seen, err := drawing.NewField(n, node, x, y)
	if err != nil {
		return nil, usageError("--at: %w", err)
	}
	var background string
	if f.field.input != "" {
		fitted, err := f.field.picture(n)
		if err != nil {
			return nil, err
		}
		if background, err = picture.DataURI(fitted); err != nil {
			return nil, err
		}
	}
	remark := fmt.Sprintf("Its receptive field is %s.", report.FieldText(fields[node], n.InputShape()))
	return seen.SVG(l.title(), remark, background), nil
}

// lastThatSeesParts returns the last layer up to the main output whose value in the middle does not see all of the
// picture, the output if there is none.
func lastThatSeesParts(n *shape.Network, fields []shape.Field) int {
	picture := n.InputShape()
	for i := n.Main(); i > 0; i-- {
		out := n.Layers[i].Out
		if !n.IsTrainingOnly(i) && !(seesAll(fields[i].W, out.W/2, picture.W) && seesAll(fields[i].H, out.H/2, picture.H)) {
			return i
		}
	}
	return n.Main()
}

// seesAll reports whether the value at a place sees all of an axis of the picture, so far as is known.
func seesAll(f shape.FieldAxis, place, pixels int64) bool {
	first := float64(f.Start) + float64(place)*f.Jump.Float()
	return f.Unknown != "" || first <= 0 && first+float64(f.Size) >= float64(pixels)
}

// picture returns that of --input as the network sees it: resized and cut as run does, but not larger than a drawing
// needs, and grey if the input is.
func (f *fieldFlags) picture(n *shape.Network) (image.Image, error) {
	in := n.InputShape()
	switch {
	case len(n.Inputs) > 1:
		return nil, usageError("--input is for networks with one input; this one has %s",
			plain.CutNames(strings.Join(inputNames(n), ", ")))
	case in.D != 1 && in.D != 3:
		return nil, problemError("the input is %s, but a picture is 3 deep, or 1 in grey", in)
	}
	p, err := openPicture(f.input, memoryLimit{}.available(), 0)
	if err != nil {
		return nil, err
	}
	fit, _ := preprocess.Options(n.Preprocess, in, f.fit)
	fitted, err := picture.Fit(p.RGB, forDrawing(fit))
	if err != nil {
		return nil, problemError("%s: %w", plain.CutPath(f.input), err)
	}
	if in.D == 3 {
		return fitted, nil
	}
	grey := image.NewGray(fitted.Rect)
	draw.Draw(grey, grey.Rect, fitted, image.Point{}, draw.Src)
	return grey, nil
}

// forDrawing returns options for the same part of the picture in no more pixels than a drawing has.
func forDrawing(o picture.FitOptions) picture.FitOptions {
	longest := max(o.Width, o.Height)
	if longest <= largestInDrawing {
		return o
	}
	scaled := func(side int) int { return max(side*largestInDrawing/longest, min(side, 1)) }
	resize := scaled(o.Resize)
	o.Width, o.Height = scaled(o.Width), scaled(o.Height)
	if o.Resize > 0 {
		o.Resize = max(resize, min(o.Width, o.Height))
	}
	return o
}
