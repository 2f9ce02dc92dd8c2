//go:build !unix

package exec

import (
	"errors"
	"unsafe"

	"cnncalc/internal/memory"
)

// mapMemory returns so many bytes of zeros of Go's heap. It refuses what exceeds the memory that is available, where that
// is known: Go ends a process that gets no memory.
func mapMemory(bytes int) ([]byte, error) {
	if free, known := memory.Available(); known && int64(bytes) > free {
		return nil, errors.New("cannot allocate memory")
	}
	aligned := make([]uint64, (bytes+7)/8)
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(aligned))), bytes), nil
}

// unmapMemory leaves the memory to the garbage collector.
func unmapMemory([]byte) {}
