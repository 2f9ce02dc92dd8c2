// Package allocator replays the caching allocator that PyTorch 2 has for CUDA (c10/cuda/CUDACachingAllocator.cpp, as it
// is from 2.0 on without PYTORCH_CUDA_ALLOC_CONF): which segments of device memory it reserves for a series of
// allocations. It knows nothing of networks.
//
// Sizes are rounded to blocks of 512 bytes. Blocks of up to 1 MiB share segments of 2 MiB; larger ones below 10 MiB
// share segments of 20 MiB; others get a segment of their own, rounded to 2 MiB. The smallest free block that is large
// enough is taken, and split if enough remains. A block that is freed joins its free neighbours in the segment.
// Segments are kept. The replay assumes that the device has the memory, so that nothing is returned to it, and that it
// gives segments at rising addresses.
package allocator

import (
	"cmp"

	"github.com/google/btree"
)

// The sizes of the source, in bytes.
const (
	minBlock      = 512      // kMinBlockSize
	maxSmall      = 1 << 20  // kSmallSize
	smallSegment  = 2 << 20  // kSmallBuffer
	mediumSegment = 20 << 20 // kLargeBuffer
	minLarge      = 10 << 20 // kMinLargeAlloc
	roundLarge    = 2 << 20  // kRoundLarge
)

// Block is a part of a segment.
type Block struct {
	address, size int64
	small         bool
	free          bool
	before, after *Block // neighbours in the segment
}

// Allocator is the state of a replay. New makes one.
type Allocator struct {
	small, large    *btree.BTreeG[*Block] // free blocks
	segments        []*Block              // the first block of each, in the order of addresses
	end             int64                 // of all segments so far, which is also what is reserved
	allocated, most int64
}

// Segment is device memory that the allocator has reserved.
type Segment struct {
	Address, Size int64
	Small         bool // of 2 MiB, for blocks of up to 1 MiB
	Blocks        []*Block
}

// Segments returns all segments, with their blocks as they are now.
func (a *Allocator) Segments() []Segment {
	var all []Segment
	for _, first := range a.segments {
		s := Segment{Address: first.address, Small: first.small}
		for b := first; b != nil; b = b.after {
			s.Size += b.size
			s.Blocks = append(s.Blocks, b)
		}
		all = append(all, s)
	}
	return all
}

// Address returns where the block is, from 0 for the first segment.
func (b *Block) Address() int64 { return b.address }

// Size returns the bytes of the block, at least those that were asked for.
func (b *Block) Size() int64 { return b.size }

// IsFree reports whether nobody has the block.
func (b *Block) IsFree() bool { return b.free }

// New returns an allocator that has reserved nothing.
func New() *Allocator {
	return &Allocator{small: newPool(), large: newPool()}
}

// newPool returns an empty pool of free blocks, ordered by size and address.
func newPool() *btree.BTreeG[*Block] {
	const degree = 16
	return btree.NewG(degree, func(a, b *Block) bool {
		return cmp.Or(cmp.Compare(a.size, b.size), cmp.Compare(a.address, b.address)) < 0
	})
}

func (a *Allocator) pool(small bool) *btree.BTreeG[*Block] {
	if small {
		return a.small
	}
	return a.large
}

// Reserved returns the bytes of all segments.
func (a *Allocator) Reserved() int64 { return a.end }

// MostAllocated returns the most bytes that were in allocated blocks at once, with what was not worth splitting off:
// torch.cuda.max_memory_allocated.
func (a *Allocator) MostAllocated() int64 { return a.most }

// Allocate returns a block of at least so many bytes, which must be more than 0 and small enough that their sum can be
// counted.
func (a *Allocator) Allocate(bytes int64) *Block {
	size := roundUp(bytes, minBlock)
	pool := a.pool(size <= maxSmall)
	block := smallestFrom(pool, size)
	if block != nil {
		pool.Delete(block)
	} else {
		block = a.reserve(size)
	}
	if rest := block.size - size; rest >= minBlock && block.small || rest > maxSmall {
		pool.ReplaceOrInsert(block.split(size))
	}
	block.free = false
	a.allocated += block.size
	a.most = max(a.most, a.allocated)
	return block
}

// smallestFrom returns the smallest block of a pool that has at least a size, the first of them in memory; nil if there
// is none.
func smallestFrom(pool *btree.BTreeG[*Block], size int64) *Block {
	var found *Block
	pool.AscendGreaterOrEqual(&Block{size: size}, func(b *Block) bool {
		found = b
		return false
	})
	return found
}

// reserve returns a new segment for a block of a size, as one block.
func (a *Allocator) reserve(size int64) *Block {
	segment := roundUp(size, roundLarge)
	switch {
	case size <= maxSmall:
		segment = smallSegment
	case size < minLarge:
		segment = mediumSegment
	}
	block := &Block{address: a.end, size: segment, small: size <= maxSmall}
	a.segments = append(a.segments, block)
	a.end += segment
	return block
}

// split cuts a block to a size and returns the free rest.
func (b *Block) split(size int64) *Block {
	rest := &Block{address: b.address + size, size: b.size - size, small: b.small, free: true, before: b, after: b.after}
	if rest.after != nil {
		rest.after.before = rest
	}
	b.size, b.after = size, rest
	return rest
}

// Free gives back a block that Allocate returned.
func (a *Allocator) Free(b *Block) {
	a.allocated -= b.size
	pool := a.pool(b.small)
	b.free = true
	if before := b.before; before != nil && before.free {
		pool.Delete(before)
		before.join(b)
		b = before
	}
	if after := b.after; after != nil && after.free {
		pool.Delete(after)
		b.join(after)
	}
	pool.ReplaceOrInsert(b)
}

// join adds the block that follows.
func (b *Block) join(after *Block) {
	b.size += after.size
	b.after = after.after
	if b.after != nil {
		b.after.before = b
	}
}

func roundUp(n, to int64) int64 { return (n + to - 1) / to * to }
