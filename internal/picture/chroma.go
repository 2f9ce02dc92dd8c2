package picture

import "image"

// JPEG and lossy WebP mostly store chroma at a lower resolution than luma. The
// libraries under Pillow interpolate it with a triangle filter: along each axis
// 3/4 of the nearer sample and 1/4 of the farther. They round differently, and
// this file follows each to the last bit.

// upsampler brings rows of chroma to the width of the picture.
type upsampler struct {
	horizontal, vertical int // pixels for one sample, along each axis
	// row writes horizontal*len(near) values of row y of the picture to dst. near
	// is the row of samples that y lies in; far is the next nearest: above for an
	// even y, below for an odd one. At the edges of the picture, and if vertical
	// is not 2, far is near itself. row is nil if the samples need no filter.
	row func(dst, near, far []uint8, y int)
}

// convertPlanes converts planes whose bounds start at (0, 0) to RGB. convert takes
// one row of luma and chroma at full resolution and writes 4 bytes a pixel.
func convertPlanes(m *image.YCbCr, up upsampler, convert func(dst, luma, cb, cr []uint8)) *image.RGBA {
	dst := image.NewRGBA(image.Rect(0, 0, m.Rect.Dx(), m.Rect.Dy()))
	inBands(dst.Rect.Dy(), func(lo, hi int) { convertRows(dst, m, up, convert, lo, hi) })
	return dst
}

// convertRows converts rows [lo, hi).
func convertRows(
	dst *image.RGBA, m *image.YCbCr, up upsampler, convert func(dst, luma, cb, cr []uint8), lo, hi int,
) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	// The planes are padded to whole blocks; what lies beyond is not the picture.
	samples := (w + up.horizontal - 1) / up.horizontal
	last := (h - 1) / up.vertical
	cb, cr := make([]uint8, samples*up.horizontal), make([]uint8, samples*up.horizontal)
	for y := lo; y < hi; y++ {
		near := y / up.vertical
		far := near
		if up.vertical == 2 {
			far = min(max(near-1+y%2*2, 0), last)
		}
		at, next := near*m.CStride, far*m.CStride
		if up.row == nil {
			cb, cr = m.Cb[at:at+samples], m.Cr[at:at+samples]
		} else {
			up.row(cb, m.Cb[at:at+samples], m.Cb[next:next+samples], y)
			up.row(cr, m.Cr[at:at+samples], m.Cr[next:next+samples], y)
		}
		convert(dst.Pix[y*dst.Stride:][:4*w], m.Y[y*m.YStride:][:w], cb[:w], cr[:w])
	}
}

// jpegUpsampler chooses as libjpeg-turbo 2.1 does with its default of "fancy
// upsampling" (jdsample.c, jinit_upsampler): the triangle filter for a factor of
// two, repetition for a factor of four and for rows of one or two samples.
func jpegUpsampler(m *image.YCbCr) upsampler {
	tooNarrow := m.Rect.Dx() <= 4
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		if tooNarrow {
			return upsampler{2, 1, repeatTwice}
		}
		return upsampler{2, 1, triangleAcross}
	case image.YCbCrSubsampleRatio420:
		if tooNarrow {
			return upsampler{2, 2, repeatTwice}
		}
		return upsampler{2, 2, triangleBoth}
	case image.YCbCrSubsampleRatio440:
		return upsampler{1, 2, triangleDown}
	case image.YCbCrSubsampleRatio411:
		return upsampler{4, 1, repeatFourTimes}
	case image.YCbCrSubsampleRatio410:
		return upsampler{4, 2, repeatFourTimes}
	}
	return upsampler{1, 1, nil}
}

func repeatTwice(dst, near, _ []uint8, _ int) {
	for x, v := range near {
		dst[2*x], dst[2*x+1] = v, v
	}
}

func repeatFourTimes(dst, near, _ []uint8, _ int) {
	for x, v := range near {
		dst[4*x], dst[4*x+1], dst[4*x+2], dst[4*x+3] = v, v, v, v
	}
}

// triangleAcross is h2v1_fancy_upsample, for 4:2:2. It rounds a half down on the
// left of a sample and up on its right, so that the mean stays.
func triangleAcross(dst, near, _ []uint8, _ int) {
	dst = dst[:2*len(near)]
	left, here := int(near[0]), int(near[0])
	for x := range near {
		right := here
		if x+1 < len(near) {
			right = int(near[x+1])
		}
		dst[2*x] = uint8((3*here + left + 1) >> 2)
		dst[2*x+1] = uint8((3*here + right + 2) >> 2)
		left, here = here, right
	}
}

// triangleDown is h1v2_fancy_upsample, for 4:4:0. It rounds a half down above a
// sample and up below it.
func triangleDown(dst, near, far []uint8, y int) {
	bias := 1 + y%2
	dst, far = dst[:len(near)], far[:len(near)]
	for x, v := range near {
		dst[x] = uint8((3*int(v) + int(far[x]) + bias) >> 2)
	}
}

// triangleBoth is h2v2_fancy_upsample, for 4:2:0: down, then across, without
// rounding in between.
func triangleBoth(dst, near, far []uint8, _ int) {
	dst, far = dst[:2*len(near)], far[:len(near)]
	here := 3*int(near[0]) + int(far[0])
	left := here
	for x := range near {
		right := here
		if x+1 < len(near) {
			right = 3*int(near[x+1]) + int(far[x+1])
		}
		dst[2*x] = uint8((3*here + left + 8) >> 4)
		dst[2*x+1] = uint8((3*here + right + 7) >> 4)
		left, here = here, right
	}
}

// webpTriangle is libwebp's filter for 4:2:0 (dsp/upsampling.c,
// UPSAMPLE_FUNC): the mean of the nearest sample and of one eighth of the four
// around it, of which the two adjacent ones count three times; each is truncated.
func webpTriangle(dst, near, far []uint8, _ int) {
	far = far[:len(near)]
	dst = dst[:2*len(near)]
	end := len(near) - 1
	dst[0] = uint8((3*int(near[0]) + int(far[0]) + 2) >> 2)
	for x := range end {
		n0, n1, f0, f1 := int(near[x]), int(near[x+1]), int(far[x]), int(far[x+1])
		sum := n0 + n1 + f0 + f1 + 8
		dst[2*x+1] = uint8(((sum+2*(n1+f0))>>3 + n0) >> 1)
		dst[2*x+2] = uint8(((sum+2*(n0+f1))>>3 + n1) >> 1)
	}
	dst[2*end+1] = uint8((3*int(near[end]) + int(far[end]) + 2) >> 2)
}
