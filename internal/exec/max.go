package exec

import "cnncalc/internal/kernel"

// bindMax computes MAX.
func bindMax(l *layer) (plan, error) { return l.combination(kernel.Maximum), nil }
