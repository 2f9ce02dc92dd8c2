package kernel

// A plane whose output is narrower than flatWidth is computed flat: it is copied with its padding into one long row,
// whose outputs a routine computes with stride 1 in a single call. Outputs that straddle two rows of the plane are
// discarded. Single rows would be too short for a routine, and their ends slow.
//
// This does not pay if the stride skips most of those outputs, by measurement beyond flatStride, or if the window spans
// flatWidth or more. The padding would then be larger than the plane, with dilation up to terabytes.
const (
	flatWidth  = 32
	flatStride = 8
)

// flatPlan describes a plane with the padding that outputs read, and the outputs with stride 1 from the first to the
// last that is wanted. It is zero if planes are not computed flat.
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

// scratch returns the number of values that each worker needs: the padded plane, and the outputs with one more row of
// taps.
func (f *flatPlan) scratch() int { return 2 * f.width * f.height }

// fill copies a plane into padded, with padding around it.
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

// pick copies the plane's outputs from the flat ones.
func (f *flatPlan) pick(out, outputs []float32) {
	g := &f.g
	for oh := range g.OH {
		gather(out[oh*g.OW:(oh+1)*g.OW], outputs[oh*g.SH*f.width:], 0, g.SW)
	}
}
