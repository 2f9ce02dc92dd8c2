package kernel

// PackFilters converts weights [K, C/Groups, FH, FW] to the panels of A that [ConvIm2col] reads. It is called once,
// before any run, after which weights may be released. dst holds [PackedFiltersSize] values. As the layout depends on
// the processor, it must not be stored on disk.
//
// The layout is [group][block of depth][panel of rows][depth][row]. The last panel is padded with rows of zeros.
func PackFilters(dst, weights []float32, g Conv, w *Workers) {
	packFilters(dst, weights, &g, w, active)
}

func packFilters(dst, weights []float32, g *Conv, w *Workers, r *routines) {
	p := planGEMM(g, r, 1)
	panels := ceilDiv(p.rows, r.mr)
	weights = weights[:g.K*p.depth]
	dst = dst[:packedFiltersSize(g, r)]
	w.Run(g.Groups*panels, func(task, _ int) {
		group, panel := task/panels, task%panels
		rows := weights[group*p.rows*p.depth:][:p.rows*p.depth]
		packed := dst[group*panels*r.mr*p.depth:][:panels*r.mr*p.depth]
		for k0 := 0; k0 < p.depth; k0 += p.kc {
			k1 := min(k0+p.kc, p.depth)
			size := (k1 - k0) * r.mr
			packPanel(packed[k0*panels*r.mr+panel*size:][:size], rows, panel*r.mr, p.rows, k0, k1, p.depth, r.mr)
		}
	})
}

// packPanel writes rows [i, i+mr) and columns [k0, k1) of a as [k1-k0, mr].
func packPanel(dst, a []float32, i, rows, k0, k1, depth, mr int) {
	for row := range mr {
		if i+row >= rows {
			for k := range k1 - k0 {
				dst[k*mr+row] = 0
			}
			continue
		}
		for k, v := range a[(i+row)*depth+k0 : (i+row)*depth+k1] {
			dst[k*mr+row] = v
		}
	}
}

// packStrip packs rows [k0, k1) and columns [t.col0, t.col1) of the im2col matrix into panels of nr columns:
// [panel][k1-k0][nr]. Each row k belongs to one channel and one filter position: k = (c*FH + fh)*FW + fw.
func (j *gemmJob) packStrip(t *gemmTask, k0, k1 int) {
	switch j.p.packing {
	case packLines:
		j.packLines(t, k0, k1)
	case packTaps:
		j.packTaps(t, k0, k1)
	case packStages:
		j.packStages(t, k0, k1)
	case packSlab:
		j.fillSlab(t, k0, k1)
	}
}

// packLines is packStrip in portable code.
func (j *gemmJob) packLines(t *gemmTask, k0, k1 int) {
	g := &j.g
	area := g.H * g.W
	group := j.group(t)
	line := t.line[:t.col1-t.col0]
	pointwise := g.pointwise()
	for k := k0; k < k1; k++ {
		fw, fh, c := k%g.FW, k/g.FW%g.FH, k/(g.FW*g.FH)
		plane := group[c*area : (c+1)*area]
		if pointwise {
			line = plane[t.col0:t.col1]
		} else {
			im2colRow(line, plane, g, fh, fw, t.col0)
		}
		spread(t.strip[(k-k0)*j.r.nr:], line, j.r.nr, j.p.panel)
	}
}

// pointwise reports whether the im2col matrix is the input itself.
func (g *Conv) pointwise() bool {
	return g.FH == 1 && g.FW == 1 && g.SH == 1 && g.SW == 1 &&
		g.PT == 0 && g.PL == 0 && g.OH == g.H && g.OW == g.W
}

// joined returns the geometry with each plane as one row if the convolution is pointwise, as it is then packed without
// stopping at the ends of rows.
func (g Conv) joined() Conv {
	if g.pointwise() {
		g.H, g.W = 1, g.H*g.W
		g.OH, g.OW = g.H, g.W
	}
	return g
}

// im2colRow fills line with a row of the im2col matrix from column first on: the values of the plane at filter position
// (fh, fw) for each output position.
func im2colRow(line, plane []float32, g *Conv, fh, fw, first int) {
	offset := fw*g.DW - g.PL
	lo, hi := validRange(offset, g.SW, g.W, g.OW)
	oh, ow := first/g.OW, first%g.OW
	for len(line) > 0 {
		n := min(g.OW-ow, len(line))
		part := line[:n]
		line = line[n:]
		ih := oh*g.SH - g.PT + fh*g.DH
		if ih < 0 || ih >= g.H {
			clear(part)
		} else {
			row := plane[ih*g.W : (ih+1)*g.W]
			from := min(max(lo-ow, 0), n)
			to := max(min(hi-ow, n), from)
			clear(part[:from])
			gather(part[from:to], row, (ow+from)*g.SW+offset, g.SW)
			clear(part[to:])
		}
		oh, ow = oh+1, 0
	}
}

// gather copies every stride-th value of row, starting at index at.
func gather(dst, row []float32, at, stride int) {
	switch {
	case len(dst) == 0:
	case stride == 1:
		copy(dst, row[at:])
	case stride == 2:
		active.evens(dst, row[at:])
	default:
		row = row[at : at+(len(dst)-1)*stride+1]
		for i := range dst {
			dst[i] = row[i*stride]
		}
	}
}

// spread copies each nr values of line into a panel; panels are panel values apart. A short last piece is padded with
// zeros. Some widths have their own loop, as the compiler turns copies of a fixed size into a few moves instead of a
// call.
func spread(dst, line []float32, nr, panel int) {
	at := 0
	switch nr {
	case 4:
		for ; len(line) >= 4; line = line[4:] {
			*(*[4]float32)(dst[at:]) = [4]float32(line)
			at += panel
		}
	case 16:
		for ; len(line) >= 16; line = line[16:] {
			*(*[16]float32)(dst[at:]) = [16]float32(line)
			at += panel
		}
	default:
		for ; len(line) >= nr; line = line[nr:] {
			copy(dst[at:at+nr], line)
			at += panel
		}
	}
	if len(line) > 0 {
		n := copy(dst[at:at+nr], line)
		clear(dst[at+n : at+nr])
	}
}
