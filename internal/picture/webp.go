package picture

import (
	"errors"
	"fmt"
	"image"
	"image/color"

	"golang.org/x/image/webp"
)

// errShort says that a chunk is longer than the rest of the file.
var errShort = errors.New("short chunk")

// eachChunk calls visit for each chunk of RIFF data. It checks every length
// against the data, since x/image/webp allocates what a chunk declares.
func eachChunk(data []byte, visit func(id string, chunk []byte)) error {
	for len(data) > 0 {
		if len(data) < 8 {
			return errShort
		}
		id, size := string(data[:4]), uint64(le32(data[4:]))
		data = data[8:]
		if size > uint64(len(data)) {
			return errShort
		}
		visit(id, data[:size])
		data = data[min(size+size&1, uint64(len(data))):] // a chunk of odd length is padded
	}
	return nil
}

// webpHead is what the chunks of a WebP say.
type webpHead struct {
	extended []byte // the VP8X chunk, which has flags and the size of the canvas
	frame    []byte // the first ANMF chunk
	frames   int
	exif     []byte
}

// Flags in the first byte of a VP8X chunk.
const (
	webpAnimationFlag = 1 << 1
	webpEXIFFlag      = 1 << 3
	webpAlphaFlag     = 1 << 4
)

func (h webpHead) has(flag byte) bool { return h.extended != nil && h.extended[0]&flag != 0 }

// decodeWebP decodes a still WebP, or the first frame of an animated one on its
// canvas.
func decodeWebP(data []byte, limits Limits) (decoded, error) {
	const riffHeader = 12 // "RIFF", size, "WEBP"
	declared := uint64(le32(data[4:])) + 8
	if declared < riffHeader {
		return decoded{}, errors.New("the WebP is damaged: its RIFF size is too small")
	}
	if declared > uint64(len(data)) {
		return decoded{}, truncated(formatWebP)
	}
	data = data[:declared]
	var head webpHead
	err := eachChunk(data[riffHeader:], func(id string, chunk []byte) {
		switch {
		case id == "VP8X" && head.extended == nil && len(chunk) == 10:
			head.extended = chunk
		case id == "ANMF":
			if head.frames == 0 {
				head.frame = chunk
			}
			head.frames++
		case id == "EXIF" && head.exif == nil:
			head.exif = chunk
		}
	})
	if err != nil {
		return decoded{}, truncated(formatWebP)
	}
	orientation := 1
	if head.has(webpEXIFFlag) { // libwebp ignores the chunk without it
		orientation = exifOrientation(head.exif)
	}
	var d decoded
	if head.has(webpAnimationFlag) {
		d, err = decodeAnimatedWebP(head, orientation, int64(len(data)), limits)
	} else {
		d, err = decodeStillWebP(data, orientation, 0, limits)
	}
	d.orientation = orientation
	return d, err
}

// decodeStillWebP leaves the orientation to its caller. taken is the memory for
// anything but the frame in data, in bytes.
func decodeStillWebP(data []byte, orientation int, taken int64, limits Limits) (decoded, error) {
	size, err := runConfig(formatWebP, webp.DecodeConfig, data, limits)
	if err != nil {
		return decoded{}, err
	}
	need := taken + int64(len(data)) + webpMemory(data, size)
	if orientation > 1 {
		need += int64(size.X) * int64(size.Y) * bytesPerPixel
	}
	if err := checkMemory(formatWebP, size, need, limits, remedySmaller); err != nil {
		return decoded{}, err
	}
	m, err := runDecoder(formatWebP, webp.Decode, data)
	if err != nil {
		return decoded{}, err
	}
	switch m := m.(type) {
	case *image.YCbCr:
		return decoded{rgb: webpToRGB(m)}, nil
	case *image.NYCbCrA:
		var notes []string
		if !m.Opaque() {
			notes = append(notes, noteAlpha)
		}
		return decoded{rgb: webpToRGB(&m.YCbCr), notes: notes}, nil
	}
	rgb, notes, err := toRGB(m)
	return decoded{rgb: rgb, notes: notes}, err
}

// webpMemory returns what x/image/webp and the conversion of its result allocate
// for the first frame in a WebP file.
func webpMemory(data []byte, size image.Point) int64 {
	const riffHeader = 12
	pixels := int64(size.X) * int64(size.Y)
	need := int64(0)
	// The chunks are whole: eachChunk has been through them.
	_ = eachChunk(data[riffHeader:], func(id string, chunk []byte) {
		switch id {
		case "VP8L":
			need += losslessMemory(len(chunk), size)
		case "VP8 ":
			macroblocks := ceilDiv(size.X, 16) * ceilDiv(size.Y, 16)
			const planes, filter = 16 * 16 * 3 / 2, 4 // bytes of a macroblock
			need += macroblocks*(planes+filter) + pixels*bytesPerPixel + int64(len(chunk))
		case "ALPH":
			need += losslessMemory(len(chunk), size) + pixels
		}
	})
	return need
}

