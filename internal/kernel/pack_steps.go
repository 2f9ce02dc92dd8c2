package kernel

// A routine that packs rows of the im2col matrix follows steps, which are computed once for each task and used for all
// channels.
//
// With strides 1 and 2 each filter position, or tap, has its own steps, which skip the padding, and rows are packed
// directly from the input. Other strides, filters with very many taps and inputs with few channels use a stage: the
// rows of a channel that the task reads are copied with their padding and sorted by phase, so that the inputs of
// adjacent outputs are adjacent. The steps are then the same for all taps, at different offsets in the stage.

// packStep fills some lanes of a vector in a row of a strip.
type packStep struct {
	src, dst int32  // where lane 0 is read and written, in values
	lanes    uint16 // lanes to read; the addresses of others may be invalid
	kept     uint16 // lanes that keep the values of the previous step for the same vector; all others become zero
}

// maxSteps is the largest number of steps of a task. minChannels is the number of channels from which on computing
// steps for each tap pays.
const (
	maxSteps    = 1024
	minChannels = 8
)

// maxStage is the largest size of the stage, in values: half of a 1 MiB second-level cache. With huge dilation the
// padding would need more memory than there is.
const maxStage = 1 << 17

// maxPlane is the largest plane in which an int32 holds all positions, including the padding around it.
const maxPlane = 1 << 24

// packing is how a task's strip is packed.
type packing int

const (
	packLines  packing = iota // row by row in portable code
	packTaps                  // with steps for each tap
	packStages                // with steps for the stage
	packNone                  // not at all: B is the input itself
	packSlab                  // not at all: B is in a slab of the input
)

// stagePlan is the layout of the stage for packStages.
type stagePlan struct {
	phase int // values of one phase of a row
	row   int // values of a row: SW phases
	size  int // values that a strip reads, at most
}

// planPacking chooses how strips with the given number of columns are packed if they are not in slabs.
func planPacking(g *Conv, r *routines, strip int) (packing, stagePlan) {
	if r.strided && g.pointwise() && !packingPays(g, r) {
		return packNone, stagePlan{}
	}
	// One step for each vector, and one for each output row that begins in it.
	steps := ceilDiv(strip, r.lanes) + ceilDiv(strip, g.OW) + 1
	if r.packRows == nil || steps > maxSteps {
		return packLines, stagePlan{}
	}
	if g.SW <= 2 && g.FH*g.FW <= maxSteps/steps && g.C/g.Groups >= minChannels && g.H <= maxPlane/g.W {
		return packTaps, stagePlan{}
	}
	// Check the dimensions first, so that their product cannot overflow.
	rows := (min(ceilDiv(strip-1, g.OW)+1, g.OH)-1)*g.SH + (g.FH-1)*g.DH + 1
	s := stagePlan{phase: ceilDiv((g.OW-1)*g.SW+(g.FW-1)*g.DW+1, g.SW)}
	s.row = s.phase * g.SW
	if rows > maxStage || s.row > maxStage || rows*s.row > maxStage {
		return packLines, stagePlan{}
	}
	s.size = rows * s.row
	return packStages, s
}

// packingPays reports whether packing the input of a 1x1 convolution takes less time than it saves. Rows of a panel
// that is not packed begin anywhere in a line of the cache, unless planes are whole lines, so that each vector is read
// from two. Measured on an Intel Sapphire Rapids.
func packingPays(g *Conv, r *routines) bool {
	const page = 1024 // values
	area, filters := g.H*g.W, g.K/g.Groups
	switch {
	case area%page == 0: // rows evict each other from the first-level cache
		return filters >= 128
	case area%r.lanes == 0:
		return false
	case area > page:
		return filters >= 64
	case area >= 14*14:
		return filters >= 160
	}
	return filters >= 256
}

// findSteps returns all steps of a task.
func (j *gemmJob) findSteps(t *gemmTask, steps []packStep) []packStep {
	g := &j.g
	if j.p.packing == packStages {
		return j.stepsOfRow(t, steps, 0, 0)
	}
	for fh := range g.FH {
		for fw := range g.FW {
			steps = j.stepsOfRow(t, steps, fh, fw)
		}
	}
	return steps
}

