package picture

import (
	"fmt"
	"image"
	"image/color"
	"image/gif"
)

// gifHead is what walkGIF reads from the blocks of a GIF.
type gifHead struct {
	frames      int
	first       image.Rectangle // of the first frame, on the canvas
	interlaced  bool            // the first frame
	transparent int             // index of the first frame's transparent colour, or -1
	flags       []int           // offsets of the flags of the graphic controls before the first frame
	colours     int             // entries of the first frame's palette
}

// decodeGIF decodes the first frame and puts it on its canvas.
func decodeGIF(data []byte, limits Limits) (decoded, error) {
	size, err := runConfig(formatGIF, gif.DecodeConfig, data, limits)
	if err != nil {
		return decoded{}, err
	}
	head := walkGIF(data)
	if head.frames > 0 {
		if err := checkSize(int64(head.first.Dx()), int64(head.first.Dy()), limits); err != nil {
			return decoded{}, fmt.Errorf("the GIF's first frame: %w", err)
		}
	}
	need := int64(len(data)) + head.memory(size)
	if err := checkMemory(formatGIF, size, need, limits, remedySmaller); err != nil {
		return decoded{}, err
	}
	// Package gif makes the transparent colour black. Without the flag it leaves
	// the palette's own colour, which is what Pillow gives once alpha is dropped.
	// An index outside the palette is kept: package gif allows pixels that use it.
	if head.transparent < head.colours {
		for _, at := range head.flags {
			data[at] &^= gifTransparentFlag
		}
	}
	m, err := runDecoder(formatGIF, gif.Decode, data)
	if err != nil {
		return decoded{}, err
	}
	frame, notes, err := toRGB(m)
	if err != nil {
		return decoded{}, err
	}
	rgb := frame
	if canvas := (image.Rectangle{Max: size}); m.Bounds() != canvas {
		rgb = image.NewRGBA(canvas)
		fill(rgb, gifBackground(m, head.transparent))
		place(rgb, frame, m.Bounds().Min)
	}
	if head.transparent >= 0 {
		notes = []string{noteAlpha}
	}
	if head.frames > 1 {
		notes = append(notes, fmt.Sprintf("animated GIF of %d frames: the first is used", head.frames))
	}
	return decoded{rgb: rgb, notes: notes}, nil
}

// memory returns what package gif and the conversion of its result allocate, for
// a canvas of the given size.
func (h gifHead) memory(canvas image.Point) int64 {
	frame := int64(h.first.Dx()) * int64(h.first.Dy())
	need := frame * (1 + bytesPerPixel)
	if h.interlaced {
		need += frame
	}
	if h.first != (image.Rectangle{Max: canvas}) {
		need += int64(canvas.X) * int64(canvas.Y) * bytesPerPixel
	}
	return need
}

// gifBackground returns the colour around a first frame that is smaller than the
// canvas: that of the transparent index, or else of index 0, as in Pillow 9.4.
func gifBackground(m image.Image, transparent int) color.RGBA {
	p, ok := m.(*image.Paletted)
	index := max(transparent, 0)
	if !ok || index >= len(p.Palette) {
		return color.RGBA{A: 255}
	}
	r, g, b := straightRGB(p.Palette[index])
	return color.RGBA{R: r, G: g, B: b, A: 255}
}

// Parts of the GIF89a format.
const (
	gifHeaderSize      = 13
	gifExtension       = 0x21
	gifGraphicControl  = 0xf9
	gifPlainText       = 0x01
	gifApplication     = 0xff
	gifImage           = 0x2c
	gifTableFlag       = 0x80
	gifInterlaceFlag   = 0x40
	gifTransparentFlag = 0x01
)

// maxControls bounds the graphic controls that are kept before one frame. A
// proper file has one.
const maxControls = 16

// walkGIF reads the blocks of a GIF whose header has been checked. It stops
// without an error where the data ends or makes no sense: the decoder reports
// that if it concerns the first frame.
func walkGIF(data []byte) gifHead {
	head := gifHead{transparent: -1}
	at := gifHeaderSize + gifTableSize(data[10])
	for at < len(data) {
		switch data[at] {
		case gifExtension:
			if head.frames == 0 && at+7 < len(data) && data[at+1] == gifGraphicControl &&
				data[at+3]&gifTransparentFlag != 0 && len(head.flags) < maxControls {
				head.flags = append(head.flags, at+3)
				head.transparent = int(data[at+6])
			}
			at += gifExtensionHead(data[at:])
		case gifImage:
			if at+10 > len(data) {
				return head
			}
			if head.frames == 0 {
				x, y := le16(data[at+1:]), le16(data[at+3:])
				head.first = image.Rect(x, y, x+le16(data[at+5:]), y+le16(data[at+7:]))
				head.interlaced = data[at+9]&gifInterlaceFlag != 0
				head.colours = gifTableSize(data[10]) / 3
				if n := gifTableSize(data[at+9]); n > 0 {
					head.colours = n / 3
				}
			}
			head.frames++
			at += 10 + gifTableSize(data[at+9]) + 1 // the table, the LZW code size
		default:
			return head
		}
		at = skipSubBlocks(data, at)
	}
	return head
}

// gifExtensionHead returns how many bytes of an extension package gif reads
// before it expects sub-blocks. It takes the first block of plain text to have
// its proper length of 12, whatever the file says.
func gifExtensionHead(extension []byte) int {
	const start = 2 // the introducer and the label
	switch {
	case len(extension) <= start:
		return start
	case extension[1] == gifPlainText:
		return start + 1 + 12
	case extension[1] == gifApplication:
		return start + 1 + int(extension[start])
	}
	return start
}

// gifTableSize returns the length in bytes of the colour table that flags announce.
func gifTableSize(flags byte) int {
	if flags&gifTableFlag == 0 {
		return 0
	}
	return 3 << (1 + flags&7)
}

// skipSubBlocks returns the offset after a run of sub-blocks, which ends with an
// empty one.
func skipSubBlocks(data []byte, at int) int {
	for at < len(data) && data[at] != 0 {
		at += 1 + int(data[at])
	}
	return at + 1
}
