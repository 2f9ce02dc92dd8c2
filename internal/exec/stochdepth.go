package exec

import "cnncalc/internal/memory"

// bindStochDepth makes STOCHDEPTH a view. Values are scaled in training, so inference has nothing to do.
func bindStochDepth(*layer) (plan, error) { return plan{alias: memory.View}, nil }
