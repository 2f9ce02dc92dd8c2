package op

// Counterparts are the names of a layer in PyTorch and MatConvNet. Programs that count there go by these names, so what
// they count of a layer follows from them; the rules are in package count.
type Counterparts struct {
	Module     string   // the class in torch.nn, "Conv2d"; "" where code writes an operator, as + for ADD, or has no such layer
	Function   string   // what the module calls in torch.nn.functional, "conv2d"; "" where it calls none there
	Traced     []string // the operators in a trace of PyTorch 1.13, without "aten::" and but for views; nil where it has no such layer
	MatConvNet string   // the function there, "vl_nnconv"; "" where it has none
}

// InPyTorch tells whether PyTorch has such a layer at all.
func (c Counterparts) InPyTorch() bool { return c.Traced != nil }
