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
	mapped  [][]byte  // memory from the system
	rest    []float32 // unused part of the last chunk
	planned int       // values that are still to be taken, as far as plan knows
}

const (
	cacheLine  = 64 / memory.BytesPerValue         // values
	chunk      = (32 << 20) / memory.BytesPerValue // values that planned slices share a mapping of
	largeValue = chunk / 4                         // values from which on a slice has its own mapping
)

// plan says how many slices are to be taken and how many values they have together. They share mappings then, in which
// most pages can be large: many mappings of one or two MiB, each at an address of its own, would hardly have any. What
// is planned and not taken costs addresses, but no memory.
func (s *slab) plan(slices, values int) {
	s.planned = values + slices*(cacheLine-1)
}

// take returns a slice of the given number of values.
func (s *slab) take(values int) ([]float32, error) {
	if values == 0 {
		return nil, nil
	}
	shared := min(s.planned, chunk)
	whole := (values + cacheLine - 1) / cacheLine * cacheLine
	s.planned = max(s.planned-whole, 0)
	if values >= min(largeValue, shared) {
		return s.grow(values)
	}
	if len(s.rest) < values {
		var err error
		if s.rest, err = s.grow(shared); err != nil {
			return nil, err
		}
	}
	taken := s.rest[:values:values]
	s.rest = s.rest[min(whole, len(s.rest)):]
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
