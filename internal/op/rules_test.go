package op

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

func vol(w, h, d int64) graph.Shape { return graph.Shape{W: w, H: h, D: d} }

// Shapes, weights and MACs of every kind of layer, worked out by hand.
func TestRules(t *testing.T) {
	window3 := window{size: extent{3, 3}}
	for _, test := range []struct {
		layer   graph.Op
		in      []graph.Shape
		out     graph.Shape
		weights string // role and dimensions
		macs    int64
	}{
		{&Conv{window: window3, Filters: 16}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 16),
			"weight 16x4x3x3, bias 16", 8 * 6 * 16 * 4 * 9},
		{&Conv{window: window3, Filters: 16, groups: 2, NoBias: true}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 16),
			"weight 16x2x3x3", 8 * 6 * 16 * 2 * 9},
		{&Conv{window: window{size: extent{7, 1}}, Filters: 2}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 2),
			"weight 2x4x1x7, bias 2", 8 * 6 * 2 * 4 * 7},
		{&DWConv{window: window3}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 4), "weight 4x1x3x3, bias 4", 8 * 6 * 4 * 9},
		{&Local{window: window3, Filters: 2}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 2),
			"weight 6x8x2x4x3x3, bias 2x6x8", 8 * 6 * 2 * 4 * 9},
		{&UpConv{window: window{size: extent{2, 2}}, Filters: 6, groups: 2}, []graph.Shape{vol(8, 6, 4)}, vol(16, 12, 6),
			"weight 4x3x2x2, bias 6", 8 * 6 * 4 * 3 * 4},
		{&MaxPool{pooling{window: window{size: extent{2, 2}}}}, []graph.Shape{vol(8, 6, 4)}, vol(4, 3, 4), "", 0},
		{&L2Pool{pooling{window: window{size: extent{2, 2}}}}, []graph.Shape{vol(8, 6, 4)}, vol(4, 3, 4), "", 0},
		{&AvgPool{pooling: pooling{window: window{size: extent{2, 2}}}}, []graph.Shape{vol(8, 6, 4)}, vol(4, 3, 4), "", 0},
		{&AdaptAvg{size: extent{3, 2}}, []graph.Shape{vol(8, 6, 4)}, vol(3, 2, 4), "", 0},
		{&GlobalAvgPool{}, []graph.Shape{vol(8, 6, 4)}, vol(1, 1, 4), "", 0},
		{&AdaptMax{size: extent{3, 2}}, []graph.Shape{vol(8, 6, 4)}, vol(3, 2, 4), "", 0},
		{&GlobalMaxPool{}, []graph.Shape{vol(8, 6, 4)}, vol(1, 1, 4), "", 0},
		{&MaxPool{pooling{window: square(3, 1, 0, 2, "")}}, []graph.Shape{vol(8, 6, 4)}, vol(4, 2, 4), "", 0},
		{&FC{Units: 10}, []graph.Shape{vol(8, 6, 4)}, vol(1, 1, 10), "weight 10x192, bias 10", 1920},
		{&Flatten{}, []graph.Shape{vol(8, 6, 4)}, vol(1, 1, 192), "", 0},
		{&BatchNorm{}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 4), "weight 4, bias 4, buffer 4, buffer 4", 0},
		{&BatchNorm{norm{affine: "noaffine"}}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 4), "buffer 4, buffer 4", 0},
		{&LayerNorm{}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 4), "weight 4, bias 4", 0},
		{&LayerNorm{Volume: true}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 4), "weight 4x6x8, bias 4x6x8", 0},
		{&LayerNorm{norm: norm{affine: "noaffine"}}, []graph.Shape{vol(1, 1, 4)}, vol(1, 1, 4), "", 0},
		{&GroupNorm{groups: 2}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 4), "weight 4, bias 4", 0},
		{&GroupNorm{groups: 2, norm: norm{affine: "noaffine"}}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 4), "", 0},
		{&GroupNorm{groups: 2}, []graph.Shape{{D: 4}}, graph.Shape{D: 4}, "weight 4, bias 4", 0},
		{&InstanceNorm{}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 4), "", 0},
		{&InstanceNorm{norm: norm{affine: "affine"}}, []graph.Shape{vol(8, 1, 4)}, vol(8, 1, 4), "weight 4, bias 4", 0},
		{&Scale{}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 4), "weight 4x1x1", 0},
		{&Scale{bias: true}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 4), "weight 4x1x1, bias 4x1x1", 0},
		{&Scale{factor: number{0.1, "0.1"}}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 4), "", 0},
		{&LRN{}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 4), "", 0},
		{&PReLU{}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 4), "weight 4", 0},
		{&PReLU{Shared: true}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 4), "weight 1", 0},
		{&Dropout{}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 4), "", 0},
		{&StochDepth{rate: number{0.2, "0.2"}}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 4), "", 0},
		{&Softmax{}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 4), "", 0},
		{&Upsample{factor: extent{2, 3}}, []graph.Shape{vol(8, 6, 4)}, vol(16, 18, 4), "", 0},
		{&Resize{size: extent{5, 9}}, []graph.Shape{vol(8, 6, 4)}, vol(5, 9, 4), "", 0},
		{&Resize{size: extent{5, 9}}, []graph.Shape{{D: 4}}, vol(5, 9, 4), "", 0},
		{&Resize{scale: number{1.3, "1.3"}, mode: "bilinear", align: true}, []graph.Shape{vol(8, 6, 4)}, vol(10, 7, 4), "", 0},
		{&Resize{scale: number{1.3, "1.3"}}, []graph.Shape{{D: 4}}, graph.Shape{D: 4}, "", 0},
		{(&Resize{like: like{label: "a"}}).Like(vol(3, 19, 1)), []graph.Shape{vol(8, 6, 4)}, vol(3, 19, 4), "", 0},
		{&Pad{size: pad{padNumbers, 2, 2, 0, 0}}, []graph.Shape{vol(8, 6, 4)}, vol(12, 6, 4), "", 0},
		{&Pad{sides: pad{padNumbers, 1, 2, 3, 4}, mode: "reflect"}, []graph.Shape{vol(8, 6, 4)}, vol(11, 13, 4), "", 0},
		{&Pad{size: pad{padNumbers, 9, 9, 9, 9}, mode: "replicate"}, []graph.Shape{vol(8, 6, 4)}, vol(26, 24, 4), "", 0},
		{&Pad{size: pad{padNumbers, 9, 9, 9, 9}, mode: "reflect"}, []graph.Shape{{D: 4}}, graph.Shape{D: 4}, "", 0},
		{&Crop{size: extent{5, 6}}, []graph.Shape{vol(8, 6, 4)}, vol(5, 6, 4), "", 0},
		{(&Crop{like: like{label: "a"}}).Like(vol(5, 6, 1)), []graph.Shape{vol(8, 6, 4)}, vol(5, 6, 4), "", 0},
		{(&Upsample{like: like{label: "a"}}).Like(vol(16, 6, 1)), []graph.Shape{vol(8, 6, 4)}, vol(16, 6, 4), "", 0},
		{&Upsample{like: like{label: "a"}}, []graph.Shape{vol(8, 6, 4)}, graph.Shape{D: 4}, "", 0}, // of unknown size
		{&Channels{from: bound{1, true}, to: bound{4, true}}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 3), "", 0},
		{&Channels{from: bound{3, true}}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 1), "", 0},
		{&Channels{from: bound{1, true}, to: bound{4, true}}, []graph.Shape{{}}, graph.Shape{D: 3}, "", 0},
		{&Channels{from: bound{3, true}}, []graph.Shape{{}}, graph.Shape{}, "", 0},
		{&Shuffle{groups: 2}, []graph.Shape{vol(8, 6, 4)}, vol(8, 6, 4), "", 0},
		{&PixelShuffle{factor: 2}, []graph.Shape{vol(8, 6, 12)}, vol(16, 12, 3), "", 0},
		{&PixelShuffle{factor: 3}, []graph.Shape{{D: 18}}, graph.Shape{D: 2}, "", 0},
		{&PixelUnshuffle{factor: 2}, []graph.Shape{vol(8, 6, 3)}, vol(4, 3, 12), "", 0},
		{&PixelUnshuffle{factor: 2}, []graph.Shape{{D: 3}}, graph.Shape{D: 12}, "", 0},
		{&Concat{}, []graph.Shape{vol(8, 6, 4), vol(8, 6, 1), vol(8, 6, 3)}, vol(8, 6, 8), "", 0},
		{&Add{}, []graph.Shape{vol(8, 6, 4), vol(8, 6, 4)}, vol(8, 6, 4), "", 0},
		{&Mul{}, []graph.Shape{vol(1, 1, 4), vol(8, 6, 4)}, vol(8, 6, 4), "", 0},
		{&Mul{}, []graph.Shape{vol(1, 1, 4), vol(1, 1, 4)}, vol(1, 1, 4), "", 0},
		{&Mul{}, []graph.Shape{vol(8, 6, 1), vol(8, 6, 4)}, vol(8, 6, 4), "", 0},
		{&Max{}, []graph.Shape{vol(8, 6, 4), vol(8, 6, 4)}, vol(8, 6, 4), "", 0},
		{&Add{}, []graph.Shape{vol(8, 6, 1), vol(1, 1, 4)}, vol(8, 6, 4), "", 0},
		{&Add{}, []graph.Shape{vol(8, 1, 4), vol(1, 6, 4), vol(1, 1, 1)}, vol(8, 6, 4), "", 0},
	} {
		name := fmt.Sprintf("%s on %v", Notation(test.layer), test.in)
		out, err := test.layer.Output(test.in)
		if err != nil || out != test.out {
			t.Errorf("%s: %s, %v, want %s", name, out, err, test.out)
			continue
		}
		if got := weightsText(test.layer.Weights(test.in, out)); got != test.weights {
			t.Errorf("%s: weights %q, want %q", name, got, test.weights)
		}
		if macs, err := test.layer.MACs(test.in, out); err != nil || macs != test.macs {
			t.Errorf("%s: %d MACs, %v, want %d", name, macs, err, test.macs)
		}
	}
}

