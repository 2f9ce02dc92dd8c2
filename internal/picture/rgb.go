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
// does: it drops alpha and keeps the colour under it, never blended. It may take
// over the pixels of m.
//
// Of 16 bits it keeps the upper 8. So does Pillow for colour, but it clips
// 16-bit grey at 255, which turns nearly all of it white.
func toRGB(m image.Image) (*image.RGBA, []string, error) {
	switch m := m.(type) {
	case *image.RGBA: // the decoders return it only if every alpha is 255
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
		return gray16ToRGB(m), []string{note16Bit}, nil
	case *image.RGBA64: // like RGBA, always opaque here
		return upperBytes(m.Rect, m.Pix), []string{note16Bit}, nil
	case *image.NRGBA64:
		notes := []string{note16Bit}
		if !m.Opaque() {
			notes = append(notes, noteAlpha)
		}
		return upperBytes(m.Rect, m.Pix), notes, nil
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

// ycbcrToRGB converts a JPEG's planes as libjpeg does.
func ycbcrToRGB(m *image.YCbCr) *image.RGBA {
	return convertPlanes(m, jpegUpsampler(m), jpegRow)
}

// jpegRow converts by JFIF (section "Colour space") in libjpeg's fixed-point
// arithmetic with 16 fractional bits (jdcolor.c). Package color uses the same
// factors but rounds differently, by up to one level.
func jpegRow(dst, luma, cb, cr []uint8) {
	dst, cb, cr = dst[:4*len(luma)], cb[:len(luma)], cr[:len(luma)]
	for x, v := range luma {
		y := int32(v)<<16 + 1<<15
		b, r := int32(cb[x])-128, int32(cr[x])-128
		p := dst[4*x : 4*x+4 : 4*x+4]
		p[0] = clipJPEG(y + 91881*r)
		p[1] = clipJPEG(y - 22554*b - 46802*r)
		p[2] = clipJPEG(y + 116130*b)
		p[3] = 255
	}
}

// clipJPEG brings a value with 16 fractional bits to 0..255.
func clipJPEG(v int32) uint8 {
	if uint32(v) < 1<<24 {
		return uint8(v >> 16)
	}
	return uint8(^(v >> 31)) // 0 for a negative value, else 255
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

// cmykToRGB takes over the pixels of m, which have no gaps between rows.
func cmykToRGB(m *image.CMYK) *image.RGBA {
	inkToRGB(m.Pix, m.Pix, m.Pix)
	return &image.RGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
}

// subsampledInkMemory returns what subsampledInkToRGB allocates.
func subsampledInkMemory(pixels int64) int64 {
	const planes = 3 // 1.5 for a large picture, up to 3 for one of a single pixel
	return pixels * (planes + bytesPerPixel)
}

// subsampledInkToRGB converts a CMYK or YCCK JPEG of which the second and third
// component have half the resolution along both axes. m has all four as the file
// stores them, subtracted from 255, and those two repeated.
func subsampledInkToRGB(m *image.CMYK, ycck bool) *image.RGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	planes := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	for y := range h {
		row := m.Pix[y*m.Stride:][:4*w]
		for x := range w {
			planes.Y[y*planes.YStride+x] = 255 - row[4*x]
			if x%2 == 0 && y%2 == 0 {
				c := y/2*planes.CStride + x/2
				planes.Cb[c], planes.Cr[c] = 255-row[4*x+1], 255-row[4*x+2]
			}
		}
	}
	convert := invertedRow
	if ycck { // its first three are the YCbCr of 255-C, 255-M and 255-Y, stored inverted
		convert = jpegRow
	}
	dst := convertPlanes(planes, jpegUpsampler(planes), convert)
	inkToRGB(dst.Pix, dst.Pix, m.Pix)
	return dst
}

// invertedRow subtracts three components from 255.
func invertedRow(dst, first, second, third []uint8) {
	for x := range first {
		dst[4*x], dst[4*x+1], dst[4*x+2], dst[4*x+3] = 255-first[x], 255-second[x], 255-third[x], 255
	}
}

// inkToRGB uses Pillow's formula (Convert.c, cmyk2rgb). 255 is full ink. Pixels
// have 4 bytes: cyan, magenta and yellow come from inks, black from the last byte
// in black. dst may be inks, black or both.
func inkToRGB(dst, inks, black []uint8) {
	for i := 0; i+3 < len(dst); i += 4 {
		white := 255 - int(black[i+3])
		for c := range 3 {
			dst[i+c] = uint8(white - mulDiv255(int(inks[i+c]), white))
		}
		dst[i+3] = 255
	}
}

// mulDiv255 returns a*b/255, rounded to the nearest, for a and b in 0..255.
func mulDiv255(a, b int) int {
	t := a*b + 128
	return (t>>8 + t) >> 8
}

func gray16ToRGB(m *image.Gray16) *image.RGBA {
	dst := image.NewRGBA(image.Rect(0, 0, m.Rect.Dx(), m.Rect.Dy()))
	for i := range len(dst.Pix) / 4 {
		v := m.Pix[2*i]
		copy(dst.Pix[4*i:], []uint8{v, v, v, 255})
	}
	return dst
}

// upperBytes takes over pixels of four big-endian 16-bit samples, without gaps
// between rows.
func upperBytes(rect image.Rectangle, pix []uint8) *image.RGBA {
	pixels := len(pix) / 8
	for i := range pixels { // reads at or after what it writes
		copy(pix[4*i:], []uint8{pix[8*i], pix[8*i+2], pix[8*i+4], 255})
	}
	return &image.RGBA{Pix: pix[: 4*pixels : 4*pixels], Stride: 4 * rect.Dx(), Rect: rect}
}

func fill(dst *image.RGBA, c color.RGBA) {
	draw.Draw(dst, dst.Rect, image.NewUniform(c), image.Point{}, draw.Src)
}

// place copies src, wherever its own corner is, to the point at of dst.
func place(dst, src *image.RGBA, at image.Point) {
	draw.Draw(dst, src.Rect.Sub(src.Rect.Min).Add(at), src, src.Rect.Min, draw.Src)
}
