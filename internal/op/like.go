package op

import (
	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// Sized is an optional interface of layers with the setting like=@label, which asks for the width and height of
// another volume. The node's Refs say which volume that is. Package shape calls Like before the shape rule.
type Sized interface {
	graph.Op
	// Like returns a copy of the layer whose output has the width and height of a volume. The receiver is unchanged, so
	// Like can be called again when the network gets another input.
	Like(volume graph.Shape) graph.Op
}

// LikeKey is the key of the setting like=@label, in Fields and in a node's Refs.
const LikeKey = "like"

// like holds the setting like=@label.
type like struct {
	label string // as written, "" if it was not
	size  extent // of the volume, once that is known
}

func (l like) isSet() bool { return l.label != "" }

// of returns the part of a message that says whose size it is.
func (l like) of() string {
	if !l.isSet() {
		return ""
	}
	return ", the size of @" + l.label + ","
}

// likeField binds the setting to a layer that implements Sized.
func likeField(to *like) Field {
	return Field{Key: LikeKey, Doc: "instead of a size: take the width and height of the result with this label",
		Setting: label{&to.label, LikeKey}}
}

// plane returns the size that the shape rule of a Sized layer works with: that of like, or the size written. ok is
// false if it is not known, and the error says that neither or both are written.
func (l like) plane(written extent, what, example string) (size extent, ok bool, err error) {
	switch {
	case l.isSet() && written.isSet():
		return extent{}, false, diag.Errorf("layer/value", "%s and like=@%s cannot be combined", what, l.label).
			WithHint("leave one of them out")
	case l.isSet():
		return l.size, l.size.isSet(), nil
	case !written.isSet():
		return extent{}, false, missing("the "+what, example)
	}
	return written, true, nil
}

// label reads the name of an earlier result, written with its @.
type label struct {
	to   *string
	what string
}

func (l label) Value() Value { return Value{Label: *l.to} }

func (l label) Set(v Value) error {
	if v.Label != "" {
		*l.to = v.Label
		return nil
	}
	p := diag.Errorf("layer/value", "%s takes a label such as @skip, not %s", l.what, v)
	if v.Word != "" {
		p.WithHint("write %s=@%s", l.what, v)
	}
	return p
}

func (l label) Schema() map[string]any {
	return map[string]any{"type": "string", "pattern": "^@"}
}
