package op

import (
	"fmt"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// Axis is one axis of a resolved window that slides over a volume: sizes in values, pads before (left, top) and after
// (right, bottom). Package exec computes with it; explain prints it.
type Axis struct {
	In, Size, Stride, Dilation, Before, After, Out int64
}

// side names one of the two axes of a plane in messages.
type side struct {
	name, symbol, adjective string
}

// The axes. The notes write the formula for the width.
var (
	width  = side{"width", "W", "wide"}
	height = side{"height", "H", "high"}
)

// Span returns how much input one window covers: d(F-1)+1.
func (a Axis) Span() int64 { return a.Dilation*(a.Size-1) + 1 }

// lastCovered returns how much of the last window, without dilation, lies on the padded input; rounding up may take it
// further.
func (a Axis) lastCovered() int64 {
	return min(a.Size, a.In+a.Before+a.After-(a.Out-1)*a.Stride)
}

// Geometry is a window on both axes.
type Geometry struct {
	W, H Axis
}

// Windowed is a layer whose window can be resolved against its input.
type Windowed interface {
	graph.Op
	Geometry(in graph.Shape) (Geometry, error)
}

// window holds the fields that CONV, DWCONV, UPCONV, LOCAL and the pools share, as written.
type window struct {
	size, stride, dilation extent
	pad                    pad
	rounding               string // "", "strict", "floor" or "ceil"
}

// windowRules holds the defaults and bounds, which differ between convolutions and pools.
type windowRules struct {
	defaultStride func(w *window, in graph.Shape, rules windowRules) (extent, error)
	defaultPad    func(a onSide) (int64, error)
	maxPadIsHalf  bool   // for pools, as in PyTorch
	example       string // "CONV3-64"
	ceilIsUsual   bool   // Caffe's pooling rounds up
}

func (w *window) sizeField() Field {
	return Field{Key: "size", Place: Head, Doc: "window F, as 3 or 7x1 (width x height)",
		Setting: pair{&w.size, "size", 1}}
}

func (w *window) strideField(doc string) Field {
	return Field{Key: "stride", Letter: "s", Doc: doc, Setting: pair{&w.stride, "stride", 1}}
}

func (w *window) dilationField() Field {
	return Field{
		Key:     "dilation",
		Letter:  "d",
		Doc:     "distance between the window's values; default 1, dense (the notes call that 0)",
		Setting: pair{&w.dilation, "dilation", 1},
	}
}

func (w *window) roundingField() Field {
	words := []string{"floor", "ceil", "strict"}
	return Field{
		Key:   "rounding",
		Words: words,
		Doc: "what to do if the window does not fit a whole number of times: strict (default) is an error, floor " +
			"and ceil round as frameworks do",
		Setting: choice{&w.rounding, "rounding", words},
	}
}

// resolve applies the defaults and the shape formula to both axes. If only one axis has a problem, the other is still
// resolved.
func (w *window) resolve(in graph.Shape, rules windowRules) (Geometry, error) {
	if !w.size.isSet() {
		return Geometry{}, missing("the window's size", rules.example)
	}
	stride := w.stride
	if !stride.isSet() {
		var err error
		if stride, err = rules.defaultStride(w, in, rules); err != nil {
			return Geometry{}, err
		}
	}
	dilation := w.dilation.or(extent{1, 1})
	g := Geometry{
		W: Axis{In: in.W, Size: w.size.W, Stride: stride.W, Dilation: dilation.W, Before: w.pad.left, After: w.pad.right},
		H: Axis{In: in.H, Size: w.size.H, Stride: stride.H, Dilation: dilation.H, Before: w.pad.top, After: w.pad.bottom},
	}
	alike := onSide{alike: g.W == g.H, isPadded: w.pad.isPadded()}
	ofW, ofH := alike, alike
	ofW.other, ofH.other = w.withPads(g.H, height, rules), w.withPads(g.W, width, rules)
	err := joinAxes(
		func(s side) error { ofW.side = s; return w.resolveAxis(&g.W, ofW, rules) },
		func(s side) error { ofH.side = s; return w.resolveAxis(&g.H, ofH, rules) })
	return g, err
}

// withPads returns an axis with its pads, as far as they are known.
func (w *window) withPads(a Axis, s side, rules windowRules) Axis {
	_ = w.resolvePad(&a, onSide{side: s}, rules) // a pad that is missing is the problem of that axis
	return a
}

// resolveAxis applies the shape formula. words has the words for the axis in messages, and the other axis.
func (w *window) resolveAxis(a *Axis, words onSide, rules windowRules) error {
	if err := w.resolvePad(a, words, rules); err != nil {
		return err
	}
	words.Axis = *a
	if a.In == 0 {
		return nil
	}
	padded := a.In + a.Before + a.After
	over := a.Span() - padded
	isCut := over > 0 && over < a.Stride && w.rounding == "ceil" // one window, as PyTorch rounds up
	if over > 0 && !isCut {
		return tooLarge(words, rules)
	}
	if rules.maxPadIsHalf && max(a.Before, a.After) > a.Span()/2 {
		return diag.Errorf("shape/pad", "pad %d is more than half the window %d, which PyTorch's pools refuse",
			max(a.Before, a.After), a.Span()).
			WithFits(words.padText(min(a.Before, a.Span()/2), min(a.After, a.Span()/2)))
	}
	if max(a.Before, a.After) >= a.Span() {
		return diag.Errorf("shape/pad", "pad %d is not smaller than the window %d: some windows would hold padding only",
			max(a.Before, a.After), a.Span()).WithFits(words.smallerPads())
	}
	if rules.maxPadIsHalf && a.Before > 0 && a.Dilation > a.In {
		return diag.Errorf("shape/pad", "dilation %d is more than the input's %d: some windows would hold padding only",
			a.Dilation,
			a.In).WithFits("d" + words.both(a.In, words.other.Dilation))
	}
	if isCut {
		a.Out = 1
		return nil
	}
	steps, rest := (padded-a.Span())/a.Stride, (padded-a.Span())%a.Stride
	a.Out = steps + 1
	switch {
	case rest == 0 || w.rounding == "floor" || w.pad.mode == padSame:
		// SAME needs no padding if the stride exceeds the window, and then rounds down.
		return nil
	case w.rounding == "ceil":
		// PyTorch (pooling_output_shape): the last window must start inside the input or its left padding.
		if a.Out*a.Stride < a.In+a.Before {
			a.Out++
		}
		return nil
	}
	return misfit(words, rules)
}

// resolvePad fills in the pads that depend on the mode.
func (w *window) resolvePad(a *Axis, words onSide, rules windowRules) error {
	switch w.pad.mode {
	case padUnwritten:
		words.Axis = *a
		p, err := rules.defaultPad(words)
		a.Before, a.After = p, p
		return err
	case padSame:
		if a.In == 0 {
			return nil
		}
		out := (a.In + a.Stride - 1) / a.Stride
		total := max((out-1)*a.Stride+a.Span()-a.In, 0)
		a.Before, a.After = total/2, total-total/2
	}
	return nil
}

// plane returns the output's shape; width and height are 0 if the input's are unknown.
func (g Geometry) plane(depth int64) graph.Shape {
	if g.W.Out == 0 || g.H.Out == 0 {
		return graph.Shape{D: depth}
	}
	return graph.Shape{W: g.W.Out, H: g.H.Out, D: depth}
}

// joinAxes joins the problems of both axes: one message if it is the same for both, otherwise each with the name of
// its axis. The functions return the problem of their axis in the words for either.
func joinAxes(ofW, ofH func(words side) error) error {
	errW, errH := ofW(width), ofH(height)
	switch {
	case errW == nil && errH == nil:
		return nil
	case errH == nil:
		return ofAxis(width, errW)
	case errW == nil:
		return ofAxis(height, errH)
	}
	w, h := diag.At(diag.Pos{}, errW), diag.At(diag.Pos{}, ofH(width))
	both, ofHeight := ofAxis(width, errW), ofAxis(height, errH)
	switch {
	case w.Msg == h.Msg && w.Fits == h.Fits && w.Inputs == h.Inputs:
		return errW
	case w.Msg == h.Msg:
		both.Msg = w.Msg
	default:
		both.Msg += "; " + ofHeight.Msg
	}
	both.Fits = JoinFits(both.Fits, ofHeight.Fits)
	both.Inputs = JoinFits(both.Inputs, ofHeight.Inputs)
	return both
}

// ofAxis returns a problem of one axis, with its name.
func ofAxis(s side, err error) *diag.Problem {
	p := diag.At(diag.Pos{}, err)
	p.Msg = s.name + ": " + p.Msg
	if p.Fits != "" {
		p.Fits = s.name + ": " + p.Fits
	}
	if p.Inputs != "" {
		p.Inputs = s.name + ": " + p.Inputs
	}
	return &p
}

// convRules returns the notes' rules for convolutions: stride 1, and the pad that keeps the size if there is one.
func convRules(example string) windowRules {
	return windowRules{
		example:       example,
		defaultStride: func(*window, graph.Shape, windowRules) (extent, error) { return extent{1, 1}, nil },
		defaultPad:    keepSizePad,
	}
}

// keepSizePad returns d(F-1)/2, the notes' common setting, for odd F and stride 1. Any other pad must be written.
func keepSizePad(a onSide) (int64, error) {
	if a.Size == 1 {
		return 0, nil
	}
	if a.Stride == 1 && a.Size%2 == 1 {
		return a.Dilation * (a.Size - 1) / 2, nil
	}
	why := fmt.Sprintf("the stride is %d", a.Stride)
	if a.Stride == 1 {
		why = fmt.Sprintf("F=%d is even", a.Size)
	}
	return 0, diag.Errorf("layer/missing-field", "the pad is missing: %s, and only odd F with stride 1 has a "+
		"default, the pad that keeps the size", why).
		WithFits(a.writtenPads())
}

// poolRules returns the rules for pools: stride 2 for windows of 2, none needed if the window is the whole input; pad
// 0.
func poolRules(example string) windowRules {
	return windowRules{
		example:       example,
		maxPadIsHalf:  true,
		ceilIsUsual:   true,
		defaultStride: poolStride,
		defaultPad:    func(onSide) (int64, error) { return 0, nil },
	}
}

func poolStride(w *window, in graph.Shape, rules windowRules) (extent, error) {
	larger := w.size.W > in.W+w.pad.left+w.pad.right || w.size.H > in.H+w.pad.top+w.pad.bottom
	switch {
	case w.size == extent{2, 2}:
		return extent{2, 2}, nil
	case w.size == extent{in.W, in.H}, !in.HasPlane(), larger:
		return extent{1, 1}, nil // a window that is too large is a problem with any stride
	}
	return extent{}, diag.Errorf("layer/missing-field", "the stride is missing: only windows of 2, or of the whole "+
		"input (%dx%d here), have a default", in.W, in.H).
		WithFits(w.poolStrides(in, rules))
}
