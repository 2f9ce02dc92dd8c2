package exec

import (
	"slices"
	"strings"
	"testing"
)

// The three planes are computed by Winograd's algorithm and by im2col, which read the filters in different forms.
const heads = "CONV3-32 -> RELU @p3 -> POOL2 @p4 -> POOL2 @p5 -> @p3 -> CONV3-32 @head -> BN @norm -> FLATTEN @o3" +
	" -> @p4 -> CONV3-32 share=@head -> BN share=@norm -> FLATTEN @o4" +
	" -> @p5 -> CONV3-32 share=@head -> BN share=@norm -> FLATTEN @o5 -> CONCAT(@o3 | @o4 | @o5)"

// Weights that layers share are asked for and stored once, in each form.
func TestSharedWeightsAreStoredOnce(t *testing.T) {
	for _, algo := range []Algo{Direct, Im2col, Winograd, Auto} {
		p := compile(t, line("32x32x8", heads), Options{Batch: 1, Threads: 1, Algo: algo, Fuse: true})
		var names, also []string
		for k, tensor := range p.Tensors() {
			if tensor.Index != k {
				t.Errorf("%s has the index %d, want %d", tensor.Name, tensor.Index, k)
			}
			names, also = append(names, tensor.Name), append(also, tensor.Also...)
		}
		want := []string{"conv1.weight", "conv1.bias", "head.weight", "head.bias",
			"norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"}
		if !slices.Equal(names, want) || len(also) != 2*(2+4) || also[0] != "conv3.weight" || also[1] != "conv4.weight" {
			t.Errorf("%s: tensors %q, also called %q", algo, names, also)
		}
		if err := p.Load(t.Context(), He(1)); err != nil {
			t.Fatal(err)
		}
		forms := map[*float32]string{}
		for i := range p.steps {
			if s := &p.steps[i]; p.network.Nodes[i].Op.Kind() == "CONV" && len(s.weights) > 0 && i > 1 {
				forms[&s.weights[0][0]] = s.tensors[0].form
			}
		}
		if most := map[Algo]int{Auto: 2}[algo]; len(forms) > max(most, 1) {
			t.Errorf("%s: the filters are stored as %v", algo, forms)
		}
		p.Close()
	}
}

// Weights of a layer that exists in training only are asked for under its name, as a file with all layers has them.
func TestSharedWeightsOfTraining(t *testing.T) {
	p := compile(t, line("8x8x3", "CONV3-4 @a")+`heads:
  early: {layers: "@a -> CONV1-2 @b", training: true}
  scores: "@a -> CONV1-2 share=@early.b"
`, Options{Batch: 1, Threads: 1, Algo: Direct})
	defer p.Close()
	tensors := p.Tensors()
	if got := tensors[len(tensors)-2]; got.Name != "early.b.weight" ||
		!slices.Equal(got.Also, []string{"scores.conv1.weight"}) {
		t.Errorf("the tensor %s, also called %q; want early.b.weight and scores.conv1.weight", got.Name, got.Also)
	}
}

// A network with its own copy of the weights for each level computes the same.
func TestSharedWeightsAreThoseOfTheFirst(t *testing.T) {
	const apart = "CONV3-32 -> RELU @p3 -> POOL2 @p4 -> POOL2 @p5 -> @p3 -> CONV3-32 @head -> BN @norm -> FLATTEN @o3" +
		" -> @p4 -> CONV3-32 @b1 -> BN @b2 -> FLATTEN @o4 -> @p5 -> CONV3-32 @c1 -> BN @c2 -> FLATTEN @o5 -> CONCAT(@o3 | @o4 | @o5)"
	original := map[string]string{"b1": "head", "c1": "head", "b2": "norm", "c2": "norm"}
	values := map[string][]float32{}
	given := func(dst []float32, tensor Tensor, parallel func(int, func(int))) error {
		at := strings.LastIndexByte(tensor.Name, '.')
		layer, name := tensor.Name[:at], tensor.Name[at+1:]
		if first, ok := original[layer]; ok {
			copy(dst, values[first+"."+name])
			return nil
		}
		if err := He(7)(dst, tensor, parallel); err != nil {
			return err
		}
		values[tensor.Name] = slices.Clone(dst)
		return nil
	}
	o := Options{Batch: 2, Threads: 2, Algo: Auto}
	one := load(t, line("32x32x8", apart), o, given)
	defer one.Close()
	other := load(t, line("32x32x8", heads), o, func(dst []float32, tensor Tensor, _ func(int, func(int))) error {
		copy(dst, values[tensor.Name])
		return nil
	})
	defer other.Close()
	input := make([]float32, 2*8*32*32)
	for i := range input {
		input[i] = float32(i%17) - 8
	}
	if got, want := run(t, other, input), run(t, one, input); !slices.Equal(got, want) {
		t.Error("the outputs differ")
	}
	if one.Footprint().Total <= other.Footprint().Total {
		t.Errorf("sharing takes %d bytes, copies %d", other.Footprint().Total, one.Footprint().Total)
	}
}
