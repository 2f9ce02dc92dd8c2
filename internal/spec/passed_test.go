package spec

import "testing"

// A call passes numbers, labels and layers. The printed network says what became of them.
func TestPassed(t *testing.T) {
	const blocks = `input: 16x16x8
vars: {act: 3, n: 4}
blocks:
  unit(w, act=RELU): CONV3-w -> act
  skip(from): ADD(@from | IDENTITY)
  up(from, w, f=SIGMOID): POOL2 @half -> UPSAMPLE like=@from -> CONCAT(@from -> unit(w, f) | IDENTITY)
  outer(from, g): up(@from, 2, g) -> unit(n, act=g)
  join(all): CONCAT(@all)
  grow(all, w): CONV1-w @all+
  last(head=FC): GAP -> head
`
	for _, test := range []struct{ layers, want string }{
		{"INPUT -> unit(4)", "CONV3-4, RELU"},
		{"INPUT -> unit(4, TANH)", "CONV3-4, TANH"},
		{"INPUT -> unit(w=4, act=leakyrelu0.1)", "CONV3-4, LEAKYRELU0.1"},
		{"INPUT -> unit(act=RELU inplace, w=4)", "CONV3-4, RELU inplace"},
		{"INPUT -> unit(4, IDENTITY) -> RELU", "CONV3-4, RELU"},
		{"INPUT -> unit(act=CONV1x3-n p=0,0,1,1, w=4)", "CONV3-4, CONV1x3-4 p0x1"},
		{"INPUT -> unit(act=POOL3 s2 pad=same, w=4)", "CONV3-4, POOL3 s2 same"},
		{"INPUT -> unit(8, act=CONV(n-1)-n)", "CONV3-8, CONV3-4"},
		{"INPUT -> [unit({4,8}, act=CONV1-{2,1})]*2", "CONV3-4, CONV1-2, CONV3-8, CONV1-1"},
		{"INPUT @in -> CONV3-8 -> skip(@in)", "CONV3-8, ADD"},
		{"INPUT @in -> CONV3-8 -> skip(from=@in)", "CONV3-8, ADD"},
		{"INPUT -> unit(4) @a -> outer(@a, GELU)",
			"CONV3-4, RELU, POOL2, UPSAMPLE like=@from, CONV3-2, GELU, CONCAT, CONV3-4, GELU"},
		{"INPUT -> unit(4) @a -> outer(@a, CROP like=@a)",
			"CONV3-4, RELU, POOL2, UPSAMPLE like=@from, CONV3-2, CROP like=@a, CONCAT, CONV3-4, CROP like=@a"},
		{"INPUT -> CONV1-2 @l+ -> grow(@l, 3) -> join(@l)", "CONV1-2, CONV1-3, CONCAT"},
		{"INPUT -> last()\nclasses: 7", "GAP, FC-7"},
		{"INPUT -> last(FC-5)\nclasses: 7", "GAP, FC-5"},
		{"INPUT -> CONV3-(act) -> unit(act)", "CONV3-3, CONV3-3, RELU"}, // a variable of the file
	} {
		g, problems := lower(t, blocks+"layers: "+test.layers)
		if len(problems) > 0 {
			t.Errorf("%s: %v", test.layers, problems)
			continue
		}
		checkRoundTrip(t, g)
		if got := notations(g); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.layers, got, test.want)
		}
	}
}
