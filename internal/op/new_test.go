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
	changed, err := op.With(
		three,
		map[string]op.Value{
			"stride":   {Ints: []int64{2}},
			"pad":      {Ints: []int64{3}},
			"size":     {Ints: []int64{7}},
			"rounding": {Word: "floor"},
		},
	)
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

// New makes the same layer from a layer's settings, for values of every field of every kind.
func TestNewFromSettings(t *testing.T) {
	candidates := []op.Value{
		{
			Ints: []int64{3},
		}, {Ints: []int64{3, 1}, Sep: 'x'}, {Ints: []int64{1, 0, 2, 0}, Sep: ','}, {Ints: []int64{4, 5}, Sep: ','},
		{Decimal: "0.25"}, {Word: "true"}, {Word: "floor"}, {Word: "same"}, {Word: "bilinear"}, {Word: "reflect"}, {Word: "batch"}, {Label: "skip"},
	}
	for _, k := range op.Kinds() {
		for _, f := range k.New().Fields() {
			taken := 0
			for _, v := range candidates {
				layer, err := op.New(k.Name, map[string]op.Value{f.Key: v})
				if err != nil {
					continue
				}
				taken++
				again, err := op.New(k.Name, op.Settings(layer))
				if err != nil || !reflect.DeepEqual(layer, again) {
					t.Errorf("%s with %s %s is %+v, again %+v (%v)", k.Name, f.Key, v, layer, again, err)
				}
			}
			if taken == 0 {
				t.Errorf("%s: no candidate is a value of %s", k.Name, f.Key)
			}
		}
	}
}

func TestNewErrors(t *testing.T) {
	for _, tt := range []struct {
		kind     string
		settings map[string]op.Value
		want     string
	}{
		{"CONVOLUTION", nil, `unknown kind of layer "CONVOLUTION"`},
		{"conv", nil, `unknown kind of layer "conv"`},
		{"CONV", map[string]op.Value{"units": {Ints: []int64{3}}}, "CONV has no field units"},
		{"CONV", map[string]op.Value{"filters": {Ints: []int64{0}}}, "CONV: filters must be 1 or more, not 0"},
	} {
		if _, err := op.New(tt.kind, tt.settings); err == nil || err.Error() != tt.want {
			t.Errorf("New(%s, %v): %v, want %s", tt.kind, tt.settings, err, tt.want)
		}
	}
}
