package study

import (
	"fmt"
	"slices"

	"cnncalc/internal/plain"
)

// Part is a part of a document that can be left out. What has no part is always there.
type Part string

// The parts.
const (
	Explanations Part = "explanations"
	Graph        Part = "graph"
	Volumes      Part = "volumes"
	Saved        Part = "saved"    // Layer.Saved
	Timeline     Part = "memory"   // Document.Memory, and what layers save
	ByBatch      Part = "batches"  // Document.Batches
	Traffic      Part = "roofline" // Document.Roofline, and what layers move
)

func parts() []Part {
	return []Part{Explanations, Graph, Volumes, Saved, Timeline, ByBatch, Traffic}
}

// Only says what a document has, as for a page that shows some of it and is to follow each key.
type Only struct {
	Parts []Part `json:"parts"`
	// Layer names a layer that is explained even where the explanations are left out; "" for none.
	Layer string `json:"layer,omitempty"`
}

// has reports whether a document has a part.
func (o *Only) has(p Part) bool { return o == nil || slices.Contains(o.Parts, p) }

// explains reports whether a document explains a layer.
func (o *Only) explains(layer string) bool { return o.has(Explanations) || layer == o.Layer }

func (o *Only) check() error {
	if o == nil {
		return nil
	}
	for _, p := range o.Parts {
		if !slices.Contains(parts(), p) {
			return fmt.Errorf("only: a document has no part %s", plain.Quote(plain.Cut(string(p))))
		}
	}
	return nil
}
