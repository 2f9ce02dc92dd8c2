package onnxnet

// Plain reports whether a weight is the tensor of a name as it is.
func (w Weights) Plain(tensor string) bool {
	for _, b := range w.bindings {
		if b.Tensor != nil && b.Tensor.Name == tensor {
			return b.isPlain()
		}
	}
	return false
}
