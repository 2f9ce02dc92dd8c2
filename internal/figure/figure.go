// Package figure owns the figures of a network that have a name, such as parameters, macs or training_peak: what each
// is, in which unit, and how it is computed; and the limits and conditions that people write about them,
// "parameters<=5M && peak<2GiB". Budgets, comparisons and searches are made of these.
//
// The accounts from which the figures come are in packages shape, memory, fit, traffic and exec. Package report prints
// figures.
package figure

import (
	"strings"

	"cnncalc/internal/choice"
	"cnncalc/internal/memory"
	"cnncalc/internal/shape"
)

// Unit is what a figure is counted in.
type Unit int

// The units.
const (
	Count       Unit = iota // of layers, parameters, MACs, values or pictures
	Bytes                   // of memory
	Pixels                  // of the picture
	Nanoseconds             // of time
)

// String returns the unit as JSON documents have it.
func (u Unit) String() string {
	switch u {
	case Bytes:
		return "bytes"
	case Pixels:
		return "pixels"
	case Nanoseconds:
		return "nanoseconds"
	}
	return "count"
}

// Better is which of two values of a figure is better.
type Better int

// The senses of figures. Without one, a figure only describes.
const (
	Neither Better = iota
	Less
	More
)

// Figure is a number that a network has.
type Figure struct {
	Name string // in conditions, files and JSON
	Unit Unit
	What string // one line of help
	Better
	// Takes is what the figure depends on in addition to the network.
	Takes []Setting
	// needs returns what Use lacks for the figure, in words; nil if it needs nothing.
	needs func(*Use) string
	// isEstimate reports whether the figure is an estimate, nil if it never is.
	isEstimate func(*Use) bool
	value      func(s *Sheet, batch int64) (int64, error)
	shares     func(s *Sheet, batch int64) ([]Share, error) // nil if layers have none
}

// Setting is a part of what a network is used for.
type Setting string

// The settings of a Use, and the batch.
const (
	Batch     Setting = "batch"
	Account   Setting = "account"
	Mode      Setting = "mode"
	DType     Setting = "dtype"
	Optimizer Setting = "optimizer"
	Torch     Setting = "torch"
	Device    Setting = "device" // or only its memory
	Rates     Setting = "rates"  // of a machine
	Threads   Setting = "threads"
)

// All returns the figures in the order in which they are printed.
func All() []Figure {
	return []Figure{
		{Name: "layers", What: "layers, without the inputs", value: layers},
		{Name: "parameters", Better: Less, What: "weights and biases",
			value: parameters, shares: ofCounts(shape.Layer.Parameters, false)},
		{Name: "trainable", Better: Less, What: "weights and biases that are not frozen",
			value: trainable, shares: ofCounts(shape.Layer.Trainable, false)},
		{Name: "macs", Better: Less, What: "multiply-accumulates of one picture",
			value: macs, shares: ofCounts(macsOf, true)},
		{Name: "activations", Better: Less, What: "values of all volumes of one picture",
			value: activations, shares: ofCounts(activationsOf, true)},
		{Name: "largest", Better: Less, What: "values of the largest volume of one picture",
			value: largest, shares: ofCounts(activationsOf, true)},
		{Name: "receptive_field", Unit: Pixels, What: "pixels, on the longer side, that one value of the output depends on",
			value: receptiveField},
		{Name: "notes_inference", Better: Less, Unit: Bytes, What: "memory that inference takes by the notes' rules",
			Takes: []Setting{Batch, DType}, value: notesInference, shares: notesShares(memory.Inference)},
		{Name: "notes_training", Better: Less, Unit: Bytes, What: "memory that training takes by the notes' rules",
			Takes: []Setting{Batch, DType, Optimizer}, value: notesTraining, shares: notesShares(memory.Training)},
		{Name: "inference_peak", Better: Less, Unit: Bytes, What: "peak of inference in PyTorch",
			Takes: []Setting{Batch, DType, Torch}, isEstimate: always,
			value: inferencePeak, shares: pytorchShares(memory.Inference)},
		{Name: "training_peak", Better: Less, Unit: Bytes, What: "peak of a training iteration in PyTorch",
			Takes: []Setting{Batch, DType, Torch, Optimizer}, isEstimate: always,
			value: trainingPeak, shares: pytorchShares(memory.Training)},
		{Name: "peak", Better: Less, Unit: Bytes, What: "peak by the chosen account and mode",
			Takes: []Setting{Batch, Account, Mode, DType, Torch, Optimizer, Threads}, isEstimate: isPeakEstimate,
			value: peak, shares: peakShares},
		{Name: "arena", Better: Less, Unit: Bytes, What: "volumes of cnncalc run, on this processor",
			Takes: []Setting{Batch, Threads}, value: arena},
		{Name: "largest_batch", Better: More, What: "largest batch that fits the device",
			Takes: []Setting{Account, Mode, DType, Torch, Optimizer, Device}, needs: needsDevice,
			isEstimate: isPeakEstimate, value: largestBatch, shares: largestBatchShares},
		{Name: "inference_batch", Better: More, What: "largest batch that fits the device in inference",
			Takes: []Setting{Account, DType, Torch, Device}, needs: needsDevice,
			isEstimate: isPeakEstimate, value: inferenceBatch, shares: inferenceBatchShares},
		{Name: "training_batch", Better: More, What: "largest batch that fits the device in training",
			Takes: []Setting{Account, DType, Torch, Optimizer, Device}, needs: needsDevice,
			isEstimate: isPeakEstimate, value: trainingBatch, shares: trainingBatchShares},
		{Name: "time", Better: Less, Unit: Nanoseconds, What: "least time of a batch by the roofline model",
			Takes: []Setting{Batch, Rates}, needs: needsMachine, isEstimate: always, value: leastTime, shares: timeShares},
		{Name: "inference_images_per_second", Better: More,
			What:  "images a second that a device can run in inference, an upper bound by the roofline model",
			Takes: []Setting{Batch, DType, Device}, needs: needsRates, isEstimate: always,
			value: mostPictures(memory.Inference)},
		{Name: "training_images_per_second", Better: More,
			What:  "images a second that a device can run in training, an upper bound by the roofline model",
			Takes: []Setting{Batch, DType, Optimizer, Device}, needs: needsRates, isEstimate: always,
			value: mostPictures(memory.Training)},
	}
}

// Title returns the name of the figure in words: "training peak".
func (f Figure) Title() string {
	if f.Name == "macs" {
		return "MACs"
	}
	return strings.ReplaceAll(f.Name, "_", " ")
}

// Names returns the names of all figures.
func Names() []string {
	var names []string
	for _, f := range All() {
		names = append(names, f.Name)
	}
	return names
}

// Find returns the figure of a name. The error for any other name lists them all and suggests the nearest.
func Find(name string) (Figure, error) {
	if _, err := choice.Parse[string](name, "a figure", Names()); err != nil {
		return Figure{}, err
	}
	for _, f := range All() {
		if f.Name == name {
			return f, nil
		}
	}
	panic("not reached: the name is one of them")
}

// Needs returns what else must be known for the figure, in words such as "a device"; "" if nothing is missing.
func (f Figure) Needs(u *Use) string {
	if f.needs == nil {
		return ""
	}
	return f.needs(u)
}

// IsEstimate reports whether the figure is an estimate.
func (f Figure) IsEstimate(u *Use) bool { return f.isEstimate != nil && f.isEstimate(u) }
