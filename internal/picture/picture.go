// Package picture reads a picture file and turns it into the numbers that a
// network takes: it decodes PNG, JPEG, GIF, WebP and BMP, resizes and crops,
// and normalises into float32 planes (one picture, NCHW).
//
// The results follow what PyTorch users get from Pillow and torchvision:
// colours as convert("RGB") gives them, sizes and crop offsets as Resize and
// CenterCrop compute them, values as ToTensor and Normalize produce them. Where
// this package differs it says so at the place.
//
// Nothing here trusts a file: sizes are read and bounded before anything is
// allocated for them. Networks, batches, labels and command-line flags belong
// to other packages.
package picture

import (
	"errors"
	"fmt"
	"image"
	"io"
	"io/fs"
	"os"
	"strconv"
)

// Defaults of Limits. Decoding takes up to about 30 bytes a pixel for a moment
// (a progressive CMYK JPEG; 6 for a usual photograph), and 4 bytes afterwards.
const (
	DefaultMaxPixels = 100_000_000
	DefaultMaxBytes  = 256 << 20
)

// Limits bounds what one picture may cost. A field that is zero or less takes
// its default.
type Limits struct {
	Pixels int64 // width times height, also of a GIF's or WebP's canvas
	Bytes  int64 // size of the file
}

func (l Limits) orDefault() Limits {
	if l.Pixels <= 0 {
		l.Pixels = DefaultMaxPixels
	}
	if l.Bytes <= 0 {
		l.Bytes = DefaultMaxBytes
	}
	return l
}

// Picture is a decoded picture.
type Picture struct {
	RGB    *image.RGBA // every alpha is 255; its bounds start at (0, 0)
	Width  int         // pixels, after the EXIF orientation is applied
	Height int
	Format string   // "PNG", "JPEG", "GIF", "WebP" or "BMP"
	Notes  []string // what was changed or left out, such as "alpha dropped"
}

// Open decodes the picture file at path. Anything but a regular file (or a link
// to one) is refused before it is opened, since opening a FIFO would block.
func Open(path string, limits Limits) (*Picture, error) {
	p, err := openRegular(path, limits.orDefault())
	if err != nil {
		// Quoted, so that control and bidirectional characters show as escapes.
		return nil, fmt.Errorf("%s: %w", strconv.Quote(path), err)
	}
	return p, nil
}

func openRegular(path string, limits Limits) (*Picture, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	if err := checkRegular(info, limits); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer f.Close()
	// The path may have changed hands between the two calls.
	if info, err = f.Stat(); err != nil {
		return nil, withoutPath(err)
	}
	if err := checkRegular(info, limits); err != nil {
		return nil, err
	}
	return Decode(f, limits)
}

func checkRegular(info fs.FileInfo, limits Limits) error {
	switch mode := info.Mode(); {
	case mode.IsDir():
		return errors.New("this is a folder; give the picture file inside it")
	case mode&fs.ModeNamedPipe != 0:
		return errors.New("this is a named pipe; give a regular file")
	case mode&fs.ModeDevice != 0:
		return errors.New("this is a device; give a regular file")
	case !mode.IsRegular():
		return fmt.Errorf("this is not a regular file (mode %s)", mode)
	}
	if info.Size() > limits.Bytes {
		return fmt.Errorf("the file is %s; the limit for a picture is %s", bytesText(info.Size()), bytesText(limits.Bytes))
	}
	return nil
}

// withoutPath drops the path that package os puts into its errors; Open adds it.
func withoutPath(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// Decode reads one picture from r to its end. The kind is told from the first
// bytes, never from a file name.
func Decode(r io.Reader, limits Limits) (*Picture, error) {
	limits = limits.orDefault()
	data, err := io.ReadAll(io.LimitReader(r, limits.Bytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading the picture: %w", withoutPath(err))
	}
	if int64(len(data)) > limits.Bytes {
		return nil, fmt.Errorf("the file is larger than %s, the limit for a picture", bytesText(limits.Bytes))
	}
	format, err := sniff(data)
	if err != nil {
		return nil, err
	}
	var rgb *image.RGBA
	var notes []string
	switch format {
	case formatPNG:
		rgb, notes, err = decodePNG(data, limits)
	case formatJPEG:
		rgb, notes, err = decodeJPEG(data, limits)
	case formatGIF:
		rgb, notes, err = decodeGIF(data, limits)
	case formatWebP:
		rgb, notes, err = decodeWebP(data, limits)
	case formatBMP:
		rgb, notes, err = decodeBMP(data, limits)
	}
	if err != nil {
		return nil, err
	}
	size := rgb.Rect.Size()
	return &Picture{RGB: rgb, Width: size.X, Height: size.Y, Format: format, Notes: notes}, nil
}

// checkSize refuses a picture without pixels and one above the limit. It is
// called with declared sizes before anything is allocated for them.
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
