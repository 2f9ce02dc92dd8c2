package picture

import (
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
)

// decoder is a decoding function of the standard library or of x/image. The
// functions are called directly; the global registry of package image is not used.
type decoder func(io.Reader) (image.Image, error)

// runDecoder decodes data. A decoder that fails after it asked for bytes past
// the end was given a file that was cut short.
func runDecoder(format string, decode decoder, data []byte) (image.Image, error) {
	r := &endReader{data: data}
	m, err := decode(r)
	if err != nil {
		return nil, decodeError(format, err, r.pastEnd)
	}
	return m, nil
}

// runConfig reads the declared width and height and checks them.
func runConfig(format string, config func(io.Reader) (image.Config, error), data []byte, limits Limits) error {
	r := &endReader{data: data}
	c, err := config(r)
	if err != nil {
		return decodeError(format, err, r.pastEnd)
	}
	return checkSize(int64(c.Width), int64(c.Height), limits)
}

func decodeError(format string, err error, pastEnd bool) error {
	if pastEnd {
		return truncated(format)
	}
	text := err.Error()
	if isUnsupported(err) {
		return fmt.Errorf("the %s is of a kind that is not supported (%s); save it as a plain PNG or JPEG", format, text)
	}
	return fmt.Errorf("the %s is damaged: %s", format, text)
}

func truncated(format string) error {
	return fmt.Errorf("the %s is truncated or damaged: the data ends before the picture does", format)
}

func isUnsupported(err error) bool {
	switch err.(type) {
	case png.UnsupportedError, jpeg.UnsupportedError:
		return true
	}
	return err == bmp.ErrUnsupported
}

// endReader reads data and remembers whether more was wanted than there is.
// The decoders' own errors for this are of many kinds, some of them only text.
type endReader struct {
	data    []byte
	pastEnd bool
}

func (r *endReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if len(r.data) == 0 {
		r.pastEnd = true
		return 0, io.EOF
	}
	n := copy(p, r.data)
	r.data = r.data[n:]
	return n, nil
}

func decodeBMP(data []byte, limits Limits) (*image.RGBA, []string, error) {
	if err := runConfig(formatBMP, bmp.DecodeConfig, data, limits); err != nil {
		return nil, nil, err
	}
	m, err := runDecoder(formatBMP, bmp.Decode, data)
	if err != nil {
		return nil, nil, err
	}
	return toRGB(m)
}

func decodePNG(data []byte, limits Limits) (*image.RGBA, []string, error) {
	// Package png refuses a size of zero or above 31 bits with a text that does
	// not name the size.
	if len(data) >= 24 && string(data[12:16]) == "IHDR" {
		if err := checkSize(int64(be32(data[16:])), int64(be32(data[20:])), limits); err != nil {
			return nil, nil, err
		}
	}
	if err := runConfig(formatPNG, png.DecodeConfig, data, limits); err != nil {
		return nil, nil, err
	}
	m, err := runDecoder(formatPNG, png.Decode, data)
	if err != nil {
		return nil, nil, err
	}
	rgb, notes, err := toRGB(m)
	if frames := apngFrames(data); frames > 1 {
		notes = append(notes, fmt.Sprintf("animated PNG of %d frames: its default picture is used", frames))
	}
	return rgb, notes, err
}

// apngFrames returns the frame count that the acTL chunk of an animated PNG
// declares, and 0 for a plain PNG. acTL stands before the first IDAT (PNG, third
// edition, section 11.3.6.1).
func apngFrames(data []byte) uint32 {
	rest := data[len("\x89PNG\r\n\x1a\n"):]
	for len(rest) >= 12 {
		size, kind := be32(rest), string(rest[4:8])
		if kind == "IDAT" || uint64(size) > uint64(len(rest)-12) {
			return 0
		}
		if kind == "acTL" && size == 8 {
			return be32(rest[8:])
		}
		rest = rest[12+int(size):]
	}
	return 0
}

// decodeJPEG applies the EXIF orientation, as a viewer does. Pillow's
// Image.open alone does not; ImageOps.exif_transpose does.
func decodeJPEG(data []byte, limits Limits) (*image.RGBA, []string, error) {
	if err := runConfig(formatJPEG, jpeg.DecodeConfig, data, limits); err != nil {
		return nil, nil, err
	}
	head := walkJPEG(data)
	if head.scans > maxScans {
		return nil, nil, fmt.Errorf("the JPEG has %d scans; the limit is %d, since each costs a pass over the whole picture: save it again as a baseline JPEG", head.scans, maxScans)
	}
	rgb, notes, err := decodeStoredJPEG(data, head)
	if err != nil || head.orientation == 1 {
		return rgb, notes, err
	}
	notes = append(notes, fmt.Sprintf("EXIF orientation %d applied: %s", head.orientation, orientationText(head.orientation)))
	return orient(rgb, head.orientation), notes, nil
}

// decodeStoredJPEG leaves the orientation to its caller. It may write to data.
func decodeStoredJPEG(data []byte, head jpegHead) (*image.RGBA, []string, error) {
	// Package jpeg repeats subsampled components and converts YCCK to CMYK, after
	// which they can't be interpolated. Where the Adobe segment says that there
	// is nothing to convert, it leaves the components as they are.
	subsampledInk := head.subsampledInk && head.adobes == 1
	ycck := false
	if subsampledInk {
		ycck = data[head.transform] != 0
		data[head.transform] = 0
	}
	m, err := runDecoder(formatJPEG, jpeg.Decode, data)
	if err != nil {
		return nil, nil, err
	}
	if cmyk, ok := m.(*image.CMYK); ok && subsampledInk {
		return subsampledInkToRGB(cmyk, ycck), []string{noteCMYK}, nil
	}
	return toRGB(m)
}

func be32(b []byte) uint32 {
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

func le16(b []byte) int { return int(b[0]) | int(b[1])<<8 }

func le24(b []byte) int { return le16(b) | int(b[2])<<16 }

func le32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}
