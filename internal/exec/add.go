package exec

import "cnncalc/internal/kernel"

// bindAdd computes ADD.
func bindAdd(l *layer) (plan, error) {
	p := l.combination(kernel.Sum)
	p.adds = l.allAlike()
	return p, nil
}
