package op

import "cnncalc/internal/diag"

// pad is the zero padding of a volume, as written.
type pad struct {
	mode                     padMode
	left, right, top, bottom int64
}

type padMode int

const (
	padUnwritten padMode = iota
	padNumbers           // as left, right, top and bottom say
	padSame              // TensorFlow's SAME: out = ceil(in/S), the odd pixel right and below
	padValid             // none; unlike TensorFlow's VALID, the window must fit
)

// isPadded reports whether there are zeros on any side.
func (p pad) isPadded() bool { return p.left+p.right+p.top+p.bottom > 0 }

// value returns the pad in its shortest form.
func (p pad) value() Value {
	switch p.mode {
	case padUnwritten:
		return Value{}
	case padSame:
		return Value{Word: "same"}
	case padValid:
		return Value{Word: "valid"}
	}
	switch {
	case p.left == p.right && p.top == p.bottom && p.left == p.top:
		return Value{Ints: []int64{p.left}}
	case p.left == p.right && p.top == p.bottom:
		return Value{Ints: []int64{p.left, p.top}, Sep: 'x'}
	}
	return Value{Ints: []int64{p.left, p.right, p.top, p.bottom}, Sep: ','}
}

// padSetting reads "1", "1x0" (width x height), "1,0,1,0" (left, right, top, bottom), "same" or "valid".
type padSetting struct{ to *pad }

func (p padSetting) Value() Value { return p.to.value() }

func (p padSetting) Set(v Value) error {
	switch v.Word {
	case "same":
		*p.to = pad{mode: padSame}
		return nil
	case "valid":
		*p.to = pad{mode: padValid}
		return nil
	}
	for _, n := range v.Ints {
		if err := inRange("pad", n, 0); err != nil {
			return err
		}
	}
	if near := diag.DidYouMean(v.Word, []string{"same", "valid"}); near != "" {
		return diag.Errorf("layer/value", "pad takes numbers, same or valid, not %s", v).WithHint("%s", near)
	}
	read, ok := padOf(v)
	if !ok {
		return diag.Errorf(
			"layer/value",
			"pad takes one number, width x height, left,right,top,bottom, same or valid, not %s",
			v,
		)
	}
	*p.to = read
	return nil
}

// padOf returns the pad that numbers say. ok is false if they are not a pad's.
func padOf(v Value) (p pad, ok bool) {
	n := v.Ints
	switch {
	case len(n) == 1:
		return pad{padNumbers, n[0], n[0], n[0], n[0]}, true
	case len(n) == 2 && v.Sep == 'x':
		return pad{padNumbers, n[0], n[0], n[1], n[1]}, true
	case len(n) == 4 && v.Sep == ',':
		return pad{padNumbers, n[0], n[1], n[2], n[3]}, true
	}
	return pad{}, false
}

func (p padSetting) Schema() map[string]any { return wholeOrText(0) }

func padField(to *pad, doc string) Field {
	return Field{Key: "pad", Letter: "p", Words: []string{"same", "valid"}, Doc: doc, Setting: padSetting{to}}
}
