package op

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// Bounds of the search for proposals: the distance from the written stride, and the number of sizes or pads tried.
const (
	furthestStride = 8
	maxTrials      = 64
)

// onSide is an axis with the words for it.
type onSide struct {
	Axis
	side
	isPadded bool // the window, on either axis
	other    Axis
	alike    bool // the other axis is the same
}

// both returns a number for this axis, with the other axis's as width x height unless they are alike.
func (a onSide) both(n, other int64) string {
	switch {
	case a.alike:
		return extent{n, n}.String()
	case a.side == width:
		return extent{n, other}.String()
	}
	return extent{other, n}.String()
}

// padText returns the option for pads of this axis and those that the other axis has, unless they are alike.
func (a onSide) padText(before, after int64) string {
	p := pad{padNumbers, before, after, before, after}
	switch {
	case a.alike:
	case a.side == width:
		p.top, p.bottom = a.other.Before, a.other.After
	default:
		p.left, p.right, p.top, p.bottom = a.other.Before, a.other.After, before, after
	}
	return padField(&p, "").option(p.value().written())
}

// smallerPads proposes the pads that are smaller than the window on both axes.
func (a onSide) smallerPads() string {
	most := a.other.Span() - 1
	a.other.Before, a.other.After = min(a.other.Before, most), min(a.other.After, most)
	return a.padText(min(a.Before, a.Span()-1), min(a.After, a.Span()-1))
}

// formula returns the shape rule in symbols and in numbers: "(W-F+2P)/S+1 = (224-11+0)/4+1". With dilation F becomes
// d(F-1)+1; if the pads differ 2P becomes their sum.
func (a onSide) formula() string {
	symbols, numbers := a.symbol+"-F", fmt.Sprintf("%d-%d", a.In, a.Size)
	if a.Dilation != 1 {
		symbols, numbers = a.symbol+"-d(F-1)-1", fmt.Sprintf("%d-%d*(%d-1)-1", a.In, a.Dilation, a.Size)
	}
	if a.Before == a.After {
		symbols += "+2P"
		numbers += fmt.Sprintf("+%d", 2*a.Before)
	} else {
		symbols += "+P+P'"
		numbers += fmt.Sprintf("+%d+%d", a.Before, a.After)
	}
	return fmt.Sprintf("(%s)/S+1 = (%s)/%d+1", symbols, numbers, a.Stride)
}

// result returns the rule with its numbers and its result, for explain.
func (a onSide) result() string {
	exact := a.value()
	if exact == fmt.Sprint(a.Out) {
		return fmt.Sprintf("%s = %d", a.formula(), a.Out)
	}
	return fmt.Sprintf("%s = %s -> %d", a.formula(), exact, a.Out)
}

// value returns the result of the formula, rounded to two decimals if it is not a whole number.
func (a Axis) value() string {
	v := big.NewRat(a.In+a.Before+a.After-a.Span(), a.Stride)
	v.Add(v, big.NewRat(1, 1))
	if v.IsInt() {
		return v.Num().String()
	}
	return strings.TrimRight(v.FloatString(2), "0")
}

// misfit returns the problem of a window that does not fit a whole number of times, with settings that would fit.
func misfit(a onSide, rules windowRules) error {
	value := strings.TrimSuffix(a.value(), ".")
	return diag.Errorf("shape/window", "%s = %s is not a whole number", a.formula(), value).
		WithFits(JoinFits(a.fittingPads(rules), a.fittingStrides(), a.roundings(rules))).
		WithInputs(a.fittingInputs())
}

// tooLarge returns the problem of a window larger than the padded input, with settings that would fit.
func tooLarge(a onSide, rules windowRules) error {
	padded := a.In + a.Before + a.After
	enough := a.In + a.Span() - padded
	inputs := fmt.Sprintf("input %d (%s) or %d (%s)", enough, a.long(1), enough+a.Stride, a.long(2))
	return diag.Errorf("shape/window", "%s: the window %d is larger than the padded input %d",
		a.formula(), a.Span(), padded).
		WithFits(JoinFits(a.smallerSize(padded, rules), a.largerPad(rules))).
		WithInputs(inputs)
}

