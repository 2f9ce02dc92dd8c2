package count

import "cnncalc/internal/plain"

// notes is the convention of the CS231n notes' VGG table, with cnncalc's MACs, which the notes do not count.
func notes() *Convention {
	return &Convention{
		Name: "notes", Program: "the CS231n notes", Version: "their VGG table; MACs by cnncalc's own convention",
		Summary: "the input and every new volume, forward only; weights and biases; MACs of convolutions and FC, without " +
			"biases",
		Unit: "MACs", Counts: []Quantity{Parameters, Operations, Activations, Bytes},
		input: func(t *tally, l *layer) {
			t.add(Activations, 0, l.kind, "volume", l.outputs)
			t.inputVolume(l)
		},
		unused: (*tally).parameters,
		layer: func(t *tally, l *layer) error {
			t.parameters(l)
			if l.MACs > 0 {
				t.multiplyAccumulates(l)
			}
			if l.Activations == 0 {
				return nil
			}
			t.add(Activations, 0, l.kind, "volume", l.outputs)
			t.bytes(Outputs, l.kind, volumeBytes, l.outputs)
			return nil
		},
		print: func(r *Result) []Line {
			return []Line{
				{"TOTAL memory (values)", plain.Count(r.Totals[Activations]), r.Totals[Activations]},
				{"TOTAL memory (bytes)", plain.Count(r.Parts[Input] + r.Parts[Outputs]), r.Parts[Input] + r.Parts[Outputs]},
				{"TOTAL params", plain.Count(r.Totals[Parameters]), r.Totals[Parameters]},
				{"MACs", plain.Count(r.Totals[Operations]), r.Totals[Operations]},
			}
		},
	}
}
