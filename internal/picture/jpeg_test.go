package picture

import "testing"

func TestScansOfJPEG(t *testing.T) {
	// Pillow's progressive script for colour has ten scans (jcparam.c,
	// jpeg_simple_progression); a baseline file has one.
	for file, want := range map[string]int{"progressive.jpg": 10, "444.jpg": 1, "grey.jpg": 1} {
		if got := walkJPEG(fixture(t, "kinds", file)).scans; got != want {
			t.Errorf("%s has %d scans, want %d", file, got, want)
		}
	}
}

func TestInkOfJPEG(t *testing.T) {
	tests := []struct {
		file       string
		subsampled bool
		transform  int // of the Adobe segment, or -1 without one
	}{
		{"420.jpg", false, -1},
		{"cmyk.jpg", false, 0}, // libjpeg marks CMYK with Adobe's segment
		{"cmyk-444.jpg", false, 0},
		{"cmyk-420.jpg", true, 0},
		{"ycck-444.jpg", false, 2},
		{"ycck-420.jpg", true, 2},
	}
	for _, test := range tests {
		data := fixture(t, "kinds", test.file)
		head := walkJPEG(data)
		transform := -1
		if head.adobes == 1 {
			transform = int(data[head.transform])
		}
		if head.subsampledInk() != test.subsampled || transform != test.transform {
			t.Errorf("%s: subsampled %v, transform %d; want %v, %d",
				test.file, head.subsampledInk(), transform, test.subsampled, test.transform)
		}
	}
}
