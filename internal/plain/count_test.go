package plain

import (
	"math"
	"testing"
)

func TestCount(t *testing.T) {
	tests := []struct {
		n    int64
		want string
	}{
		{0, "0"},
		{999, "999"},
		{1000, "1,000"},
		{15_237_608, "15,237,608"},
		{138_357_544, "138,357,544"},
		{-999, "-999"},
		{-1000, "-1,000"},
		{math.MaxInt64, "9,223,372,036,854,775,807"},
		{math.MinInt64, "-9,223,372,036,854,775,808"},
	}
	for _, tt := range tests {
		if got := Count(tt.n); got != tt.want {
			t.Errorf("Count(%d) = %s, want %s", tt.n, got, tt.want)
		}
	}
}

func TestCounted(t *testing.T) {
	for n, want := range map[int64]string{0: "0 MACs", 1: "1 MAC", 2: "2 MACs", 1000: "1,000 MACs"} {
		if got := Counted(n, "MAC"); got != want {
			t.Errorf("Counted(%d) = %s, want %s", n, got, want)
		}
	}
}
