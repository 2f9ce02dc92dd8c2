package exec

import "cnncalc/internal/kernel"

// bindMul computes MUL.
func bindMul(l *layer) (plan, error) { return l.combination(kernel.Product), nil }
