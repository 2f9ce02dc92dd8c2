package memory

import (
	"fmt"
	"slices"
	"testing"
)

// dense returns the buffers of a dense block: step i makes buffer i, and the last step reads all of them.
func dense(steps int) []Buffer {
	var buffers []Buffer
	for i := range steps {
		buffers = append(buffers, Buffer{Values: int64(16 * (1 + i%7)), First: i, Last: steps - 1})
	}
	return buffers
}

func TestPairs(t *testing.T) {
	tests := []struct {
		name    string
		buffers []Buffer
		steps   int
		want    int64
	}{
		{"no buffers", nil, 2, 0},
		{"one after the other", []Buffer{{First: 0, Last: 1}, {First: 2, Last: 2}}, 3, 3},
		{"two that share a step", []Buffer{{First: 0, Last: 1}, {First: 1, Last: 2}}, 3, 1 + 4 + 1},
		{"a dense block", dense(4), 4, 1 + 4 + 9 + 16},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := pairs(tt.buffers, tt.steps); got != tt.want {
				t.Errorf("%d pairs, want %d", got, tt.want)
			}
		})
	}
}

// The work of bestFit grows with the cube of the steps of a dense block, so a block of a thousand steps is stacked.
func TestLayOutOfDenseBlocks(t *testing.T) {
	for _, tt := range []struct {
		steps int
		stack bool
	}{{100, false}, {1000, true}} {
		t.Run(fmt.Sprint(tt.steps), func(t *testing.T) {
			buffers := dense(tt.steps)
			// Only bestFit reuses the places of these.
			for i := range tt.steps / 2 {
				buffers = append(buffers, Buffer{Values: 1600, First: i, Last: i})
			}
			blocks := make([]block, len(buffers))
			for i, b := range buffers {
				blocks[i].Buffer = b
			}
			stack(blocks, bigFirst(blocks), tt.steps)
			got, _ := LayOut(slices.Clone(buffers), tt.steps)
			if slices.Equal(got, rectangles(blocks)) != tt.stack {
				t.Errorf("stacked: %v, want %v", !tt.stack, tt.stack)
			}
		})
	}
}
