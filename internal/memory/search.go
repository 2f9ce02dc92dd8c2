package memory

import (
	"errors"
	"math"

	"cnncalc/internal/checked"
)

// LargestBatch returns the largest batch whose peak is at most limit bytes, and that peak; 0 where there is none. By
// PyTorch 1.13's rules a larger batch may take less than a smaller one, as Peak says, so batches below the largest may
// not fit.
//
// It fails if the limit is so large that the batch cannot be counted.
func (m *PyTorch) LargestBatch(limit int64) (batch, peak int64, err error) {
	classes := m.options.Torch.BatchClasses()
	high := int64(math.MaxInt64)
	for i := len(classes) - 1; i >= 0; i-- {
		// Within a class the peak does not shrink: all sizes grow with the batch.
		batch, peak, err = LargestBatch(classes[i], high, limit, m.Peak)
		if err != nil || batch > 0 {
			return batch, peak, err
		}
		high = classes[i] - 1
	}
	return 0, 0, nil
}

// LargestBatch returns the largest batch from low to high for which bytes does not exceed the limit, and its bytes; 0
// where there is none. bytes must not shrink when the batch grows. If it cannot count the batch after the largest,
// LargestBatch returns its error.
func LargestBatch(low, high, limit int64, bytes func(batch int64) (int64, error)) (batch, size int64, err error) {
	size, err = bytes(low)
	if err != nil || size > limit {
		return 0, 0, err
	}
	batch = low
	// Doubled steps until one does not fit, then halved ones.
	for step, growing := int64(1), true; step > 0; {
		fits := step <= high-batch
		if fits {
			next, err := bytes(batch + step)
			if err != nil && !errors.Is(err, checked.ErrOverflow) {
				return 0, 0, err
			}
			if fits = err == nil && next <= limit; fits {
				batch, size = batch+step, next
			}
		}
		if growing = growing && fits && step <= math.MaxInt64/2; growing {
			step *= 2
		} else {
			step /= 2
		}
	}
	if batch < high {
		if _, err := bytes(batch + 1); err != nil {
			return 0, 0, err
		}
	}
	return batch, size, nil
}
