package weights

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
)

// npyAlign is the multiple to which numpy pads the header, so that a mapped array is aligned for any vector unit.
const npyAlign = 64

// WriteNPY writes data, in C order, as an npy file of version 1.0 and type "<f4", byte for byte as numpy does. The
// product of shape must be len(data). It writes in pieces of at most 64 KiB. After an error the output is incomplete.
func WriteNPY(w io.Writer, shape []int, data []float32) error {
	count, ok := valueCount(shape)
	if !ok || len(shape) > maxDims {
		return fmt.Errorf("shape %s can't be written as npy: a negative size, too many values or more than %d dimensions",
			formatShape(shape), maxDims)
	}
	if count != int64(len(data)) {
		return fmt.Errorf("shape %s has %d values, but %d were given", formatShape(shape), count, len(data))
	}
	if _, err := w.Write(npyHeaderBytes(shape)); err != nil {
		return err
	}
	return writeValues(w, data)
}

// writeValues writes data as little-endian float32, in pieces of at most chunkBytes.
func writeValues(w io.Writer, data []float32) error {
	buf := make([]byte, min(4*len(data), chunkBytes))
	for len(data) > 0 {
		n := min(len(data), chunkBytes/4)
		for i, v := range data[:n] {
			binary.LittleEndian.PutUint32(buf[4*i:], math.Float32bits(v))
		}
		if _, err := w.Write(buf[:4*n]); err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// npyHeaderBytes returns everything before the first value. With at most maxDims dimensions it is far shorter than the
// 65,535 bytes that version 1.0 allows.
func npyHeaderBytes(shape []int) []byte {
	dict := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': %s, }", formatShape(shape))
	const prefix = len(npyMagic) + 4
	// numpy adds at least a newline.
	padding := npyAlign - 1 - (prefix+len(dict))%npyAlign
	text := dict + strings.Repeat(" ", padding) + "\n"

	b := append([]byte(npyMagic), 1, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(text)))
	return append(b, text...)
}
