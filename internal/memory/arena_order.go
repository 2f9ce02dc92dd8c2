package memory

import "cnncalc/internal/shape"

// ArenaOrder is the account of a device that keeps all volumes in one arena, and weights elsewhere, such as a
// microcontroller: the order of execution that holds the least at once, and where every volume then is.
//
// A layer reads its inputs and writes its output to memory of its own. Only a layer that cnncalc run fuses with the one
// before it, or computes in its place, has no volume of its own: BN, activation functions and FLATTEN, where nothing
// else reads their input. Inputs are in the arena. All sizes are in bytes.
type ArenaOrder struct {
	Network *shape.Network
	Tasks   []ArenaTask // in the order of execution
	Given   int64       // the peak in the order of the file
	Peak    int64       // in this order
	Exact   bool        // no order has a lower peak
	Least   int64       // no order has a lower peak than this
	Arena   int64       // what the layout takes
}

// ArenaTask is one step: the layer that computes a volume.
type ArenaTask struct {
	Node   int
	Bytes  int64
	Held   int64 // while it runs
	Offset int64
}
