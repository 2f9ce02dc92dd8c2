package spec_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"cnncalc/internal/graph"
	"cnncalc/internal/shape"
	"cnncalc/internal/spec"
)

// largeFiles write a network of some number of layers, besides INPUT, in different ways.
var largeFiles = []struct {
	name string
	file func(layers int) string
}{
	{"repeat", func(layers int) string { return fmt.Sprintf("layers: '[CONV3-8 -> RELU]*%d'", layers/2) }},
	{"text", func(layers int) string { return "layers: " + strings.Repeat("CONV1-8->", layers-1) + "RELU" }},
	{"list", func(layers int) string { return "layers:\n" + strings.Repeat("- CONV1-8\n", layers) }},
	{"residual", func(layers int) string { return fmt.Sprintf("layers: ADD(CONV3-3 -> RELU | IDENTITY)*%d", layers/3) }},
	{"blocks", func(layers int) string {
		return fmt.Sprintf("blocks:\n  unit(w): CONV3-w -> BN -> RELU\nlayers: '[unit(8) -> unit(w=4)]*%d'", layers/6)
	}},
}

// checkLarge reads and lowers a file, infers its shapes, and returns the number of layers.
func checkLarge(t testing.TB, file string) int {
	t.Helper()
	f, _, problems := spec.Read("large.yaml", []byte("input: 8x8x3\n"+file))
	g, more := f.Lower(graph.Options{})
	_, most := shape.Infer(g)
	if len(problems)+len(more)+len(most) > 0 {
		t.Fatal(problems, more, most)
	}
	return len(g.Nodes) - 1
}

// BenchmarkCheck measures what checking costs per layer, which must not grow with their number.
func BenchmarkCheck(b *testing.B) {
	for _, large := range largeFiles {
		for _, layers := range []int{1_000, 10_000, 100_000} {
			b.Run(fmt.Sprintf("%s/%d", large.name, layers), func(b *testing.B) {
				file := large.file(layers)
				b.ReportAllocs()
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				total := 0
				for b.Loop() {
					total += checkLarge(b, file)
				}
				runtime.ReadMemStats(&after)
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(total), "ns/layer")
				b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(total), "bytes/layer")
			})
		}
	}
}

// A hundred thousand layers take less than 320 MiB of allocations in total.
func TestLargeNetworks(t *testing.T) {
	const layers, mostBytes = 100_000, 320 << 20
	for _, large := range largeFiles {
		t.Run(large.name, func(t *testing.T) {
			file := large.file(layers)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got := checkLarge(t, file)
			runtime.ReadMemStats(&after)
			if got < layers-6 || got > layers {
				t.Errorf("%d layers, want about %d", got, layers)
			}
			if allocated := after.TotalAlloc - before.TotalAlloc; allocated > mostBytes {
				t.Errorf("%d MiB allocated, at most %d allowed", allocated>>20, mostBytes>>20)
			}
		})
	}
}