// stepsOfRow appends the steps for one row of the task's strip.
func (j *gemmJob) stepsOfRow(t *gemmTask, steps []packStep, fh, fw int) []packStep {
	g, r := &j.g, j.r
	lo, hi := 0, g.OW
	if j.p.packing == packTaps {
		lo, hi = validRange(fw*g.DW-g.PL, g.SW, g.W, g.OW)
	}
	for col := t.col0; col < t.col1; {
		oh, ow := col/g.OW, col%g.OW
		at := col - t.col0
		lane := at % r.lanes
		n := min(r.lanes-lane, g.OW-ow, t.col1-col)
		step := packStep{
			src:  int32((oh-t.col0/g.OW)*g.SH*j.p.stage.row + ow - lane),
			dst:  int32(at/r.nr*j.p.panel + at%r.nr - lane),
			kept: 1<<lane - 1,
		}
		from, to := min(max(lo-ow, 0), n), max(min(hi-ow, n), 0)
		if j.p.packing == packTaps {
			ih := oh*g.SH - g.PT + fh*g.DH
			if ih < 0 || ih >= g.H {
				from, to = 0, 0
			}
			step.src = int32(ih*g.W + fw*g.DW - g.PL + (ow-lane)*g.SW)
		}
		if from < to {
			step.lanes = uint16((1<<to - 1<<from) << lane)
		}
		steps = append(steps, step)
		col += n
	}
	return steps
}

// packTaps packs rows [k0, k1) of a strip directly from the input.
func (j *gemmJob) packTaps(t *gemmTask, k0, k1 int) {
	g, r := &j.g, j.r
	area, taps := g.H*g.W, g.FH*g.FW
	group := j.group(t)
	each := len(t.steps) / taps
	for k := k0; k < k1; {
		c, tap := k/taps, k%taps
		n := min(taps-tap, k1-k)
		r.packRows(t.strip[(k-k0)*r.nr:], r.nr, group, c*area, (c+2)*area, g.SW, t.steps[tap*each:(tap+n)*each], n)
		k += n
	}
}

// packStages packs rows [k0, k1) of a strip through the stage.
func (j *gemmJob) packStages(t *gemmTask, k0, k1 int) {
	g, s, r := &j.g, &j.p.stage, j.r
	area, taps := g.H*g.W, g.FH*g.FW
	group := j.group(t)
	for k := k0; k < k1; {
		c := k / taps
		j.fillStage(t.line, group[c*area:(c+1)*area], t)
		for end := min((c+1)*taps, k1); k < end; k++ {
			fw, fh := k%g.FW*g.DW, k/g.FW%g.FH*g.DH
			at := fh*s.row + fw%g.SW*s.phase + fw/g.SW
			r.packRows(t.strip[(k-k0)*r.nr:], 0, t.line, at, at, 1, t.steps, 1)
		}
	}
}

// fillStage copies the rows of a plane that the task's columns read.
func (j *gemmJob) fillStage(stage, plane []float32, t *gemmTask) {
	g, s := &j.g, &j.p.stage
	oh0, oh1 := t.col0/g.OW, (t.col1-1)/g.OW
	rows := (oh1-oh0)*g.SH + (g.FH-1)*g.DH + 1
	for y := range rows {
		if g.FH == 1 && y%g.SH != 0 {
			continue // no output reads it
		}
		line := stage[y*s.row : (y+1)*s.row]
		ih := oh0*g.SH - g.PT + y
		if ih < 0 || ih >= g.H {
			clear(line)
			continue
		}
		row := plane[ih*g.W : (ih+1)*g.W]
		for phase := range min(g.SW, (g.FW-1)*g.DW+1) {
			lo, hi := validRange(phase-g.PL, g.SW, g.W, s.phase)
			part := line[phase*s.phase : (phase+1)*s.phase]
			clear(part[:lo])
			gather(part[lo:hi], row, lo*g.SW+phase-g.PL, g.SW)
			clear(part[hi:])
		}
	}
}
