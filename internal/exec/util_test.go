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

// read makes a network of a file's text, or says what is wrong with it. Unlike network.Read it takes networks that compute
// nothing, as kernels and the arena must too.
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

// line is the file of one line of layers on an input.
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

// load is compile with weights in it. What the arena holds before the first run is NaN, which shows in the
// output of whatever reads a value that was not written.
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

// each is an Observer.
type each func(c Computed)

func (f each) Computed(c Computed) error { f(c); return nil }

// noise is so many values between -1 and 1, the same for the same name.
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

// tensorNoise are the values of a weight in tests: those of running_var are above zero.
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

// base is the part of a tensor's name behind the layer's.
func base(name string) string {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '.' {
			return name[i+1:]
		}
	}
	return name
}

// noisy gives every tensor its noise.
func noisy() Source {
	return Given(func(name string, shape []int) ([]float32, error) { return tensorNoise(name, shape), nil })
}

// inputNoise is a batch of pictures for p.
func inputNoise(p *Program) []float32 {
	values, _ := p.network.InputShape().Values()
	return noise(int(values)*p.options.Batch, "input")
}

// far tells how far got is from want, relative to the largest value of want; +Inf where a value is NaN.
func far(got []float32, want []float64) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	largest, distance := 0.0, 0.0
	for i, w := range want {
		d := math.Abs(float64(got[i]) - w)
		if math.IsNaN(d) {
			return math.Inf(1)
		}
		largest, distance = max(largest, math.Abs(w)), max(distance, d)
	}
	if largest == 0 {
		return distance
	}
	return distance / largest
}

// sameBits compares values as they are, NaN and the sign of zero included.
func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

func testOptions(batch int) Options { return Options{Batch: batch, Threads: 2, Algo: Auto} }
