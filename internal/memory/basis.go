package memory

import (
	"fmt"

	"cnncalc/internal/plain"
)

// workspaceBasis says how much cuBLAS takes, and for which devices that holds.
func (o Options) workspaceBasis() string {
	text := fmt.Sprintf("cuBLAS's workspace is %s bytes for each direction", plain.Count(o.cublasWorkspace()))
	if o.ComputeMajor == 0 {
		return text + ", 32 MiB on Hopper."
	}
	return fmt.Sprintf("%s on devices of compute capability %d.", text, o.ComputeMajor)
}

// Basis says in sentences what the figures of PyTorch's account rest on: the version against which they were checked,
// and what is not in them.
func (o Options) Basis() []string {
	var lines []string
	switch {
	case o.Torch == Torch113CPU && o.DType == FP32:
		lines = append(lines,
			"Exact figures equal PyTorch 1.13's on the CPU to the byte, for every kind of layer and 60 networks of "+
				"torchvision 0.14.",
			"The peak and scratch are estimates: oneDNN 2.6's copies on AVX2 in one thread. One or two pictures gave the "+
				"same peaks for all 60 in training, and for 66 in inference.")
	case o.Torch == Torch113CPU:
		lines = append(lines, "Estimates follow PyTorch 1.13's rules for the CPU, which were measured in float32 only.")
	default:
		lines = append(lines,
			"Estimates follow the rules of PyTorch 2's source; no CUDA device has measured them. The rules that 1.13 shares "+
				"were measured there.",
			o.workspaceBasis(),
			"Not in the account: what cuDNN takes, the CUDA context, and fragmentation.")
	}
	switch o.DType {
	case AMP:
		lines = append(lines,
			"amp: weights, gradients and optimizer in float32; autocast's half copies of the weights last until the forward "+
				"pass has ended.")
	case INT8:
		lines = append(lines,
			"int8: a byte for a weight and a value, float32 for biases and BN; what a quantized kernel needs is not known.")
	}
	return append(lines, o.Parallel.basis()...)
}

// basis says what a training on several devices rests on.
func (p Parallel) basis() []string {
	var lines []string
	if p.isSpread() {
		lines = append(lines, "ddp: each device has all parameters, pictures of its own, and buckets for the gradients; "+
			"with gradient_as_bucket_view, the gradients are parts of the buckets. Two processes of PyTorch 1.13 had the same "+
			"bytes. What NCCL takes is not in the account.")
	}
	if p.isSpread() && p.Strategy == ZeRO1 {
		lines = append(lines, "zero1: ZeroRedundancyOptimizer keeps the state of each parameter on one device. The account "+
			"is of the device with the most.")
	}
	if p.Accumulate > 1 {
		lines = append(lines, "Gradients stay from one pass to the next, and each new one is added to the old one and "+
			"released: zero_grad(set_to_none=True) makes only the first pass of an update smaller.")
	}
	return lines
}
