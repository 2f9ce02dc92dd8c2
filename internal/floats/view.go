package floats

import (
	"encoding/binary"
	"unsafe"
)

// View returns the little-endian float32 values in b without copying them. It returns false on a big-endian
// processor, or if b is not aligned.
func View(b []byte) ([]float32, bool) {
	start := unsafe.Pointer(unsafe.SliceData(b))
	if !littleEndian() || uintptr(start)%4 != 0 {
		return nil, false
	}
	return unsafe.Slice((*float32)(start), len(b)/4), true
}

// Bytes returns the bytes of values without copying them, or false on a big-endian processor.
func Bytes(values []float32) ([]byte, bool) {
	if !littleEndian() {
		return nil, false
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), 4*len(values)), true
}

func littleEndian() bool { return binary.NativeEndian.Uint16([]byte{1, 0}) == 1 }
