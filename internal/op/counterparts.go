package op

// Counterparts holds the names of a layer in PyTorch and MatConvNet. Programs that count parameters and MACs go by
// these names; their rules are in package count.
type Counterparts struct {
	// Module is the class in torch.nn, "Conv2d"; "" for an operator, such as + for ADD, or if there is no such layer.
	Module string
	// Function is what the module calls in torch.nn.functional, "conv2d"; "" if it calls none.
	Function string
	// Traced lists the operators in a trace of PyTorch 1.13 in evaluation, without "aten::" and without views; nil if
	// there is no such layer.
	Traced []string
	// MatConvNet is the function there, "vl_nnconv"; "" if there is none.
	MatConvNet string
}

// Operator returns the first operator of the trace, which names the layer; "" if it is not in the trace.
func (c Counterparts) Operator() string {
	if len(c.Traced) == 0 {
		return ""
	}
	return c.Traced[0]
}

// InPyTorch reports whether PyTorch has such a layer.
func (c Counterparts) InPyTorch() bool { return c.Traced != nil }
