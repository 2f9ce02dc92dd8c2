package shape_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"cnncalc/internal/diag"
	"cnncalc/internal/shape"
)

// Every remedy is text that can be pasted: an option of the layer, an input, or layers at the end of a path. Each one
// pasted into its network makes the problem go away.
func TestRemediesCanBePasted(t *testing.T) {
	pasted := map[string]int{}
	for _, test := range []struct{ input, layers string }{
		{"224x224x3", "INPUT -> CONV11-96 s4 p0"},
		{"10x10x1", "INPUT -> CONV3-1 s2 p0"},
		{"33x33x3", "INPUT -> CONV3-8 -> POOL2"},
		{"33x32x3", "INPUT -> CONV3-8 -> POOL2"},
		{"32x33x3", "INPUT -> CONV3-8 -> POOL2"},
		{"31x40x3", "INPUT -> CONV4x2-8 s2x3 p0 -> CONV3-4"},
		{"43x43x3", "INPUT -> CONV3-8 p0 -> POOL3 s2 p1 -> POOL2"},
		{"20x20x3", "INPUT -> CONV3-8 p0 -> POOL2 -> CONV3-8 p0 -> POOL2"},
		{"5x5x3", "INPUT -> CONV7-8 p0"},
		{"5x9x3", "INPUT -> CONV7-8 p0"},
		{"9x9x3", "INPUT -> CONV3-8 d5 p0"},
		{"16x16x3", "INPUT -> POOL2 -> POOL2 -> CONV7-8 p0"},
		{"16x16x3", "INPUT -> POOL3 s2 p2"},
		{"16x16x3", "INPUT -> CONV3-8 p3"},
		{"16x16x3", "INPUT -> CONV3-8 s2"},
		{"16x16x3", "INPUT -> CONV4-8"},
		{"16x16x3", "INPUT -> POOL3"},
		{"16x16x8", "INPUT -> CONV3-8 g3"},
		{"16x16x48", "INPUT -> GN32"},
		{"16x16x9", "INPUT -> SHUFFLE2"},
		{"16x16x3", "INPUT -> CROP20"},
		{"16x16x3", "INPUT -> CROP8 offset=9,3"},
		{"3x3x3", "INPUT -> UPCONV3-8 s2 same"},
		{"3x5x3", "INPUT -> UPCONV1x4-8 s2 same"},
		{"3x3x3", "INPUT -> UPCONV3-8 s2 outpad=2"},
		{"3x3x3", "INPUT -> UPCONV2-8 s2 p5"},
		{"3x9x3", "INPUT -> UPCONV2-8 s2 p=2,5,1,1"},
		{"2x9x3", "INPUT -> UPCONV3-8 s1 p7 -> CONV3-4"},
		{"4x4x3", "INPUT -> PAD4 reflect"},
		{"4x9x3", "INPUT -> PAD5x2 reflect -> CONV3-4"},
		{"4x2x3", "INPUT -> PAD p=1,4,3,0 reflect"},
		{"16x16x6", "INPUT -> CHANNELS from=2 to=8"},
		{"16x16x6", "INPUT -> CHANNELS from=7"},
		{"350x525x3", "INPUT -> [CONV3-4 -> POOL2 floor]*3 @a -> POOL2 floor -> UPSAMPLE2 -> CONCAT(@a | IDENTITY)"},
		{"574x574x1", "INPUT -> CONV3-4 p0 @a -> [CONV3-4 p0]*4 -> CONCAT(@a | IDENTITY)"},
		{"32x32x8", "INPUT -> ADD(CONV3-16 s2 p1 floor -> BN | IDENTITY)"},
		{"33x33x8", "INPUT -> ADD(CONV3-16 s2 p1 -> BN | RELU)"},
		{"32x32x8", "INPUT -> ADD(CONV3-16 -> BN | IDENTITY)"},
		{"32x32x8", "INPUT -> ADD(CONV3-16 p0 | IDENTITY)"},
		{"32x32x8", "INPUT -> MUL(GAP -> CONV1-4 -> SIGMOID | IDENTITY)"},
		{"32x32x8", "INPUT @in -> POOL2 @half -> @in -> CONCAT(POOL2 -> UPSAMPLE2 | @half)"},
	} {
		net, problems := infer(t, test.input, test.layers)
		proposed := shape.Propose(net, problems)
		if len(proposed) == 0 {
			t.Errorf("%s on %s has no problem", test.layers, test.input)
			continue
		}
		p := proposed[0]
		remedies := remediesOf(p)
		if len(remedies) == 0 {
			t.Errorf("%s on %s has no remedy: %+v", test.layers, test.input, p)
		}
		for _, r := range remedies {
			input, layers := r.paste(test.input, test.layers, p)
			pasted[r.what]++
			if _, after := infer(t, input, layers); slices.ContainsFunc(after, func(q diag.Problem) bool {
				return q.Pos == p.Pos && (q.Msg == p.Msg || !strings.Contains(p.Msg, "height") && q.Code == p.Code)
			}) {
				t.Errorf("%s on %s: %s, pasted as %s on %s: %v", test.layers, test.input, r.text, layers, input, after)
			}
		}
	}
	for _, what := range []string{"option", "input", "network input", "path"} {
		if pasted[what] < 5 {
			t.Errorf("only %d remedies are an %s", pasted[what], what)
		}
	}
}

