package op

// Explicit returns the settings of a layer by field key, as [Settings] does, with the defaults of a convolution written
// out. Rounding is left out where the stride is 1, since it changes nothing there. Layers of one kind with equal
// explicit settings are the same.
func Explicit(l Layer) map[string]Value {
	settings := Settings(l)
	w, isConv := convWindow(l)
	one := extent{1, 1}
	if !isConv {
		if v := settings["stride"]; len(v.Ints) == 1 && v.Ints[0] == 1 {
			delete(settings, "rounding")
		}
		return settings
	}
	stride, dilation := w.stride.or(one), w.dilation.or(one)
	settings["stride"], settings["dilation"] = stride.value(), dilation.value()
	if conv, ok := l.(*Conv); ok {
		settings["groups"] = Value{Ints: []int64{conv.Groups()}}
	}
	if stride == one {
		delete(settings, "rounding")
	}
	if w.pad.mode != padUnwritten {
		return settings
	}
	onW, errW := keepSizePad(onSide{Axis: Axis{Size: w.size.W, Stride: stride.W, Dilation: dilation.W}})
	onH, errH := keepSizePad(onSide{Axis: Axis{Size: w.size.H, Stride: stride.H, Dilation: dilation.H}})
	if errW == nil && errH == nil {
		settings["pad"] = pad{padNumbers, onW, onW, onH, onH}.value()
	}
	return settings
}

// convWindow returns the window of a layer with the defaults of convolutions.
func convWindow(l Layer) (w window, ok bool) {
	switch l := l.(type) {
	case *Conv:
		return l.window, true
	case *DWConv:
		return l.window, true
	case *Local:
		return l.window, true
	}
	return window{}, false
}
