package pagerun

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"image/png"
	"math"
	"runtime"
	"strconv"
	"time"

	"cnncalc/architectures"
	"cnncalc/internal/exec"
	"cnncalc/internal/labels"
	"cnncalc/internal/maps"
	"cnncalc/internal/memory"
	"cnncalc/internal/network"
	"cnncalc/internal/op"
	"cnncalc/internal/pagecall"
	"cnncalc/internal/picture"
	"cnncalc/internal/plain"
	"cnncalc/internal/preprocess"
	"cnncalc/internal/ranking"
	"cnncalc/internal/shape"
	"cnncalc/internal/study"
	"cnncalc/internal/weights"
)

// Bounds of a run for the page.
const (
	maxRunMemory    = 2 << 30 // bytes of the network and its weights
	maxPictureBytes = 8 << 20 // of all pictures of layers
	mapsOfLayer     = 64
	classesShown    = 10
	seed            = 1 // of random weights
)

// RunRequest is a network that runs on the picture that comes with it. With Picture, an ONNX model comes with it
// instead, which runs on Picture with its own weights; Text is not used then.
type RunRequest struct {
	Name     string         `json:"name"`
	Text     string         `json:"text"`
	BuiltIn  string         `json:"builtIn"` // the built-in network whose text this is, with its weights; "" for none
	Picture  []byte         `json:"picture"`
	Settings study.Settings `json:"settings"`
}

// Run is what a network computed.
type Run struct {
	Ranking      []Ranked    `json:"ranking"` // the most likely first; empty where the weights are random
	Layers       []LayerMaps `json:"layers"`
	Milliseconds float64     `json:"milliseconds"`
	Note         string      `json:"note"` // "" for nothing
}

// Ranked is a class and how likely it is.
type Ranked struct {
	Label       string  `json:"label"`
	Probability float64 `json:"probability"`
}

// LayerMaps is a picture of what a layer computed.
type LayerMaps struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	Output  string `json:"output"`  // 28x28x6
	Picture []byte `json:"picture"` // PNG
}

func run(ctx context.Context, r RunRequest, data []byte) (any, error) {
	file, data, err := r.open(data)
	if err != nil {
		return nil, err
	}
	options, err := r.Settings.Options(file)
	if err != nil {
		return nil, err
	}
	n, problems := file.Network(options)
	switch {
	case len(problems) > 0:
		return nil, pagecall.Errorf(pagecall.Problem, "the network has problems: %s",
			plain.Escape(problems.Sorted()[0].Error()))
	case len(n.Inputs) != 1:
		return nil, pagecall.Errorf(pagecall.Problem, "the network has %d inputs, and one picture is given", len(n.Inputs))
	}
	program, err := compile(n)
	if err != nil {
		return nil, err
	}
	defer program.Close()
	source, isTrained, err := sourceOf(file, r.BuiltIn, program.Tensors())
	if err != nil {
		return nil, err
	}
	input, err := readPicture(data, program)
	if err != nil {
		return nil, err
	}
	if err := program.Load(ctx, source); err != nil {
		return nil, err
	}
	m := &mapper{program: program}
	began := time.Now()
	outputs, err := program.RunAll(ctx, [][]float32{input}, m)
	if err != nil {
		return nil, err
	}
	answer := Run{Ranking: []Ranked{}, Layers: m.layers}
	answer.Milliseconds = float64(time.Since(began)-m.took) / float64(time.Millisecond)
	if isTrained {
		answer.Ranking = rank(n, outputs[0])
	} else {
		answer.Note = "The weights are random: the maps are of them, and a ranking would mean nothing."
	}
	return answer, nil
}

// compile plans a run, and refuses one that needs too much memory before any is taken.
func compile(n *shape.Network) (*exec.Program, error) {
	threads := min(runtime.GOMAXPROCS(0), exec.MaxThreads)
	program, err := exec.Compile(n, exec.Options{Batch: 1, Threads: threads, Algo: exec.Auto})
	if err != nil {
		return nil, err
	}
	limit := int64(maxRunMemory)
	if free, known := memory.Available(); known {
		limit = min(limit, free)
	}
	if need := program.Footprint().Total; need > limit {
		program.Close()
		return nil, pagecall.Errorf(pagecall.Limit,
			"the network needs %s to run, and the page has at most %s: use cnncalc run", plain.Bytes(need), plain.Bytes(limit))
	}
	return program, nil
}

