package picture

import (
	"bytes"
	"encoding/binary"
	"image"
)

// maxScans bounds the scans of a progressive JPEG. Encoders write about ten; a
// hostile file has thousands, each a pass over every block for a few bytes.
const maxScans = 200

// jpegHead is what walkJPEG reads from the segments of a JPEG.
type jpegHead struct {
	orientation int // EXIF tag 0x0112: 1 (upright) to 8; 1 where it is absent or broken
	scans       int // SOS segments
	adobes      int // Adobe segments; a proper file has at most one
	transform   int // where in the file the last of them says how colours are coded
	// subsampledInk is set for four components of which the second and third have
	// half the resolution along both axes.
	subsampledInk bool
}

// JPEG markers (ITU-T T.81, table B.1).
const (
	markerSOF0  = 0xc0
	markerSOF2  = 0xc2
	markerRST0  = 0xd0
	markerSOI   = 0xd8
	markerEOI   = 0xd9
	markerSOS   = 0xda
	markerAPP1  = 0xe1
	markerAPP14 = 0xee
	markerTEM   = 0x01
)

// adobeTransform is where an Adobe segment says how colours are coded: 0 as they
// are (RGB, CMYK), 1 YCbCr, 2 YCCK (ITU-T T.872, section 6.5.3).
const adobeTransform = 11

// walkJPEG steps over the segments of a JPEG file. It stops without an error at
// the first thing that it does not understand: the decoder reports that.
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
		case marker == markerAPP1 && !seenEXIF && bytes.HasPrefix(payload, []byte("Exif\x00\x00")):
			seenEXIF = true
			head.orientation = exifOrientation(payload[6:])
		case marker == markerAPP14 && len(payload) > adobeTransform && bytes.HasPrefix(payload, []byte("Adobe")):
			head.adobes++
			head.transform = whole - len(rest) + 2 + adobeTransform
		case marker >= markerSOF0 && marker <= markerSOF2:
			head.subsampledInk = isSubsampledInk(payload)
		}
		data = rest[size:]
	}
}

// isSubsampledInk reads a frame header (ITU-T T.81, section B.2.2). Of the ways
// to subsample four components, package jpeg decodes this one alone.
func isSubsampledInk(frame []byte) bool {
	const fixed, each, components = 6, 3, 4
	if len(frame) != fixed+each*components {
		return false
	}
	factors := func(c int) byte { return frame[fixed+each*c+1] }
	return factors(0) == 0x22 && factors(1) == 0x11 && factors(2) == 0x11 && factors(3) == 0x22
}

// nextMarker returns the next marker and what follows it, or 0. It passes over
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

// exifOrientation reads tag 0x0112 from the first directory of a TIFF
// structure (EXIF 2.3, sections 4.5.2 and 4.6.4). Anything out of order is 1.
func exifOrientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	offset := uint64(order.Uint32(tiff[4:]))
	if offset+2 > uint64(len(tiff)) {
		return 1
	}
	entries := tiff[offset:]
	count := int(order.Uint16(entries))
	entries = entries[2:]
	const entrySize, tagOrientation, typeShort = 12, 0x0112, 3
	for ; count > 0 && len(entries) >= entrySize; count-- {
		if order.Uint16(entries) == tagOrientation {
			value := int(order.Uint16(entries[8:]))
			if order.Uint16(entries[2:]) != typeShort || value < 1 || value > 8 {
				return 1
			}
			return value
		}
		entries = entries[entrySize:]
	}
	return 1
}

func orientationText(orientation int) string {
	switch orientation {
	case 2:
		return "mirrored left to right"
	case 3:
		return "turned by 180 degrees"
	case 4:
		return "mirrored top to bottom"
	case 5:
		return "mirrored along the main diagonal"
	case 6:
		return "turned by 90 degrees clockwise"
	case 7:
		return "mirrored along the other diagonal"
	case 8:
		return "turned by 90 degrees counter-clockwise"
	}
	return "upright"
}

// orient returns src as EXIF orientation 1 to 8 wants it shown. Values 5 to 8
// exchange width and height.
func orient(src *image.RGBA, orientation int) *image.RGBA {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	dw, dh := w, h
	if orientation >= 5 {
		dw, dh = h, w
	}
	right, down := 4, src.Stride // one step in the source, in bytes
	lastX, lastY := (w-1)*right, (h-1)*down

	// Where the first result pixel stands in src, and what one step to the right
	// and one step down in the result are there.
	var start, stepX, stepY int
	switch orientation {
	case 2:
		start, stepX, stepY = lastX, -right, down
	case 3:
		start, stepX, stepY = lastX+lastY, -right, -down
	case 4:
		start, stepX, stepY = lastY, right, -down
	case 5:
		start, stepX, stepY = 0, down, right
	case 6:
		start, stepX, stepY = lastY, -down, right
	case 7:
		start, stepX, stepY = lastX+lastY, -down, -right
	case 8:
		start, stepX, stepY = lastX, down, -right
	default:
		return src
	}
	dst := image.NewRGBA(image.Rect(0, 0, dw, dh))
	to := 0
	for y := range dh {
		from := start + y*stepY
		for range dw {
			copy(dst.Pix[to:to+4], src.Pix[from:from+4])
			to += 4
			from += stepX
		}
	}
	return dst
}
