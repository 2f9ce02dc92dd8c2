package exec

import "cnncalc/internal/memory"

// bindDropout makes DROPOUT a view. Values are scaled in training ("inverted dropout"), so inference has nothing to do.
func bindDropout(*layer) (plan, error) { return plan{alias: memory.View}, nil }
