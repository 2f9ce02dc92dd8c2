package exec

import (
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"pgregory.net/rapid"

	"cnncalc/internal/graph"
	"cnncalc/internal/shape"
	"cnncalc/internal/spec"
)

// read returns the network in a file's text, or its problems. Unlike network.Read it accepts networks that compute
// nothing, as kernels and the arena must.
func read(text string) (*shape.Network, error) {
	file, _, problems := spec.Read("test.yaml", []byte(text))
	g, more := file.Lower(graph.Options{})
	if problems = slices.Concat(problems, more); len(problems) > 0 {
		return nil, &problems[0]
	}
	n, problems := shape.Infer(g)
	if len(problems) > 0 {
		return nil, &problems[0]
	}
	return n, nil
}

// line returns a file with one line of layers for an input of the given size.
func line(input, layers string) string {
	return fmt.Sprintf("input: %s\nlayers: |\n  INPUT -> %s\n", input, layers)
}

func compile(t rapid.TB, text string, o Options) *Program {
	t.Helper()
	n, err := read(text)
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	p, err := Compile(n, o)
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return p
}

// load compiles a network and loads its weights. It fills the arena with NaN, so that reading a value before it is
// written shows in the output.
func load(t rapid.TB, text string, o Options, source Source) *Program {
	t.Helper()
	p := compile(t, text, o)
	if err := p.Load(context.Background(), source); err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	poison(p)
	return p
}

func poison(p *Program) {
	for i := range p.buffer {
		p.buffer[i] = float32(math.NaN())
	}
}

func run(t rapid.TB, p *Program, input []float32, observers ...Observer) []float32 {
	t.Helper()
	out, err := p.Run(context.Background(), input, observers...)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(out)
}

// each is an Observer that calls a function for each layer.
type each func(c Computed)

func (f each) Computed(c Computed) error { f(c); return nil }

// noise returns n values between -1 and 1 that depend only on the name.
func noise(n int, name string) []float32 {
	hash := fnv.New64a()
	hash.Write([]byte(name))
	random := rand.New(rand.NewPCG(hash.Sum64(), 0))
	values := make([]float32, n)
	for i := range values {
		values[i] = 2*random.Float32() - 1
	}
	return values
}

// tensorNoise returns the values of a weight in tests. Those of running_var are positive.
func tensorNoise(name string, shape []int) []float32 {
	t := Tensor{Shape: shape}
	values := noise(t.Values(), name)
	if base(name) == "running_var" {
		for i, v := range values {
			values[i] = 1.5 + v
		}
	}
	return values
}

// base returns the part of a tensor's name after the layer's.
func base(name string) string {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '.' {
			return name[i+1:]
		}
	}
	return name
}

// noisy returns a Source of each tensor's noise.
func noisy() Source {
	return Given(func(name string, shape []int) ([]float32, error) { return tensorNoise(name, shape), nil })
}

// inputNoise returns a batch of pictures for p.
func inputNoise(p *Program) []float32 {
	values, _ := p.network.InputShape().Values()
	return noise(int(values)*p.options.Batch, "input")
}

// far returns the largest difference between got and want as a share of the largest absolute value in want.
func far(got []float32, want []float64) float64 { return farAt(got, want, magnitude(want)) }

// farAt returns the largest difference between got and want as a share of scale, or as it is if scale is 0. It returns
// +Inf if a difference is NaN.
func farAt(got []float32, want []float64, scale float64) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	distance := 0.0
	for i, w := range want {
		d := math.Abs(float64(got[i]) - w)
		if math.IsNaN(d) {
			return math.Inf(1)
		}
		distance = max(distance, d)
	}
	if scale == 0 {
		return distance
	}
	return distance / scale
}

// magnitude returns the largest absolute value.
func magnitude(values []float64) float64 {
	result := 0.0
	for _, v := range values {
		result = max(result, math.Abs(v))
	}
	return result
}

// scales returns for each layer the size that its rounding errors are measured by: its largest value, but at least a
// hundredth of its inputs' scale. The mean of a normalised volume, say, is 0 but for the rounding errors of what
// cancelled in it.
func scales(n *shape.Network, volumes []volume) []float64 {
	result := make([]float64, len(volumes))
	for i, v := range volumes {
		result[i] = magnitude(v.values)
		for _, k := range n.Nodes[i].Inputs {
			result[i] = max(result[i], result[k]/100)
		}
	}
	return result
}

// sameBits reports whether the bits of all values are the same, including those of NaNs and zeros.
func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

func testOptions(batch int) Options { return Options{Batch: batch, Threads: 2, Algo: Auto} }
