package memory

import (
	"slices"

	"cnncalc/internal/graph"
)

// DeepSpeed's defaults (deepspeed/runtime/zero/config.py, commit 1b88ac3), in values.
const (
	reduceBucketSize     = 500_000_000   // reduce_bucket_size
	prefetchBucketSize   = 50_000_000    // stage3_prefetch_bucket_size
	persistenceThreshold = 100_000       // stage3_param_persistence_threshold
	maxLiveParameters    = 1_000_000_000 // stage3_max_live_parameters, stage3_max_reuse_distance
)

// gradientBucket is the bucket in which DeepSpeed reduces gradients (contiguous_gradients, the default). Each gradient
// moves there as soon as it is made. What does not fit is reduced first.
type gradientBucket struct {
	*builder
	values, filled int64
	large          []int // gradients larger than the bucket that are still to be reduced
}

func (p *builder) newBucket() gradientBucket {
	b := gradientBucket{builder: p, values: p.options.Parallel.BucketSize}
	if b.values == 0 {
		b.values = reduceBucketSize
	}
	return b
}

// take takes the bucket's memory.
func (b *gradientBucket) take() int {
	return b.add(none, "reduce bucket", GradientBuckets, linear{once: b.bytes(b.values, b.options.DType.valueBytes())})
}

// put moves the gradient of a parameter to the bucket. It first calls reduced if the bucket has been reduced for that.
func (b *gradientBucket) put(id int, reduced func()) {
	values := b.valuesOf(id)
	if b.filled > b.values-values { // the two are never negative, so that nothing overflows
		b.reduce(reduced)
	}
	b.filled += values
	if values > b.values {
		b.large = append(b.large, b.gradientOf[id])
		return
	}
	b.release(b.gradientOf[id])
}

// reduce reduces what is in the bucket, for which it makes a copy of that.
func (b *gradientBucket) reduce(reduced func()) {
	if b.filled == 0 {
		return
	}
	b.need([]linear{{once: b.bytes(b.filled, b.options.DType.valueBytes())}})
	reduced()
	for _, id := range b.large {
		b.release(id)
	}
	b.large, b.filled = nil, 0
	b.endReduction("the reduction of a bucket")
}

// zero2 is stage 2 of DeepSpeed's ZeRO (deepspeed/runtime/zero/stage_1_and_2.py, commit 7dee2e0): the learnt parameters
// are one flat tensor. Each device updates a partition of it, for which it has a float32 copy, whatever the type of the
// parameters, and the optimizer's state. The gradients are reduced bucket by bucket; each device then keeps those of
// the parameters that its partition has a part of, whole. The update copies them to a flat tensor of float32.
//
// With --offload optimizer, copy, state and gradients are on the CPU, and the device has a buffer for the largest
// gradient.
type zero2 struct {
	*builder
	users     map[int][]int
	bucket    gradientBucket
	buffer    int   // the bucket's tensor
	kept      int64 // bytes of the gradients that the device keeps
	gradients int   // their tensor, or none
}

func (z *zero2) divides(w graph.Weight) bool { return w.IsLearnt() }
func (z *zero2) lowers() bool                { return false }
func (z *zero2) beforeForward(int)           {}
func (z *zero2) afterForward(int)            {}
func (z *zero2) beforeBackward(int)          {}

func (z *zero2) begin() {
	z.users, z.gradients = z.builder.users(), none
	z.bucket = z.newBucket()
	parallel, width := z.options.Parallel, z.options.DType.valueBytes()
	var sizes []int64
	total := int64(0)
	for _, id := range z.learnt() {
		sizes = append(sizes, z.valuesOf(id))
		total += z.valuesOf(id) // addUp counts their bytes
	}
	// Shards begin at multiples of 4 bytes: of 2 values in half.
	partition := 2 * shardValues(total, 2*parallel.Devices)
	z.add(none, "flat parameters", Parameters, linear{once: z.bytes(partition, parallel.Devices, width)})
	z.kept = z.bytes(mostTouched(sizes, partition), width)
	if parallel.Offload {
		z.kept = 0
		z.add(none, "buffer to offload gradients", GradientBuckets, linear{once: z.bytes(slices.Max(sizes), width)})
		return
	}
	copyOf := linear{once: z.bytes(partition, BytesPerValue)}
	z.shardsUpdated = []int{z.add(none, "float32 partition", Masters, copyOf)}
	z.flatGradient, z.replaced = z.blocks(copyOf.once), z.blocks(z.kept)
	if parallel.Accumulate > 1 {
		z.replaced = 0 // the earlier ones are not released before
		z.add(none, "gradients of earlier passes", Gradients, linear{once: z.kept})
	}
}

// mostTouched returns the values of the parameters that a partition of their flat tensor has a part of, for the
// partition with the most. sizes are the values of each parameter.
func mostTouched(sizes []int64, partition int64) int64 {
	most, touched := int64(0), int64(0)
	end := int64(0)     // of the parameters so far
	border := partition // the end of the partition
	for _, values := range sizes {
		end += values
		touched += values
		most = max(most, touched)
		if end < border {
			continue
		}
		touched = 0
		if border += (end - border) / partition * partition; end > border { // the next partition begins within it
			touched = values
		}
		border += partition
	}
	return most
}

func (z *zero2) beginBackward() { z.buffer = z.bucket.take() }

func (z *zero2) afterBackward(i int) {
	for _, id := range z.completeAt(i, z.users) {
		z.bucket.put(id, z.reduced)
	}
}

// reduced takes the gradients that the device keeps, when the first are there.
func (z *zero2) reduced() {
	if z.gradients == none && z.kept > 0 {
		z.gradients = z.add(none, "gradients of the partition", Gradients, linear{once: z.kept})
	}
}

func (z *zero2) end() {
	z.bucket.reduce(z.reduced)
	z.release(z.buffer)
	if z.options.Parallel.Accumulate > 1 && z.gradients != none {
		z.release(z.gradients) // once they are added to the earlier ones
	}
}
