package count

import (
	"errors"
	"strconv"

	"cnncalc/internal/checked"
	"cnncalc/internal/graph"
)

// torchsummary counts the output of every module that is neither nn.Sequential nor nn.ModuleList, containers and the
// network itself too: the output of a block is counted with its last layer and with the block.
func torchsummary() *Convention {
	c := torchsummaryRelease()
	c.Name, c.Version = "torchsummary", "commit 345d898"
	c.Summary = "the output of every module, ReLU and dropout too, blocks and the network again, all twice"
	c.network = func(t *tally) {
		t.of = "network"
		t.volumeTwice()
	}
	return c
}

// torchsummaryRelease is the release on PyPI, which does not count the network itself.
func torchsummaryRelease() *Convention {
	return &Convention{
		Name: "torchsummary-1.5.1", Program: "torchsummary", Version: "1.5.1, the release on PyPI",
		Summary: "as torchsummary, but for the output of the network as a module",
		Counts:  []Quantity{Parameters, Bytes}, MB: "2^20",
		inPyTorch: true, input: torchsummaryInput, layer: torchsummaryLayer, block: torchsummaryBlock,
		print: torchsummaryLines, checked: inTorchvision(),
	}
}

// torchsummaryInput counts the sizes of all inputs multiplied: torchsummary takes the product of all their dimensions.
func torchsummaryInput(t *tally, l *layer) {
	soFar := t.Parts[Input]
	if soFar == 0 {
		t.inputVolume(l)
		return
	}
	product, err := checked.Product(soFar, l.outputs/l.batch)
	if err != nil {
		t.err = err
		return
	}
	t.add(Bytes, Input, l.kind, "the sizes of all inputs multiplied", product-soFar)
}

func torchsummaryLayer(t *tally, l *layer) error {
	if l.names.Module != "" { // it finds no parameter of a block's own, such as SCALE's
		t.parametersOfEach(l) // its hook adds them with every call of the module
		// It looks only at the weight of a module to see whether its parameters are trainable.
		if l.Parameters() > 0 && l.Weights[0].Frozen {
			t.Frozen += l.Parameters()
		}
	}
	if l.isModule() {
		t.volumeTwice()
	}
	for _, what := range []string{"volumes of modules that permute, 4 bytes a value", gradientBytes} {
		t.bytes(Outputs, t.of, what, l.permuted)
	}
	return nil
}

func torchsummaryBlock(t *tally, s *graph.Scope) error {
	if s.TakesList {
		return errors.New("torchsummary fails here: the input of the module is a list, and it stops with AttributeError: " +
			"'list' object has no attribute 'size'")
	}
	t.volumeTwice()
	return nil
}

func torchsummaryLines(r *Result) []Line {
	megabytes := func(label string, bytes int64) Line {
		return Line{label + " (MB)", strconv.FormatFloat(float64(bytes)/(1<<20), 'f', 2, 64), bytes}
	}
	return append(paramsLines(r),
		megabytes("Input size", r.Parts[Input]),
		megabytes("Forward/backward pass size", r.Parts[Outputs]),
		megabytes("Params size", r.Parts[Stored]),
		megabytes("Estimated Total Size", r.Totals[Bytes]),
	)
}
