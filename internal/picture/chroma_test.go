package picture

import (
	"fmt"
	"image"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestUpsamplers takes rows whose results are worked out by hand: 3/4 of the
// near sample and 1/4 of the far one, with each library's rounding.
func TestUpsamplers(t *testing.T) {
	tests := []struct {
		name      string
		up        upsampler
		near, far []uint8
		y         int
		want      []uint8
	}{
		// (3*10+20)/4 = 12.5 and (3*20+10)/4 = 17.5: up on the right of a sample, down on its left.
		{"across", upsampler{2, 1, triangleAcross}, []uint8{10, 20, 20}, nil, 0, []uint8{10, 13, 17, 20, 20, 20}},
		{"across, extremes", upsampler{2, 1, triangleAcross}, []uint8{0, 255, 0}, nil, 0, []uint8{0, 64, 191, 191, 64, 0}},
		{"across, one sample", upsampler{2, 1, triangleAcross}, []uint8{77}, nil, 0, []uint8{77, 77}},
		// 12.5 again: down in an even row, up in an odd one.
		{"down, even row", upsampler{1, 2, triangleDown}, []uint8{10, 255}, []uint8{20, 255}, 0, []uint8{12, 255}},
		{"down, odd row", upsampler{1, 2, triangleDown}, []uint8{10, 255}, []uint8{20, 255}, 1, []uint8{13, 255}},
		// Columns are 3*10+30 = 60 and 3*20+20 = 80, so 15, (180+80)/16 = 16.25, (240+60)/16 = 18.75, 20.
		{"both", upsampler{2, 2, triangleBoth}, []uint8{10, 20}, []uint8{30, 20}, 0, []uint8{15, 16, 19, 20}},
		// 42/4 = 10.5 is rounded up in the first column and down in the last.
		{"both, halves", upsampler{2, 2, triangleBoth}, []uint8{10, 10}, []uint8{12, 12}, 0, []uint8{11, 10, 11, 10}},
		{"both, full", upsampler{2, 2, triangleBoth}, []uint8{255, 255, 255}, []uint8{255, 255, 255}, 1,
			[]uint8{255, 255, 255, 255, 255, 255}},
		// (3*10+30+2)/4 = 15.5; sum 10+20+30+20+8 = 88: ((88+2*50)/8 + 10)/2 = 16.5, ((88+2*30)/8 + 20)/2 = 19; 20.5.
		{"WebP", upsampler{2, 2, webpTriangle}, []uint8{10, 20}, []uint8{30, 20}, 0, []uint8{15, 16, 19, 20}},
		{"WebP, one sample", upsampler{2, 2, webpTriangle}, []uint8{10}, []uint8{13}, 0, []uint8{11, 11}},
		{"twice", upsampler{2, 2, repeatTwice}, []uint8{1, 9}, []uint8{5, 5}, 1, []uint8{1, 1, 9, 9}},
		{"four times", upsampler{4, 2, repeatFourTimes}, []uint8{1, 9}, []uint8{5, 5}, 1, []uint8{1, 1, 1, 1, 9, 9, 9, 9}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := make([]uint8, len(test.near)*test.up.horizontal)
			test.up.row(got, test.near, test.far, test.y)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("row (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPaddingIsLeftOut puts a colour where decoders keep what fills their last
// blocks. It must not reach the picture.
func TestPaddingIsLeftOut(t *testing.T) {
	ratios := []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
		image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
	}
	const neutral = 128
	for _, ratio := range ratios {
		for _, size := range []image.Point{{1, 1}, {2, 2}, {5, 3}, {6, 4}, {9, 7}} {
			t.Run(fmt.Sprint(ratio, size), func(t *testing.T) {
				blocks := image.NewYCbCr(image.Rect(0, 0, 32, 32), ratio)
				for i := range blocks.Cb {
					blocks.Cb[i], blocks.Cr[i] = 255, 0
				}
				for y := range size.Y {
					for x := range size.X {
						c := blocks.COffset(x, y)
						blocks.Y[blocks.YOffset(x, y)], blocks.Cb[c], blocks.Cr[c] = 99, neutral, neutral
					}
				}
				m := blocks.SubImage(image.Rectangle{Max: size}).(*image.YCbCr)
				for i, v := range ycbcrToRGB(m).Pix {
					if want := [4]uint8{99, 99, 99, 255}[i%4]; v != want {
						t.Fatalf("byte %d is %d, want %d", i, v, want)
					}
				}
			})
		}
	}
}

// TestJPEGColours holds that the conversion is JFIF's formula, rounded to the
// nearest; its factors have 16 binary digits behind the point.
func TestJPEGColours(t *testing.T) {
	got := make([]uint8, 4)
	for _, y := range []uint8{0, 1, 76, 128, 254, 255} {
		for b := range 256 {
			for r := range 256 {
				jpegRow(got, []uint8{y}, []uint8{uint8(b)}, []uint8{uint8(r)})
				db, dr := float64(b-128), float64(r-128)
				want := [3]float64{
					float64(y) + 1.402*dr,
					float64(y) - 0.34414*db - 0.71414*dr,
					float64(y) + 1.772*db,
				}
				for c, w := range want {
					w = min(max(w, 0), 255)
					if math.Abs(float64(got[c])-w) > 0.502 {
						t.Fatalf("Y %d, Cb %d, Cr %d: channel %d is %d, want %.3f", y, b, r, c, got[c], w)
					}
				}
				if got[3] != 255 {
					t.Fatalf("alpha is %d", got[3])
				}
			}
		}
	}
}
