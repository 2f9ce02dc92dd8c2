package exec

import (
	"fmt"
	"testing"
)

// BenchmarkRun measures whole runs: a convolution and an FC of VGG-16, and a small network in which overhead would
// show.
func BenchmarkRun(b *testing.B) {
	networks := []struct{ name, input, layers string }{
		{"vgg16-conv3-256", "56x56x256", "CONV3-256 -> RELU"},
		{"fc-4096", "1x1x4096", "FC-4096 -> RELU"},
		{"small", "16x16x3", mixed},
	}
	for _, net := range networks {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/threads%d", net.name, threads), func(b *testing.B) {
				p := load(b, line(net.input, net.layers), Options{Batch: 1, Threads: threads}, He(1))
				defer p.Close()
				input := inputNoise(p)
				ctx := b.Context()
				b.ReportAllocs()
				for b.Loop() {
					if _, err := p.Run(ctx, input); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(2*float64(p.network.Total.MACs)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
