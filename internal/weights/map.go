package weights

import (
	"encoding/binary"
	"unsafe"
)

// asFloats looks at little-endian float32 values as such. It is false on a processor of the other byte order, and for bytes
// that are not aligned.
func asFloats(b []byte) ([]float32, bool) {
	littleEndian := binary.NativeEndian.Uint16([]byte{1, 0}) == 1
	start := unsafe.Pointer(unsafe.SliceData(b))
	if !littleEndian || uintptr(start)%4 != 0 {
		return nil, false
	}
	return unsafe.Slice((*float32)(start), len(b)/4), true
}
