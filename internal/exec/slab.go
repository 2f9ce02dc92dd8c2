package exec

import (
	"errors"
	"fmt"
	"unsafe"

	"cnncalc/internal/memory"
)

// ErrNoMemory is the error of NewInputs and Load where the system gives no more memory.
var ErrNoMemory = errors.New("the system gives no more memory")

// slab takes memory from the system instead of Go's heap: a failure is then an error instead of the end of the process,
// and free gives all of it back at once. Values start as zeros, at the start of a cache line. The zero slab is ready.
type slab struct {
	mapped [][]byte  // what the system gave
	rest   []float32 // the part of the last chunk that is free
}

const (
	cacheLine  = 64 / memory.BytesPerValue        // values
	chunk      = (1 << 20) / memory.BytesPerValue // values that are mapped at once for small tensors
	largeValue = chunk / 4                        // from so many values on, a tensor has a mapping of its own
)

// take returns so many values.
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

// grow maps memory for so many values, at least 1.
func (s *slab) grow(values int) ([]float32, error) {
	data, err := mapMemory(values * memory.BytesPerValue)
	if err != nil {
		return nil, fmt.Errorf("%w: %d bytes: %w", ErrNoMemory, int64(values)*memory.BytesPerValue, err)
	}
	s.mapped = append(s.mapped, data)
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(data))), values), nil
}

// bytes returns how much memory is mapped.
func (s *slab) bytes() (sum int64) {
	for _, m := range s.mapped {
		sum += int64(len(m))
	}
	return sum
}

// free gives all memory back. What take returned must not be used any more.
func (s *slab) free() {
	for _, m := range s.mapped {
		unmapMemory(m)
	}
	*s = slab{}
}
