package picture

import (
	"fmt"
	"image"

	"cnncalc/internal/plain"
)

// MemoryError says that decoding a picture would take more memory than Limits.Memory allows.
type MemoryError struct {
	What   string // such as "this PNG of 9000x9000 pixels"
	Need   int64  // bytes
	Limit  int64  // bytes
	Remedy string
}

func (e *MemoryError) Error() string {
	return fmt.Sprintf("decoding %s takes up to %s; the limit is %s: %s",
		e.What, bothSizes(e.Need), bothSizes(e.Limit), e.Remedy)
}

// bothSizes gives a size rounded and exact, so that two that round alike differ.
func bothSizes(n int64) string {
	if n < 1<<10 {
		return bytesText(n)
	}
	return fmt.Sprintf("%s (%s bytes)", bytesText(n), plain.Count(n))
}

// checkMemory refuses a picture whose decoding needs more than the limit. Each format computes need from the headers of
// the file before it allocates: the sum of the file, of all that its decoder allocates and of the conversion to RGB,
// garbage included, since it is collected late. A fixed part of less than 256 KiB (decompression windows, code tables)
// is left out.
func checkMemory(format string, size image.Point, need int64, limits Limits, remedy string) error {
	if need <= limits.Memory {
		return nil
	}
	what := fmt.Sprintf("this %s of %dx%d pixels", format, size.X, size.Y)
	return &MemoryError{What: what, Need: need, Limit: limits.Memory, Remedy: remedy}
}

const remedySmaller = "make the picture smaller"

// bytesPerPixel is the size of a pixel in image.RGBA, to which everything is converted in the end.
const bytesPerPixel = 4

// ceilDiv returns a/b, rounded up, for positive numbers.
func ceilDiv(a, b int) int64 { return (int64(a) + int64(b) - 1) / int64(b) }
