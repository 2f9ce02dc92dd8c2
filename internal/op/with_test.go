package op_test

import (
	"reflect"
	"testing"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
)

func TestWith(t *testing.T) {
	conv := &op.Conv{Filters: 8}
	size := map[string]op.Value{"size": {Ints: []int64{3}}}
	three, err := op.With(conv, size)
	if err != nil {
		t.Fatal(err)
	}
	changed, err := op.With(three, map[string]op.Value{"stride": {Ints: []int64{2}}, "pad": {Ints: []int64{3}}, "size": {Ints: []int64{7}}, "rounding": {Word: "floor"}})
	if err != nil {
		t.Fatal(err)
	}
	if op.Notation(conv) != "CONV-8" || op.Notation(three) != "CONV3-8" || op.Notation(changed) != "CONV7-8 s2 p3 floor" {
		t.Errorf("%s, %s, %s", op.Notation(conv), op.Notation(three), op.Notation(changed))
	}
	if out, err := changed.Output([]graph.Shape{{W: 224, H: 224, D: 3}}); err != nil || out.String() != "112x112x8" {
		t.Errorf("%s (%v)", out, err)
	}
	for _, values := range []map[string]op.Value{
		{"units": {Ints: []int64{3}}},
		{"size": {Ints: []int64{0}}},
		{"rounding": {Word: "up"}},
	} {
		if _, err := op.With(three, values); err == nil {
			t.Errorf("%v is taken", values)
		}
	}
}

// A copy shares nothing with its layer.
func TestLayersArePlainData(t *testing.T) {
	for _, k := range op.Kinds() {
		if at := shared(reflect.TypeOf(k.New()).Elem()); at != "" {
			t.Errorf("%s: %s is shared with a copy", k.Name, at)
		}
	}
}

func shared(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			if at := shared(t.Field(i).Type); at != "" {
				return t.Field(i).Name + "." + at
			}
		}
	case reflect.Array:
		return shared(t.Elem())
	case reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface, reflect.Func, reflect.Chan:
		return t.String()
	}
	return ""
}
