package onnxnet

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"cnncalc/internal/graph"
	"cnncalc/internal/onnx"
)

// The keys of a model's metadata that hold what ONNX has no place for, each as JSON.
const (
	labelsKey     = "cnncalc.labels"
	preprocessKey = "cnncalc.preprocess"
)

// preprocess is graph.Preprocess as it is written.
type preprocess struct {
	Mean    []float64 `json:"mean,omitempty"`
	Std     []float64 `json:"std,omitempty"`
	Scale   float64   `json:"scale,omitempty"`
	BGR     bool      `json:"bgr,omitempty"`
	Resize  int64     `json:"resize,omitempty"`
	Stretch bool      `json:"stretch,omitempty"`
}

// metadataOf returns the labels and the preprocessing of a network.
func metadataOf(g *graph.Graph) ([]onnx.Entry, error) {
	var entries []onnx.Entry
	add := func(key string, v any) error {
		text, err := json.Marshal(v)
		entries = append(entries, onnx.Entry{Key: key, Value: string(text)})
		return err
	}
	if g.Labels != nil {
		if err := add(labelsKey, g.Labels); err != nil {
			return nil, err
		}
	}
	p := g.Preprocess
	written := preprocess{p.Mean, p.Std, p.Scale, p.BGR, p.Resize, p.Stretch}
	if text, err := json.Marshal(written); err != nil || string(text) != "{}" {
		if err := add(preprocessKey, written); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// Limits of the labels of a model.
const (
	maxLabels = 100_000
	maxLabel  = 1000 // bytes
)

// readMetadata gives the graph what metadataOf wrote.
func readMetadata(m *onnx.Model, g *graph.Graph) error {
	for _, e := range m.Metadata {
		switch e.Key {
		case labelsKey:
			if err := json.Unmarshal([]byte(e.Value), &g.Labels); err != nil {
				return fmt.Errorf("the metadata %s is not a list of text", e.Key)
			}
			if len(g.Labels) > maxLabels || slices.ContainsFunc(g.Labels, isBadLabel) {
				return fmt.Errorf("the metadata %s has too many labels, or one that is too long", e.Key)
			}
		case preprocessKey:
			var p preprocess
			if err := json.Unmarshal([]byte(e.Value), &p); err != nil || !p.isSound() {
				return fmt.Errorf("the metadata %s is not what cnncalc writes", e.Key)
			}
			g.Preprocess = graph.Preprocess{
				Mean: p.Mean, Std: p.Std, Scale: p.Scale, BGR: p.BGR, Resize: p.Resize, Stretch: p.Stretch,
			}
		}
	}
	return nil
}

func isBadLabel(label string) bool { return len(label) > maxLabel || !utf8.ValidString(label) }

// isSound reports whether the numbers are those that a file in the language may have.
func (p preprocess) isSound() bool {
	outside := func(low, high float64) func(v float64) bool {
		return func(v float64) bool { return v < low || v > high }
	}
	return !slices.ContainsFunc(p.Mean, outside(-1e6, 1e6)) && !slices.ContainsFunc(p.Std, outside(1e-6, 1e6)) &&
		(p.Scale == 0 || !outside(1e-6, 1e6)(p.Scale)) && p.Resize >= 0 && p.Resize <= graph.MaxExtent
}
