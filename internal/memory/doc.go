// Package memory owns every account of the bytes that a network takes: the notes' (notes.go), and that of the
// program that runs it here: who lives when (liveness.go), where in the arena (arena.go), and all of it
// together (footprint.go).
//
// It allocates nothing itself and knows no kernels. What the computation of a layer needs, and whether it can
// work in place, it is told by package exec, which holds to the plan.
package memory