// JoinFits joins the proposals that are not empty.
func JoinFits(proposals ...string) string {
	return strings.Join(slices.DeleteFunc(proposals, func(p string) bool { return p == "" }), "; ")
}

// smallerSize proposes the largest window that fits, "" if no size tried does. It proposes no pool of size 1.
func (a onSide) smallerSize(padded int64, rules windowRules) string {
	largest, smallest := (padded-1)/a.Dilation+1, int64(1)
	if rules.maxPadIsHalf {
		smallest = 2
	}
	for size := largest; size >= max(smallest, largest-a.Stride); size-- {
		if travel := padded - (a.Dilation*(size-1) + 1); travel%a.Stride == 0 {
			return fmt.Sprintf("size=%s (%s)", a.both(size, a.other.Size), a.long(travel/a.Stride+1))
		}
		if largest-size > maxTrials {
			break
		}
	}
	return ""
}

// largerPad proposes the smallest pad on both sides with which the window fits, "" if no pad tried does.
func (a onSide) largerPad(rules windowRules) string {
	limit := rules.padLimit(a.Axis)
	enough := (a.Span() - a.In + 1) / 2
	for p := enough; p <= min(limit, enough+maxTrials); p++ {
		if travel := a.In + 2*p - a.Span(); travel%a.Stride == 0 {
			return fmt.Sprintf("%s (%s)", a.padText(p, p), a.long(travel/a.Stride+1))
		}
	}
	return ""
}

// padLimit returns the largest pad that the rules allow.
func (r windowRules) padLimit(a Axis) int64 {
	if r.maxPadIsHalf {
		return a.Span() / 2
	}
	return a.Span() - 1
}

// fittingInputs proposes the nearest input sizes below and above that the window fits.
func (a onSide) fittingInputs() string {
	rest := (a.In + a.Before + a.After - a.Span()) % a.Stride
	floor := (a.In+a.Before+a.After-a.Span())/a.Stride + 1
	above := fmt.Sprintf("%d (%s)", a.In+a.Stride-rest, a.long(floor+1))
	if a.In == rest {
		return "input " + above
	}
	return fmt.Sprintf("input %d (%s) or %s", a.In-rest, a.long(floor), above)
}

// long describes an output size. Krizhevsky et al. (2012) state an input of 224 for AlexNet's first layer, which does
// not fit; the CS231n notes point out that 227 does.
func (a onSide) long(out int64) string {
	if a.In == 224 && a.Size == 11 && a.Stride == 4 && out == 55 {
		return fmt.Sprintf("55 %s, what AlexNet's code used", a.adjective)
	}
	return fmt.Sprintf("%d %s", out, a.adjective)
}

// fittingPads proposes the smallest addition to the pad: the same on both sides if possible, otherwise on one.
func (a onSide) fittingPads(rules windowRules) string {
	rest := (a.In + a.Before + a.After - a.Span()) % a.Stride
	short := a.Stride - rest
	limit := rules.padLimit(a.Axis)
	for add := short; add < short+2*a.Stride; add += a.Stride {
		p := a.Before + add/2
		if add%2 == 0 && a.Before == a.After && p <= limit {
			return a.padText(p, p)
		}
	}
	switch {
	case a.After+short <= limit:
		return a.padText(a.Before, a.After+short)
	case a.Before+short <= limit:
		return a.padText(a.Before+short, a.After)
	}
	return ""
}

// fittingStrides proposes the nearest strides that divide the distance the window travels.
func (a onSide) fittingStrides() string {
	travel := a.In + a.Before + a.After - a.Span()
	var found []string
	for s := a.Stride - 1; s >= max(1, a.Stride-furthestStride); s-- {
		if travel%s == 0 {
			found = append(found, fmt.Sprintf("s%s (%s)", a.both(s, a.other.Stride), a.long(travel/s+1)))
			break
		}
	}
	for s := a.Stride + 1; s <= min(travel, a.Stride+furthestStride); s++ {
		if travel%s == 0 {
			found = append(found, fmt.Sprintf("s%s (%s)", a.both(s, a.other.Stride), a.long(travel/s+1)))
			break
		}
	}
	if found == nil {
		return ""
	}
	return strings.Join(found, " or ")
}

