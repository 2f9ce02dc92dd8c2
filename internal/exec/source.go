package exec

import (
	"fmt"

	"cnncalc/internal/weights"
)

// He is a Source of random weights by He initialisation, the same for the same seed, network and processor
// architecture, whatever the threads. Biases are zero, BN is the identity but for eps, PRELU's slope is 0.25.
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

// Given is a Source of known values: lookup returns those of the tensor of that name, which are copied. It is
// told the shape that the network needs, and must fail where its own is another.
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
