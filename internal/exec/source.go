package exec

import (
	"fmt"

	"cnncalc/internal/weights"
)

// He returns a Source of random weights with He initialisation. They depend on the seed, the network and the processor
// architecture, but not on the number of threads. Biases are 0, BN is the identity except for eps, and PRELU's slope is
// 0.25.
func He(seed uint64) Source {
	return func(dst []float32, t Tensor, parallel func(int, func(int))) error {
		if t.FanIn > 0 {
			return weights.HeNormal(dst, t.FanIn, seed, uint64(t.Index), parallel)
		}
		for i := range dst {
			dst[i] = t.Start
		}
		return nil
	}
}

// Wants returns the tensors as [weights.Match] takes them.
func Wants(tensors []Tensor) []weights.Want {
	wants := make([]weights.Want, len(tensors))
	for i, t := range tensors {
		wants[i] = weights.Want{Name: t.Name, Also: t.Also, Shape: t.Shape}
	}
	return wants
}

// Given returns a Source that copies known values. lookup returns the values of the tensor with a name, and must fail
// if its shape differs from the given one.
func Given(lookup func(name string, shape []int) ([]float32, error)) Source {
	return func(dst []float32, t Tensor, _ func(int, func(int))) error {
		values, err := lookup(t.Name, t.Shape)
		if err != nil {
			return err
		}
		if len(values) != len(dst) {
			return fmt.Errorf("%d values where shape %v has %d", len(values), t.Shape, len(dst))
		}
		copy(dst, values)
		return nil
	}
}
