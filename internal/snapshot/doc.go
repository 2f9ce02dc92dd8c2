// Package snapshot reads and writes snapshots of PyTorch's memory on a CUDA device, as torch.cuda.memory._snapshot()
// returns them and torch.cuda.memory._dump_snapshot writes them, and compares a recorded one with what an account
// predicts.
//
// [Pass.Write] makes the snapshot of a pass that was never run; PyTorch's memory viewer (pytorch.org/memory_viz) opens
// it. [Read] reads a recorded one, whose pickle may hold data only. [Compare] says which predicted tensors a recording
// has at its peak, and what else it has.
//
// The keys are those of torch/csrc/cuda/memory_snapshot.cpp and torch/cuda/memory.py of PyTorch 2.1.
package snapshot

// Allocation is memory that a program held.
type Allocation struct {
	Address int64
	Bytes   int64 // that were asked for
	Frame   string
}

// Peak is the moment of a recording at which the most was allocated.
type Peak struct {
	Device   int
	Bytes    int64 // of all allocations, in whole blocks
	Reserved int64 // of all segments at the end of the recording
	Alive    []Allocation
}

// The states of a block, and the actions of a trace.
const (
	stateActive   = "active_allocated"
	statePending  = "active_pending_free"
	stateInactive = "inactive"

	actionAlloc         = "alloc"
	actionFreeRequested = "free_requested"
	actionFreeCompleted = "free_completed"
)

// blockSize is what the allocator rounds allocations up to (kMinBlockSize).
const blockSize = 512

func inBlocks(bytes int64) int64 { return (bytes + blockSize - 1) / blockSize * blockSize }
