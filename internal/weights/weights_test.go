package weights

import (
	"math"
	"testing"
)

func TestValueCount(t *testing.T) {
	tests := []struct {
		shape []int
		want  int64
		ok    bool
	}{
		{nil, 1, true},
		{[]int{64, 3, 3, 3}, 1728, true},
		{[]int{0, 5}, 0, true},
		{[]int{math.MaxInt / 8}, math.MaxInt / 8, true},
		{[]int{math.MaxInt/8 + 1}, 0, false},
		{[]int{math.MaxInt, math.MaxInt}, 0, false},
		{[]int{math.MaxInt, math.MaxInt, 0}, 0, false},
		{[]int{-1}, 0, false},
		{[]int{0, -1}, 0, false},
	}
	for _, tt := range tests {
		if got, ok := valueCount(tt.shape); got != tt.want || ok != tt.ok {
			t.Errorf("%v: got %d, %v, want %d, %v", tt.shape, got, ok, tt.want, tt.ok)
		}
	}
}
