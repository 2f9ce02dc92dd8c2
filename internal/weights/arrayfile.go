package weights

import (
	"fmt"
	"os"

	"cnncalc/internal/regular"
)

// Array is an open npy file, whose values are in C order.
type Array struct {
	Shape []int
	file  *os.File
	path  string
	entry entry
}

// OpenArray opens the npy file at path. Its type must be one that Read converts; an array in Fortran order is refused,
// as it may be a mistake in the order of the axes. Errors name the path.
func OpenArray(path string) (*Array, error) {
	f, info, err := regular.Open(path, "an npy file")
	if err != nil {
		return nil, err
	}
	a, err := newArray(f, info.Size())
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	a.path = path
	return a, nil
}

func newArray(f *os.File, size int64) (*Array, error) {
	entries, err := openNPY(f, size)
	if err != nil {
		return nil, err
	}
	e := entries[0]
	switch {
	case e.refused != nil:
		return nil, e.refused
	case e.fortran:
		return nil, fmt.Errorf("the array is in Fortran order; save np.ascontiguousarray(a)")
	}
	return &Array{Shape: e.shape, file: f, entry: e}, nil
}

// Read fills dst, which must have as many values as the array, converted to float32. Beyond dst it needs only small
// buffers. Values that are not finite are kept; a finite float64 beyond the range of float32 is an error.
func (a *Array) Read(dst []float32) error {
	if err := a.entry.readInto(dst, inOrder); err != nil {
		return fmt.Errorf("%s: %w", a.path, err)
	}
	return nil
}

// Close closes the file.
func (a *Array) Close() error { return a.file.Close() }
