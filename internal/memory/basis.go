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
			"Estimates follow the source of PyTorch 2, and have not been measured on a CUDA device. The rules that PyTorch "+
				"1.13 shares were measured with it.",
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
			"int8: a byte for a weight and a value, float32 for biases and BN; what a quantised kernel needs is not known.")
	}
	return append(lines, o.Parallel.basis()...)
}

// basis says what a training on several devices rests on.
func (p Parallel) basis() []string {
	var lines []string
	if p.isSpread() && !p.isSharded() {
		lines = append(lines, "ddp: each device has all parameters, pictures of its own, and buckets for the gradients; "+
			"with gradient_as_bucket_view, the gradients are parts of the buckets. Two processes of PyTorch 1.13 had the same "+
			"bytes. What NCCL takes is not in the account.")
	}
	if p.isSpread() && p.Strategy == ZeRO1 {
		lines = append(lines, "zero1: ZeroRedundancyOptimizer keeps the state of each parameter on one device. The account "+
			"is of the device with the most.")
	}
	if p.isSpread() {
		lines = append(lines, p.shardedBasis()...)
	}
	if p.Accumulate > 1 && !p.isSharded() {
		lines = append(lines, "Gradients stay from one pass to the next, and each new one is added to the old one and "+
			"released: zero_grad(set_to_none=True) makes only the first pass of an update smaller.")
	}
	return lines
}

// shardedBasis says what the estimate of a strategy follows.
func (p Parallel) shardedBasis() []string {
	var lines []string
	switch p.Strategy {
	case ZeRO2:
		lines = append(lines, "zero2: an estimate from DeepSpeed's source (stage_1_and_2.py, commit 7dee2e0) and its "+
			"defaults. Each device has all parameters, a float32 copy of its partition of them, the optimizer's state of "+
			"that, and the gradients of the parameters that the partition has a part of.")
	case ZeRO3:
		lines = append(lines, "zero3: an estimate from DeepSpeed's source (stage3.py, partitioned_param_coordinator.py, "+
			"commit 00a31c9) and its defaults. Each device has a part of every parameter, a float32 copy of it, its gradient "+
			"and the optimizer's state. Gathered parameters stay until the backward pass if fewer than --live-parameters "+
			"are used in between.")
	case FSDP:
		lines = append(lines, "fsdp: PyTorch 2's defaults (torch/distributed/fsdp, commit 00ae0bc): FULL_SHARD, "+
			"BACKWARD_PRE prefetches, no forward ones. Each device has a shard of every unit, and gathers a unit to run it. "+
			"A unit is a block of the file, or as many layers as have --unit-size parameters. FSDP's code of PyTorch 1.13 "+
			"allocated the same bytes on the CPU, with collectives that do nothing. What NCCL takes is not in the account.")
	}
	if p.Strategy.IsDeepSpeed() {
		lines = append(lines, "The bucket that gradients are reduced in has reduce_bucket_size values, 500 million by "+
			"default: --bucket-size changes that.")
	}
	if p.isFromSource() {
		lines = append(lines, "It has not been measured on a device. What NCCL takes is not in the account.")
	}
	if p.Offload && p.Strategy == FSDP {
		lines = append(lines, "CPUOffload keeps the shards of parameters and gradients and the optimizer's state on the CPU.")
	} else if p.Offload {
		lines = append(lines, "The CPU keeps the float32 copy, the gradients of the device's part and the optimizer's state.")
	}
	return lines
}
