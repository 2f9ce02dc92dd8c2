package pytorchcode

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// form is a layer in PyTorch's terms.
type form struct {
	// module is the expression that makes the module, "" for a layer that is an expression.
	module string
	// call applies the layer to its inputs. m is the module, "" where there is none or a function is called instead.
	call func(m string, in []string) string
	// shared calls a function with the weights of m, for a layer whose own settings differ from m's.
	shared func(m string, in []string) string
	// isPlane reports whether the inputs have to be [N, C, H, W], and not [N, C].
	isPlane bool
	// isFlat reports whether the output is [N, C]. It is that of the inputs for layers that take either.
	isFlat bool
	// helper is the function or class of helpers that the code needs.
	helper string
}

// layer is what the form of a layer depends on.
type layer struct {
	op  graph.Op
	in  []graph.Shape
	out graph.Shape
	// areFlat reports whether all inputs are [N, C].
	areFlat bool
	// inPlace reports whether the layer may overwrite its input.
	inPlace bool
	// like is the variable of the node that like= refers to, "" for a size of the layer's own.
	like    string
	weights []graph.Weight
}

// decimal returns a number as Python writes it.
func decimal(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return `float("inf")`
	case math.IsInf(v, -1):
		return `float("-inf")`
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// pair returns (height, width), or one number if they are equal.
func pair(h, w int64) string {
	if h == w {
		return fmt.Sprint(h)
	}
	return fmt.Sprintf("(%d, %d)", h, w)
}

// truth returns Python's True or False.
func truth(v bool) string {
	if v {
		return "True"
	}
	return "False"
}

// simple is a layer that is a module or a function with the same settings.
func simple(module, function, settings string) form {
	return form{module: module + "(" + strings.TrimPrefix(settings, ", ") + ")", call: func(m string, in []string) string {
		if m != "" {
			return m + "(" + in[0] + ")"
		}
		return function + "(" + in[0] + comma(settings) + ")"
	}}
}

// comma returns settings that follow others.
func comma(settings string) string {
	switch {
	case settings == "", strings.HasPrefix(settings, ", "),
		strings.HasPrefix(settings, markStart) && isKeywordFirst(settings):
		return settings
	}
	return ", " + settings
}

func isKeywordFirst(settings string) bool {
	_, marks := split(settings)
	return marks[0].isKeyword
}

// onPlane makes the layer read [N, C, H, W].
func (f form) onPlane() form {
	f.isPlane = true
	return f
}

// expression is a layer that is no module.
func expression(call func(in []string) string) form {
	return form{call: func(_ string, in []string) string { return call(in) }}
}

// form returns a layer in PyTorch's terms.
func (l *layer) form() (form, error) {
	switch o := l.op.(type) {
	case *op.Conv:
		return l.conv(o, o.Filters, o.NoBias, o.Groups())
	case *op.DWConv:
		return l.conv(o, l.in[0].D, o.NoBias, l.in[0].D)
	case *op.UpConv:
		return l.upConv(o)
	case *op.Local:
		return l.local(o)
	case *op.FC:
		return l.fc(o), nil
	case *op.MaxPool:
		return l.maxPool(o)
	case *op.AvgPool:
		return l.avgPool(o)
	case *op.L2Pool:
		return l.l2Pool(o)
	case *op.GlobalAvgPool:
		if o.IsMean() {
			f := expression(func(in []string) string { return in[0] + ".mean([2, 3])" }).onPlane()
			f.isFlat = true
			return f, nil
		}
		return simple("nn.AdaptiveAvgPool2d", "F.adaptive_avg_pool2d", "1").onPlane(), nil
	case *op.GlobalMaxPool:
		return simple("nn.AdaptiveMaxPool2d", "F.adaptive_max_pool2d", "1").onPlane(), nil
	case *op.AdaptAvg:
		return simple("nn.AdaptiveAvgPool2d", "F.adaptive_avg_pool2d", setting("size", pair(l.out.H, l.out.W))).onPlane(), nil
	case *op.AdaptMax:
		return simple("nn.AdaptiveMaxPool2d", "F.adaptive_max_pool2d", setting("size", pair(l.out.H, l.out.W))).onPlane(), nil
	case *op.Flatten:
		f := form{module: "nn.Flatten()", isPlane: true, isFlat: true}
		f.call = func(m string, in []string) string {
			if m == "" {
				return in[0] + ".flatten(1)"
			}
			return m + "(" + in[0] + ")"
		}
		return f, nil
	}
	if f, ok := l.norm(); ok {
		return f, nil
	}
	if f, ok := l.join(); ok {
		return f, nil
	}
	if f, ok := l.move(); ok {
		return f, nil
	}
	return l.activation()
}

// padded returns (left, right, top, bottom) as F.pad takes it.
func padded(g op.Geometry) string {
	return fmt.Sprintf("(%d, %d, %d, %d)", g.W.Before, g.W.After, g.H.Before, g.H.After)
}

// isPadded reports whether a window has pads.
func isPadded(g op.Geometry) bool { return g.W.Before+g.W.After+g.H.Before+g.H.After > 0 }

// isEven reports whether both sides of each axis have the same pad, as PyTorch's modules have.
func isEven(g op.Geometry) bool { return g.W.Before == g.W.After && g.H.Before == g.H.After }

// reaching returns a window whose pads after the input are as large as the last window needs, if rounding up made one
// that reaches past the padding.
func reaching(g op.Geometry) op.Geometry {
	reach := func(a *op.Axis) {
		a.After = max(a.After, (a.Out-1)*a.Stride+a.Span()-a.In-a.Before)
	}
	reach(&g.W)
	reach(&g.H)
	return g
}

// withoutPads returns a window without pads.
func withoutPads(g op.Geometry) op.Geometry {
	for _, a := range []*op.Axis{&g.W, &g.H} {
		a.In, a.Before, a.After = a.In+a.Before+a.After, 0, 0
	}
	return g
}

// window returns the settings of a window that PyTorch's modules have.
func window(g op.Geometry) string {
	return keyword("stride", pair(g.H.Stride, g.W.Stride), "1") + keyword("padding", pair(g.H.Before, g.W.Before), "0")
}

func (l *layer) conv(o op.Windowed, filters int64, nobias bool, groups int64) (form, error) {
	g, err := o.Geometry(l.in[0])
	if err != nil {
		return form{}, err
	}
	g = reaching(g)
	pad := func(x string) string { return x }
	if !isEven(g) {
		pads := setting("pads", padded(g))
		pad = func(x string) string { return "F.pad(" + x + ", " + pads + ")" }
		g = withoutPads(g)
	}
	role := "groups"
	if _, isDepthwise := o.(*op.DWConv); isDepthwise {
		role = "groups~"
	}
	options := window(g) + keyword("dilation", pair(g.H.Dilation, g.W.Dilation), "1") +
		keyword(role, fmt.Sprint(groups), "1")
	f := form{isPlane: true}
	f.module = "nn.Conv2d(" + number("in_channels", l.in[0].D) + ", " + number("channels", filters) + ", " +
		setting("kernel_size", pair(g.H.Size, g.W.Size)) + options + keyword("bias", truth(!nobias), "True") + ")"
	f.call = func(m string, in []string) string { return m + "(" + pad(in[0]) + ")" }
	f.shared = func(m string, in []string) string {
		return "F.conv2d(" + pad(in[0]) + ", " + m + ".weight, " + m + ".bias" + options + ")"
	}
	return f, nil
}

func (l *layer) upConv(o *op.UpConv) (form, error) {
	g, err := o.Geometry(l.in[0])
	if err != nil {
		return form{}, err
	}
	cut := func(y string) string { return y }
	if !isEven(g) {
		rows, columns := setting("rows", part(g.H.Before, l.out.H)), setting("columns", part(g.W.Before, l.out.W))
		cut = func(y string) string { return y + "[:, :, " + rows + ", " + columns + "]" }
		g.W.Before, g.W.After, g.H.Before, g.H.After = 0, 0, 0, 0
	}
	extra := keyword("output_padding", pair(o.OutPad.H, o.OutPad.W), "0")
	groups := keyword("groups", fmt.Sprint(o.Groups()), "1")
	dilation := keyword("dilation", pair(g.H.Dilation, g.W.Dilation), "1")
	f := form{isPlane: true}
	f.module = "nn.ConvTranspose2d(" + number("in_channels", l.in[0].D) + ", " + number("channels", o.Filters) + ", " +
		setting("kernel_size", pair(g.H.Size, g.W.Size)) + window(g) + extra + groups +
		keyword("bias", truth(!o.NoBias), "True") + dilation + ")"
	f.call = func(m string, in []string) string { return cut(m + "(" + in[0] + ")") }
	f.shared = func(m string, in []string) string {
		return cut("F.conv_transpose2d(" + in[0] + ", " + m + ".weight, " + m + ".bias" + window(g) + extra + groups +
			dilation + ")")
	}
	return f, nil
}

// part returns a slice of size values.
func part(first, size int64) string { return fmt.Sprintf("%d:%d", first, first+size) }

func (l *layer) local(o *op.Local) (form, error) {
	g, err := o.Geometry(l.in[0])
	if err != nil {
		return form{}, err
	}
	g = reaching(g)
	settings := keyword("stride", pair2(g.H.Stride, g.W.Stride), "(1, 1)") +
		keyword("padding", padded(g), "(0, 0, 0, 0)") + keyword("dilation", pair2(g.H.Dilation, g.W.Dilation), "(1, 1)")
	f := form{isPlane: true, helper: "Local"}
	f.module = "Local(" + number("in_channels", l.in[0].D) + ", " + number("channels", o.Filters) + ", " +
		setting("kernel_size", pair2(g.H.Size, g.W.Size)) + ", " + setting("size", pair2(g.H.Out, g.W.Out)) + settings +
		keyword("bias", truth(!o.NoBias), "True") + ")"
	f.call = func(m string, in []string) string { return m + "(" + in[0] + ")" }
	return f, nil
}

// pair2 returns (height, width), even if they are equal.
func pair2(h, w int64) string { return fmt.Sprintf("(%d, %d)", h, w) }

func (l *layer) fc(o *op.FC) form {
	s := l.in[0]
	flat := func(x string) string {
		if l.areFlat {
			return x
		}
		return x + ".flatten(1)"
	}
	f := form{isFlat: true}
	f.module = "nn.Linear(" + number("in_features", s.W*s.H*s.D) + ", " + number("features", o.Units) +
		keyword("bias", truth(!o.NoBias), "True") + ")"
	f.call = func(m string, in []string) string { return m + "(" + flat(in[0]) + ")" }
	f.shared = f.call
	return f
}

// poolSize returns what PyTorch's pools make of a padded axis, for the same pad on both sides.
func poolSize(a op.Axis, ceil bool) int64 {
	over := a.In + 2*a.Before - a.Span()
	if !ceil {
		return over/a.Stride + 1
	}
	n := (over+a.Stride-1)/a.Stride + 1
	if (n-1)*a.Stride >= a.In+a.Before {
		n--
	}
	return n
}

// rounding reports whether PyTorch's pools need ceil_mode for the size of the output. ok is false if they cannot have
// that size: they need equal pads, of at most half the window.
func rounding(g op.Geometry) (ceil, ok bool) {
	if !isEven(g) || g.W.Before > g.W.Size/2 || g.H.Before > g.H.Size/2 {
		return false, false
	}
	for _, ceil := range []bool{false, true} {
		if poolSize(g.W, ceil) == g.W.Out && poolSize(g.H, ceil) == g.H.Out {
			return ceil, true
		}
	}
	return false, false
}

// poolSettings returns the window of a pool. PyTorch's stride is by default the window.
func poolSettings(g op.Geometry) string {
	size := pair(g.H.Size, g.W.Size)
	return setting("kernel_size", size) + keyword("stride", pair(g.H.Stride, g.W.Stride), size) +
		keyword("padding", pair(g.H.Before, g.W.Before), "0")
}

// after returns the layer with its input padded by a function.
func (f form) after(pad func(x string) string) form {
	inner := f.call
	f.call = func(m string, in []string) string { return inner(m, []string{pad(in[0])}) }
	return f
}

func (l *layer) maxPool(o *op.MaxPool) (form, error) {
	g, err := o.Geometry(l.in[0])
	if err != nil {
		return form{}, err
	}
	ceil, ok := rounding(g)
	pads := setting("pads", padded(reaching(g)))
	if !ok {
		g = withoutPads(reaching(g))
	}
	f := simple("nn.MaxPool2d", "F.max_pool2d", poolSettings(g)+keyword("dilation", pair(g.H.Dilation, g.W.Dilation), "1")+
		keyword("ceil_mode", truth(ceil), "False")).onPlane()
	if !ok {
		f = f.after(func(x string) string { return "F.pad(" + x + ", " + pads + `, value=-float("inf"))` })
	}
	return f, nil
}

func (l *layer) avgPool(o *op.AvgPool) (form, error) {
	g, err := o.Geometry(l.in[0])
	if err != nil {
		return form{}, err
	}
	ceil, ok := rounding(g)
	counts := keyword("count_include_pad", truth(!o.ExcludePad || !isPadded(g)), "True")
	if ok {
		settings := poolSettings(g) + keyword("ceil_mode", truth(ceil), "False") + counts
		return simple("nn.AvgPool2d", "F.avg_pool2d", settings).onPlane(), nil
	}
	if o.ExcludePad {
		pads, settings := setting("pads", padded(reaching(g))), poolSettings(withoutPads(reaching(g)))
		f := expression(func(in []string) string {
			return "average_of_values(" + in[0] + ", " + pads + ", " + settings + ")"
		}).onPlane()
		f.helper = "average_of_values"
		return f, nil
	}
	pads := setting("pads", padded(g))
	g = withoutPads(g)
	ceil, ok = rounding(g)
	if !ok {
		return form{}, fmt.Errorf("PyTorch has no average over these windows; write floor or excludepad")
	}
	f := simple("nn.AvgPool2d", "F.avg_pool2d", poolSettings(g)+keyword("ceil_mode", truth(ceil), "False")).onPlane()
	return f.after(func(x string) string { return "F.pad(" + x + ", " + pads + ")" }), nil
}

func (l *layer) l2Pool(o *op.L2Pool) (form, error) {
	g, err := o.Geometry(l.in[0])
	if err != nil {
		return form{}, err
	}
	g = reaching(g)
	f := simple("nn.LPPool2d", "F.lp_pool2d", "2, "+poolSettings(withoutPads(g))).onPlane()
	if isPadded(g) {
		pads := setting("pads", padded(g))
		f = f.after(func(x string) string { return "F.pad(" + x + ", " + pads + ")" })
	}
	return f, nil
}

// norm returns the layers that normalise, and those that scale.
func (l *layer) norm() (form, bool) {
	s := l.in[0]
	var f form
	switch o := l.op.(type) {
	case *op.BatchNorm:
		eps, module := keyword("eps", decimal(o.Eps()), "1e-05"), "nn.BatchNorm2d("
		if l.areFlat {
			module = "nn.BatchNorm1d("
		}
		f.module = module + number("channels", s.D) + eps + keyword("affine", truth(o.Affine()), "True") + ")"
		f.shared = func(m string, in []string) string {
			return "F.batch_norm(" + in[0] + ", " + m + ".running_mean, " + m + ".running_var, " + m + ".weight, " + m +
				".bias, self.training" + eps + ")"
		}
	case *op.GroupNorm:
		eps := keyword("eps", decimal(o.Eps()), "1e-05")
		f.module = "nn.GroupNorm(" + number("groups", o.Groups()) + ", " + number("channels", s.D) + eps +
			keyword("affine", truth(o.Affine()), "True") + ")"
		f.shared = func(m string, in []string) string {
			return "F.group_norm(" + in[0] + ", " + number("groups", o.Groups()) + ", " + m + ".weight, " + m + ".bias" +
				eps + ")"
		}
	case *op.InstanceNorm:
		eps := keyword("eps", decimal(o.Eps()), "1e-05")
		f.isPlane = true
		f.module = "nn.InstanceNorm2d(" + number("channels", s.D) + eps + keyword("affine", truth(o.Affine()), "False") + ")"
		f.shared = func(m string, in []string) string {
			return "F.instance_norm(" + in[0] + ", None, None, " + m + ".weight, " + m + ".bias" + eps + ")"
		}
	case *op.LayerNorm:
		f = l.layerNorm(o)
	case *op.LRN:
		return simple("nn.LocalResponseNorm", "F.local_response_norm", number("size", o.Size())+
			keyword("alpha", decimal(o.Alpha()), "0.0001")+keyword("beta", decimal(o.Beta()), "0.75")+
			keyword("k", decimal(o.K()), "1")).onPlane(), true
	case *op.PReLU:
		f.module = "nn.PReLU(" + number("channels", l.weights[0].Dims[0]) + ")"
	case *op.Scale:
		if !o.IsLearnt() {
			return expression(func(in []string) string { return in[0] + " * " + setting("factor", decimal(o.Factor())) }), true
		}
		f.isPlane, f.helper = true, "Scale"
		f.module = "Scale(" + number("channels", s.D) + keyword("bias", truth(o.HasBias()), "False") + ")"
	default:
		return f, false
	}
	f.call = func(m string, in []string) string { return m + "(" + in[0] + ")" }
	return f, true
}

func (l *layer) layerNorm(o *op.LayerNorm) form {
	s := l.in[0]
	eps := keyword("eps", decimal(o.Eps()), "1e-05")
	affine := keyword("elementwise_affine", truth(o.Affine()), "True")
	var f form
	switch {
	case o.Volume:
		f.isPlane = true
		size := setting("size", fmt.Sprintf("[%d, %d, %d]", s.D, s.H, s.W))
		f.module = "nn.LayerNorm(" + size + eps + affine + ")"
		f.shared = func(m string, in []string) string {
			return "F.layer_norm(" + in[0] + ", " + size + ", " + m + ".weight, " + m + ".bias" + eps + ")"
		}
	case l.areFlat:
		f.module = "nn.LayerNorm(" + number("channels", s.D) + eps + affine + ")"
		f.shared = func(m string, in []string) string {
			return "F.layer_norm(" + in[0] + ", (" + number("channels", s.D) + ",), " + m + ".weight, " + m + ".bias" + eps + ")"
		}
	default:
		f.helper = "LayerNorm2d"
		f.module = "LayerNorm2d(" + number("channels", s.D) + eps + affine + ")"
		f.shared = func(m string, in []string) string {
			return "F.layer_norm(" + in[0] + ".permute(0, 2, 3, 1), (" + number("channels", s.D) + ",), " + m + ".weight, " + m +
				".bias" + eps + ").permute(0, 3, 1, 2)"
		}
	}
	return f
}

// join returns the layers that join paths. Their inputs are variables, so that no operator needs parentheses.
func (l *layer) join() (form, bool) {
	between := func(sign string) form {
		return expression(func(in []string) string { return strings.Join(in, " "+sign+" ") })
	}
	var f form
	switch l.op.(type) {
	case *op.Concat:
		f = expression(func(in []string) string { return "torch.cat([" + strings.Join(in, ", ") + "], 1)" })
	case *op.Add:
		f = between("+")
	case *op.Mul:
		f = between("*")
	case *op.Max:
		f = expression(func(in []string) string {
			most := in[0]
			for _, x := range in[1:] {
				most = "torch.maximum(" + most + ", " + x + ")"
			}
			return most
		})
	default:
		return f, false
	}
	f.isPlane = !l.areFlat
	return f, true
}

// move returns the layers that move values.
func (l *layer) move() (form, bool) {
	switch o := l.op.(type) {
	case *op.Crop:
		return l.crop(o), true
	case *op.Channels:
		first, end := "", ""
		if o.First() > 0 {
			first = number("first", o.First())
		}
		if o.First()+l.out.D < l.in[0].D {
			end = number("end", o.First()+l.out.D)
		}
		return expression(func(in []string) string { return in[0] + "[:, " + first + ":" + end + "]" }), true
	case *op.Shuffle:
		f := expression(func(in []string) string {
			return "channel_shuffle(" + in[0] + ", " + number("groups", o.Groups()) + ")"
		}).onPlane()
		f.helper = "channel_shuffle"
		return f, true
	case *op.PixelShuffle:
		return simple("nn.PixelShuffle", "F.pixel_shuffle", number("factor", o.Factor())).onPlane(), true
	case *op.PixelUnshuffle:
		return simple("nn.PixelUnshuffle", "F.pixel_unshuffle", number("factor", o.Factor())).onPlane(), true
	case *op.Pad:
		return l.pad(o), true
	case *op.Upsample:
		mode := keyword("mode", quote(modeOf(o.Bilinear())), `"nearest"`)
		if o.Bilinear() {
			mode += ", align_corners=False"
		}
		if o.IsLike() {
			return l.resized(mode), true
		}
		factor := pair(l.out.H/l.in[0].H, l.out.W/l.in[0].W)
		return simple("nn.Upsample", "F.interpolate", "scale_factor="+setting("factor", factor)+mode).onPlane(), true
	case *op.Resize:
		mode := keyword("mode", quote(modeOf(o.Bilinear())), `"nearest"`)
		if o.Bilinear() {
			mode += ", align_corners=" + truth(o.AlignsCorners())
		}
		if scale := op.Settings(o)["scale"]; !scale.IsZero() {
			return simple("nn.Upsample", "F.interpolate", "scale_factor="+setting("factor", scale.String())+mode).onPlane(), true
		}
		return l.resized(mode), true
	}
	return form{}, false
}

func modeOf(isBilinear bool) string {
	if isBilinear {
		return "bilinear"
	}
	return "nearest"
}

// resized returns a layer that takes the size of another volume, or has one of its own.
func (l *layer) resized(mode string) form {
	if l.like != "" {
		return expression(func(in []string) string {
			return "F.interpolate(" + in[0] + ", " + l.like + ".shape[2:]" + mode + ")"
		}).onPlane()
	}
	return simple("nn.Upsample", "F.interpolate", "size="+setting("size", pair2(l.out.H, l.out.W))+mode).onPlane()
}

func (l *layer) crop(o *op.Crop) form {
	x, y := o.Corner(l.in[0])
	size := setting("size", pair2(l.out.H, l.out.W))
	if l.like != "" {
		size = l.like + ".shape[2:]"
	}
	if op.Settings(o)["offset"].IsZero() {
		f := expression(func(in []string) string { return "center_crop(" + in[0] + ", " + size + ")" }).onPlane()
		f.helper = "center_crop"
		return f
	}
	rows, columns := setting("rows", part(y, l.out.H)), setting("columns", part(x, l.out.W))
	if l.like != "" {
		rows, columns = fmt.Sprintf("%d:%d + %s.shape[2]", y, y, l.like), fmt.Sprintf("%d:%d + %s.shape[3]", x, x, l.like)
	}
	return expression(func(in []string) string { return in[0] + "[:, :, " + rows + ", " + columns + "]" }).onPlane()
}

func (l *layer) pad(o *op.Pad) form {
	left, top := o.Before()
	pads := setting("pads", fmt.Sprintf("(%d, %d, %d, %d)", left, l.out.W-l.in[0].W-left, top, l.out.H-l.in[0].H-top))
	module, value, function := o.Counterparts().Module, "", ""
	switch {
	case o.Mode() != "":
		function = `, mode=` + quote(o.Mode())
	case module == "ConstantPad2d":
		value = ", " + setting("value", decimal(o.Value()))
		function = ", value=" + setting("value", decimal(o.Value()))
	}
	f := form{module: "nn." + module + "(" + pads + value + ")", isPlane: true}
	f.call = func(m string, in []string) string {
		if m != "" {
			return m + "(" + in[0] + ")"
		}
		return "F.pad(" + in[0] + ", " + pads + function + ")"
	}
	return f
}

// activation returns the layers that work value by value.
func (l *layer) activation() (form, error) {
	inPlace := keyword("inplace", truth(l.inPlace), "False")
	switch o := l.op.(type) {
	case *op.ReLU:
		return simple("nn.ReLU", "F.relu", inPlace), nil
	case *op.ReLU6:
		return simple("nn.ReLU6", "F.relu6", inPlace), nil
	case *op.SELU:
		return simple("nn.SELU", "F.selu", inPlace), nil
	case *op.SiLU:
		return simple("nn.SiLU", "F.silu", inPlace), nil
	case *op.Mish:
		return simple("nn.Mish", "F.mish", inPlace), nil
	case *op.HardSwish:
		return simple("nn.Hardswish", "F.hardswish", inPlace), nil
	case *op.HardSigmoid:
		if o.IsDefault() {
			return simple("nn.Hardsigmoid", "F.hardsigmoid", inPlace), nil
		}
		slope, shift := setting("slope", decimal(o.Slope())), setting("shift", decimal(o.Shift()))
		return expression(func(in []string) string {
			return "(" + in[0] + " * " + slope + " + " + shift + ").clamp(0, 1)"
		}), nil
	case *op.LeakyReLU:
		return simple("nn.LeakyReLU", "F.leaky_relu", setting("slope", decimal(o.Slope()))+inPlace), nil
	case *op.ELU:
		return simple("nn.ELU", "F.elu", setting("alpha", decimal(o.Alpha()))+inPlace), nil
	case *op.Clip:
		low, high := o.Bounds()
		bounds := setting("low", decimal(low)) + ", " + setting("high", decimal(high))
		return simple("nn.Hardtanh", "F.hardtanh", bounds+inPlace), nil
	case *op.Sigmoid:
		return simple("nn.Sigmoid", "torch.sigmoid", ""), nil
	case *op.Tanh:
		return simple("nn.Tanh", "torch.tanh", ""), nil
	case *op.GELU:
		approximate := "none"
		if o.Tanh {
			approximate = "tanh"
		}
		return simple("nn.GELU", "F.gelu", keyword("approximate", quote(approximate), `"none"`)), nil
	case *op.Softplus:
		return simple("nn.Softplus", "F.softplus", keyword("beta", decimal(o.Beta()), "1")+
			keyword("threshold", decimal(o.Threshold()), "20")), nil
	case *op.Softmax:
		return simple("nn.Softmax", "F.softmax", "dim=1"), nil
	case *op.LogSoftmax:
		return simple("nn.LogSoftmax", "F.log_softmax", "dim=1"), nil
	case *op.Dropout:
		return l.dropout(o, inPlace), nil
	case *op.StochDepth:
		f := form{helper: "StochasticDepth"}
		settings := op.Settings(o)
		mode := settings["mode"].Word
		if mode == "" {
			mode = "row"
		}
		f.module = "StochasticDepth(" + setting("p", settings["rate"].String()) + keyword("mode", quote(mode), `"row"`) + ")"
		f.call = func(m string, in []string) string { return m + "(" + in[0] + ")" }
		return f, nil
	}
	return form{}, fmt.Errorf("there is no PyTorch code for %s", l.op.Kind())
}

func (l *layer) dropout(o *op.Dropout, inPlace string) form {
	module, function := "nn.Dropout", "F.dropout"
	if o.Counterparts().Module == "Dropout2d" {
		module, function = "nn.Dropout2d", "F.dropout2d"
	}
	rate := setting("p", decimal(o.Rate()))
	f := form{module: module + "(" + rate + inPlace + ")", isPlane: module == "nn.Dropout2d"}
	f.call = func(m string, in []string) string {
		if m != "" {
			return m + "(" + in[0] + ")"
		}
		return function + "(" + in[0] + ", " + rate + ", self.training" + inPlace + ")"
	}
	return f
}

// writesInPlace reports whether a layer is written to overwrite its input.
func writesInPlace(o graph.Op) bool {
	l, ok := o.(op.Layer)
	if !ok {
		return false
	}
	return slices.ContainsFunc(l.Fields(), func(f op.Field) bool {
		return f.Key == "inplace" && !f.Setting.Value().IsZero()
	})
}

// isView reports whether PyTorch's layer may hand on the memory of its input.
func isView(n *shape.Network, i int) bool {
	switch n.Nodes[i].Op.(type) {
	case *op.Flatten, *op.Channels, *op.Crop, *op.Dropout, *op.StochDepth, *op.Shuffle:
		return true
	case *op.Add, *op.Mul, *op.Max:
		if len(n.Nodes[i].Inputs) == 1 {
			return true
		}
	}
	return writesInPlace(n.Nodes[i].Op)
}
