package main

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"cnncalc/internal/exec"
	"cnncalc/internal/graph"
	"cnncalc/internal/labels"
	"cnncalc/internal/memory"
	"cnncalc/internal/picture"
	"cnncalc/internal/plain"
	"cnncalc/internal/preprocess"
	"cnncalc/internal/shape"
)

// Pictures of at least this many pixels leave garbage that is worth returning before the network takes its memory.
const largePicture = 1 << 23

// inputPicture is one input of the network as it was read: a picture, or a part of an array.
type inputPicture struct {
	path          string
	isArray       bool
	isPart        bool
	index         int // of the part in the array
	width, height int
}

// openInputs returns the files of each input of the network, and sets the batch to their number unless --batch is
// larger. Where there are several inputs, each file follows the name of its input.
func (f *runFlags) openInputs(n *shape.Network) (files [][]inputFile, err error) {
	paths := make([][]string, len(n.Inputs))
	if len(n.Inputs) == 1 {
		paths[0] = f.inputs
	} else if err := f.assignByName(n, paths); err != nil {
		return nil, err
	}
	files = make([][]inputFile, len(n.Inputs))
	defer func() {
		if err != nil {
			closeInputs(files)
		}
	}()
	counts := make([]int, len(n.Inputs))
	for k, i := range n.Inputs {
		for _, path := range paths[k] {
			file, err := openInput(path, n.Layers[i].Out)
			if err != nil {
				return files, err
			}
			files[k] = append(files[k], file)
			counts[k] += file.count
		}
	}
	return files, f.setBatch(n, counts)
}

// setBatch sets the batch to the number of pictures of each input, unless --batch is larger.
func (f *runFlags) setBatch(n *shape.Network, counts []int) error {
	count := counts[0]
	for k, c := range counts {
		if c == 0 || c != count {
			names := inputNames(n)
			return usageError("--input has %s for %s and %d for %s; each of the inputs %s needs the same number",
				plain.Counted(int64(count), "picture"), names[0], c, names[k], plain.CutNames(strings.Join(names, ", ")))
		}
	}
	switch {
	case f.batch == 0 && count > maxBatch:
		return problemError("%d inputs exceed the %d that a batch may have", count, maxBatch)
	case f.batch != 0 && f.batch < count:
		return usageError("--batch %d is less than the %d inputs", f.batch, count)
	}
	f.batch = max(f.batch, count)
	return nil
}

func inputNames(n *shape.Network) []string {
	names := make([]string, len(n.Inputs))
	for k, i := range n.Inputs {
		names[k] = n.Nodes[i].Name
	}
	return names
}

func (f *runFlags) assignByName(n *shape.Network, paths [][]string) error {
	names := inputNames(n)
	for _, input := range f.inputs {
		name, path, ok := strings.Cut(input, "=")
		k := slices.Index(names, name)
		if !ok || k < 0 || path == "" {
			return usageError("--input %s: the network has the inputs %s; write --input %s=picture.png", plain.CutPath(input),
				plain.CutNames(strings.Join(names, ", ")), names[0])
		}
		paths[k] = append(paths[k], path)
	}
	return nil
}

// readInputs makes the batch of each input: every picture once, then again from the first on. Decoding a picture
// takes no more memory than the limit leaves besides the batch.
func (a *app) readInputs(f *runFlags, files [][]inputFile, program *exec.Program,
	limit memoryLimit) (pictures [][]inputPicture, inputs [][]float32, err error) {
	n := program.Network()
	if inputs, err = program.NewInputs(); err != nil {
		return nil, nil, memoryError(err)
	}
	taken := int64(0)
	for _, input := range inputs {
		taken += int64(len(input)) * memory.BytesPerValue
	}
	pictures = make([][]inputPicture, len(inputs))
	for k, i := range n.Inputs {
		r := inputReader{app: a, shape: n.Layers[i].Out, limit: limit, taken: taken}
		r.fit, r.normalise = preprocess.Options(n.Preprocess, r.shape, f.fit)
		if pictures[k], err = r.read(files[k], inputs[k], f.batch); err != nil {
			if len(n.Inputs) > 1 {
				err = fmt.Errorf("input %s: %w", n.Nodes[i].Name, err)
			}
			return nil, nil, err
		}
	}
	return pictures, inputs, nil
}

// inputReader reads the files of one input.
type inputReader struct {
	app       *app
	shape     graph.Shape
	fit       picture.FitOptions
	normalise picture.NormaliseOptions
	limit     memoryLimit
	taken     int64 // bytes of all inputs
}

// read fills the input with a batch of the files.
func (r *inputReader) read(files []inputFile, input []float32, batch int) ([]inputPicture, error) {
	var pictures []inputPicture
	each := len(input) / batch
	for _, file := range files {
		into := input[len(pictures)*each:][:file.count*each]
		if file.array != nil {
			parts, err := file.readArray(into, r.shape)
			if err != nil {
				return nil, err
			}
			pictures = append(pictures, parts...)
			continue
		}
		p, err := r.readPicture(file.path, into)
		if err != nil {
			return nil, err
		}
		pictures = append(pictures, p)
	}
	for i := len(pictures); i < batch; i++ {
		copy(input[i*each:(i+1)*each], input[i%len(pictures)*each:])
	}
	return pictures, nil
}

func (r *inputReader) readPicture(path string, into []float32) (inputPicture, error) {
	if r.shape.D != 1 && r.shape.D != 3 {
		return inputPicture{}, problemError("the input is %s, but a picture is 3 deep, or 1 in grey; "+
			"an npy file may have any depth", r.shape)
	}
	p, err := openPicture(path, r.limit, r.taken)
	if err != nil {
		return inputPicture{}, err
	}
	fitted, err := picture.Fit(p.RGB, r.fit)
	if err != nil {
		return inputPicture{}, problemError("%s: %w", path, err)
	}
	if err := picture.Normalise(into, fitted, int(r.shape.D), r.normalise); err != nil {
		return inputPicture{}, problemError("%s: %w", path, err)
	}
	for _, note := range p.Notes {
		r.app.note("%s: %s", path, note)
	}
	if p.Width*p.Height >= largePicture {
		debug.FreeOSMemory()
	}
	return inputPicture{path: path, width: p.Width, height: p.Height}, nil
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
