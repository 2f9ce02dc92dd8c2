package weights

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// unknownNames gives torchvision's tensors names that no library has.
func unknownNames(tensors []Info) []Info {
	return rename(tensors, func(s string) string { return "net_" + s })
}

func TestMatchByOrder(t *testing.T) {
	networks := torchvision(t)
	const unknown = ", as their names follow no known naming scheme, F32"
	const numbers = "matched by the order of the numbers in their names and by shape" + unknown
	for _, test := range []struct {
		network string
		sorted  bool // by name, as most writers do
		want    string
	}{
		{"mobilenet_v3_small", false, "210/210 tensors, matched by order and by shape" + unknown + "; skipped 34 num_batches_tracked"},
		{"mobilenet_v3_small", true, "210/210 tensors, " + numbers + "; skipped 34 num_batches_tracked"},
		{"resnet18", false, "102/102 tensors, matched by order and by shape" + unknown + "; skipped 20 num_batches_tracked"},
		{"vgg16", true, "32/32 tensors, " + numbers},
		{"regnet_x_400mf", false, "357/357 tensors, matched by order and by shape" + unknown + "; skipped 71 num_batches_tracked"},
	} {
		file := unknownNames(networks[test.network])
		want := namesOf(inference(file))
		if test.sorted {
			file = byName(file)
		}
		got, err := Match(file, wantsOf(networks[test.network]))
		if err != nil {
			t.Errorf("%s: %v", test.network, err)
			continue
		}
		if diff := cmp.Diff(want, got.Names); diff != "" || got.String() != test.want {
			t.Errorf("%s: %s, want %s\n%s", test.network, got, test.want, diff)
		}
	}
}

// What does not fit in every layer is the error that it was.
func TestMatchByOrderIsStrict(t *testing.T) {
	networks := torchvision(t)
	alexnet := unknownNames(networks["alexnet"])
	wants := wantsOf(networks["alexnet"])
	edited := func(edit func([]Info) []Info) []Info { return edit(slices.Clone(alexnet)) }
	for name, file := range map[string][]Info{
		"another shape":   edited(func(f []Info) []Info { f[2].Shape = []int{192, 64, 3, 3}; return f }),
		"another ending":  edited(func(f []Info) []Info { f[3].Name = strings.Replace(f[3].Name, "bias", "beta", 1); return f }),
		"one less":        alexnet[1:],
		"one more":        edited(func(f []Info) []Info { return append(f, Info{"head.weight", []int{3}, "F32"}) }),
		"two exchanged":   edited(func(f []Info) []Info { f[0].Name, f[2].Name = f[2].Name, f[0].Name; return f }),
		"a layer divided": edited(func(f []Info) []Info { f[1].Name = "other.bias"; return f }),
	} {
		if got, err := Match(file, wants); err == nil {
			t.Errorf("%s: %s", name, got)
		} else if !strings.Contains(err.Error(), "no tensor has a name that cnncalc") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Two parts that could stand for each other are not guessed; in the file's own order they are matched.
func TestMatchByOrderIsNotAmbiguous(t *testing.T) {
	var want []Want
	var file []Info
	for i, name := range []string{"stem.0", "tail.0", "body.0"} {
		want = append(want, Want{Name: fmt.Sprintf("conv%d.weight", i+1), Shape: []int{4, 4, 3, 3}})
		file = append(file, Info{name + ".weight", []int{4, 4, 3, 3}, "F32"})
	}
	if got, err := Match(file, want); err != nil || got.Order != "by order" {
		t.Errorf("%v, %v", got, err)
	}
	want[0].Shape, file[0].Shape = []int{4, 3, 3, 3}, []int{4, 3, 3, 3}
	if got, err := Match(byName(file), want); err == nil {
		t.Errorf("%v: body and tail could be exchanged", got)
	}
	want[2].Shape, file[2].Shape = []int{8, 4, 3, 3}, []int{8, 4, 3, 3}
	got, err := Match(byName(file), want)
	if err != nil || !slices.Equal(got.Names, []string{"stem.0.weight", "tail.0.weight", "body.0.weight"}) {
		t.Errorf("%v, %v", got.Names, err)
	}
}

func TestCompareNumbered(t *testing.T) {
	ordered := []string{"", "a", "a.2", "a.02.b", "a.10", "a.10.b", "a1b", "a9", "a10", "b"}
	for i, a := range ordered[:len(ordered)-1] {
		if b := ordered[i+1]; compareNumbered(a, b) >= 0 || compareNumbered(b, a) <= 0 || compareNumbered(a, a) != 0 {
			t.Errorf("%q is not before %q", a, b)
		}
	}
	digits := regexp.MustCompile(`^\d*`)
	for _, s := range []string{"", "1", "12a", "a1"} {
		if got := leadingDigits(s); got != digits.FindString(s) {
			t.Errorf("leadingDigits(%q) = %q", s, got)
		}
	}
}
