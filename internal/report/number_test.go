package report

import (
	"math"
	"testing"
	"time"
)

func TestShort(t *testing.T) {
	tests := []struct {
		n    int64
		want string
	}{
		// The memory column of the notes' VGG-16 table.
		{224 * 224 * 3, "150K"},
		{224 * 224 * 64, "3.2M"},
		{112 * 112 * 64, "800K"},
		{112 * 112 * 128, "1.6M"},
		{56 * 56 * 128, "400K"},
		{56 * 56 * 256, "800K"},
		{28 * 28 * 256, "200K"},
		{28 * 28 * 512, "400K"},
		{14 * 14 * 512, "100K"},
		{7 * 7 * 512, "25K"},
		{4096, "4096"},
		{1000, "1000"},
		// Boundaries of the rule.
		{0, "0"},
		{9_999, "9999"},
		{10_000, "10K"},
		{10_499, "10K"},
		{10_500, "11K"},
		{99_499, "99K"},
		{99_500, "100K"},
		{994_999, "990K"},
		{995_000, "1.0M"},
		{999_499, "1.0M"},
		{1_049_999, "1.0M"},
		{1_050_000, "1.1M"},
		{9_949_999, "9.9M"},
		{9_950_000, "10M"},
		{15_237_608, "15M"},
		{994_999_999, "990M"},
		{995_000_000, "1.0G"},
		{15_470_264_320, "15G"},
		{995_000_000_000, "1.0T"},
		{123_456_000_000_000_000, "120000T"},
		{-4096, "-4096"},
		{-3_211_264, "-3.2M"},
		{math.MaxInt64, "9200000T"},
		{math.MinInt64, "-9200000T"},
	}
	for _, tt := range tests {
		if got := Short(tt.n); got != tt.want {
			t.Errorf("Short(%d) = %s, want %s", tt.n, got, tt.want)
		}
	}
}

func TestDuration(t *testing.T) {
	tests := []struct {
		d    time.Duration
		want string
	}{
		{0, "0.000 ms"},
		{-time.Second, "0.000 ms"},
		{math.MinInt64, "0.000 ms"},
		{12_345 * time.Nanosecond, "0.012 ms"},
		{999_499 * time.Nanosecond, "0.999 ms"},
		{999_501 * time.Nanosecond, "1.00 ms"},
		{1_234 * time.Microsecond, "1.23 ms"},
		{9_996 * time.Microsecond, "10.0 ms"},
		{99_960 * time.Microsecond, "100 ms"},
		{188_400 * time.Microsecond, "188 ms"},
		{999_400 * time.Microsecond, "999 ms"},
		{999_600 * time.Microsecond, "1.00 s"},
		{4_352 * time.Millisecond, "4.35 s"},
		{59_940 * time.Millisecond, "59.9 s"},
		{59_960 * time.Millisecond, "1m00s"},
		{125 * time.Second, "2m05s"},
		{3 * time.Hour, "180m00s"},
	}
	for _, tt := range tests {
		if got := Duration(tt.d); got != tt.want {
			t.Errorf("Duration(%d ns) = %s, want %s", tt.d, got, tt.want)
		}
	}
}
