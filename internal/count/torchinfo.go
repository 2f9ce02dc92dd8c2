package count

import (
	"strconv"
	"strings"

	"cnncalc/internal/plain"
)

// torchinfoObject is what Python's sys.getsizeof, by which torchinfo measures the input, adds to its values, in bytes,
// with PyTorch 1.13.
const torchinfoObject = 56

// torchinfo multiplies the parameters of each module: those of a convolution by the places of the output, those of
// all others by the batch only, BN's too.
func torchinfo() *Convention {
	return &Convention{
		Name: "torchinfo", Program: "torchinfo", Version: "1.8 line, commit 5c4164f",
		Summary: "mult-adds with biases, BN one for each parameter, nothing for ReLU and pools; outputs of modules with " +
			"parameters, twice",
		Unit: "mult-adds", Counts: []Quantity{Parameters, Operations, Bytes}, MB: "10^6",
		input: func(t *tally, l *layer) {
			t.inputVolume(l)
			t.add(Bytes, Input, l.kind, "Python's object around the tensor's storage", torchinfoObject)
		},
		inPyTorch: true, layer: torchinfoLayer, print: torchinfoLines, checked: inTorchvision(),
		unused: torchinfoUnused,
	}
}

// torchinfoUnused counts the parameters of a module that was not called, as the network's rest, but not their bytes.
func torchinfoUnused(t *tally, l *layer) {
	t.add(Parameters, 0, t.of, "parameters of layers that do not run", l.Parameters())
}

func torchinfoLayer(t *tally, l *layer) error {
	t.parameters(l)
	if !l.shared {
		t.Frozen += l.FrozenCount
	}
	if l.Parameters() == 0 || l.names.Module == "" {
		return nil // parameters of a block's own, such as SCALE's, have no row
	}
	switch l.names.Module {
	case "Conv2d":
		t.multiplyAccumulates(l)
		t.biases(l)
	case "ConvTranspose2d":
		t.product("weights, each for every place of the output", l.WeightCount, l.Out.W, l.Out.H, l.batch)
		t.biases(l)
	case "Linear":
		t.multiplyAccumulates(l)
		t.biases(l)
	default:
		t.product("1 for each parameter", l.Parameters(), l.batch)
	}
	t.volumeTwice()
	return nil
}

func torchinfoLines(r *Result) []Line {
	return append(paramsLines(r),
		torchinfoLine("Total mult-adds", "", r.Totals[Operations]),
		torchinfoLine("Input size", "B", r.Parts[Input]),
		torchinfoLine("Forward/backward pass size", "B", r.Parts[Outputs]),
		torchinfoLine("Params size", "B", r.Parts[Stored]),
		torchinfoLine("Estimated Total Size", "B", r.Totals[Bytes]),
	)
}

// paramsLines are the first totals of torchinfo and torchsummary.
func paramsLines(r *Result) []Line {
	line := func(label string, n int64) Line { return Line{label, plain.Count(n), n} }
	total := r.Totals[Parameters]
	return []Line{line("Total params", total), line("Trainable params", total-r.Frozen),
		line("Non-trainable params", r.Frozen)}
}

// torchinfoLine puts the largest unit of a thousand that leaves at least 1 after the label. A whole number of units has
// no decimals.
func torchinfoLine(label, unit string, n int64) Line {
	prefix, factor := "", int64(1)
	for _, p := range []struct {
		name   string
		factor int64
	}{{"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}} {
		if n >= p.factor {
			prefix, factor = p.name, p.factor
		}
	}
	if prefix != "" {
		label += " (" + prefix + unit + ")"
	}
	if n%factor == 0 {
		return Line{label, plain.Count(n / factor), n}
	}
	whole, decimals, _ := strings.Cut(strconv.FormatFloat(float64(n)/float64(factor), 'f', 2, 64), ".")
	thousands, _ := strconv.ParseInt(whole, 10, 64) // digits that were a whole number of thousands of n
	return Line{label, plain.Count(thousands) + "." + decimals, n}
}
