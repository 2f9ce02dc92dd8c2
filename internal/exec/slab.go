package exec

import (
	"errors"
	"fmt"
	"unsafe"

	"cnncalc/internal/memory"
)

// ErrNoMemory is the error of NewInputs and Load if the system has no memory left.
var ErrNoMemory = errors.New("out of memory")

// slab allocates memory from the system instead of Go's heap, so that a failure is an error instead of a crash, and all
// of it can be freed at once. Slices hold zeros and start at a cache line. The zero slab is ready for use.
type slab struct {
	mapped [][]byte  // memory from the system
	rest   []float32 // unused part of the last chunk
}

const (
	cacheLine  = 64 / memory.BytesPerValue        // values
	chunk      = (1 << 20) / memory.BytesPerValue // values that small tensors share one mapping of
	largeValue = chunk / 4                        // values from which on a tensor has its own mapping
)

// take returns a slice of the given number of values.
func (s *slab) take(values int) ([]float32, error) {
	if values >= largeValue {
		return s.grow(values)
	}
	if len(s.rest) < values {
		var err error
		if s.rest, err = s.grow(chunk); err != nil {
			return nil, err
		}
	}
	taken := s.rest[:values:values]
	s.rest = s.rest[min((values+cacheLine-1)/cacheLine*cacheLine, len(s.rest)):]
	return taken, nil
}

// grow maps memory for the given number of values, at least 1.
func (s *slab) grow(values int) ([]float32, error) {
	data, err := mapMemory(values * memory.BytesPerValue)
	if err != nil {
		return nil, fmt.Errorf("%w: %d bytes: %w", ErrNoMemory, int64(values)*memory.BytesPerValue, err)
	}
	s.mapped = append(s.mapped, data)
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(data))), values), nil
}

// bytes returns the size of the mapped memory.
func (s *slab) bytes() (sum int64) {
	for _, m := range s.mapped {
		sum += int64(len(m))
	}
	return sum
}

// free returns all memory to the system. Slices from take must not be used any more.
func (s *slab) free() {
	for _, m := range s.mapped {
		unmapMemory(m)
	}
	*s = slab{}
}
