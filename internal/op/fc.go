package op

import (
	"fmt"

	"cnncalc/internal/checked"
	"cnncalc/internal/graph"
)

// FC is a fully connected layer. It reads a volume without a FLATTEN before it: the weights run over depth, height
// and width, in this order.
type FC struct {
	wholePlane
	sharing
	Units  int64
	NoBias bool
}

func fcKind() Kind {
	return Kind{
		Name:    "FC",
		Summary: "fully connected: FC-1000; over a volume no FLATTEN is needed",
		Backward: "The gradient of the input is the transposed weights times the output's gradient; that of the " +
			"weights is the outer product " +
			"of the output's gradient and the input, which must be kept.",
		New: func() Layer { return &FC{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*FC) Counterparts() Counterparts {
	return Counterparts{Module: "Linear", Function: "linear", Traced: []string{"linear"}, MatConvNet: "vl_nnconv"}
}

// Kind returns "FC".
func (*FC) Kind() string { return "FC" }

// MakesVolume returns true.
func (*FC) MakesVolume() bool { return true }

// Fields returns the settings.
func (o *FC) Fields() []Field {
	return []Field{
		{
			Key:     "units",
			Place:   Dash,
			Doc:     "number of outputs; the last FC defaults to the file's classes",
			Setting: count{&o.Units, "units"},
		},
		flagField(&o.NoBias, "nobias", "no biases"),
		o.shareField(),
	}
}

// Output returns 1x1xUnits.
func (o *FC) Output([]graph.Shape) (graph.Shape, error) {
	if o.Units == 0 {
		return graph.Shape{W: 1, H: 1}, missing("the number of units", "FC-4096, or classes: 10 for the last FC")
	}
	return graph.Shape{W: 1, H: 1, D: o.Units}, nil
}

// Weights returns the weights, [M, D*H*W], and the biases, [M].
func (o *FC) Weights(in []graph.Shape, _ graph.Shape) []graph.Weight {
	// This cannot overflow: the shape pass has rejected inputs too large to count.
	inputs, _ := one(in).Values()
	return weightAndBias(o.NoBias, o.Units, o.Units, inputs)
}

// MACs returns one for each weight.
func (o *FC) MACs(in []graph.Shape, _ graph.Shape) (int64, error) {
	s := one(in)
	return checked.Product(s.W, s.H, s.D, o.Units)
}

// WeightProduct returns the input's shape times the units, as in the notes' table.
func (o *FC) WeightProduct(in []graph.Shape, _ graph.Shape) string {
	s := one(in)
	if s.W == 1 && s.H == 1 {
		return fmt.Sprintf("%d*%d", s.D, o.Units)
	}
	return fmt.Sprintf("%d*%d*%d*%d", s.W, s.H, s.D, o.Units)
}

// Slide returns the CONV whose filters are the rows of weights, as large as the input and without padding.
func (o *FC) Slide(in graph.Shape) (graph.Op, error) {
	conv := &Conv{Filters: o.Units, NoBias: o.NoBias, sharing: o.sharing}
	conv.size = extent{in.W, in.H}
	if (conv.size != extent{1, 1}) {
		conv.pad.mode = padNumbers
	}
	return conv, nil
}

// Autograd reports that the layer saves the input, flattened, and also the weight if the input needs a gradient.
func (*FC) Autograd(p Pass, in []graph.Shape, _ graph.Shape) Autograd {
	return Autograd{Saved: []Saved{savedInputToLearn(0), savedWeight(0, 0)}, Autocast: LowersType, Product: true,
		Copies: !p.readsRow(one(in))}
}
