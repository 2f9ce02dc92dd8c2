package exec

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"cnncalc/architectures"
	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/op"
)

func envInt(k string, d int) int {
	if v, err := strconv.Atoi(os.Getenv(k)); err == nil {
		return v
	}
	return d
}

func TestZZ(t *testing.T) {
	name := os.Getenv("NET")
	if name == "" {
		t.Skip()
	}
	data, err := architectures.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	n, err := network.Sound(name, data, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	threads := envInt("THREADS", 1)
	passes := envInt("PASSES", 15)
	algo, _ := ParseAlgo(cmp.Or(os.Getenv("ALGO"), "auto"))
	p, err := Compile(n, Options{Batch: envInt("BATCH", 1), Threads: threads, Algo: algo, Fuse: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Load(context.Background(), noisy()); err != nil {
		t.Fatal(err)
	}
	in := inputNoise(p)
	times := make([][]time.Duration, len(n.Layers))
	var totals []time.Duration
	for i := range passes + 1 {
		if i == 0 {
			_, _ = p.Run(context.Background(), in)
			continue
		}
		_, _ = p.Run(context.Background(), in, each(func(c Computed) { times[c.Node] = append(times[c.Node], c.Took) }))
		start := time.Now()
		_, _ = p.Run(context.Background(), in)
		totals = append(totals, time.Since(start))
	}
	med := func(d []time.Duration) time.Duration { slices.Sort(d); return d[len(d)/2] }
	kinds := map[string]time.Duration{}
	if os.Getenv("LAYERS") != "" {
		for i, l := range n.Layers {
			if len(times[i]) == 0 || p.steps[i].fusedInto > 0 {
				continue
			}
			m := med(times[i])
			kinds[fmt.Sprintf("%s/%s", n.Nodes[i].Op.Kind(), p.steps[i].algorithm.Name)] += m
			if m < 20*time.Microsecond {
				continue
			}
			in := ""
			for _, src := range n.Nodes[i].Inputs {
				in += fmt.Sprint(n.Layers[src].Out, " ")
			}
			fmt.Printf("%4d %-30s %-14s %-40s -> %-20s %8.3f ms %6.1f GF/s\n", i, zzDescribe(n.Nodes[i].Op, n.InputsOf(i)), p.steps[i].algorithm.Name, in, fmt.Sprint(l.Out),
				m.Seconds()*1e3, float64(2*l.MACs*int64(p.options.Batch))/m.Seconds()/1e9)
		}
		for k, v := range kinds {
			fmt.Printf("   %-30s %8.3f\n", k, v.Seconds()*1e3)
		}
	}
	fmt.Printf("%s %s t%d: median %.2f min %.2f ms\n", name, algo, threads, med(totals).Seconds()*1e3, slices.Min(totals).Seconds()*1e3)
}

func zzDescribe(o graph.Op, in []graph.Shape) string {
	if c, ok := o.(*op.Conv); ok {
		g, _ := c.Geometry(in[0])
		return fmt.Sprintf("%s %dx%d s%d g%d", o.Kind(), g.W.Size, g.H.Size, g.W.Stride, c.Groups())
	}
	return o.Kind()
}

func TestZZMaps(t *testing.T) {
	name := os.Getenv("NET")
	if name == "" {
		t.Skip()
	}
	data, _ := architectures.Open(name)
	n, err := network.Sound(name, data, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(n, Options{Batch: 1, Threads: 1, Algo: Auto, Fuse: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Load(context.Background(), noisy()); err != nil {
		t.Fatal(err)
	}
	in := inputNoise(p)
	_, _ = p.Run(context.Background(), in)
	fmt.Printf("arena %p %d MB input %p\n", &p.buffer[0], len(p.buffer)*4>>20, &in[0])
	m, _ := os.ReadFile("/proc/self/smaps")
	fmt.Println(string(m))
}
