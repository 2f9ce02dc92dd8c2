package count

import "fmt"

const ptflopsVersion = "commit d612c75"

// ptflopsAten counts the operators that are dispatched: convolutions and matrix products, with their biases.
func ptflopsAten() *Convention {
	return &Convention{
		Name: "ptflops-aten", Program: "ptflops, aten backend", Version: ptflopsVersion,
		Summary: "multiply-accumulates of convolutions and matrix products, with their biases, of one picture; parameters " +
			"that are not frozen",
		Unit: "MACs", Counts: []Quantity{Parameters, Operations}, PerPicture: true,
		inPyTorch: true,
		layer: func(t *tally, l *layer) error {
			t.learntParameters(l)
			switch l.names.Operator() {
			case "_convolution":
				t.multiplyAccumulates(l)
				t.biases(l)
			case "linear":
				t.multiplyAccumulates(l)
				if l.kind != "CONV" { // over maps, it is a product without biases (mm), and a sum
					t.biases(l)
				}
			}
			return nil
		},
		print: macsAndParams, checked: inTorchvision(), unused: (*tally).parameters,
	}
}

// ptflopsPyTorch hooks modules and replaces functions of torch.nn.functional, so a module that calls one of these is
// counted twice, and a function once.
func ptflopsPyTorch() *Convention {
	return &Convention{
		Name: "ptflops-pytorch", Program: "ptflops, pytorch backend", Version: ptflopsVersion,
		Summary: "multiply-accumulates with biases; BN, GN and IN 2 per value, LN 1; ReLU and pools 1 per input value, " +
			"twice for a module " +
			"that calls the function it also counts; of one picture; parameters that are not frozen",
		Unit: "MACs", Counts: []Quantity{Parameters, Operations}, PerPicture: true,
		inPyTorch: true, layer: ptflopsPyTorchLayer, print: macsAndParams, checked: inTorchvision(),
		unused: (*tally).parameters,
	}
}

func ptflopsPyTorchLayer(t *tally, l *layer) error {
	switch l.names.Module {
	case "LPPool2d", "LocalResponseNorm", "Upsample":
		return fmt.Errorf("%s is not counted here: ptflops counts functions that the module calls in PyTorch, by rules of "+
			"their own", l.kind)
	}
	t.learntParameters(l)
	if l.isModule() && !l.subclass { // it looks a module up by its type
		t.ptflopsModule(l)
	}
	switch l.names.Function {
	case "relu", "prelu", "elu", "gelu", "silu", "softmax", "max_pool2d", "avg_pool2d", "adaptive_avg_pool2d",
		"adaptive_max_pool2d":
		t.product("1 for each value of the input, in the function", l.inputs)
	}
	return nil
}

func (t *tally) ptflopsModule(l *layer) {
	switch l.names.Module {
	case "Conv2d", "Linear":
		t.multiplyAccumulates(l)
		t.biases(l)
	case "ConvTranspose2d":
		t.product("weights, each for every place of the output", l.WeightCount, l.Out.W, l.Out.H, l.batch)
		t.biases(l)
	case "BatchNorm2d", "GroupNorm", "InstanceNorm2d":
		t.perValue(1+l.affine(), l.outputs, "output")
	case "LayerNorm": // whose flag has another name than the one that ptflops looks at
		t.perValue(1, l.outputs, "output")
	case "ReLU", "ReLU6", "LeakyReLU", "PReLU", "ELU", "GELU", "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d",
		"AdaptiveMaxPool2d":
		t.perValue(1, l.inputs, "input")
	}
}
