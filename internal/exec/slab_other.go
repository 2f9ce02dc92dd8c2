//go:build !unix

package exec

import (
	"errors"
	"unsafe"

	"cnncalc/internal/memory"
)

// mapMemory allocates zeros on Go's heap. It fails if they exceed the available memory, where that is known, as Go
// crashes when it runs out of memory.
func mapMemory(bytes int) ([]byte, error) {
	if free, known := memory.Available(); known && int64(bytes) > free {
		return nil, errors.New("cannot allocate memory")
	}
	aligned := make([]uint64, (bytes+7)/8)
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(aligned))), bytes), nil
}

// unmapMemory does nothing: the garbage collector frees the memory.
func unmapMemory([]byte) {}
