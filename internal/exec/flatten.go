package exec

import "cnncalc/internal/memory"

// bindFlatten makes FLATTEN a view: NCHW is depth, height and width in this order already.
func bindFlatten(*layer) (plan, error) { return plan{alias: memory.View}, nil }
