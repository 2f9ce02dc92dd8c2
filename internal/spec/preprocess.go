package spec

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/numeral"
	"cnncalc/internal/plain"
)

var preprocessKeys = []string{"mean", "std", "scale", "channels", "resize", "fit"}

func (w *walker) preprocess(entries map[string]entry) {
	e, ok := entries["preprocess"]
	if !ok {
		return
	}
	p := &w.file.preprocess
	w.file.preprocessPos = e.pos
	fields, _ := w.mapping(e.value, "preprocess")
	for _, f := range fields {
		switch f.key {
		case "mean":
			p.Mean = w.decimals(f, -1e6, 1e6)
		case "std":
			p.Std = w.decimals(f, 1e-6, 1e6)
		case "scale":
			p.Scale = w.decimal(f, 1e-6, 1e6)
		case "resize":
			p.Resize = w.pixels(f)
		case "channels":
			p.BGR = w.word(f, "rgb", "bgr") == "bgr"
		case "fit":
			p.Stretch = w.word(f, "crop", "stretch") == "stretch"
		default:
			w.unknownKey(f, "preprocess", preprocessKeys)
		}
	}
}

// decimals reads a number or a list of numbers within a range. On a problem it returns nil.
func (w *walker) decimals(e entry, min, max float64) []float64 {
	n := w.resolve(e.value)
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	switch {
	case len(items) == 0:
		w.add(w.posOf(n), "yaml/value", "the list for %s is empty", e.key)
	case len(items) > maxList:
		w.report(longList(w.posOf(n)))
		return nil
	}
	var numbers []float64
	for _, c := range items {
		x, ok := w.decimalOf(c, e.key, min, max)
		if !ok {
			return nil
		}
		numbers = append(numbers, x)
	}
	return numbers
}

// decimal reads one number within a range. On a problem it returns 0.
func (w *walker) decimal(e entry, min, max float64) float64 {
	x, _ := w.decimalOf(e.value, e.key, min, max)
	return x
}

func (w *walker) decimalOf(n *yaml.Node, what string, min, max float64) (float64, bool) {
	n, ok := w.scalar(n, what)
	if !ok {
		return 0, false
	}
	x, err := numeral.Float(n.Value)
	switch {
	case err == nil && n.Style != 0:
		w.quotedNumber(n, what)
		return 0, false
	case errors.Is(err, numeral.ErrLeadingZero):
		w.add(w.posOf(n), "yaml/value", "%s: %s %s", what, plain.Cut(n.Value), err).
			WithHint("write %s", plain.Cut(numeral.TrimZeros(n.Value)))
		return 0, false
	case err != nil || !(x >= min && x <= max):
		w.add(w.posOf(n), "yaml/value", "%s must be a decimal number from %s to %s, not %s",
			what, plainDecimal(min), plainDecimal(max), plain.Cut(n.Value))
		return 0, false
	}
	return x, true
}

func plainDecimal(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// pixels reads a whole number of pixels. On a problem it returns 0.
func (w *walker) pixels(e entry) int64 {
	x := w.decimal(e, 1, graph.MaxExtent)
	if x != math.Trunc(x) {
		n := w.resolve(e.value)
		w.add(w.posOf(n), "yaml/value", "%s must be a whole number of pixels, not %s", e.key, describe(n))
		return 0
	}
	return int64(x)
}

// word reads one of the words.
func (w *walker) word(e entry, words ...string) string {
	n, ok := w.scalar(e.value, e.key)
	if !ok {
		return ""
	}
	if !slices.Contains(words, n.Value) {
		p := w.add(w.posOf(n), "yaml/value", "%s must be one of %s, not %s",
			e.key, strings.Join(words, ", "), plain.Cut(n.Value))
		p.Hint = diag.DidYouMean(n.Value, words)
	}
	return n.Value
}

// labels reads the names of the classes.
func (w *walker) labels(entries map[string]entry) {
	e, ok := entries["labels"]
	if !ok {
		return
	}
	n := w.resolve(e.value)
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		w.add(w.posOf(n), "yaml/value", "labels must be a list of class names, not %s", describe(n)).
			WithHint("for example labels: [cat, dog]")
		return
	}
	w.file.labelsPos = e.pos
	for _, c := range n.Content {
		if c, ok := w.scalar(c, "a label"); ok {
			w.file.labels = append(w.file.labels, c.Value)
		}
	}
}
