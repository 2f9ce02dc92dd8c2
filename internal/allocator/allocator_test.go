package allocator_test

import (
	"testing"

	"pgregory.net/rapid"

	"cnncalc/internal/allocator"
)

const (
	kib = 1 << 10
	mib = 1 << 20
)

// Segments by hand, from the sizes in the source.
func TestReserved(t *testing.T) {
	for _, c := range []struct {
		sizes []int64
		want  int64
	}{
		{[]int64{1}, 2 * mib},
		{[]int64{mib, mib}, 2 * mib},
		{[]int64{mib, mib, 1}, 4 * mib},
		{[]int64{mib + 1}, 20 * mib},
		{[]int64{5 * mib, 5 * mib, 5 * mib, 5 * mib}, 20 * mib},
		{[]int64{9 * mib, 9 * mib, 2 * mib}, 20 * mib},
		{[]int64{9 * mib, 9 * mib, 3 * mib}, 40 * mib},
		// The rest of 1 MiB is not split off, so nothing fits there.
		{[]int64{9 * mib, 10 * mib, mib + 1}, 40 * mib},
		{[]int64{10 * mib}, 10 * mib},
		{[]int64{10*mib + 1}, 12 * mib},
		{[]int64{64 * mib}, 64 * mib},
	} {
		a := allocator.New()
		for _, size := range c.sizes {
			a.Allocate(size)
		}
		if a.Reserved() != c.want {
			t.Errorf("%v: %d bytes are reserved, want %d", c.sizes, a.Reserved(), c.want)
		}
	}
}

// The smallest free block that fits is taken, the first in memory among equals, and free neighbours join.
func TestFree(t *testing.T) {
	a := allocator.New()
	large, medium := a.Allocate(16*mib), a.Allocate(12*mib)
	a.Free(large)
	a.Free(medium)
	a.Allocate(11 * mib) // in the block of 12 MiB, of which 1 MiB is not split off
	if a.Allocate(16 * mib); a.Reserved() != 28*mib {
		t.Errorf("%d MiB are reserved, want 28", a.Reserved()/mib)
	}
	if a.MostAllocated() != 28*mib {
		t.Errorf("%d bytes are allocated at most, want 28 MiB", a.MostAllocated())
	}
	b := allocator.New()
	var blocks []*allocator.Block
	for range 4 {
		blocks = append(blocks, b.Allocate(512*kib))
	}
	for _, i := range []int{1, 3, 2, 0} {
		b.Free(blocks[i])
	}
	if b.Allocate(mib); b.Reserved() != 2*mib {
		t.Errorf("%d bytes are reserved: the freed blocks have not joined", b.Reserved())
	}
	if b.Allocate(mib); b.Reserved() != 2*mib {
		t.Errorf("%d bytes are reserved: the segment has room for 1 MiB", b.Reserved())
	}
}

// Whatever is allocated and freed, what is reserved is enough, and after all of it is free the largest fits again.
func TestReservedIsEnough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := allocator.New()
		var blocks []*allocator.Block
		var sizes []int64
		allocated, most := int64(0), int64(0)
		for _, size := range rapid.SliceOfN(rapid.Int64Range(1, 30*mib), 1, 200).Draw(t, "sizes") {
			if len(blocks) > 0 && rapid.Bool().Draw(t, "free") {
				i := rapid.IntRange(0, len(blocks)-1).Draw(t, "which")
				a.Free(blocks[i])
				allocated -= sizes[i]
				blocks[i], sizes[i] = blocks[len(blocks)-1], sizes[len(sizes)-1]
				blocks, sizes = blocks[:len(blocks)-1], sizes[:len(sizes)-1]
				continue
			}
			blocks, sizes = append(blocks, a.Allocate(size)), append(sizes, size)
			allocated += size
			most = max(most, allocated)
		}
		if a.MostAllocated() < most || a.Reserved() < a.MostAllocated() {
			t.Fatalf("%d bytes were asked for, %d allocated, %d reserved", most, a.MostAllocated(), a.Reserved())
		}
		for _, b := range blocks {
			a.Free(b)
		}
		before := a.Reserved()
		for _, size := range sizes {
			a.Free(a.Allocate(size))
		}
		if a.Reserved() != before {
			t.Fatalf("%d bytes are reserved after all was free, %d before", a.Reserved(), before)
		}
	})
}
