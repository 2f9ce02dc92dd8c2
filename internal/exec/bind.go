package exec

import (
	"cnncalc/internal/graph"
	"cnncalc/internal/kernel"
	"cnncalc/internal/memory"
	"cnncalc/internal/op"
)

// layer is a node of the network with the run's options, for a binder.
type layer struct {
	op      graph.Op
	in      []graph.Shape
	out     graph.Shape
	macs    int64 // of one picture
	batch   int
	threads int
	algo    Algo
}

// plan says what a layer needs and how it is computed.
type plan struct {
	alias   memory.Alias
	scratch int // float32 values
	// atOnce is the number of pictures that one call computes, or 0 for the whole batch. A run can be stopped between
	// calls.
	atOnce  int
	tensors []tensor // one for each weight of the op, in the same order
	// ready, if not nil, transforms the tensors in place once all are loaded.
	ready func(weights [][]float32)
	run   func(c *call) // nil for a view

	algorithm Algorithm // for the reader of a profile

	// Properties that fuse uses.
	activates   bool               // run applies call.act to its output
	accumulates bool               // run adds to its output if call.accumulate is set
	scales      bool               // the first tensor is [K, ...] by output channel, and run adds the second as bias
	adds        bool               // run only sums its inputs
	folds       *folding           // run only scales and shifts each channel
	activation  *kernel.Activation // run only applies this function
}

// folding says how a layer that scales and shifts each channel is folded into the weights of the layer before it.
type folding struct {
	// channels returns the scale and shift of each channel from the tensors, after ready. shift is nil if there is none.
	channels func(weights [][]float32) (scale, shift []float32)
	shifts   bool // whether there is a shift
}

// call holds the arguments of a plan's run. Its slices hold c.images pictures, not the batch.
type call struct {
	images     int
	in         [][]float32 // [images, D, H, W] of each input
	out        []float32   // [images, D, H, W]; may be one of the inputs if the plan is memory.InPlace
	weights    [][]float32
	act        kernel.Activation // fused into this layer; the zero value changes nothing
	accumulate bool              // add the result to out, before act
	scratch    []float32
	workers    *kernel.Workers
}

// tensor says how a weight is initialised and stored.
type tensor struct {
	fanIn int     // for He initialisation; 0 if all values start as start
	start float32 // used if fanIn is 0
	// pack, if not nil, converts the values to the layout that the kernel reads. The original is not kept.
	packed int // values
	pack   func(dst, src []float32, w *kernel.Workers)
	// form names what pack or ready makes of the values. Layers that share weights have one copy in each form.
	form string
}

// weightAndBias returns the tensors of most layers with parameters. Biases start at zero.
func weightAndBias(weight tensor, nobias bool) []tensor {
	if nobias {
		return []tensor{weight}
	}
	return []tensor{weight, {}}
}

// epilogue returns the bias of a layer with tensors from weightAndBias, and the fused activation.
func (c *call) epilogue() kernel.Epilogue {
	if len(c.weights) < 2 {
		return kernel.Epilogue{Act: c.act}
	}
	return kernel.Epilogue{Bias: c.weights[1], Act: c.act}
}

// macsAtOnce is the number of MACs that one call of a split layer may take: enough to keep all threads busy, few enough
// to stop soon.
const macsAtOnce = 1 << 30

// split returns the number of pictures that one call of the layer computes.
func (l *layer) split() int {
	return int(min(max(macsAtOnce/max(l.macs, 1), 1), int64(l.batch)))
}

// convolution returns the geometry of CONV, DWCONV and LOCAL for a number of pictures.
func (l *layer) convolution(g op.Geometry, groups int64, images int) kernel.Conv {
	w, h, c := shapeInts(l.in[0])
	ow, oh, k := shapeInts(l.out)
	return kernel.Conv{
		N: images, C: c, H: h, W: w,
		K: k, OH: oh, OW: ow,
		FH: int(g.H.Size), FW: int(g.W.Size),
		SH: int(g.H.Stride), SW: int(g.W.Stride),
		PT: int(g.H.Before), PL: int(g.W.Before),
		DH: int(g.H.Dilation), DW: int(g.W.Dilation),
		Groups: int(groups),
	}
}

// pooling returns the geometry of pools with a window for the whole batch.
func (l *layer) pooling(o op.Windowed) (kernel.Pool, error) {
	g, err := o.Geometry(l.in[0])
	w, h, c := shapeInts(l.in[0])
	ow, oh, _ := shapeInts(l.out)
	return kernel.Pool{
		N: l.batch, C: c, H: h, W: w,
		OH: oh, OW: ow,
		FH: int(g.H.Size), FW: int(g.W.Size),
		SH: int(g.H.Stride), SW: int(g.W.Stride),
		PT: int(g.H.Before), PL: int(g.W.Before), PB: int(g.H.After), PR: int(g.W.After),
		DH: int(g.H.Dilation), DW: int(g.W.Dilation),
	}, err
}

// resize returns the geometry of layers that need only the sizes.
func (l *layer) resize() kernel.Resize {
	w, h, c := shapeInts(l.in[0])
	ow, oh, _ := shapeInts(l.out)
	return kernel.Resize{N: l.batch, C: c, H: h, W: w, OH: oh, OW: ow}
}

// planes returns the number of channels of a shape, and of values in each.
func planes(s graph.Shape) (channels, area int) {
	w, h, d := shapeInts(s)
	return d, w * h
}

// activation returns the plan of an element-wise function without weights.
func activation(act kernel.Activation) plan {
	return plan{
		alias:      memory.InPlace,
		run:        func(c *call) { kernel.Activate(c.out, c.in[0], act, c.workers) },
		activation: &act,
	}
}
