package op

import (
	"fmt"
	"slices"
	"testing"

	"cnncalc/internal/diag"
)

func ints(n ...int64) Value { return Value{Ints: n} }

func joined(sep byte, n ...int64) Value { return Value{Ints: n, Sep: sep} }

// Each kind of setting accepts its values, returns them, and rejects others with a message.
func TestSettings(t *testing.T) {
	var (
		size    extent
		filters int64
		pads    pad
		rate    number
		mode    string
		nobias  bool
		corner  offset
	)
	for _, test := range []struct {
		setting Setting
		value   Value
		want    string // as written back, or the problem
	}{
		{pair{&size, "size", 1}, ints(3), "3"},
		{pair{&size, "size", 1}, joined('x', 3, 3), "3"},
		{pair{&size, "size", 1}, joined('x', 3, 1), "3x1"},
		{pair{&size, "size", 1}, ints(0), "size must be 1 or more, not 0"},
		{pair{&size, "size", 1}, joined('x', 3, -1), "size must be 1 or more, not -1"},
		{pair{&size, "size", 1}, ints(1 << 31), "size 2147483648 is too large: at most 2147483647"},
		{pair{&size, "size", 1}, joined('x', 3, 3, 3), "size takes a whole number, or width x height such as 3x1, not 3x3x3"},
		{pair{&size, "size", 1}, joined(',', 3, 3), "size takes a whole number, or width x height such as 3x1, not 3,3"},
		{pair{&size, "size", 1}, Value{Decimal: "3.5"}, "size takes a whole number, or width x height such as 3x1, not 3.5"},
		{pair{&size, "size", 1}, Value{Word: "true"}, "size takes a whole number, or width x height such as 3x1, not true"},
		{count{&filters, "filters"}, ints(64), "64"},
		{count{&filters, "filters"}, ints(0), "filters must be 1 or more, not 0"},
		{count{&filters, "filters"}, joined('x', 3, 1), "filters takes one whole number, not 3x1"},
		{padSetting{&pads}, ints(0), "0"},
		{padSetting{&pads}, joined('x', 1, 0), "1x0"},
		{padSetting{&pads}, joined(',', 1, 0, 1, 0), "1,0,1,0"},
		{padSetting{&pads}, joined(',', 1, 1, 0, 0), "1x0"},
		{padSetting{&pads}, joined(',', 2, 2, 2, 2), "2"},
		{padSetting{&pads}, Value{Word: "same"}, "same"},
		{padSetting{&pads}, Value{Word: "valid"}, "valid"},
		{padSetting{&pads}, ints(-1), "pad must be 0 or more, not -1"},
		{padSetting{&pads}, joined(',', 1, 0), "pad takes one number, width x height, left,right,top,bottom, same or " +
			"valid, not 1,0"},
		{padSetting{&pads}, Value{Word: "sam"}, "pad takes numbers, same or valid, not sam (did you mean same?)"},
		{padSetting{&pads}, Value{Word: "full"}, "pad takes one number, width x height, left,right,top,bottom, same " +
			"or valid, not full"},
		{decimal{to: &rate, what: "the rate", max: 1, openMax: true}, Value{Decimal: "0.50"}, "0.50"},
		{decimal{to: &rate, what: "the rate", max: 1, openMax: true}, ints(0), "0"},
		{decimal{to: &rate, what: "the rate", max: 1, openMax: true}, ints(1),
			"the rate must be at least 0 and below 1, not 1"},
		{decimal{to: &rate, what: "the rate", max: 1}, ints(1), "1"},
		{decimal{to: &rate, what: "the rate", max: 1}, Value{Decimal: "1e999"},
			"the rate takes a number such as 0.5, not 1e999"},
		{decimal{to: &rate, what: "the rate", max: 1}, Value{Word: "nan"}, "the rate takes a number such as 0.5, not nan"},
		{decimal{to: &rate, what: "the rate", max: 1}, joined('x', 1, 1), "the rate takes a number such as 0.5, not 1x1"},
		{choice{&mode, "mode", []string{"nearest", "bilinear"}}, Value{Word: "BILINEAR"}, "bilinear"},
		{choice{&mode, "mode", []string{"nearest", "bilinear"}}, Value{Word: "binear"}, "mode must be one of nearest, " +
			"bilinear, not binear (did you mean bilinear?)"},
		{choice{&mode, "mode", []string{"nearest", "bilinear"}}, ints(3), "mode must be one of nearest, bilinear, not 3"},
		{flag{&nobias, "nobias"}, Value{Word: "nobias"}, "nobias"},
		{flag{&nobias, "nobias"}, Value{Word: "false"}, ""},
		{flag{&nobias, "nobias"}, Value{Word: "true"}, "nobias"},
		{flag{&nobias, "nobias"}, Value{Word: "yes"}, "nobias must be true or false, not yes"},
		{offsetSetting{&corner}, joined(',', 0, 4), "0,4"},
		{offsetSetting{&corner}, ints(4), "offset takes left,top such as 4,4, not 4"},
		{offsetSetting{&corner}, joined(',', 0, -4), "offset must be 0 or more, not -4"},
	} {
		got := ""
		if err := test.setting.Set(test.value); err != nil {
			p := diag.At(diag.Pos{}, err)
			got = p.Msg
			if p.Hint != "" {
				got += fmt.Sprintf(" (%s)", p.Hint)
			}
		} else {
			got = test.setting.Value().String()
		}
		if got != test.want {
			t.Errorf("%T of %s: %q, want %q", test.setting, test.value, got, test.want)
		}
	}
}

