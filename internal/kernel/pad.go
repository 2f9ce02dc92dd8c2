package kernel

// PadMode says what a padding holds.
type PadMode int

// The modes of padding, as PyTorch's F.pad.
const (
	PadConstant  PadMode = iota
	PadReflect           // mirrors the values next to the outermost ones; each pad is smaller than its side
	PadReplicate         // repeats the outermost values
)

// source returns the position that position i of a padded side takes its value from, or -1 for the constant. i counts
// from the first value that is not padding.
func (m PadMode) source(i, size int) int {
	switch {
	case i >= 0 && i < size:
		return i
	case m == PadReplicate:
		return min(max(i, 0), size-1)
	case m == PadReflect && i < 0:
		return -i
	case m == PadReflect:
		return 2*(size-1) - i
	}
	return -1
}

// Pad adds rows and columns to each plane: top and left of them, and as many below and on the right as dst has. dst is
// [N, C, OH, OW], src [N, C, H, W]. value fills the padding of PadConstant.
func Pad(dst, src []float32, g Resize, top, left int, mode PadMode, value float32, w *Workers) {
	launch(w, g.N*g.C, padJob{dst[:g.N*g.C*g.OH*g.OW], src[:g.N*g.C*g.H*g.W], g, top, left, mode, value})
}

type padJob struct {
	dst, src  []float32
	g         Resize
	top, left int
	mode      PadMode
	value     float32
}

func (j *padJob) do(task, _ int) {
	g := &j.g
	in := j.src[task*g.H*g.W:][:g.H*g.W]
	out := j.dst[task*g.OH*g.OW:][:g.OH*g.OW]
	for oh := range g.OH {
		row := out[oh*g.OW:][:g.OW]
		ih := j.mode.source(oh-j.top, g.H)
		if ih < 0 {
			fill(row, j.value)
			continue
		}
		j.row(row, in[ih*g.W:][:g.W])
	}
}

// row pads one row of the input.
func (j *padJob) row(dst, src []float32) {
	right := j.left + copy(dst[j.left:], src)
	if j.mode == PadConstant {
		fill(dst[:j.left], j.value)
		fill(dst[right:], j.value)
		return
	}
	for i := range j.left {
		dst[i] = src[j.mode.source(i-j.left, len(src))]
	}
	for i := right; i < len(dst); i++ {
		dst[i] = src[j.mode.source(i-j.left, len(src))]
	}
}

func fill(dst []float32, value float32) {
	for i := range dst {
		dst[i] = value
	}
}
