package kernel

// Where a routine can pack rows of the im2col matrix, it is told how in steps,
// which are found once for a task and serve all channels.
//
// With strides 1 and 2 every filter position, or tap, has steps of its own, which
// leave out what lies in the padding: rows are packed straight from the input.
// Other strides, filters of very many taps and inputs of a few channels go by a
// stage: the rows of a channel that the task sees are copied with their padding,
// sorted by phase, so that what neighbouring outputs see lies side by side. Then
// the steps are the same for each tap, only elsewhere in the stage.

// packStep fills some lanes of a vector of a strip's row.
type packStep struct {
	src, dst int32  // where lane 0 is read and written, in values
	lanes    uint16 // those that are read; others are not, and may lie anywhere
	kept     uint16 // those that stay as the step before, for the same vector, left them; the rest is zero
}

// maxSteps is how many steps a task can have, minChannels how many channels are
// worth finding steps for each tap.
const (
	maxSteps    = 1024
	minChannels = 8
)

// maxStage bounds the stage, in values: half of a second-level cache of 1 MiB.
// Filters of huge dilation would see more padding than there is memory.
const maxStage = 1 << 17

// maxPlane bounds the planes whose places an int32 holds, with the padding round them.
const maxPlane = 1 << 24

// packing is how a task's strip is packed.
type packing int

const (
	packLines  packing = iota // row by row in portable code
	packTaps                  // by steps of each tap
	packStages                // by steps of a stage
	packNone                  // B is the input itself
)

// stagePlan is the stage of packStages.
type stagePlan struct {
	phase int // values of one phase of a row
	row   int // values of a row: SW phases
	size  int // values that a strip sees, at most
}

// planPacking chooses how strips of that many columns are packed.
func planPacking(g *Conv, r *routines, strip int) (packing, stagePlan) {
	if r.strided && g.pointwise() {
		return packNone, stagePlan{}
	}
	// A step for each vector and each output row that begins in it.
	steps := ceilDiv(strip, r.lanes) + ceilDiv(strip, g.OW) + 1
	if r.packRows == nil || steps > maxSteps {
		return packLines, stagePlan{}
	}
	if g.SW <= 2 && g.FH*g.FW <= maxSteps/steps && g.C/g.Groups >= minChannels && g.H <= maxPlane/g.W {
		return packTaps, stagePlan{}
	}
	// Dimensions first, each small enough that their product cannot overflow.
	rows := (min(ceilDiv(strip-1, g.OW)+1, g.OH)-1)*g.SH + (g.FH-1)*g.DH + 1
	s := stagePlan{phase: ceilDiv((g.OW-1)*g.SW+(g.FW-1)*g.DW+1, g.SW)}
	s.row = s.phase * g.SW
	if rows > maxStage || s.row > maxStage || rows*s.row > maxStage {
		return packLines, stagePlan{}
	}
	s.size = rows * s.row
	return packStages, s
}

// findSteps finds all steps of a task.
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

// stepsOfRow appends the steps for a row of the task's strip.
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

// packTaps packs rows [k0, k1) of a strip straight from the input.
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

// packStages packs rows [k0, k1) of a strip by way of a stage.
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

// fillStage copies the rows of a plane that the task's columns see.
func (j *gemmJob) fillStage(stage, plane []float32, t *gemmTask) {
	g, s := &j.g, &j.p.stage
	oh0, oh1 := t.col0/g.OW, (t.col1-1)/g.OW
	rows := (oh1-oh0)*g.SH + (g.FH-1)*g.DH + 1
	for y := range rows {
		if g.FH == 1 && y%g.SH != 0 {
			continue // no output sees it
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