// The notation is the shortest form of what was set, in the order of the fields.
func TestNotation(t *testing.T) {
	for _, test := range []struct {
		layer Layer
		want  string
	}{
		{&Conv{window: window{size: extent{7, 1}, stride: extent{2, 1}, dilation: extent{2, 2}, pad: pad{mode: padSame}, rounding: "floor"},
			Filters: 64, groups: 4, NoBias: true}, "CONV7x1-64 s2x1 same d2 g4 nobias floor"},
		{&Conv{window: window{pad: pad{padNumbers, 1, 0, 1, 0}}}, "CONV p=1,0,1,0"},
		{&Dropout{rate: number{0.5, "0.5"}}, "DROPOUT0.5"},
		{&Dropout{channels: true}, "DROPOUT channels"},
		{&Clip{min: number{-1, "-1"}, max: number{6, "6.0"}}, "CLIP min=-1 max=6.0"},
		{&Scale{bias: true}, "SCALE bias"},
		{&Scale{factor: number{0.1, "0.1"}}, "SCALE0.1"},
		{&StochDepth{rate: number{0.2, "0.2"}, mode: "batch"}, "STOCHDEPTH0.2 batch"},
		{&FC{Units: 10}, "FC-10"},
		{&Upsample{factor: extent{2, 2}, mode: "bilinear"}, "UPSAMPLE2 bilinear"},
		{&Resize{size: extent{129, 65}, mode: "bilinear", align: true}, "RESIZE129x65 bilinear align"},
		{&Resize{scale: number{0.5, "0.5"}}, "RESIZE scale=0.5"},
		{&Scale{factor: number{-0.5, "-0.5"}}, "SCALE factor=-0.5"},
		{&Pad{size: pad{padNumbers, 2, 2, 1, 1}, mode: "reflect"}, "PAD2x1 reflect"},
		{&Pad{sides: pad{padNumbers, 0, 1, 0, 1}, value: number{0.5, "0.5"}}, "PAD p=0,1,0,1 value=0.5"},
		{&Crop{size: extent{3, 3}, offset: offset{1, 2, true}}, "CROP3 offset=1,2"},
		{&AvgPool{pooling: pooling{window: window{size: extent{3, 3}}}, ExcludePad: true}, "AVGPOOL3 excludepad"},
	} {
		if got := Notation(test.layer); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

// Keys, letters and words are unique among the fields of a kind, since the arrow language finds fields by them.
func TestFieldsAreDistinct(t *testing.T) {
	for _, k := range Kinds() {
		var names []string
		heads, dashes := 0, 0
		for _, f := range k.New().Fields() {
			names = append(names, f.Key)
			if f.Letter != "" && f.Letter != f.Key {
				names = append(names, f.Letter)
			}
			for _, w := range f.Words {
				if w != f.Key {
					names = append(names, w)
				}
			}
			if f.Place == Head {
				heads++
			}
			if f.Place == Dash {
				dashes++
			}
			if f.Doc == "" || f.Setting.Schema() == nil {
				t.Errorf("%s: %s has no help or no schema", k.Name, f.Key)
			}
			if text := f.Setting.Value().String(); text != "" {
				t.Errorf("%s: %s is %s before anything is set", k.Name, f.Key, text)
			}
		}
		slices.Sort(names)
		if unique := slices.Compact(slices.Clone(names)); len(unique) != len(names) || heads > 1 || dashes > 1 {
			t.Errorf("%s: %v, %d heads, %d dashes", k.Name, names, heads, dashes)
		}
	}
}
