package study

import "cnncalc/internal/memory"

// Document is all that is known of a network with some settings. Figures are exact unless they are said to be
// estimates.
type Document struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Reference   string `json:"reference,omitempty"` // the paper
	// Sound reports whether the network has no problems. A document of another has its problems, variables and inputs, the
	// layers up to the first problem, and nothing else.
	Sound    bool       `json:"sound"`
	Problems []Problem  `json:"problems"`
	Vars     []Variable `json:"vars"`
	Inputs   []Input    `json:"inputs"`
	Settings Settings   `json:"settings"` // as used, with the defaults
	Totals   []Total    `json:"totals"`
	Layers   []Layer    `json:"layers"`
	// Explanations are of the layers: those with the same arithmetic share one.
	Explanations []Explanation `json:"explanations"`
	// Backward says by kind what the backward pass computes.
	Backward map[string]string `json:"backward"`
	Graph    string            `json:"graph,omitempty"` // an SVG whose boxes have the attribute data-layer
	// FoldedGraph is the graph with all blocks as single boxes, "" unless Settings.DrawsFolded, or if it has none.
	FoldedGraph string    `json:"-"`
	Volumes     string    `json:"volumes,omitempty"` // an SVG; "" where it would have too many volumes
	Memory      *Memory   `json:"memory,omitempty"`
	Batches     *Batches  `json:"batches,omitempty"`
	Roofline    *Roofline `json:"roofline,omitempty"`
	// Failures are figures that could not be computed, and why.
	Failures []string `json:"failures,omitempty"`
}

// Problem is a mistake, or a note about a sound network. Lines and columns are from 1; columns count characters (code
// points), and the end is exclusive. Line is 0 where the problem has no place in the file.
type Problem struct {
	Severity string `json:"severity"` // "problem" or "note"
	Code     string `json:"code"`
	Message  string `json:"message"`
	Fits     string `json:"fits,omitempty"` // what would fit, with numbers
	Hint     string `json:"hint,omitempty"`
	Context  string `json:"context,omitempty"` // the repeats and blocks around it
	Layer    string `json:"layer,omitempty"`   // "" where it is of no layer
	Span
	Fixes []Fix `json:"fixes,omitempty"`
}

// Span is a part of a text, without what is at its end.
type Span struct {
	Line      int `json:"line"`
	Column    int `json:"column"`
	EndLine   int `json:"endLine"`
	EndColumn int `json:"endColumn"`
}

// Fix makes a problem go away; that has been tried. Its edits do not overlap.
type Fix struct {
	Title string `json:"title"`
	Edits []Edit `json:"edits"`
}

// Edit replaces a span by a text.
type Edit struct {
	Span
	Text string `json:"text"`
}

// Variable is a variable of the file, with the value that it has. Min and Max are the ends of a slider.
type Variable struct {
	Name   string  `json:"name"`
	Values []int64 `json:"values"` // several for a list
	File   []int64 `json:"file"`   // in the file
	Min    int64   `json:"min"`
	Max    int64   `json:"max"`
}

// Input is an input of the network.
type Input struct {
	Name string `json:"name"`
	Size string `json:"size"` // "224x224x3"
}

// Total is a figure of the whole network, see package figure.
type Total struct {
	Name     string `json:"name"`  // "training_peak"
	Title    string `json:"title"` // "training peak"
	What     string `json:"what"`  // in a sentence
	Value    int64  `json:"value"`
	Text     string `json:"text"` // for people, with its unit
	Unit     string `json:"unit"`
	Estimate bool   `json:"estimate,omitempty"`
}

