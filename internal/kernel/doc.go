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
// The kernels are in these files, with their assembly in files of the same name:
//
//   - CONV by im2col and matrix product: gemm.go, matrix_product.go, pack.go, pack_steps.go
//   - CONV by Winograd's algorithm: winograd.go
//   - CONV by definition, and the geometry of convolutions: conv.go
//   - DWCONV: depthwise.go, and window_strip.go for 3x3 windows (AVX-512)
//   - UPCONV: conv_transposed.go
//   - LOCAL: local.go; FC: linear.go
//   - POOL: maxpool.go and window_strip.go; other pools: pool.go
//   - activation functions, PRELU and SOFTMAX: activation.go; LRN: lrn.go
//   - BN: batchnorm.go; LN: layernorm.go; GN and IN: groupnorm.go; SCALE: batchnorm.go and scale.go
//   - ADD, MUL, MAX, CONCAT and CROP: combine.go; UPSAMPLE: upsample.go; RESIZE: resize.go; PAD: pad.go; SHUFFLE and CHANNELS: shuffle.go
//   - PIXELSHUFFLE and PIXELUNSHUFFLE: pixelshuffle.go
//
// They share:
//
//   - routines.go: the sets of routines and the choice between them; elementwise_amd64.s: their simplest loops
//   - workers.go, affinity_linux.go: the threads and the processors that they run on
//   - plane_tasks.go: the division of planes into tasks
//   - flat_plane.go: narrow planes, computed as one long row
package kernel
