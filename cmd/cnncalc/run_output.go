package main

import (
	"cnncalc/internal/memory"
	"cnncalc/internal/op"
	"cnncalc/internal/ranking"
	"cnncalc/internal/report"
)

// view returns the report of the run.
func (o *outcome) view(l *loaded, f *runFlags) *report.Run {
	v := &report.Run{
		Title: l.title(), Batch: f.batch, In: l.network.InputShape(), Out: l.network.Total.Out,
		Names: o.names, Weights: o.weights.what, IsRandom: o.weights.isRandom(), Profile: f.profile,
		Footprint: o.program.Footprint(), Allocated: o.allocated, Borrowed: o.borrowed,
	}
	v.Peak, _ = memory.PeakResident()
	for i, p := range o.pictures {
		v.Pictures = append(v.Pictures,
			report.RunPicture{File: p.path, Width: p.width, Height: p.height, Top: o.topClasses(i, f.top)})
	}
	for i := range o.profile.Layers {
		v.Layers = append(v.Layers, o.layerView(i))
	}
	return v
}

// topClasses returns the start of the ranking of picture i, nil where the weights are random.
func (o *outcome) topClasses(i, top int) []ranking.Class {
	if o.weights.isRandom() {
		return nil
	}
	n := o.program.Network()
	each := len(o.output) / o.program.Batch()
	scores := o.output[i*each : (i+1)*each]
	classes := ranking.Rank(scores, int(n.Total.Out.D), ranking.EndsInProbabilities(n.Graph))
	return classes[:min(top, len(classes))]
}

func (o *outcome) layerView(i int) report.RunLayer {
	n, p := o.program.Network(), o.profile.Layers[i]
	v := report.RunLayer{
		Name: n.Nodes[i].Name, Kind: n.Nodes[i].Op.Kind(), Notation: op.Short(n.Nodes[i].Op), Out: n.Layers[i].Out,
		Time: p.Time, FLOPs: p.FLOPs, GFLOPS: p.GFLOPS(), NaNs: p.Stats.NaNs,
	}
	if p.FusedInto > 0 {
		v.FusedInto = n.Nodes[p.FusedInto].Name
	}
	if p.HasOutput {
		v.HasValues, v.Min, v.Mean, v.Max = true, float64(p.Stats.Min), p.Stats.Mean, float64(p.Stats.Max)
	}
	return v
}
