package picture

import (
	"fmt"
	"image"
	"image/png"
)

const pngSignature = "\x89PNG\r\n\x1a\n"

func decodePNG(data []byte, limits Limits) (decoded, error) {
	// Package png refuses a size of zero or above 31 bits with a text that does
	// not name the size.
	if len(data) >= 24 && string(data[12:16]) == "IHDR" {
		if err := checkSize(int64(be32(data[16:])), int64(be32(data[20:])), limits); err != nil {
			return decoded{}, err
		}
	}
	size, err := runConfig(formatPNG, png.DecodeConfig, data, limits)
	if err != nil {
		return decoded{}, err
	}
	head := walkPNG(data)
	remedy := remedySmaller
	if head.interlaced {
		remedy += ", or save it without interlacing"
	}
	need := int64(len(data)) + head.memory(size)
	if err := checkMemory(formatPNG, size, need, limits, remedy); err != nil {
		return decoded{}, err
	}
	m, err := runDecoder(formatPNG, png.Decode, data)
	if err != nil {
		return decoded{}, err
	}
	rgb, notes, err := toRGB(m)
	if head.frames > 1 {
		notes = append(notes, fmt.Sprintf("animated PNG of %d frames: its default picture is used", head.frames))
	}
	return decoded{rgb, notes, head.orientation}, err
}

// pngHead is what walkPNG reads from the chunks of a PNG.
type pngHead struct {
	depth       int  // bits of a sample
	colour      byte // colour type
	interlaced  bool
	transparent bool   // there is a tRNS chunk
	frames      uint32 // of an animated PNG; 0 for a plain one
	orientation int    // EXIF, 1 (upright) to 8
}

// PNG's colour types (PNG, third edition, table 10).
const (
	pngGrey      = 0
	pngTrueColor = 2
	pngPalette   = 3
	pngGreyAlpha = 4
)

// walkPNG reads the chunks of a PNG whose header chunk has been checked. It
// stops without an error where the data ends or makes no sense: the decoder
// reports that.
func walkPNG(data []byte) pngHead {
	head := pngHead{orientation: 1}
	seenData, seenEXIF := false, false
	rest := data[len(pngSignature):]
	for len(rest) >= 12 { // length, kind and checksum
		size, kind := be32(rest), string(rest[4:8])
		if uint64(size) > uint64(len(rest)-12) {
			return head
		}
		chunk := rest[8 : 8+size]
		switch {
		case kind == "IHDR" && size == 13:
			head.depth, head.colour, head.interlaced = int(chunk[8]), chunk[9], chunk[12] != 0
		case kind == "IDAT":
			seenData = true
		case kind == "tRNS":
			head.transparent = true
		case kind == "acTL" && size == 8 && !seenData: // section 11.3.6.1
			head.frames = be32(chunk)
		case kind == "eXIf" && !seenEXIF: // section 11.3.4.5; libpng takes it after the data too
			seenEXIF = true
			head.orientation = exifOrientation(chunk)
		}
		rest = rest[12+int(size):]
	}
	return head
}

// memory returns what package png and the conversion of its result allocate.
func (h pngHead) memory(size image.Point) int64 {
	pixels := int64(size.X) * int64(size.Y)
	stored, converted := h.bytesPerPixel()
	row := (int64(size.X)*int64(h.bitsPerPixel())+7)/8 + 1
	need := pixels*(stored+converted) + 2*row // this row and the one above
	if h.interlaced {
		need += pixels * stored // the seven passes together
		need += 2 * 2 * row     // their rows: 1/8 + 1/8 + 1/4 + 1/4 + 1/2 + 1/2 + 1
	}
	if h.orientation > 1 {
		need += pixels * bytesPerPixel
	}
	return need
}

func (h pngHead) bitsPerPixel() int {
	switch h.colour {
	case pngGrey, pngPalette:
		return h.depth
	case pngGreyAlpha:
		return 2 * h.depth
	case pngTrueColor:
		return 3 * h.depth
	}
	return 4 * h.depth
}

// bytesPerPixel returns the size of a pixel in package png's result, and in what
// toRGB allocates for it.
func (h pngHead) bytesPerPixel() (stored, converted int64) {
	switch {
	case h.colour == pngPalette, h.colour == pngGrey && h.depth <= 8 && !h.transparent:
		return 1, bytesPerPixel
	case h.colour == pngGrey && h.depth == 16 && !h.transparent:
		return 2, bytesPerPixel
	case h.depth == 16:
		return 8, 0
	}
	return bytesPerPixel, 0
}
