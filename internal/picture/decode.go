package picture

import (
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
)

// decoder is a decoding function of the standard library or of x/image, called
// directly instead of through the global registry of package image.
type decoder func(io.Reader) (image.Image, error)

// runDecoder decodes data. A decoder that fails after asking for bytes beyond
// the end had a file that was cut short.
func runDecoder(format string, decode decoder, data []byte) (image.Image, error) {
	r := &endReader{data: data}
	m, err := decode(r)
	if err != nil {
		return nil, decodeError(format, err, r.pastEnd)
	}
	return m, nil
}

// configReader is a function of the standard library or of x/image that reads
// the headers of a picture.
type configReader func(io.Reader) (image.Config, error)

// runConfig reads the declared size and checks its pixels.
func runConfig(format string, config configReader, data []byte, limits Limits) (image.Point, error) {
	r := &endReader{data: data}
	c, err := config(r)
	if err != nil {
		return image.Point{}, decodeError(format, err, r.pastEnd)
	}
	return image.Pt(c.Width, c.Height), checkSize(int64(c.Width), int64(c.Height), limits)
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

// endReader reads data and remembers whether its reader wanted more than there
// is. The decoders report that by errors of many kinds, some of them only text.
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

func be32(b []byte) uint32 {
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

func le16(b []byte) int { return int(b[0]) | int(b[1])<<8 }

func le24(b []byte) int { return le16(b) | int(b[2])<<16 }

func le32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}
