package picture

import (
	"image"
	"testing"
)

// TestWebPColours takes the colours of the 100 % bars, whose studio-range
// values are in ITU-R BT.601 (computed by hand: Y = 16 + 65.481 R + 128.553 G +
// 24.966 B and so on, rounded). JPEG's conversion would give 16 for black.
func TestWebPColours(t *testing.T) {
	tests := []struct {
		name    string
		y, u, v uint8
		want    [3]int
	}{
		{"black", 16, 128, 128, [3]int{0, 0, 0}},
		{"white", 235, 128, 128, [3]int{255, 255, 255}},
		{"red", 81, 90, 240, [3]int{255, 0, 0}},
		{"green", 145, 54, 34, [3]int{0, 255, 0}},
		{"blue", 41, 240, 110, [3]int{0, 0, 255}},
		{"yellow", 210, 16, 146, [3]int{255, 255, 0}},
		{"below black", 0, 128, 128, [3]int{0, 0, 0}},
		{"above white", 255, 128, 128, [3]int{255, 255, 255}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := image.NewYCbCr(image.Rect(0, 0, 1, 1), image.YCbCrSubsampleRatio420)
			m.Y[0], m.Cb[0], m.Cr[0] = test.y, test.u, test.v
			got := webpToRGB(m).Pix
			for c, want := range test.want {
				if d := int(got[c]) - want; d < -2 || d > 2 {
					t.Errorf("%v, want %v", got[:3], test.want)
				}
			}
		})
	}
}