// Layer is a layer of a sound network, or before the first problem. What is 0 or "" is left out.
type Layer struct {
	Name       string   `json:"name"`
	Origin     string   `json:"origin,omitempty"` // its name in the model
	Kind       string   `json:"kind"`
	Text       string   `json:"text"`             // in the notation of files
	Within     string   `json:"within,omitempty"` // the repeats and blocks around it
	Inputs     []string `json:"inputs,omitempty"`
	Output     string   `json:"output"` // "112x112x64"
	Values     int64    `json:"activations,omitempty"`
	Weights    int64    `json:"weights,omitempty"`
	Biases     int64    `json:"biases,omitempty"`
	Parameters int64    `json:"parameters,omitempty"`
	Frozen     int64    `json:"frozen,omitempty"` // of the parameters
	MACs       int64    `json:"macs,omitempty"`
	Saved      int64    `json:"saved,omitempty"`    // bytes that autograd keeps of the batch, in training
	Moved      int64    `json:"moved,omitempty"`    // bytes of the batch between processor and memory, see package traffic
	Field      *Field   `json:"field,omitempty"`    // absent where it is not known
	Training   bool     `json:"training,omitempty"` // it exists in training only
	Explained  int      `json:"explained"`          // its explanation, -1 for none
	Line       int      `json:"line,omitempty"`
	Column     int      `json:"column,omitempty"`
}

// Field is the receptive field of a layer's values in pixels of the picture: width and height. A jump is 0 where all
// values see the same pixels.
type Field struct {
	Size  [2]int64   `json:"size"`
	Jump  [2]float64 `json:"jump"`
	Start [2]int64   `json:"start"`
}

// Explanation is the arithmetic of a layer of one picture, line by line.
type Explanation struct {
	Lines []Line `json:"lines"`
}

// Line is a line of an explanation.
type Line struct {
	Topic string `json:"topic"`
	Text  string `json:"text"`
}

// Memory is what is alive over the steps of an iteration, by PyTorch's account.
type Memory struct {
	Mode  memory.Mode `json:"mode"`
	Batch int64       `json:"batch"`
	Peak  int64       `json:"peak"` // bytes
	At    int         `json:"at"`   // the step of the peak
	Steps []Step      `json:"steps"`
	// Tensors are those of at least a thousandth of the peak; those of a step are alive with From <= step < To, and while
	// the step runs up to To.
	Tensors []Tensor `json:"tensors"`
	Basis   []string `json:"basis"` // in sentences what the figures rest on
}

// Step is a layer forward or backward, the loss, or the optimizer's update.
type Step struct {
	Phase memory.Phase `json:"phase"`
	Layer string       `json:"layer"`
	Live  int64        `json:"live"` // bytes alive after it
	Most  int64        `json:"most"` // the most while it runs
}

// Tensor is what is taken and released as a whole.
type Tensor struct {
	Name  string      `json:"name"`
	Layer string      `json:"layer,omitempty"`
	Part  memory.Part `json:"part"`
	Bytes int64       `json:"bytes"`
	From  int         `json:"from"`
	To    int         `json:"to"`
}

// Batches is the memory that batches need, and what devices have.
type Batches struct {
	Points  []BatchPoint  `json:"points"`
	Devices []DeviceLimit `json:"devices"` // the smallest first
}

// BatchPoint is the peak of a batch.
type BatchPoint struct {
	Batch int64 `json:"batch"`
	Bytes int64 `json:"bytes"`
}

// DeviceLimit is what a device has for a network, and the largest batch that fits it: 0 where none does.
type DeviceLimit struct {
	Name    string `json:"name"`
	Bytes   int64  `json:"bytes"`
	Largest int64  `json:"largest"`
	Chosen  bool   `json:"chosen,omitempty"` // by the settings
}

// Roofline is how the layers of a batch use a machine when they run. Peak and bandwidth are in operations and bytes a
// second, a MAC being two operations; an intensity is in MACs per byte. Ridge is that at which neither bounds. The
// layers have the MACs of one picture and the bytes of the batch.
type Roofline struct {
	Batch     int64   `json:"batch"`
	Peak      float64 `json:"peak"`
	Bandwidth float64 `json:"bandwidth"`
	Ridge     float64 `json:"ridge"`
}