// losslessMemory returns what package vp8l allocates for size bytes of data.
// Besides the pixels these are a second copy of them for a palette, three
// pictures of 4x4 tiles or larger, and the Huffman codes. There are at most 2600
// groups of five, in which every entry of the tables takes half a bit of data or
// more, and every table a dozen bits.
func losslessMemory(size int, picture image.Point) int64 {
	const (
		maxGroups    = 2600 // maxHuffImageSize in package vp8l
		groupMemory  = 90_000
		memoryOfByte = 2600 // what one byte of data can make package vp8l allocate for codes
		fixed        = 4 * groupMemory
	)
	tiles := ceilDiv(picture.X, 4) * ceilDiv(picture.Y, 4)
	pixels := int64(picture.X) * int64(picture.Y)
	codes := min(min(tiles, maxGroups)*groupMemory, int64(size)*memoryOfByte)
	return (2*pixels+3*tiles)*bytesPerPixel + codes + min(fixed, int64(size)*memoryOfByte)
}

// decodeAnimatedWebP wraps the chunks of the first frame into a still WebP, which
// x/image/webp can read. Around a frame smaller than its canvas the picture is
// black, as Pillow gives it. fileSize is that of the file, in bytes.
func decodeAnimatedWebP(head webpHead, orientation int, fileSize int64, limits Limits) (decoded, error) {
	canvas := image.Rect(0, 0, le24(head.extended[4:])+1, le24(head.extended[7:])+1)
	if err := checkSize(int64(canvas.Dx()), int64(canvas.Dy()), limits); err != nil {
		return decoded{}, err
	}
	frame := head.frame
	const frameHeader = 16 // x/2, y/2, width-1, height-1, duration: 3 bytes each; flags
	if len(frame) < frameHeader {
		return decoded{}, errors.New("the WebP is damaged: an animation without a first frame")
	}
	at := image.Pt(2*le24(frame), 2*le24(frame[3:]))
	rect := image.Rect(0, 0, le24(frame[6:])+1, le24(frame[9:])+1).Add(at)
	if !rect.In(canvas) {
		return decoded{}, errors.New("the WebP is damaged: its first frame lies outside its canvas")
	}
	payload := frame[frameHeader:]
	hasAlpha := false
	err := eachChunk(payload, func(id string, _ []byte) { hasAlpha = hasAlpha || id == "ALPH" })
	if err != nil {
		return decoded{}, truncated(formatWebP)
	}
	taken := fileSize
	if rect != canvas {
		whole := int64(canvas.Dx()) * int64(canvas.Dy()) * bytesPerPixel
		taken += whole
		if orientation > 1 {
			taken += whole
		}
	}
	d, err := decodeStillWebP(stillWebP(frame[6:12], hasAlpha, payload), orientation, taken, limits)
	if err != nil {
		return decoded{}, err
	}
	if rect != canvas {
		whole := image.NewRGBA(canvas)
		fill(whole, color.RGBA{A: 255})
		place(whole, d.rgb, at)
		d.rgb = whole
	}
	if head.frames > 1 {
		d.notes = append(d.notes, fmt.Sprintf("animated WebP of %d frames: the first is used", head.frames))
	}
	return d, nil
}

// stillWebP returns a WebP file of one frame. size has width-1 and height-1 in 3
// bytes each, payload the chunks of the frame.
func stillWebP(size []byte, hasAlpha bool, payload []byte) []byte {
	var flags byte
	if hasAlpha {
		flags = webpAlphaFlag
	}
	head := []byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00")
	file := append(head, flags, 0, 0, 0)
	file = append(file, size...)
	file = append(file, payload...)
	n := len(file) - 8
	file[4], file[5], file[6], file[7] = byte(n), byte(n>>8), byte(n>>16), byte(n>>24)
	return file
}

// webpToRGB converts the planes of a lossy WebP, whose chroma is always 4:2:0,
// as libwebp does.
func webpToRGB(m *image.YCbCr) *image.RGBA {
	return convertPlanes(m, upsampler{2, 2, webpTriangle}, webpRow)
}

// webpRow converts by ITU-R BT.601 with luma from 16 to 235 (RFC 6386, section
// 9.2), in the arithmetic of libwebp (dsp/yuv.h). The conversion of image.YCbCr
// expects the full range of JPEG.
func webpRow(dst, luma, cb, cr []uint8) {
	dst, cb, cr = dst[:4*len(luma)], cb[:len(luma)], cr[:len(luma)]
	for x, v := range luma {
		y := int32(v) * 19077 >> 8
		b, r := int32(cb[x]), int32(cr[x])
		p := dst[4*x : 4*x+4 : 4*x+4]
		p[0] = clipWebP(y + r*26149>>8 - 14234)
		p[1] = clipWebP(y - b*6419>>8 - r*13320>>8 + 8708)
		p[2] = clipWebP(y + b*33050>>8 - 17685)
		p[3] = 255
	}
}

// clipWebP brings a value with 6 fractional bits to 0..255.
func clipWebP(v int32) uint8 { return uint8(min(max(v>>6, 0), 255)) }
