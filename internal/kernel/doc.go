// Package kernel holds the float32 arithmetic of the executor: convolution,
// pooling, linear layers, normalisation, activations and the operations that
// combine volumes. Slices go in, slices come out.
//
// The package owns the loops and nothing else. It knows no layers, no graph
// and no memory plan: the caller decides every size (output height and width
// included), owns every buffer, and plans the scratch memory that a kernel
// asks for through its ...Scratch function.
//
// The inner loops are written once for each kind of processor (AVX-512, AVX2,
// NEON), as a table of routines beside one in portable Go, which is always
// compiled and which the others are tested against. The fastest that the
// processor can run is chosen when the program starts.
//
// What holds for every kernel:
//
//   - Volumes are NCHW: [N, C, H, W], the last axis contiguous.
//   - A slice must hold at least as many values as its documented shape;
//     longer ones are accepted and the rest is left alone. A slice that is too
//     short, or a geometry that makes no sense, is a mistake of the caller and
//     panics. Sizes are taken to be checked: no product is tested for overflow.
//   - dst must not overlap any other argument unless the kernel says that it
//     may be the same slice.
//   - Each output value is summed in one fixed order, however many tasks the
//     work is cut into, so that the result has the same bits for any number of
//     workers. Different processors may differ in the last bits, as Go fuses
//     x*y+z on some, and in the sign of a zero that was bounded by one, as by
//     ReLU.
//   - NaN and infinities pass through as IEEE 754 has it, but for
//     [ConvWinograd], where each reaches the whole 4x4 tile of outputs and an
//     infinity may become NaN. Zero padding is multiplied by the weights in
//     [ConvIm2col], [Local] and, in narrow planes and in strips,
//     [ConvDepthwise]; the other convolutions by definition skip it. This only
//     shows where a weight is infinite or NaN.
//   - Filters and other tables that a kernel wants in a layout of its own are
//     packed ahead, by a function beside it. The layout belongs to the
//     processor and is never kept on disk.
//   - Nothing is allocated once a kernel has been called on a [Workers].
//
// Where a framework's behaviour is named, it is PyTorch 1.13's.
package kernel
