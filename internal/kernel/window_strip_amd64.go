//go:build amd64 && !noasm

package kernel

// depthwise computes a strip of a depthwise convolution with windows of 3x3 or 5x5 and stride 1 or 2.
func (s *strip) depthwise(size, stride int) {
	switch {
	case s.width == 8 && size == 5 && stride == 1:
		depthwise5x5S1AVX2(s)
	case s.width == 8 && size == 5:
		depthwise5x5S2AVX2(s)
	case s.width == 8 && stride == 1:
		depthwise3x3S1AVX2(s)
	case s.width == 8:
		depthwise3x3S2AVX2(s)
	case size == 5 && stride == 1:
		depthwise5x5S1AVX512(s)
	case size == 5:
		depthwise5x5S2AVX512(s)
	case stride == 1:
		depthwise3x3S1AVX512(s)
	default:
		depthwise3x3S2AVX512(s)
	}
}

//go:noescape
func depthwise3x3S1AVX2(s *strip)

//go:noescape
func depthwise3x3S2AVX2(s *strip)

//go:noescape
func depthwise3x3S1AVX512(s *strip)

//go:noescape
func depthwise3x3S2AVX512(s *strip)

//go:noescape
func depthwise5x5S1AVX2(s *strip)

//go:noescape
func depthwise5x5S2AVX2(s *strip)

//go:noescape
func depthwise5x5S1AVX512(s *strip)

//go:noescape
func depthwise5x5S2AVX512(s *strip)

// maxPool computes the maximum of each window of 3x3, or of 2x2 with stride 2.
func (s *strip) maxPool(size, stride int) {
	switch {
	case s.width == 8 && size == 2:
		maxPool2x2S2AVX2(s)
	case s.width == 8 && stride == 2:
		maxPool3x3S2AVX2(s)
	case s.width == 8:
		maxPool3x3S1AVX2(s)
	case size == 2:
		maxPool2x2S2AVX512(s)
	case stride == 2:
		maxPool3x3S2AVX512(s)
	default:
		maxPool3x3S1AVX512(s)
	}
}

//go:noescape
func maxPool3x3S1AVX2(s *strip)

//go:noescape
func maxPool3x3S2AVX2(s *strip)

//go:noescape
func maxPool2x2S2AVX2(s *strip)

//go:noescape
func maxPool3x3S1AVX512(s *strip)

//go:noescape
func maxPool3x3S2AVX512(s *strip)

//go:noescape
func maxPool2x2S2AVX512(s *strip)