func weightsText(weights []graph.Weight) string {
	roles := map[graph.Role]string{graph.RoleWeight: "weight", graph.RoleBias: "bias", graph.RoleBuffer: "buffer"}
	texts := make([]string, len(weights))
	for i, w := range weights {
		dims := strings.ReplaceAll(strings.Trim(fmt.Sprint(w.Dims), "[]"), " ", "x")
		texts[i] = roles[w.Role] + " " + dims
	}
	return strings.Join(texts, ", ")
}

// The middle is rounded down, and offset=x,y takes the part there.
func TestCropCorner(t *testing.T) {
	for _, test := range []struct {
		crop Crop
		x, y int64
	}{
		{Crop{size: extent{5, 4}}, 1, 1},
		{Crop{size: extent{5, 4}, offset: offset{3, 2, true}}, 3, 2},
		{Crop{size: extent{5, 4}, offset: offset{0, 0, true}}, 0, 0},
	} {
		if x, y := test.crop.Corner(vol(8, 6, 1)); x != test.x || y != test.y {
			t.Errorf("%s: %d,%d, want %d,%d", Notation(&test.crop), x, y, test.x, test.y)
		}
	}
}

// What does not fit is rejected with numbers and a remedy.
func TestRefusals(t *testing.T) {
	padded := func(size, stride, left, right, top, bottom int64) window {
		w := square(size, stride, 0, 1, "")
		w.pad = pad{padNumbers, left, right, top, bottom}
		return w
	}
	for _, test := range []struct {
		layer graph.Op
		in    graph.Shape
		want  diag.Problem
	}{
		{&Conv{window: square(5, 1, 1, 1, ""), Filters: 1}, vol(2, 2, 1), diag.Problem{
			Code: "shape/window", Msg: "(W-F+2P)/S+1 = (2-5+2)/1+1: the window 5 is larger than the padded input 4",
			Fits: "size=4 (1 wide); p2 (2 wide)", Inputs: "input 3 (1 wide) or 4 (2 wide)"}},
		{&Conv{window: square(3, 1, 0, 2, ""), Filters: 1}, vol(9, 4, 1), diag.Problem{
			Code: "shape/window", Msg: "height: (H-d(F-1)-1+2P)/S+1 = (4-2*(3-1)-1+0)/1+1: the window 5 is larger than " +
				"the padded input 4",
			Fits: "height: size=3x2 (2 high); p0x1 (2 high)", Inputs: "height: input 5 (1 high) or 6 (2 high)"}},
		{&Conv{window: padded(3, 2, 0, 1, 1, 1), Filters: 1}, vol(8, 9, 1), diag.Problem{}},
		{&Conv{window: padded(3, 2, 0, 2, 1, 1), Filters: 1}, vol(8, 9, 1), diag.Problem{
			Code: "shape/window", Msg: "width: (W-F+P+P')/S+1 = (8-3+0+2)/2+1 = 4.5 is not a whole number",
			Fits:   "width: p=1,2,1,1; s1x2 (8 wide) or s7x2 (2 wide); `floor` (4, as PyTorch does)",
			Inputs: "width: input 7 (4 wide) or 9 (5 wide)"}},
		{&Conv{window: padded(1, 2, 0, 0, 2, 2), Filters: 1}, vol(9, 9, 1), diag.Problem{
			Code: "shape/pad", Msg: "height: pad 2 is not smaller than the window 1: some windows would hold padding only",
			Fits: "height: p0"}},
		{&MaxPool{pooling{window: square(3, 3, 2, 1, "")}}, vol(8, 8, 1), diag.Problem{
			Code: "shape/pad", Msg: "pad 2 is more than half the window 3, which PyTorch's pools refuse",
			Fits: "p1"}},
		{&MaxPool{pooling{window: square(2, 1, 2, 4, "")}}, vol(3, 3, 8), diag.Problem{
			Code: "shape/pad", Msg: "dilation 4 is more than the input's 3: some windows would hold padding only",
			Fits: "d3"}},
		{&Conv{window: square(1, 1, 0, 1, ""), Filters: 6, groups: 4}, vol(8, 8, 8), diag.Problem{
			Code: "shape/groups", Msg: "6 filters cannot be split into 4 groups", Fits: "groups=2"}},
		{&Conv{window: square(1, 1, 0, 1, ""), Filters: 8, groups: 4}, vol(8, 8, 6), diag.Problem{
			Code: "shape/groups", Msg: "the input's depth 6 cannot be split into 4 groups", Fits: "groups=2"}},
		{&UpConv{window: square(2, 2, 3, 1, ""), Filters: 1}, vol(2, 9, 1), diag.Problem{
			Code: "shape/window", Msg: "width: (W-1)S-2P+d(F-1)+1+outpad = (2-1)*2-6+2+0 = -2: nothing is left",
			Fits: "width: p=1x3"}},
		{&UpConv{window: square(3, 2, 0, 1, ""), Filters: 1, OutPad: extent{2, 0}}, vol(2, 2, 1), diag.Problem{
			Code: "shape/outpad", Msg: "width: outpad 2 must be below the larger of the stride 2 and the dilation 1",
			Fits: "width: outpad=1 at most"}},
		{&GroupNorm{groups: 32}, vol(8, 8, 48), diag.Problem{
			Code: "shape/groups", Msg: "the input's depth 48 cannot be split into 32 groups", Fits: "groups=24 or 48"}},
		{&GroupNorm{groups: 64}, vol(8, 8, 48), diag.Problem{
			Code: "shape/groups", Msg: "the input's depth 48 cannot be split into 64 groups", Fits: "groups=48"}},
		{&GroupNorm{}, vol(8, 8, 48), diag.Problem{
			Code: "layer/missing-field", Msg: "the number of groups is missing", Hint: "for example GN32"}},
		{&GroupNorm{groups: 4}, vol(1, 1, 4), diag.Problem{
			Code: "shape/one-value", Msg: "each group has one value, which is its own mean: nothing is left of it",
			Hint: "delete the layer, or normalise with BN"}},
		{&InstanceNorm{}, vol(1, 1, 4), diag.Problem{
			Code: "shape/one-value", Msg: "each channel of 1x1 has one value, which is its own mean: nothing is left of it",
			Hint: "delete the layer, or normalise with BN"}},
		{&LayerNorm{}, vol(8, 8, 1), diag.Problem{
			Code: "shape/one-value", Msg: "each place has one value, which is its own mean: nothing is left of it",
			Hint: "delete the layer, or normalise with BN"}},
		{&LayerNorm{Volume: true}, vol(1, 1, 1), diag.Problem{
			Code: "shape/one-value", Msg: "the volume has one value, which is its own mean: nothing is left of it",
			Hint: "delete the layer, or normalise with BN"}},
		{&Crop{size: extent{9, 2}}, vol(8, 8, 1), diag.Problem{Code: "shape/crop", Msg: "9x2 cannot be cut out of 8x8",
			Fits: "size=8x8 at most"}},
		{&Crop{size: extent{4, 2}, offset: offset{5, 0, true}}, vol(8, 8, 1), diag.Problem{
			Code: "shape/crop", Msg: "4x2 at offset 5,0 reaches past 8x8", Fits: "offset=4,6 at most"}},
		{&Crop{like: like{"a", extent{9, 8}}}, vol(8, 8, 1), diag.Problem{
			Code: "shape/crop", Msg: "9x8, the size of @a, cannot be cut out of 8x8",
			Hint: "@a is the larger of the two: crop it instead"}},
		{&Crop{like: like{"a", extent{9, 2}}}, vol(8, 8, 1), diag.Problem{
			Code: "shape/crop", Msg: "9x2, the size of @a, cannot be cut out of 8x8"}},
		{&Crop{size: extent{2, 2}, like: like{label: "a"}}, vol(8, 8, 1), diag.Problem{
			Code: "layer/value", Msg: "size and like=@a cannot be combined", Hint: "leave one of them out"}},
		{&Upsample{like: like{"a", extent{16, 12}}}, vol(8, 8, 1), diag.Problem{
			Code: "shape/upsample", Msg: "16x12, the size of @a, is not a whole multiple of 8x8",
			Hint: "RESIZE like=@a takes any size"}},
		{&Resize{}, vol(8, 8, 1), diag.Problem{Code: "layer/missing-field", Msg: "the size is missing",
			Hint: "for example RESIZE129x129, RESIZE like=@label or RESIZE scale=1.5"}},
		{&Resize{size: extent{2, 2}, scale: number{2, "2"}}, vol(8, 8, 1), diag.Problem{
			Code: "layer/value", Msg: "scale cannot be combined with a size", Hint: "leave one of them out"}},
		{&Resize{size: extent{2, 2}, align: true}, vol(8, 8, 1), diag.Problem{
			Code: "layer/value", Msg: "align needs bilinear: nearest has no corners to align",
			Hint: "write bilinear align, or leave out align"}},
		{&Resize{scale: number{0.3, "0.3"}}, vol(8, 3, 1), diag.Problem{
			Code: "shape/resize", Msg: "scale=0.3 makes less than 1x1 out of 8x3", Inputs: "input 4x4 or larger"}},
		{&Pad{}, vol(8, 8, 1), diag.Problem{Code: "layer/missing-field", Msg: "the padding is missing",
			Hint: "for example PAD1 or PAD p=0,1,0,1"}},
		{&Pad{size: pad{padNumbers, 1, 1, 1, 1}, sides: pad{padNumbers, 1, 1, 1, 1}}, vol(8, 8, 1), diag.Problem{
			Code: "layer/value", Msg: "size and pad cannot be combined", Hint: "leave one of them out"}},
		{&Pad{size: pad{padNumbers, 1, 1, 1, 1}, mode: "replicate", value: number{2, "2"}}, vol(8, 8, 1), diag.Problem{
			Code: "layer/value", Msg: "replicate and value=2 cannot be combined", Hint: "leave one of them out"}},
		{&Pad{sides: pad{padNumbers, 1, 8, 3, 0}, mode: "reflect"}, vol(8, 4, 1), diag.Problem{
			Code: "shape/pad", Msg: "width: reflect can mirror fewer values than the input's 8, not 8", Fits: "p=1,7,3,0"}},
		{&Channels{}, vol(8, 8, 4), diag.Problem{
			Code: "layer/missing-field", Msg: "the slice is missing", Hint: "for example CHANNELS from=0 to=58"}},
		{&Channels{to: bound{5, true}}, vol(8, 8, 4), diag.Problem{
			Code: "shape/channels", Msg: "channels from 0 to 5 cannot be cut out of a depth of 4", Fits: "to=4 at most"}},
		{&Channels{from: bound{4, true}}, vol(8, 8, 4), diag.Problem{
			Code: "shape/channels", Msg: "from=4 is past the last channel of a depth of 4", Fits: "from=3 at most"}},
		{&Channels{from: bound{6, true}, to: bound{8, true}}, vol(8, 8, 4), diag.Problem{
			Code: "shape/channels", Msg: "from=6 is past the last channel of a depth of 4", Fits: "from=3 at most"}},
		{&Channels{from: bound{2, true}, to: bound{2, true}}, vol(8, 8, 4), diag.Problem{
			Code: "shape/channels", Msg: "from=2 to=2 selects no channel: to is the channel after the last", Fits: "to=3 or more"}},
		{&Shuffle{}, vol(8, 8, 4), diag.Problem{
			Code: "layer/missing-field", Msg: "the number of groups is missing", Hint: "for example SHUFFLE2"}},
		{&Shuffle{groups: 3}, vol(8, 8, 4), diag.Problem{
			Code: "shape/groups", Msg: "the input's depth 4 cannot be split into 3 groups", Fits: "groups=2 or 4"}},
		{&FC{}, vol(8, 8, 1), diag.Problem{Code: "layer/missing-field", Msg: "the number of units is missing",
			Hint: "for example FC-4096, or classes: 10 for the last FC"}},
	} {
		_, err := test.layer.Output([]graph.Shape{test.in})
		got := diag.Problem{}
		if err != nil {
			got = diag.At(diag.Pos{}, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s on %s (-want +got):\n%s", Notation(test.layer), test.in, diff)
		}
	}
}

// A merge names the positions of the first two inputs that differ.
func TestMismatches(t *testing.T) {
	for _, test := range []struct {
		layer graph.Op
		in    []graph.Shape
		a, b  int
		hint  string
	}{
		{&Add{}, []graph.Shape{vol(8, 8, 4), vol(8, 8, 4), vol(8, 8, 6)}, 1, 2,
			"add `-> CONV1-6` to the first of the two, or `-> CONV1-4` to the second"},
		{&Add{}, []graph.Shape{vol(8, 8, 4), vol(4, 4, 4)}, 0, 1,
			"add `-> CONV1-4 s2 floor` to the first of the two, or shrink the volume equally on every path"},
		{&Add{}, []graph.Shape{{}, vol(8, 8, 4), vol(8, 4, 4)}, 1, 2, "add `-> CONV1-4 s1x2 floor` to the first"},
		{&Add{}, []graph.Shape{vol(9, 9, 4), vol(5, 5, 8)}, 0, 1, "add `-> CONV1-8 s2` to the first"},
		{&Add{}, []graph.Shape{vol(9, 9, 4), vol(10, 10, 8)}, 0, 1, "add `-> CROP9 -> CONV1-4` to the second"},
		{&Concat{}, []graph.Shape{vol(42, 64, 4), vol(43, 65, 8)}, 0, 1, "add `-> CROP42x64` to the second"},
		{&Concat{}, []graph.Shape{vol(42, 64, 4), vol(43, 63, 8)}, 0, 1, "every path must shrink the volume equally: use"},
		{&Concat{}, []graph.Shape{vol(10, 10, 4), vol(3, 3, 8)}, 0, 1, "add `-> CONV1-4 s4 floor` to the first"},
		{&Concat{}, []graph.Shape{vol(10, 10, 4), vol(6, 4, 8)}, 0, 1, ""},
		{&Concat{}, []graph.Shape{vol(8, 8, 4), vol(8, 8, 1), vol(8, 7, 4)}, 0, 2,
			"add `-> CROP8x7` to the first"},
		{&Mul{}, []graph.Shape{vol(1, 1, 6), vol(8, 8, 4)}, 0, 1,
			"add `-> CONV1-4` to the first of the two, or `-> CONV1-6` to the second"},
		{&Mul{}, []graph.Shape{vol(4, 4, 4), vol(8, 8, 4)}, 0, 1, "add `-> CONV1-4 s2 floor` to the second"},
		{&Add{}, []graph.Shape{vol(1, 1, 1), vol(8, 1, 1), vol(8, 8, 2), vol(1, 8, 3)}, 2, 3, "add `-> CONV1-3` to"},
		{&Mul{}, []graph.Shape{{D: 4}, vol(8, 8, 1), vol(8, 8, 6)}, 0, 2, "add `-> CONV1-6` to the first of the two"},
	} {
		_, err := test.layer.Output(test.in)
		var m *Mismatch
		if !errors.As(err, &m) || m.A != test.a || m.B != test.b || !strings.HasPrefix(m.Problem.Hint, test.hint) {
			t.Errorf("%s of %v: %+v, want %d and %d, %s", test.layer.Kind(), test.in, err, test.a, test.b, test.hint)
		}
	}
}
