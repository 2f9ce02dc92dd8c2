package op

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestExplicit(t *testing.T) {
	for _, c := range []struct {
		layer Layer
		want  string
	}{
		{&Conv{window: window{size: extent{3, 3}}, Filters: 8}, "dilation=1 filters=8 groups=1 pad=1 size=3 stride=1"},
		{&Conv{window: window{size: extent{5, 1}, dilation: extent{2, 2}, rounding: "floor"}, Filters: 8},
			"dilation=2 filters=8 groups=1 pad=4x0 size=5x1 stride=1"},
		{&Conv{window: window{size: extent{1, 1}, stride: extent{2, 2}, rounding: "floor"}, Filters: 8, groups: 4},
			"dilation=1 filters=8 groups=4 pad=0 rounding=floor size=1 stride=2"},
		// A pad that has no default is left out.
		{&DWConv{window: window{size: extent{3, 3}, stride: extent{2, 2}}}, "dilation=1 size=3 stride=2"},
		{&DWConv{window: window{size: extent{3, 3}, pad: pad{mode: padSame}}}, "dilation=1 pad=same size=3 stride=1"},
		{&MaxPool{pooling{window: square(3, 1, 1, 0, "ceil")}}, "pad=1 size=3 stride=1"},
		{&MaxPool{pooling{window: window{size: extent{2, 2}, rounding: "ceil"}}}, "rounding=ceil size=2"},
		{&ReLU{}, ""},
	} {
		settings := Explicit(c.layer)
		var got []string
		for _, key := range slices.Sorted(maps.Keys(settings)) {
			got = append(got, fmt.Sprintf("%s=%s", key, settings[key]))
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s: %s, want %s", Notation(c.layer), text, c.want)
		}
	}
}

func TestNotationWithExpressions(t *testing.T) {
	texts := map[string]string{
		"size": "(k)x1", "filters": "(4*w)", "stride": "(s)", "pad": "(p),1,0,0", "dilation": "2x(d)", "groups": "8",
	}
	layer := &Conv{}
	got := NotationWith(layer, func(f Field) string { return texts[f.Key] })
	if want := "CONV(k)x1-(4*w) s(s) p=(p),1,0,0 d2x(d) g8"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
