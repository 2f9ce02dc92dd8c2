package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"slices"
)

// maxScans bounds the scans of a progressive JPEG. Encoders write about ten; a
// hostile file has thousands, each a pass over every block for a few bytes.
const maxScans = 200

func decodeJPEG(data []byte, limits Limits) (decoded, error) {
	size, err := runConfig(formatJPEG, jpeg.DecodeConfig, data, limits)
	if err != nil {
		return decoded{}, err
	}
	head := walkJPEG(data)
	if head.scans > maxScans {
		return decoded{}, fmt.Errorf("the JPEG has %d scans; the limit is %d, since each costs a pass over the"+
			" whole picture: save it again as a baseline JPEG", head.scans, maxScans)
	}
	if len(head.components) == 0 { // package jpeg has found one, so this is a matter of caution
		return decoded{}, errors.New("the JPEG is damaged: its frame header is not where it belongs")
	}
	remedy := remedySmaller
	if head.progressive {
		remedy += ", or save it as a baseline JPEG"
	}
	need := int64(len(data)) + head.memory(size)
	if err := checkMemory(formatJPEG, size, need, limits, remedy); err != nil {
		return decoded{}, err
	}
	if m := decodeBaseline(data, limits.Memory-need); m != nil {
		rgb, notes, err := toRGB(m)
		return decoded{rgb, notes, head.orientation}, err
	}
	rgb, notes, err := decodeStoredJPEG(data, head)
	return decoded{rgb, notes, head.orientation}, err
}

// decodeStoredJPEG leaves the orientation to its caller. It may write to data.
func decodeStoredJPEG(data []byte, head jpegHead) (*image.RGBA, []string, error) {
	// Package jpeg repeats subsampled components and converts YCCK to CMYK, after
	// which they can't be interpolated. If the Adobe segment says that there is
	// nothing to convert, it leaves the components as they are.
	subsampledInk := head.subsampledInk() && head.adobes == 1
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

// jpegHead is what walkJPEG reads from the segments of a JPEG.
type jpegHead struct {
	components  []jpegComponent // of the first frame header
	progressive bool
	orientation int // EXIF, 1 (upright) to 8
	scans       int // SOS segments
	adobes      int // Adobe segments; a proper file has at most one
	transform   int // offset in the file of the colour coding in the last of them
}

// jpegComponent has the sampling factors of a component: blocks of 8x8 samples
// in a minimum coded unit, along each axis.
type jpegComponent struct{ h, v int }

// memory returns what package jpeg and the conversion of its result allocate.
func (h jpegHead) memory(size image.Point) int64 {
	pixels := int64(size.X) * int64(size.Y)
	components := h.components
	if len(components) == 1 {
		components = []jpegComponent{{1, 1}} // its factors have no meaning (ITU-T T.81, section A.2.2)
	}
	unitsX := ceilDiv(size.X, 8*components[0].h)
	unitsY := ceilDiv(size.Y, 8*components[0].v)
	blocks := int64(0)
	for _, c := range components {
		blocks += unitsX * unitsY * int64(c.h) * int64(c.v)
	}
	const samples, coefficients = 64, 64 * 4 // of a block, in bytes
	need := blocks*samples + pixels*bytesPerPixel
	if h.progressive {
		need += blocks * coefficients
	}
	if h.subsampledInk() {
		need += subsampledInkMemory(pixels)
	}
	if h.orientation > 1 {
		need += pixels * bytesPerPixel
	}
	return need
}

// subsampledInk reports whether there are four components of which the second
// and third have half the resolution along both axes. Of the ways to subsample
// four components, package jpeg decodes this one alone.
func (h jpegHead) subsampledInk() bool {
	full, half := jpegComponent{2, 2}, jpegComponent{1, 1}
	return slices.Equal(h.components, []jpegComponent{full, half, half, full})
}

// JPEG markers (ITU-T T.81, table B.1).
const (
	markerSOF0  = 0xc0
	markerSOF1  = 0xc1
	markerSOF2  = 0xc2
	markerDHT   = 0xc4
	markerRST0  = 0xd0
	markerSOI   = 0xd8
	markerEOI   = 0xd9
	markerSOS   = 0xda
	markerDQT   = 0xdb
	markerDRI   = 0xdd
	markerAPP0  = 0xe0
	markerAPP1  = 0xe1
	markerAPP14 = 0xee
	markerAPP15 = 0xef
	markerCOM   = 0xfe
	markerTEM   = 0x01
)

// adobeTransform is the offset in an Adobe segment of how colours are coded: 0
// as they are (RGB, CMYK), 1 YCbCr, 2 YCCK (ITU-T T.872, section 6.5.3).
const adobeTransform = 11

// walkJPEG reads the segments of a JPEG file. It stops without an error at the
// first thing that it does not understand: the decoder reports that.
func walkJPEG(data []byte) jpegHead {
	head := jpegHead{orientation: 1}
	whole := len(data)
	seenEXIF := false
	for {
		marker, rest := nextMarker(data)
		if marker == 0 || marker == markerEOI {
			return head
		}
		if marker == markerSOI || marker == markerTEM {
			data = rest
			continue
		}
		if len(rest) < 2 {
			return head
		}
		size := int(binary.BigEndian.Uint16(rest)) // includes its own two bytes
		if size < 2 || size > len(rest) {
			return head
		}
		payload := rest[2:size]
		switch {
		case marker == markerSOS:
			head.scans++
		case marker == markerAPP1 && !seenEXIF && bytes.HasPrefix(payload, []byte(exifPrefix)):
			seenEXIF = true
			head.orientation = exifOrientation(payload)
		case marker == markerAPP14 && len(payload) > adobeTransform && bytes.HasPrefix(payload, []byte("Adobe")):
			head.adobes++
			head.transform = whole - len(rest) + 2 + adobeTransform
		case marker >= markerSOF0 && marker <= markerSOF2 && head.components == nil:
			head.progressive = marker == markerSOF2
			head.components = frameComponents(payload)
		}
		data = rest[size:]
	}
}

// frameComponents reads a frame header (ITU-T T.81, section B.2.2). It returns
// nil for a broken one.
func frameComponents(frame []byte) []jpegComponent {
	const fixed, each = 6, 3
	if len(frame) < fixed || len(frame) != fixed+each*int(frame[5]) {
		return nil
	}
	components := make([]jpegComponent, frame[5])
	for c := range components {
		factors := frame[fixed+each*c+1]
		components[c] = jpegComponent{int(factors >> 4), int(factors & 0xf)}
		if components[c].h == 0 || components[c].v == 0 {
			return nil
		}
	}
	return components
}

// nextMarker returns the next marker and what follows it, or 0. It skips
// entropy-coded data, in which 0xff is followed by 0 or by a restart marker.
func nextMarker(data []byte) (byte, []byte) {
	for {
		i := bytes.IndexByte(data, 0xff)
		if i < 0 || i+1 >= len(data) {
			return 0, nil
		}
		m := data[i+1]
		if m == 0xff { // a fill byte: the marker may follow
			data = data[i+1:]
			continue
		}
		data = data[i+2:]
		if m != 0 && (m < markerRST0 || m >= markerSOI) {
			return m, data
		}
	}
}
