package weights

import (
	"fmt"
	"slices"
	"strings"

	"cnncalc/internal/diag"
)

// shown is how many tensors of each kind a mismatch names.
const shown = 3

// mismatch returns the error for a file that does not fit the network.
func (c *candidate) mismatch(file []Info) error {
	var lines []string
	add := func(what string, places []int, describe func(int) string) {
		for _, i := range places[:min(shown, len(places))] {
			lines = append(lines, "  "+what+": "+describe(i))
		}
		if more := len(places) - shown; more > 0 {
			lines = append(lines, fmt.Sprintf("  %s: and %d more", what, more))
		}
	}
	add("missing", c.missing, func(i int) string { return c.describeMissing(i, file) })
	add("wrong shape", c.unlike, func(i int) string { return c.describeUnlike(i, file[c.found[i]]) })
	add("unexpected", c.unexpected, func(i int) string {
		return fmt.Sprintf("%s %s", quoteName(file[i].Name), formatShape(file[i].Shape))
	})
	return fmt.Errorf("the weights do not fit the network: %s\n%s", c.counts(), strings.Join(lines, "\n"))
}

// counts returns the summary: "30 of 32 tensors fit, named as in torchvision's vgg16; 2 missing, 1 unexpected".
func (c *candidate) counts() string {
	fit := len(c.wants) - len(c.missing) - len(c.unlike)
	var problems []string
	for _, p := range []struct {
		count int
		what  string
	}{{len(c.missing), "missing"}, {len(c.unlike), "of the wrong shape"}, {len(c.unexpected), "unexpected"}} {
		if p.count > 0 {
			problems = append(problems, fmt.Sprintf("%d %s", p.count, p.what))
		}
	}
	if len(c.missing) == len(c.wants) {
		return fmt.Sprintf(
			"no tensor has a name that cnncalc, torchvision, timm or Hugging Face would give to any of its %d; %s",
			len(c.wants), strings.Join(problems, ", "))
	}
	return fmt.Sprintf("%d of %d tensors fit, named as in %s; %s",
		fit, len(c.wants), c.naming.title(), strings.Join(problems, ", "))
}

func (c *candidate) describeMissing(i int, file []Info) string {
	w := c.wants[i]
	text := fmt.Sprintf("%s %s", quoteName(c.names[i]), formatShape(w.Shape))
	if plainName(w.Name) != c.names[i] {
		text += " for " + quoteName(w.Name)
	}
	var candidates []string
	for _, u := range c.unexpected[:min(diag.MaxCandidates, len(c.unexpected))] {
		candidates = append(candidates, quoteName(file[u].Name))
	}
	if hint := diag.DidYouMean(quoteName(c.names[i]), candidates); hint != "" {
		text += "; " + hint
	}
	return text
}

func (c *candidate) describeUnlike(i int, got Info) string {
	w := c.wants[i]
	text := fmt.Sprintf("%s is %s, but %s needs %s",
		quoteName(got.Name), formatShape(got.Shape), quoteName(w.Name), formatShape(w.Shape))
	if hint := shapeHint(got.Shape, w.Shape); hint != "" {
		text += "; " + hint
	}
	return text
}

// otherOrders lists orders of dimensions other than PyTorch's: dimension i in the file is dimension order[i] of the
// want.
var otherOrders = []struct {
	name  string
	order []int
}{
	{"transposed (TensorFlow's and JAX's order)", []int{1, 0}},
	{"in HWIO, TensorFlow's order", []int{2, 3, 1, 0}},
	{"in HWIO, TensorFlow's order for depthwise filters", []int{2, 3, 0, 1}},
	{"in OHWI, channels last", []int{0, 2, 3, 1}},
	{"with inputs and outputs swapped", []int{1, 0, 2, 3}},
}

// shapeHint recognises how the file's shape came to differ, and says how numpy can correct it. It returns "" if it
// doesn't.
func shapeHint(got, want []int) string {
	for _, o := range otherOrders {
		if len(got) != len(o.order) || len(want) != len(o.order) {
			continue
		}
		reordered, back := make([]int, len(want)), make([]string, len(want))
		for i, d := range o.order {
			reordered[i] = want[d]
			back[d] = fmt.Sprint(i)
		}
		if slices.Equal(got, reordered) {
			return fmt.Sprintf("it is %s: save it with .transpose(%s)", o.name, strings.Join(back, ", "))
		}
	}
	if len(got) == 2 && len(want) == 2 && got[0] == want[0] {
		return "the layer before it has a different size; check the input size"
	}
	if len(got) == len(want) && slices.Equal(got[1:], want[1:]) {
		return fmt.Sprintf("the file has %d outputs", got[0])
	}
	return ""
}
