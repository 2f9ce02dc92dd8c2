package picture

import (
	"bytes"
	"encoding/binary"
	"image"
)

// exifPrefix precedes the TIFF structure in a JPEG's APP1 segment. PNG and WebP
// do without, but some programs write it there too.
const exifPrefix = "Exif\x00\x00"

// exifOrientation returns tag 0x0112 of the first directory of an EXIF block
// (EXIF 2.3, sections 4.5.2 and 4.6.4): 1, upright, to 8. It returns 1 if there
// is none or the block is damaged.
func exifOrientation(exif []byte) int {
	tiff := bytes.TrimPrefix(exif, []byte(exifPrefix))
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

	// Where in src the first pixel of the result is, and how far one step to the
	// right and one step down in the result move there.
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
