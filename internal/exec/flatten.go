package exec

import "cnncalc/internal/memory"

// bindFlatten makes FLATTEN a view: NCHW already is in the order depth, height, width.
func bindFlatten(*layer) (plan, error) { return plan{alias: memory.View}, nil }
