package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"cnncalc/internal/graph"
	"cnncalc/internal/plain"
	"cnncalc/internal/ranking"
)

// RunOutput is one output of the network.
type RunOutput struct {
	Name  string      // of the head
	Layer string      // whose result it is
	Out   graph.Shape // of one picture
	Names []string    // of its classes; those without one are called by their number
}

// RunResult is what an output is for one picture. Top is the classes, the most likely first: as many as are printed,
// none where there is no ranking. The range is that of all values.
type RunResult struct {
	Top            []ranking.Class
	Min, Mean, Max float64
}

// ranks reports whether an output is printed as a ranking of classes: the only output of a network is, and one of
// several is if it is a single place. A detector's map is not.
func (v *Run) ranks(o *RunOutput) bool { return len(v.Outputs) == 1 || o.Out.IsPlace() }

// isMap reports whether an output has scores at several places.
func (o *RunOutput) isMap() bool { return o.Out.W*o.Out.H > 1 }

// placeOf returns where in a map of scores a class has its highest; nil where there is no map.
func (o *RunOutput) placeOf(c ranking.Class) *placeDocument {
	if !o.isMap() {
		return nil
	}
	return &placeDocument{int64(c.Highest) % o.Out.W, int64(c.Highest) / o.Out.W}
}

// className returns the class's name, or its number where it has none.
func (o *RunOutput) className(class int) string {
	if class < len(o.Names) {
		return o.Names[class]
	}
	return fmt.Sprintf("class %d", class)
}

// runOutputDocument is one of several outputs in JSON: a ranking where the weights are trained and it is a single
// place, and the range of its values.
type runOutputDocument struct {
	Name   string             `json:"name"`
	Layer  string             `json:"layer"`
	Output volumeDocument     `json:"output"`
	Min    *float64           `json:"min" jsonschema:"null where it is not a finite number"`
	Mean   *float64           `json:"mean"`
	Max    *float64           `json:"max"`
	Top    []runClassDocument `json:"top,omitempty"`
}

func (v *Run) outputDocument(k int, r *RunResult) runOutputDocument {
	o := &v.Outputs[k]
	d := runOutputDocument{Name: o.Name, Layer: o.Layer, Output: newVolumeDocument(o.Out), Min: finite(r.Min),
		Mean: finite(r.Mean), Max: finite(r.Max)}
	if v.ranks(o) {
		d.Top = o.classDocuments(r.Top)
	}
	return d
}

func (o *RunOutput) classDocuments(top []ranking.Class) []runClassDocument {
	var classes []runClassDocument
	for _, c := range top {
		classes = append(classes,
			runClassDocument{c.Index, o.className(c.Index), finite(c.Score), finite(c.Probability), o.placeOf(c)})
	}
	return classes
}

// resultsText returns the outputs for every picture.
func (v *Run) resultsText() string {
	var b strings.Builder
	for _, p := range v.Pictures {
		fmt.Fprintf(&b, "%s\n", plain.Escape(p.files()))
		for k := range p.Results {
			v.writeResult(&b, &v.Outputs[k], &p.Results[k])
		}
	}
	if o := &v.Outputs[0]; len(v.Outputs) == 1 && o.isMap() {
		fmt.Fprintf(&b, "The scores are means over %dx%d places, counted from 0,0 at the top left.\n", o.Out.W, o.Out.H)
	}
	return b.String()
}

func (v *Run) writeResult(b *strings.Builder, o *RunOutput, r *RunResult) {
	indent := "  "
	switch {
	case !v.ranks(o):
		fmt.Fprintf(b, "  %s: %s, from %.4g to %.4g, mean %.4g\n", plain.Escape(o.Name), o.Out, r.Min, r.Max, r.Mean)
		return
	case len(v.Outputs) > 1:
		fmt.Fprintf(b, "  %s: %s\n", plain.Escape(o.Name), o.Out)
		indent = "    "
	}
	width := len(strconv.Itoa(len(r.Top)))
	for rank, c := range r.Top {
		fmt.Fprintf(b, "%s%*d  %s  %s", indent, width, rank+1, confidence(c), plain.Escape(o.className(c.Index)))
		if at := o.placeOf(c); at != nil {
			fmt.Fprintf(b, "  (highest at %d,%d)", at.X, at.Y)
		}
		b.WriteString("\n")
	}
}

// outputNotes says which layers several outputs are the results of.
func (v *Run) outputNotes() []string {
	if len(v.Outputs) == 1 {
		return nil
	}
	notes := make([]string, len(v.Outputs))
	for k, o := range v.Outputs {
		notes[k] = fmt.Sprintf("output %s: %s, %s", o.Name, o.Layer, o.Out)
	}
	return notes
}

// confidence returns the probability for people, or the score where there is none.
func confidence(c ranking.Class) string {
	if math.IsNaN(c.Probability) {
		return fmt.Sprintf("score %.4g", c.Score)
	}
	return fmt.Sprintf("%6.2f%%", 100*c.Probability)
}
