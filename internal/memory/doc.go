// Package memory owns every account of the bytes that a network takes:
//
//   - the notes' (notes.go);
//   - PyTorch's: every tensor of an iteration is taken and given back in order (pass.go, backward.go), whatever the batch
//     (tensors.go), by the rules that each kind of layer declares in package op; what autograd saves (saved.go), the
//     optimizer (optimizer.go), types (dtype.go) and releases (torch.go); the figures of a batch (pytorch.go,
//     account.go, timeline.go), the largest batch that fits (search.go), and trainings with checkpoints (checkpoint.go);
//   - that of the program that runs it here: who lives when (liveness.go), where in the arena (arena.go, arena_timeline.go), and
//     all of it together (footprint.go).
//
// It allocates nothing itself and knows no kernels. What the computation of a layer needs here, and whether it can
// work in place, it is told by package exec, which holds to the plan.
package memory
