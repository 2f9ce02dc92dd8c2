package exec

import (
	"cnncalc/internal/graph"
	"cnncalc/internal/kernel"
	"cnncalc/internal/memory"
	"cnncalc/internal/op"
)

// layer is a node as a binder sees it.
type layer struct {
	op      graph.Op
	in      []graph.Shape
	out     graph.Shape
	macs    int64 // of one picture
	batch   int
	threads int
	algo    Algo
}

// plan is what a binder makes of a layer: what it needs, and how it is computed.
type plan struct {
	alias   memory.Alias
	scratch int // float32 values
	// atOnce is the number of pictures that one call computes; 0 for all of the batch. A run can be stopped
	// between calls.
	atOnce  int
	tensors []tensor // one for each weight that the op declares, in that order
	// ready, if not nil, changes the tensors in place once all are loaded.
	ready func(weights [][]float32)
	run   func(c *call) // nil for a view

	// What fuse looks at.
	activates   bool               // run applies call.act to its output
	accumulates bool               // run adds to its output instead of replacing it where call.accumulate says so
	scales      bool               // the first tensor is [K, ...] by output channel, and run adds the second as biases
	adds        bool               // run is the sum of its inputs
	isBN        bool               // ready leaves a scale and a shift for each channel in the first two tensors
	activation  *kernel.Activation // run is this function alone
}

// call is one call of a plan's run. The pictures of its slices are c.images, not the batch.
type call struct {
	images     int
	in         [][]float32 // [images, D, H, W] of each input
	out        []float32   // [images, D, H, W]; it may be one of the inputs where the plan is memory.InPlace
	weights    [][]float32
	act        kernel.Activation // fused into this layer; the zero value changes nothing
	accumulate bool              // out holds what the result is added to, before act
	scratch    []float32
	workers    *kernel.Workers
}

// tensor says how a weight starts, and how it is held.
type tensor struct {
	fanIn int     // for He initialisation; 0 where all values start as start
	start float32 // without a fan-in
	// pack, if not nil, turns the values into the packed ones that the kernel reads; the original is not kept.
	packed int // values
	pack   func(dst, src []float32)
}

// weightAndBias are the tensors of most layers with parameters, with biases that start at zero.
func weightAndBias(weight tensor, nobias bool) []tensor {
	if nobias {
		return []tensor{weight}
	}
	return []tensor{weight, {}}
}

// epilogue adds the bias of a layer made by weightAndBias, and applies what is fused.
func (c *call) epilogue() kernel.Epilogue {
	if len(c.weights) < 2 {
		return kernel.Epilogue{Act: c.act}
	}
	return kernel.Epilogue{Bias: c.weights[1], Act: c.act}
}

// macsAtOnce is how much a call of a layer that is split may compute: long enough for the threads to be
// busy, short enough to stop soon.
const macsAtOnce = 1 << 30

// split is the number of pictures that a call of the layer takes.
func (l *layer) split() int {
	return int(min(max(macsAtOnce/max(l.macs, 1), 1), int64(l.batch)))
}

// convolution is the geometry of CONV, DWCONV and LOCAL over so many pictures.
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

// pooling is the geometry of the pools with a window, over the whole batch.
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

// resize is the geometry of layers that need the sizes alone.
func (l *layer) resize() kernel.Resize {
	w, h, c := shapeInts(l.in[0])
	ow, oh, _ := shapeInts(l.out)
	return kernel.Resize{N: l.batch, C: c, H: h, W: w, OH: oh, OW: ow}
}

// planes is a shape as channels of so many values.
func planes(s graph.Shape) (channels, area int) {
	w, h, d := shapeInts(s)
	return d, w * h
}

// activation is the plan of an element-wise function without parameters of its own.
func activation(act kernel.Activation) plan {
	return plan{
		alias:      memory.InPlace,
		run:        func(c *call) { kernel.Activate(c.out, c.in[0], act, c.workers) },
		activation: &act,
	}
}