// remedy is one remedy of a problem: what it is, its text, and the path or the axis that it is for.
type remedy struct{ what, text, where string }

var (
	remark    = regexp.MustCompile(` \([^)]*\)|, where [^;]*| at most`)
	axisName  = regexp.MustCompile(`^(?:width|height): `)
	pathLayer = regexp.MustCompile("`-> ([^`]*)` to the (first|second)")
)

// remediesOf returns the remedies that the texts of a problem hold.
func remediesOf(p diag.Problem) []remedy {
	var all []remedy
	for part := range strings.SplitSeq(remark.ReplaceAllString(p.Fits, ""), "; ") {
		axis := axisName.FindString(part)
		part = strings.TrimPrefix(part, axis)
		what, prefix := "option", ""
		for _, w := range []string{"network input ", "input "} {
			if rest, ok := strings.CutPrefix(part, w); ok {
				what, part = strings.TrimSpace(w), rest
				break
			}
		}
		for alternative := range strings.SplitSeq(strings.ReplaceAll(part, ", or ", " or "), " or ") {
			text := strings.Trim(strings.TrimSuffix(alternative, ","), "`")
			if what == "option" {
				if key, _, ok := strings.Cut(text, "="); ok {
					prefix = key + "="
				} else if strings.Trim(text, "0123456789") == "" {
					text = prefix + text
				}
			}
			if text != "" {
				all = append(all, remedy{what, text, axis})
			}
		}
	}
	for _, m := range pathLayer.FindAllStringSubmatch(p.Hint, -1) {
		all = append(all, remedy{"path", m[1], m[2]})
	}
	return all
}

// paste returns the input and the layers with the remedy.
func (r remedy) paste(input, layers string, p diag.Problem) (pastedInput, pastedLayers string) {
	at := p.Pos.Col - 1 - len("layers: ")
	switch r.what {
	case "network input":
		return r.text + input[strings.LastIndex(input, "x"):], layers
	case "input":
		w, rest, _ := strings.Cut(input, "x")
		h, depth, _ := strings.Cut(rest, "x")
		if r.where != "height: " {
			w = r.text
		}
		if r.where != "width: " {
			h = r.text
		}
		return w + "x" + h + "x" + depth, layers
	case "path":
		return input, layers[:at] + r.pastePath(layers[at:])
	}
	layer, rest, _ := strings.Cut(layers[at:], " -> ")
	if rest != "" {
		rest = " -> " + rest
	}
	return input, layers[:at] + r.pasteOptions(layer) + rest
}

// pastePath adds the layers to the end of a path of a merge.
func (r remedy) pastePath(merge string) string {
	open, shut := strings.Index(merge, "("), strings.LastIndex(merge, ")")
	paths := strings.Split(merge[open+1:shut], " | ")
	path := &paths[0]
	if r.where == "second" {
		path = &paths[1]
	}
	if *path += " -> " + r.text; strings.HasPrefix(*path, "IDENTITY -> ") {
		*path = r.text
	}
	return merge[:open+1] + strings.Join(paths, " | ") + merge[shut:]
}

// options are the ways in which an option can be written.
var options = []*regexp.Regexp{
	regexp.MustCompile(`^(?:p[0-9=].*|pad=.*|same|valid)$`), regexp.MustCompile(`^s[0-9=].*$`), regexp.MustCompile(`^d[0-9].*$`),
	regexp.MustCompile(`^(?:g[0-9]+|groups=.*)$`), regexp.MustCompile(`^(?:floor|ceil|strict)$`),
	regexp.MustCompile(`^offset=.*$`), regexp.MustCompile(`^outpad=.*$`), regexp.MustCompile(`^from=.*$`),
	regexp.MustCompile(`^to=.*$`),
}

var sizeOf = regexp.MustCompile(`^([A-Z]+)[0-9x]*`)

// pasteOptions writes options in a layer, in place of those that it has.
func (r remedy) pasteOptions(layer string) string {
	words := strings.Fields(layer)
	for _, text := range strings.Fields(r.text) {
		if strings.HasPrefix(text, "size=") || strings.HasPrefix(text, "groups=") && !strings.HasPrefix(layer, "CONV") {
			words[0] = sizeOf.ReplaceAllString(words[0], "$1") // the size after the kind is the same field
		}
		for _, option := range options {
			if option.MatchString(text) {
				words = slices.DeleteFunc(words, option.MatchString)
			}
		}
		words = append(words, text)
	}
	return strings.Join(words, " ")
}
