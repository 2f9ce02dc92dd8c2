package exec

// A binder returns the plan of a layer of one kind.
type binder func(l *layer) (plan, error)

// binders returns the binders of all kinds in op.Kinds. INPUT is not computed and has none.
func binders() map[string]binder {
	return map[string]binder{
		"CONV":           bindConv,
		"DWCONV":         bindDWConv,
		"LOCAL":          bindLocal,
		"UPCONV":         bindUpConv,
		"POOL":           bindPool,
		"AVGPOOL":        bindAvgPool,
		"L2POOL":         bindL2Pool,
		"GAP":            bindGAP,
		"ADAPTAVG":       bindAdaptAvg,
		"GMP":            bindGMP,
		"ADAPTMAX":       bindAdaptMax,
		"FC":             bindFC,
		"FLATTEN":        bindFlatten,
		"RELU":           bindReLU,
		"LEAKYRELU":      bindLeakyReLU,
		"PRELU":          bindPReLU,
		"RELU6":          bindReLU6,
		"SIGMOID":        bindSigmoid,
		"TANH":           bindTanh,
		"ELU":            bindELU,
		"SILU":           bindSiLU,
		"GELU":           bindGELU,
		"HARDSWISH":      bindHardSwish,
		"HARDSIGMOID":    bindHardSigmoid,
		"SOFTMAX":        bindSoftmax,
		"DROPOUT":        bindDropout,
		"STOCHDEPTH":     bindStochDepth,
		"LRN":            bindLRN,
		"BN":             bindBN,
		"LN":             bindLN,
		"GN":             bindGN,
		"IN":             bindIN,
		"SCALE":          bindScale,
		"UPSAMPLE":       bindUpsample,
		"RESIZE":         bindResize,
		"CROP":           bindCrop,
		"CHANNELS":       bindChannels,
		"SHUFFLE":        bindShuffle,
		"PIXELSHUFFLE":   bindPixelShuffle,
		"PIXELUNSHUFFLE": bindPixelUnshuffle,
		"CONCAT":         bindConcat,
		"ADD":            bindAdd,
		"MUL":            bindMul,
		"MAX":            bindMax,
	}
}
