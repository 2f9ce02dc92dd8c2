package picture

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
)

// Notes that more than one format gives.
const (
	noteAlpha = "alpha dropped"
	note16Bit = "16 bits a channel reduced to 8"
	noteCMYK  = "CMYK converted to RGB without its colour profile"
)

// toRGB converts a decoded picture to opaque RGBA, as Pillow's convert("RGB")
// does: alpha is dropped and the colour under it kept, never blended. It may
// take over m's pixels.
//
// Of 16 bits the upper 8 are kept. Pillow does so for colour, but clips 16-bit
// grey at 255, which turns nearly all of it white; that is not followed.
func toRGB(m image.Image) (*image.RGBA, []string, error) {
	switch m := m.(type) {
	case *image.RGBA: // the decoders return it only where every alpha is 255
		return m, nil, nil
	case *image.NRGBA:
		rgb, notes := dropAlpha(m)
		return rgb, notes, nil
	case *image.Gray:
		return grayToRGB(m), nil, nil
	case *image.YCbCr:
		return ycbcrToRGB(m), nil, nil
	case *image.Paletted:
		rgb, notes := paletteToRGB(m)
		return rgb, notes, nil
	case *image.CMYK:
		return cmykToRGB(m), []string{noteCMYK}, nil
	case *image.Gray16:
		return upperBytes(m.Rect, m.Pix, [3]int{0, 0, 0}, 2), []string{note16Bit}, nil
	case *image.RGBA64: // like RGBA, always opaque here
		return upperBytes(m.Rect, m.Pix, [3]int{0, 2, 4}, 8), []string{note16Bit}, nil
	case *image.NRGBA64:
		notes := []string{note16Bit}
		if !m.Opaque() {
			notes = append(notes, noteAlpha)
		}
		return upperBytes(m.Rect, m.Pix, [3]int{0, 2, 4}, 8), notes, nil
	}
	return nil, nil, fmt.Errorf("the picture has a colour model that is not supported (%T)", m)
}

func dropAlpha(m *image.NRGBA) (*image.RGBA, []string) {
	var notes []string
	if !m.Opaque() {
		notes = []string{noteAlpha}
	}
	for i := 3; i < len(m.Pix); i += 4 {
		m.Pix[i] = 255
	}
	return &image.RGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}, notes
}

func grayToRGB(m *image.Gray) *image.RGBA {
	dst := image.NewRGBA(image.Rect(0, 0, m.Rect.Dx(), m.Rect.Dy()))
	draw.Draw(dst, dst.Rect, m, m.Rect.Min, draw.Src)
	return dst
}

// ycbcrToRGB converts a JPEG's planes. Where chroma has a lower resolution,
// package draw repeats each value; libjpeg interpolates, which differs at sharp
// edges between colours. Interpolation belongs here.
func ycbcrToRGB(m *image.YCbCr) *image.RGBA {
	dst := image.NewRGBA(image.Rect(0, 0, m.Rect.Dx(), m.Rect.Dy()))
	draw.Draw(dst, dst.Rect, m, m.Rect.Min, draw.Src)
	return dst
}

func paletteToRGB(m *image.Paletted) (*image.RGBA, []string) {
	var table [256][3]uint8
	var clear [256]bool
	for i, c := range m.Palette {
		table[i][0], table[i][1], table[i][2] = straightRGB(c)
		_, _, _, a := c.RGBA()
		clear[i] = a != 0xffff
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	var notes []string
	to := 0
	for y := range h {
		for _, index := range m.Pix[y*m.Stride : y*m.Stride+w] {
			if clear[index] && notes == nil {
				notes = []string{noteAlpha}
			}
			copy(dst.Pix[to:], table[index][:])
			dst.Pix[to+3] = 255
			to += 4
		}
	}
	return dst, notes
}

// straightRGB returns a palette colour without its alpha. Package png stores
// transparent entries as NRGBA, everything else is opaque.
func straightRGB(c color.Color) (r, g, b uint8) {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return n.R, n.G, n.B
}

// cmykToRGB uses Pillow's formula (Convert.c, cmyk2rgb). Ink is 255 at its fullest.
func cmykToRGB(m *image.CMYK) *image.RGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	to := 0
	for y := range h {
		row := m.Pix[y*m.Stride : y*m.Stride+4*w]
		for ; len(row) >= 4; row = row[4:] {
			white := 255 - int(row[3])
			for c := range 3 {
				dst.Pix[to+c] = uint8(white - mulDiv255(int(row[c]), white))
			}
			dst.Pix[to+3] = 255
			to += 4
		}
	}
	return dst
}

// mulDiv255 is a*b/255, rounded to the nearest, for a and b in 0..255.
func mulDiv255(a, b int) int {
	t := a*b + 128
	return (t>>8 + t) >> 8
}

// upperBytes makes RGB of big-endian 16-bit samples without gaps between rows.
// offsets are those of red, green and blue in a pixel of size bytes.
func upperBytes(rect image.Rectangle, pix []uint8, offsets [3]int, size int) *image.RGBA {
	dst := image.NewRGBA(image.Rect(0, 0, rect.Dx(), rect.Dy()))
	to := 0
	for ; to < len(dst.Pix); pix = pix[size:] {
		for c, offset := range offsets {
			dst.Pix[to+c] = pix[offset]
		}
		dst.Pix[to+3] = 255
		to += 4
	}
	return dst
}

func fill(dst *image.RGBA, c color.RGBA) {
	draw.Draw(dst, dst.Rect, image.NewUniform(c), image.Point{}, draw.Src)
}

// place copies src, whose own corner may be anywhere, to the point at of dst.
func place(dst, src *image.RGBA, at image.Point) {
	draw.Draw(dst, src.Rect.Sub(src.Rect.Min).Add(at), src, src.Rect.Min, draw.Src)
}
