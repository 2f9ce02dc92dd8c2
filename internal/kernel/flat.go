package kernel

// A plane whose output is narrower than flatWidth is computed flat: copied with its padding round it, it is one
// long row, whose outputs with stride 1 a routine computes in one go, those that straddle two rows of the plane
// for nothing. Rows by themselves would be too short for a routine, and their ends slow.
//
// It stops to pay where the stride, beyond flatStride as measured, skips most of those outputs. A window that spans
// flatWidth or more would be copied with more padding than there is plane, and dilation can make that terabytes.
const (
	flatWidth  = 32
	flatStride = 8
)

// flatPlan is a plane with its padding, as far as outputs see it, and the outputs of stride 1 from the first that
// is wanted to the last. It is zero where the plane is not computed flat.
type flatPlan struct {
	g                      Conv // the window
	width, height, outputs int
}

func planFlat(g Conv) flatPlan {
	if g.OW >= flatWidth || max(g.SH, g.SW) > flatStride || max((g.FH-1)*g.DH, (g.FW-1)*g.DW) >= flatWidth {
		return flatPlan{}
	}
	f := flatPlan{g: g, width: (g.OW-1)*g.SW + (g.FW-1)*g.DW + 1, height: (g.OH-1)*g.SH + (g.FH-1)*g.DH + 1}
	f.outputs = (g.OH-1)*g.SH*f.width + (g.OW-1)*g.SW + 1
	return f
}

// scratch is the number of values that one worker needs: the padded plane, and the outputs with room for a row
// more of taps.
func (f *flatPlan) scratch() int { return 2 * f.width * f.height }

// fill copies a plane into padded, with padding round it.
func (f *flatPlan) fill(padded, plane []float32, padding float32) {
	g := &f.g
	for y := range f.height {
		line := padded[y*f.width : (y+1)*f.width]
		from, to := min(g.PL, f.width), min(g.PL+g.W, f.width)
		ih := y - g.PT
		if ih < 0 || ih >= g.H {
			from, to = f.width, f.width
		}
		set(line[:from], padding)
		if from < to {
			copy(line[from:to], plane[ih*g.W:])
		}
		set(line[to:], padding)
	}
}

func set(values []float32, v float32) {
	for i := range values {
		values[i] = v
	}
}

// pick takes the plane's outputs out of the flat ones.
func (f *flatPlan) pick(out, outputs []float32) {
	g := &f.g
	for oh := range g.OH {
		gather(out[oh*g.OW:(oh+1)*g.OW], outputs[oh*g.SH*f.width:], 0, g.SW)
	}
}