// open returns the network's file and the picture; data came with the request.
func (r RunRequest) open(data []byte) (file *network.File, picture []byte, err error) {
	if r.Picture == nil {
		file, err := (pagecall.StudyRequest{Name: r.Name, Text: r.Text}).File()
		return file, data, err
	}
	file, err = readModel(r.Name, data)
	return file, r.Picture, err
}

// sourceOf returns the weights of a model, those that come with a built-in network, if they fit these tensors, or
// random ones. The network of the file was lowered last.
func sourceOf(file *network.File, builtIn string, tensors []exec.Tensor) (source exec.Source,
	isTrained bool, err error) {
	if stored := file.Weights(); stored != nil {
		if stored.AreQuantised() {
			return nil, false, pagecall.Errorf(pagecall.Problem, "the model is quantised, and the page computes in float32: "+
				"take the model from before it was quantised")
		}
		return func(dst []float32, tensor exec.Tensor, _ func(int, func(int))) error {
			return stored.Fill(dst, tensor.Name)
		}, true, nil
	}
	data, has := architectures.Weights(builtIn)
	if !has {
		return exec.He(seed), false, nil
	}
	trained, err := weights.New(bytes.NewReader(data), int64(len(data)), builtIn)
	if err != nil {
		return nil, false, err
	}
	assignment, err := weights.Match(trained.Tensors(), exec.Wants(tensors))
	if err != nil { // the network was changed
		return exec.He(seed), false, nil
	}
	return func(dst []float32, tensor exec.Tensor, _ func(int, func(int))) error {
		return trained.Read(assignment.Names[tensor.Index], dst)
	}, true, nil
}

// readPicture returns the input of a network that a picture becomes.
func readPicture(data []byte, program *exec.Program) ([]float32, error) {
	n := program.Network()
	in := n.InputShape()
	if in.D != 1 && in.D != 3 {
		return nil, pagecall.Errorf(pagecall.Problem, "the input is %s, but a picture is 3 deep, or 1 in grey", in)
	}
	p, err := picture.Decode(bytes.NewReader(data), picture.Limits{})
	if err != nil {
		return nil, fmt.Errorf("the picture: %w", err)
	}
	fit, normalise := preprocess.Options(n.Preprocess, in, "")
	fitted, err := picture.Fit(p.RGB, fit)
	if err != nil {
		return nil, fmt.Errorf("the picture: %w", err)
	}
	inputs, err := program.NewInputs()
	if err != nil {
		return nil, err
	}
	return inputs[0], picture.Normalise(inputs[0], fitted, int(in.D), normalise)
}

// rank returns the most likely classes of the main output.
func rank(n *shape.Network, scores []float32) []Ranked {
	node := n.Outputs[0]
	depth := int(n.Layers[node].Out.D)
	names := n.Labels
	if names == nil && depth == 1000 && n.InputShape().D == 3 {
		names = labels.ImageNet()
	}
	classes := ranking.Rank(scores, depth, ranking.EndsInProbabilities(n.Graph, node))
	ranked := make([]Ranked, min(classesShown, len(classes)))
	for i := range ranked {
		c := classes[i]
		ranked[i].Label = strconv.Itoa(c.Index)
		if c.Index < len(names) {
			ranked[i].Label = cmp.Or(names[c.Index], ranked[i].Label)
		}
		if !math.IsNaN(c.Probability) {
			ranked[i].Probability = c.Probability
		}
	}
	return ranked
}

// mapper makes a picture of each layer that is computed, until they take too much.
type mapper struct {
	program *exec.Program
	layers  []LayerMaps
	size    int
	took    time.Duration
}

func (m *mapper) Computed(c exec.Computed) error {
	began := time.Now()
	defer func() { m.took += time.Since(began) }()
	if c.Output == nil || m.size > maxPictureBytes {
		return nil
	}
	n := m.program.Network()
	node, out := &n.Nodes[c.Node], n.Layers[c.Node].Out
	drawn := maps.Layer(maps.Volume{
		Name: node.Name, Text: op.Short(node.Op), W: int(out.W), H: int(out.H), D: int(out.D), Values: c.Output,
	}, mapsOfLayer)
	var encoded bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&encoded, drawn); err != nil {
		return err
	}
	m.size += encoded.Len()
	m.layers = append(m.layers, LayerMaps{node.Name, node.Op.Kind(), out.String(), encoded.Bytes()})
	return nil
}
