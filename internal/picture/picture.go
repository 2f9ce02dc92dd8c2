// Package picture reads a picture file and turns it into the numbers that a
// network takes: it decodes PNG, JPEG, GIF, WebP and BMP, resizes and crops,
// and normalises into float32 planes (one picture, NCHW).
//
// The results are those of Pillow and torchvision: colours as in
// convert("RGB"), sizes and crop offsets as in Resize and CenterCrop, values as
// in ToTensor and Normalize. Comments say where this package differs.
//
// The package trusts no file: it reads sizes and checks them against limits
// before it allocates memory for them. Networks, batches, labels and
// command-line flags belong to other packages.
package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"io/fs"

	"cnncalc/internal/plain"
	"cnncalc/internal/regular"
)

// Defaults of Limits. The default for memory allows a usual photograph of
// DefaultMaxPixels: 4:2:0 JPEG takes 5.5 bytes a pixel, while a progressive CMYK
// JPEG takes 24.
const (
	DefaultMaxPixels = 100_000_000
	DefaultMaxBytes  = 256 << 20
	DefaultMaxMemory = 1 << 30
)

// Limits bounds what one picture may cost. A field that is zero or less takes
// its default.
type Limits struct {
	Pixels int64 // width times height, also of the canvas of a GIF or WebP
	Bytes  int64 // size of the file
	Memory int64 // bytes to hold the file, decode it and convert it to RGB
}

func (l Limits) orDefault() Limits {
	if l.Pixels <= 0 {
		l.Pixels = DefaultMaxPixels
	}
	if l.Bytes <= 0 {
		l.Bytes = DefaultMaxBytes
	}
	if l.Memory <= 0 {
		l.Memory = DefaultMaxMemory
	}
	return l
}

// Picture is a decoded picture.
type Picture struct {
	RGB    *image.RGBA // every alpha is 255; its bounds start at (0, 0)
	Width  int         // pixels, after the EXIF orientation is applied
	Height int
	Format string   // "PNG", "JPEG", "GIF", "WebP" or "BMP"
	Notes  []string // what decoding changed or left out, such as "alpha dropped"
}

// Open decodes the picture file at path, a regular file or a link to one. Errors name the path.
func Open(path string, limits Limits) (*Picture, error) {
	limits = limits.orDefault()
	f, info, err := regular.Open(path, "a picture")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p, err := decodeFile(f, info.Size(), limits)
	var unread *fs.PathError // from reading the file: decoders work in memory
	switch {
	case errors.As(err, &unread):
		return nil, regular.Unreadable(path, unread)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", plain.Escape(plain.CutPath(path)), err)
	}
	return p, nil
}

// decodeFile decodes a file of size bytes.
func decodeFile(f io.Reader, size int64, limits Limits) (*Picture, error) {
	if size > limits.Bytes {
		return nil, fmt.Errorf("the file is %s; the limit for a picture is %s", bytesText(size), bytesText(limits.Bytes))
	}
	if size > limits.Memory {
		return nil, fileTooLarge(size, limits)
	}
	data, err := read(f, size, limits)
	if err != nil {
		return nil, err
	}
	return decode(data, limits)
}

// Decode reads one picture from r to its end. It recognises the format by the
// first bytes, never by a file name.
func Decode(r io.Reader, limits Limits) (*Picture, error) {
	limits = limits.orDefault()
	data, err := read(r, 0, limits)
	if err != nil {
		return nil, err
	}
	return decode(data, limits)
}

// read returns all of r, which is expected to hold size bytes.
func read(r io.Reader, size int64, limits Limits) ([]byte, error) {
	most := min(limits.Bytes, limits.Memory)
	// ReadFrom wants room for another read before it sees the end.
	b := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	if _, err := b.ReadFrom(io.LimitReader(r, most+1)); err != nil {
		return nil, fmt.Errorf("reading the picture: %w", err)
	}
	switch n := int64(b.Len()); {
	case n > limits.Bytes:
		return nil, fmt.Errorf("the file is larger than %s, the limit for a picture", bytesText(limits.Bytes))
	case n > limits.Memory:
		return nil, fileTooLarge(n, limits)
	}
	return b.Bytes(), nil
}

func fileTooLarge(size int64, limits Limits) error {
	return &MemoryError{What: "this picture", Need: size, Limit: limits.Memory, Remedy: remedySmaller}
}

// decoded is what the decoder of one format makes of a file.
type decoded struct {
	rgb         *image.RGBA
	notes       []string
	orientation int // EXIF, 1 to 8: how rgb is to be turned
}

// decode may write to data.
func decode(data []byte, limits Limits) (*Picture, error) {
	format, err := sniff(data)
	if err != nil {
		return nil, err
	}
	var d decoded
	switch format {
	case formatPNG:
		d, err = decodePNG(data, limits)
	case formatJPEG:
		d, err = decodeJPEG(data, limits)
	case formatGIF:
		d, err = decodeGIF(data, limits)
	case formatWebP:
		d, err = decodeWebP(data, limits)
	case formatBMP:
		d, err = decodeBMP(data, limits)
	}
	if err != nil {
		return nil, err
	}
	// A viewer applies the orientation. Pillow's Image.open alone does not;
	// ImageOps.exif_transpose does.
	if o := d.orientation; o > 1 {
		d.notes = append(d.notes, fmt.Sprintf("EXIF orientation %d applied: %s", o, orientationText(o)))
		d.rgb = orient(d.rgb, o)
	}
	size := d.rgb.Rect.Size()
	return &Picture{RGB: d.rgb, Width: size.X, Height: size.Y, Format: format, Notes: d.notes}, nil
}

// checkSize refuses a picture without pixels and one above the limit. Decoders
// call it with declared sizes, before they allocate memory for them.
func checkSize(width, height int64, limits Limits) error {
	if width <= 0 || height <= 0 {
		return fmt.Errorf("the picture has no pixels: its header says %dx%d", width, height)
	}
	if width > limits.Pixels/height {
		need := float64(width) * float64(height) * 4
		return fmt.Errorf("the picture would need %.1f GiB: %dx%d pixels at 4 bytes each; the limit is %d pixels",
			need/(1<<30), width, height, limits.Pixels)
	}
	return nil
}

// bytesText prints a size in powers of 1024.
func bytesText(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d bytes", n)
}
