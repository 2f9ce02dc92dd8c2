package memory

import (
	"cnncalc/internal/choice"
	"cnncalc/internal/op"
)

// Torch is a release of PyTorch whose account cnncalc has.
type Torch string

// The releases.
const (
	Torch113CPU Torch = "1.13-cpu" // in one thread; checked to the byte against PyTorch 1.13 itself
	Torch2CUDA  Torch = "2-cuda"
)

// Torches returns the names that ParseTorch takes.
func Torches() []string { return []string{string(Torch113CPU), string(Torch2CUDA)} }

// ParseTorch reads a release's name.
func ParseTorch(s string) (Torch, error) { return choice.Parse[Torch](s, "a release", Torches()) }

// rules returns the release as package op knows it.
func (t Torch) rules() op.Torch {
	if t == Torch113CPU {
		return op.Torch113CPU
	}
	return op.Torch2CUDA
}

// block returns what the allocator rounds every tensor up to. CUDA's caching allocator hands out, and counts in
// max_memory_allocated, multiples of 512 bytes (c10/cuda/CUDACachingAllocator.cpp, kMinBlockSize).
func (t Torch) block() int64 {
	if t == Torch113CPU {
		return 1
	}
	return 512
}

// cublasWorkspace returns the bytes that PyTorch gives cuBLAS for matrix products, once for each thread that calls it:
// the forward and the backward one. By default it is 2 buffers of 4096 KiB and 8 of 16 KiB, and 32 MiB from Hopper on
// (aten/src/ATen/cuda/CublasHandlePool.cpp, parseChosenWorkspaceSize: major 9 in PyTorch 2.0, up to 12 later).
func (o Options) cublasWorkspace() int64 {
	const hopper = 9
	if o.ComputeMajor >= hopper {
		return 32 << 20
	}
	return (2*4096 + 8*16) << 10
}

// inPlaceAccumulation reports whether autograd adds a second gradient of a volume to the first one in place, as it does
// since 2.0 (torch/csrc/autograd/input_buffer.cpp). Before, the sum was a third volume.
func (t Torch) inPlaceAccumulation() bool { return t == Torch2CUDA }

// BatchClasses returns the batches from which on the release uses other kernels.
func (t Torch) BatchClasses() []int64 {
	if t == Torch113CPU {
		return []int64{1, 2, 16}
	}
	return []int64{1}
}
