package plain

import (
	"math"
	"testing"
	"time"
)

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
