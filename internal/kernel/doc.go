// Package kernel computes layers in float32: convolution, pooling, linear layers, normalisation, activations and
// operations that combine volumes.
//
// The package contains only loops over slices. The caller decides all sizes, including the output's height and width,
// owns all buffers, and allocates the scratch memory that a kernel's ...Scratch function asks for.
//
// Each kind of processor (AVX-512, AVX2, NEON) has a set of routines for the inner loops. Another set in portable Go is
// always compiled, and the others are tested against it. The program uses the fastest set that the processor supports.
//
// For all kernels:
//
//   - Volumes are NCHW: [N, C, H, W], the last axis contiguous.
//   - A slice must hold at least as many values as its documented shape. Longer ones are accepted, and their rest does
//     not change. A slice that is too short, or an invalid geometry, is a mistake of the caller and panics. The caller
//     must have checked that sizes do not overflow.
//   - dst must not overlap any other argument unless the kernel says that it may be the same slice.
//   - Each output value is summed in a fixed order, so that the result has the same bits for any number of workers.
//     Different processors may differ in the last bits, as Go fuses x*y+z on some, and in the sign of a zero that was
//     clamped to 0, as by ReLU.
//   - NaN and infinities propagate as in IEEE 754, except in [ConvWinograd], where each affects the whole 4x4 tile of
//     outputs and an infinity may become NaN. [ConvIm2col], [Local] and, in narrow planes and in strips,
//     [ConvDepthwise] multiply zero padding by the weights; the other convolutions skip it. This only shows if a
//     weight is infinite or NaN.
//   - Filters and other tables that a kernel reads in a layout of its own are packed beforehand, by a function next to
//     it. The layout depends on the processor and must not be stored on disk.
//   - Nothing is allocated once a kernel has been called on a [Workers].
//
// PyTorch is version 1.13 where its behaviour is mentioned.
//
// # One convolution, from the layer to instructions
//
// The layer CONV3-128 s2 p1 of a 56x56x128 volume, which ResNet-50 has at the start of its third stage, takes this way
// with the AVX-512 routines. TestDocumentedConvolution holds the sizes.
//
//  1. exec/conv.go turns the layer into a [Conv] and chooses an algorithm. Winograd's does not fit stride 2, so it is
//     im2col: C = A * B, with A the filters [128, 1152], B the im2col matrix [1152, 784], of which a column holds the
//     128*3*3 inputs of one of the 28*28 outputs, and C the output planes [128, 784].
//  2. When weights are loaded, [PackFilters] stores A in panels of mr = 8 rows, each [1152, 8], so that the innermost
//     loop reads A from front to back: [3 blocks of depth][16 panels][384][8].
//  3. In each run, [ConvIm2col] plans the product (planGEMM). The depth is divided into blocks of kc = 384, and the 784
//     columns into strips of at most 208. A strip is a task; [Workers] share the tasks.
//  4. A task (gemmJob.do) packs the part of B that a block of depth and its strip have, [384, 208], into its worker's
//     scratch: five panels of nr = 48 columns, [384, 48], the last one partly used. Nothing else of B ever exists. The
//     inputs are read directly (packTaps) by routines.packRows, which follows steps: each fills some lanes of a vector
//     from one row of the picture, and leaves zeros where the filter is in the padding. For strides above 2, and for
//     inputs with few channels, the rows are first sorted by phase into a stage (packStages). Portable code packs row
//     by row (packLines). With AVX-512, convolutions with stride 1 may need no packing: B is the input itself for 1x1
//     filters (packNone), unless its rows lie so that packing them pays (packingPays), and for larger ones a copy of
//     the rows that the task reads (packSlab), unless there are so many filters that packing hardly counts (slabPays).
//  5. routines.multiply multiplies all panels of A by one panel of B. A tile of C, 8x48, is in 24 registers of 16
//     values: each of the 384 steps loads a row of B into three registers, broadcasts eight values of A one after the
//     other, and does 24 fused multiply-adds. While the panel of B, 72 KiB, passes through the first-level cache once
//     for each panel of A, the block of A, at most 128 rows and 192 KiB, stays in the second-level cache. Where a strip
//     has one column left, such as the last of the 49 of a 7x7 plane, the last panel includes it. Of a panel of at most
//     four columns, which a 14x14 plane has left, registers hold columns instead of rows.
//  6. The first block of depth writes the tile to C, the others add to it. With the last one, the routine also adds the
//     bias and clamps the sums to the bounds of the activation, while they are in registers. What is no clamp, such as
//     SIGMOID, follows as a loop over the strip.
//
// The tiles of the sets of routines differ in size only. The panel of A is a column of mr values for each step, and the
// panel of B a row of nr values:
//
//	             mr x nr  registers of sums  of B  of A
//	AVX-512      8 x 48   24 of 32           3     4, a value broadcast in each  gemm_avx512_amd64.s
//	AVX2         6 x 16   12 of 16           2     1, likewise                   gemm_amd64.s
//	NEON         8 x 12   24 of 32           3     2, four values in each        gemm_arm64.s
//	portable Go  2 x 4    8 variables        -     -                             gemm_generic.go, the specification
//
// The kernels are in these files, with their assembly in files of the same name:
//
//   - CONV by im2col and matrix product: gemm.go, matrix_product.go, pack.go, pack_steps.go,
//     pack_slab.go
//   - CONV by Winograd's algorithm: winograd.go
//   - CONV by definition, and the geometry of convolutions: conv.go
//   - DWCONV: depthwise.go, and window_strip.go for small windows (not in portable code)
//   - UPCONV: conv_transposed.go
//   - LOCAL: local.go; FC: linear.go
//   - POOL: maxpool.go and window_strip.go; other pools: pool.go
//   - activation functions, PRELU and SOFTMAX: activation.go; LRN: lrn.go
//   - BN: batchnorm.go; LN: layernorm.go; GN and IN: groupnorm.go; SCALE: batchnorm.go and scale.go
//   - ADD, MUL, MAX, CONCAT and CROP: combine.go; UPSAMPLE: upsample.go; RESIZE: resize.go; PAD: pad.go
//   - SHUFFLE and CHANNELS: shuffle.go
//   - PIXELSHUFFLE and PIXELUNSHUFFLE: pixelshuffle.go
//
// They share:
//
//   - routines.go: the sets of routines and the choice between them; elementwise_*.s: their simplest loops
//   - workers.go, affinity_linux.go: the threads and the processors that they run on
//   - plane_tasks.go: the division of planes into tasks
//   - flat_plane.go: narrow planes, computed as one long row
//   - summary.go: the least and largest value, the sum and the NaNs, for those who watch a run
package kernel