// roundings proposes to round as frameworks do.
func (a onSide) roundings(rules windowRules) string {
	floor := (a.In+a.Before+a.After-a.Span())/a.Stride + 1
	if !rules.ceilIsUsual {
		return fmt.Sprintf("`floor` (%d, as PyTorch does)", floor)
	}
	up := &window{rounding: "ceil", pad: pad{mode: padNumbers}}
	rounded := a.Axis
	if err := up.resolveAxis(&rounded, a, rules); err != nil {
		return fmt.Sprintf("`floor` (%d, as PyTorch does)", floor)
	}
	if caffe := a.caffePool(); caffe != rounded.Out {
		return fmt.Sprintf("`floor` (%d) or `ceil` (%d), both as PyTorch does; Caffe has %d", floor, rounded.Out, caffe)
	}
	return fmt.Sprintf("`floor` (%d, as PyTorch does) or `ceil` (%d, as Caffe does)", floor, rounded.Out)
}

// caffePool returns a pool's output size in Caffe (pooling_layer.cpp): rounded up, without a last window that starts
// outside of the input and its left padding. Without padding, Caffe keeps such a window.
func (a onSide) caffePool() int64 {
	out := (a.In+a.Before+a.After-a.Span()+a.Stride-1)/a.Stride + 1
	if a.isPadded && (out-1)*a.Stride >= a.In+a.Before {
		out--
	}
	return out
}

// writtenPads proposes pads if there is no default: the two largest that fit and are at most half the window, or one
// with floor, and same.
func (a onSide) writtenPads() string {
	half := a.Span() / 2
	if a.In == 0 {
		return fmt.Sprintf("p0, p%d, or same", max(half, 1))
	}
	var found []string
	for p := half; p >= max(0, half-furthestStride) && len(found) < 2; p-- {
		if travel := a.In + 2*p - a.Span(); travel >= 0 && travel%a.Stride == 0 {
			found = append(found, fmt.Sprintf("p%d (%s)", p, a.long(travel/a.Stride+1)))
		}
	}
	usual := (a.Span() - 1) / 2
	if travel := a.In + 2*usual - a.Span(); found == nil && travel >= 0 {
		found = append(found, fmt.Sprintf("p%d floor (%s, as PyTorch does)", usual, a.long(travel/a.Stride+1)))
	}
	same := fmt.Sprintf("same (%s, the odd pixel right and below)", a.long((a.In+a.Stride-1)/a.Stride))
	return strings.Join(append(found, same), ", or ")
}

// poolStrides proposes the usual strides if there is no default: 2, and the window's own size.
func (w *window) poolStrides(in graph.Shape, rules windowRules) string {
	overlapping := "side by side"
	if w.size.W > 2 || w.size.H > 2 {
		overlapping = "overlapping, as in AlexNet"
	}
	found := []string{w.poolStride(extent{2, 2}, in, rules, overlapping)}
	if (w.size != extent{2, 2}) {
		found = append(found, w.poolStride(w.size, in, rules, "side by side"))
	}
	return strings.Join(found, ", or ")
}

func (w *window) poolStride(stride extent, in graph.Shape, rules windowRules, what string) string {
	trial := *w
	trial.stride = stride
	option := "s" + stride.String()
	g, err := trial.resolve(in, rules)
	if err != nil {
		option += " floor"
		trial.rounding = "floor"
		g, err = trial.resolve(in, rules)
	}
	if err != nil {
		return fmt.Sprintf("%s (%s)", option, what)
	}
	return fmt.Sprintf("%s (%dx%d, %s)", option, g.W.Out, g.H.Out, what)
}
