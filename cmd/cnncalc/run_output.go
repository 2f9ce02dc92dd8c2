package main

import (
	"cnncalc/internal/exec"
	"cnncalc/internal/memory"
	"cnncalc/internal/op"
	"cnncalc/internal/ranking"
	"cnncalc/internal/report"
	"cnncalc/internal/traffic"
)

// view returns the report of the run.
func (o *outcome) view(l *loaded, f *runFlags) *report.Run {
	v := &report.Run{
		Title: l.title(), Batch: f.batch, In: l.network.InputShapes(), Outputs: o.outputViews(),
		Weights: o.weights.what, IsRandom: o.weights.isRandom(), Profile: f.profile,
		Footprint: o.program.Footprint(), Allocated: o.allocated, Borrowed: o.borrowed,
	}
	v.Peak, _ = memory.PeakResident()
	for i := range o.pictures[0] {
		v.Pictures = append(v.Pictures, report.RunPicture{Inputs: o.inputViews(i), Results: o.results(i, f.top)})
	}
	for i := range o.profile.Layers {
		v.Layers = append(v.Layers, o.layerView(i))
	}
	return v
}

// inputViews describes picture i of every input.
func (o *outcome) inputViews(i int) []report.RunInput {
	n := o.program.Network()
	views := make([]report.RunInput, len(n.Inputs))
	for k, node := range n.Inputs {
		p := o.pictures[k][i]
		views[k] = report.RunInput{Name: n.Nodes[node].Name, File: p.path, IsArray: p.isArray, IsPart: p.isPart,
			Index: p.index, Width: p.width, Height: p.height}
	}
	return views
}

// outputViews describes the outputs. Those as deep as the main one have its classes.
func (o *outcome) outputViews() []report.RunOutput {
	n := o.program.Network()
	views := make([]report.RunOutput, len(n.Outputs))
	for k, i := range n.Outputs {
		views[k] = report.RunOutput{Name: n.OutputName(k), Layer: n.Nodes[i].Name, Out: n.Layers[i].Out}
		if int64(len(o.names)) == views[k].Out.D {
			views[k].Names = o.names
		}
	}
	return views
}

// results returns what the outputs are for picture i, nil where the weights are random.
func (o *outcome) results(i, top int) []report.RunResult {
	if o.weights.isRandom() {
		return nil
	}
	n := o.program.Network()
	results := make([]report.RunResult, len(n.Outputs))
	for k, node := range n.Outputs {
		each := len(o.outputs[k]) / o.program.Batch()
		scores := o.outputs[k][i*each : (i+1)*each]
		classes := ranking.Rank(scores, int(n.Layers[node].Out.D), ranking.EndsInProbabilities(n.Graph, node))
		stats := exec.NewStats(scores)
		results[k] = report.RunResult{Top: classes[:min(top, len(classes))],
			Min: float64(stats.Min), Mean: stats.Mean, Max: float64(stats.Max)}
	}
	return results
}

func (o *outcome) layerView(i int) report.RunLayer {
	n, p := o.program.Network(), o.profile.Layers[i]
	v := report.RunLayer{
		Name: n.Nodes[i].Name, Kind: n.Nodes[i].Op.Kind(), Notation: op.Short(n.Nodes[i].Op), Out: n.Layers[i].Out,
		Time: p.Time, FLOPs: p.FLOPs, GFLOPS: p.GFLOPS(), NaNs: p.Stats.NaNs,
	}
	how := o.program.Algorithm(i)
	v.Algorithm, v.Why = how.Name, how.Why
	if p.FusedInto > 0 {
		v.FusedInto = n.Nodes[p.FusedInto].Name
	}
	if p.HasOutput {
		v.HasValues, v.Min, v.Mean, v.Max = true, float64(p.Stats.Min), p.Stats.Mean, float64(p.Stats.Max)
	}
	return v
}

// addRates measures the machine, and sets each layer's least time on it.
func (o *outcome) addRates(v *report.Run, threads int) error {
	n := o.program.Network()
	account, err := traffic.New(n, int64(o.program.Batch()))
	if err != nil {
		return problemError("%w", err)
	}
	after := make([][]int, len(n.Nodes))
	for i, l := range o.profile.Layers {
		if l.FusedInto > 0 {
			after[l.FusedInto] = append(after[l.FusedInto], i)
		}
	}
	v.Measured = &report.MeasuredMachine{Machine: calibrate(threads), Threads: threads}
	for i := range v.Layers {
		if o.program.IsComputed(i) {
			v.Layers[i].Least = v.Measured.LeastTime(account.Together(i, after[i]))
		}
	}
	return nil
}
