// Package memory owns every account of the bytes that a network takes (accounts.go):
//
//   - the notes' (notes.go);
//   - PyTorch's: every tensor of an iteration is taken and given back in order (pass.go, backward.go), for any batch
//     (tensors.go), by the rules that each kind of layer declares in package op and by what Python's modules hold
//     (modules.go); what autograd saves (saved.go), the optimizer (optimizer.go), types (dtype.go) and releases
//     (torch.go); the figures of a batch (pytorch.go, account.go, timeline.go), what the allocator reserves for them
//     (reserved.go) and what they rest on (basis.go); trainings with checkpoints (checkpoint.go);
//   - that of the program that runs it here: when each volume is live (liveness.go), where it is in the arena
//     (arena.go, arena_timeline.go), and the total (footprint.go).
//
// search.go finds the largest batch that fits, by any of them.
//
// The package allocates nothing itself and knows no kernels. Package exec tells it what the computation of a layer
// needs and whether it can work in place, and follows the plan.
package memory
