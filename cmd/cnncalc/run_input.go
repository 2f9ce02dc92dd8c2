package main

import (
	"errors"
	"runtime/debug"
	"slices"

	"cnncalc/internal/exec"
	"cnncalc/internal/graph"
	"cnncalc/internal/labels"
	"cnncalc/internal/memory"
	"cnncalc/internal/picture"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
)

// Inputs at least this wide are trained on crops of 224 out of 256; smaller ones on the whole picture.
const largeInput = 128

// Pictures of at least this many pixels leave garbage that is worth returning before the network takes its memory.
const largePicture = 1 << 23

// inputPicture is a picture as it was read.
type inputPicture struct {
	path          string
	width, height int
}

// readPictures makes the batch: every input once, then again from the first on. Decoding a picture takes no more
// memory than the limit leaves besides the batch.
func (a *app) readPictures(f *runFlags, program *exec.Program, limit memoryLimit) ([]inputPicture, []float32, error) {
	n := program.Network()
	if len(n.Inputs) > 1 {
		return nil, nil, problemError("the network has %d inputs, but run takes pictures for one input only", len(n.Inputs))
	}
	fit, normalise := preprocessing(n, f.fit)
	in := n.InputShape()
	if in.D != 1 && in.D != 3 {
		return nil, nil, problemError("the input is %s, but a picture is 3 deep, or 1 in grey", in)
	}
	inputs, err := program.NewInputs()
	if err != nil {
		return nil, nil, memoryError(err)
	}
	input, each := inputs[0], int(in.W*in.H*in.D)
	pictures := make([]inputPicture, len(f.inputs))
	for i, path := range f.inputs {
		p, err := openPicture(path, limit, int64(len(input))*memory.BytesPerValue)
		if err != nil {
			return nil, nil, err
		}
		pictures[i] = inputPicture{path, p.Width, p.Height}
		fitted, err := picture.Fit(p.RGB, fit)
		if err != nil {
			return nil, nil, problemError("%s: %w", path, err)
		}
		if err := picture.Normalise(input[i*each:(i+1)*each], fitted, int(in.D), normalise); err != nil {
			return nil, nil, problemError("%s: %w", path, err)
		}
		for _, note := range p.Notes {
			a.note("%s: %s", path, note)
		}
		if p.Width*p.Height >= largePicture {
			debug.FreeOSMemory()
		}
	}
	for i := len(pictures); i < f.batch; i++ {
		copy(input[i*each:(i+1)*each], input[i%len(pictures)*each:])
	}
	return pictures, input, nil
}

// openPicture decodes a picture while a batch of that many bytes is in memory.
func openPicture(path string, limit memoryLimit, batch int64) (*picture.Picture, error) {
	limits := picture.Limits{}
	if limit.bytes > 0 {
		limits.Memory = min(max(limit.bytes-batch, 1), picture.DefaultMaxMemory)
	}
	p, err := picture.Open(path, limits)
	var refused *picture.MemoryError
	switch {
	case errors.As(err, &refused) && refused.Limit < picture.DefaultMaxMemory:
		return nil, problemError("%s: decoding %s takes up to %s besides the %s of the batch, but %s: %s",
			plain.CutPath(path),
			refused.What, bothSizes(refused.Need), bothSizes(batch), limit.allows(), refused.Remedy)
	case err != nil:
		return nil, problemError("%w", err)
	}
	return p, nil
}

// preprocessing is what the network's file says, with the defaults for what it leaves out.
func preprocessing(n *shape.Network, fitFlag string) (picture.FitOptions, picture.NormaliseOptions) {
	in, p := n.InputShape(), n.Preprocess
	fit := picture.FitOptions{Width: int(in.W), Height: int(in.H), Mode: picture.Crop}
	switch {
	case fitFlag == "stretch" || fitFlag == "" && p.Stretch:
		fit.Mode = picture.Stretch
	case p.Resize >= min(in.W, in.H): // smaller where --input-size asks for more
		fit.Resize = int(p.Resize)
	case p.Resize == 0 && min(in.W, in.H) >= largeInput:
		fit.Resize = picture.ImageNetResize(int(min(in.W, in.H)))
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
	return fit, options
}

// everyChannel returns a value for each channel, which all have in common where there is one only.
func everyChannel(values []float64, in graph.Shape) []float64 {
	if len(values) == 1 {
		return slices.Repeat(values, int(in.D))
	}
	return values
}

// readLabels gives the names of the network's outputs, which a map of scores has at every place: the flag's file, or
// the network file's own, or ImageNet's where there are 1000 outputs. It is nil where there are none.
func readLabels(path string, n *shape.Network) ([]string, error) {
	outputs := n.Total.Out.D
	switch {
	case path != "":
	case n.Labels != nil:
		return n.Labels, nil
	case outputs == 1000 && n.InputShape().D == 3:
		return labels.ImageNet(), nil
	default:
		return nil, nil
	}
	data, err := readRegular(path, "a file of labels", labels.MaxFileSize)
	if err != nil {
		return nil, err
	}
	names, err := labels.Parse(data)
	if err != nil {
		return nil, problemError("%s: %w", path, err)
	}
	if int64(len(names)) != outputs {
		return nil, problemError("%s has %d labels, but the network has %d outputs", path, len(names), outputs)
	}
	return names, nil
}
