package picture

import (
	"errors"
	"fmt"
	"image"
	"image/color"

	"golang.org/x/image/webp"
)

// errShort says that a chunk is longer than what is left of the file.
var errShort = errors.New("short chunk")

// eachChunk calls visit for each chunk of RIFF data. Every length is checked
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

// animation is what an animated WebP's chunks say.
type animation struct {
	header []byte // the VP8X chunk, which has the size of the canvas
	frame  []byte // the first ANMF chunk
	frames int
}

// decodeWebP decodes a still WebP, or the first frame of an animated one on its
// canvas.
func decodeWebP(data []byte, limits Limits) (*image.RGBA, []string, error) {
	const riffHeader = 12 // "RIFF", size, "WEBP"
	declared := uint64(le32(data[4:])) + 8
	if declared < riffHeader {
		return nil, nil, errors.New("the WebP is damaged: its RIFF size is too small")
	}
	if declared > uint64(len(data)) {
		return nil, nil, truncated(formatWebP)
	}
	data = data[:declared]
	var a animation
	err := eachChunk(data[riffHeader:], func(id string, chunk []byte) {
		const animationFlag = 1 << 1
		switch {
		case id == "VP8X" && a.header == nil && len(chunk) == 10 && chunk[0]&animationFlag != 0:
			a.header = chunk
		case id == "ANMF":
			if a.frames == 0 {
				a.frame = chunk
			}
			a.frames++
		}
	})
	if err != nil {
		return nil, nil, truncated(formatWebP)
	}
	if a.header != nil {
		return decodeAnimatedWebP(a, limits)
	}
	return decodeStillWebP(data, limits)
}

func decodeStillWebP(data []byte, limits Limits) (*image.RGBA, []string, error) {
	if err := runConfig(formatWebP, webp.DecodeConfig, data, limits); err != nil {
		return nil, nil, err
	}
	m, err := runDecoder(formatWebP, webp.Decode, data)
	if err != nil {
		return nil, nil, err
	}
	switch m := m.(type) {
	case *image.YCbCr:
		return webpToRGB(m), nil, nil
	case *image.NYCbCrA:
		var notes []string
		if !m.Opaque() {
			notes = append(notes, noteAlpha)
		}
		return webpToRGB(&m.YCbCr), notes, nil
	}
	return toRGB(m)
}

// decodeAnimatedWebP wraps the first frame's chunks into a still WebP, which
// x/image/webp can read. Around a frame smaller than its canvas the picture is
// black, as Pillow gives it.
func decodeAnimatedWebP(a animation, limits Limits) (*image.RGBA, []string, error) {
	canvas := image.Rect(0, 0, le24(a.header[4:])+1, le24(a.header[7:])+1)
	if err := checkSize(int64(canvas.Dx()), int64(canvas.Dy()), limits); err != nil {
		return nil, nil, err
	}
	frame := a.frame
	const frameHeader = 16 // x/2, y/2, width-1, height-1, duration: 3 bytes each; flags
	if len(frame) < frameHeader {
		return nil, nil, errors.New("the WebP is damaged: an animation without a first frame")
	}
	at := image.Pt(2*le24(frame), 2*le24(frame[3:]))
	rect := image.Rect(0, 0, le24(frame[6:])+1, le24(frame[9:])+1).Add(at)
	if !rect.In(canvas) {
		return nil, nil, errors.New("the WebP is damaged: its first frame lies outside its canvas")
	}
	payload := frame[frameHeader:]
	hasAlpha := false
	err := eachChunk(payload, func(id string, _ []byte) { hasAlpha = hasAlpha || id == "ALPH" })
	if err != nil {
		return nil, nil, truncated(formatWebP)
	}
	rgb, notes, err := decodeStillWebP(stillWebP(frame[6:12], hasAlpha, payload), limits)
	if err != nil {
		return nil, nil, err
	}
	if rect != canvas {
		whole := image.NewRGBA(canvas)
		fill(whole, color.RGBA{A: 255})
		place(whole, rgb, at)
		rgb = whole
	}
	if a.frames > 1 {
		notes = append(notes, fmt.Sprintf("animated WebP of %d frames: the first is used", a.frames))
	}
	return rgb, notes, nil
}

// stillWebP writes a WebP file of one frame. size is width-1 and height-1 in 3
// bytes each, payload the frame's chunks.
func stillWebP(size []byte, hasAlpha bool, payload []byte) []byte {
	const alphaFlag = 1 << 4
	var flags byte
	if hasAlpha {
		flags = alphaFlag
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

// webpRow converts ITU-R BT.601 with luma from 16 to 235 (RFC 6386, section
// 9.2), while image.YCbCr's own conversion takes JPEG's full range. The
// arithmetic is libwebp's (dsp/yuv.h).
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

// clipWebP takes a value with 6 fractional bits to 0..255.
func clipWebP(v int32) uint8 { return uint8(min(max(v>>6, 0), 255)) }
