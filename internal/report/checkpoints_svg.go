package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"cnncalc/internal/memory"
	"cnncalc/internal/svg"
)

// checkpointsStyle holds the colours of the curve.
const checkpointsStyle = `
    .grid { stroke: #d1d9e0; stroke-width: 1; fill: none }
    .curve { stroke: #2f81e0; stroke-width: 2; fill: none }
    .plan { fill: #2f81e0 }
    .chosen { fill: #cf222e }
    .label { fill: #cf222e; font-weight: 600; stroke: #ffffff; stroke-width: 4; paint-order: stroke; stroke-linejoin: round }
    @media screen and (prefers-color-scheme: dark) {
      .grid { stroke: #2f353d }
      .curve { stroke: #388bfd }
      .plan { fill: #388bfd }
      .chosen { fill: #ff7b72 }
      .label { fill: #ff7b72; stroke: #0d1117 }
    }
`

// WriteSVG draws the curve for a document: the peak over the MACs that run again, as a share of a forward pass, with
// the chosen plan marked.
func (v *Checkpoints) WriteSVG(w io.Writer, units Units) error {
	title := svg.Cut(v.Title+": the peak with checkpoints", longestTitle)
	least := v.Curve[len(v.Curve)-1]
	description := fmt.Sprintf("from %s without checkpoints to %s with %s of a forward pass run again",
		Bytes(v.Plain, units), Bytes(least.Peak, units), v.overhead(least.ExtraMACs))
	p := curvePlot{Checkpoints: v, units: units, top: float64(max(v.Plain, 1)) * headroom,
		right:    max(percent(least.ExtraMACs, v.Network.Total.MACs), 1) * 1.05,
		Document: svg.New(svgWidth, svgHeight, title, svg.Cut(description, longestTitle), checkpointsStyle)}
	p.Printf(`  <text class="title" x="%g" y="28">%s</text>`+"\n", plotLeft, svg.Escape(title))
	what := fmt.Sprintf("peak of a batch of %d, over MACs that run again in %% of a forward pass", v.Batch)
	p.Printf(`  <text class="soft" x="%g" y="52">%s</text>`+"\n", plotLeft, what)
	p.axes()
	p.line()
	return writeAll(w, p.Bytes())
}

// curvePlot is a drawing in the making.
type curvePlot struct {
	*Checkpoints
	*svg.Document
	units Units
	top   float64 // bytes at the upper edge
	right float64 // per cent at the right edge
}

func (p *curvePlot) x(macs int64) float64 {
	return plotLeft + (plotRight-plotLeft)*percent(macs, p.Network.Total.MACs)/p.right
}

func (p *curvePlot) y(bytes float64) float64 {
	return plotBottom - (plotBottom-plotTop)*bytes/p.top
}

// axes draws lines at round sizes, and marks at round shares.
func (p *curvePlot) axes() {
	step, unit, name := tickStep(p.top, p.units)
	for i := 0; float64(i)*step*unit <= p.top; i++ {
		y := p.y(float64(i) * step * unit)
		text := "0"
		if i > 0 {
			text = strconv.FormatFloat(float64(i)*step, 'g', 4, 64) + " " + name
		}
		p.Printf(`  <path class="grid" d="M%g %sH%g"/><text class="soft" x="%g" y="%s" text-anchor="end">%s</text>`+"\n",
			plotLeft, svg.Coordinate(y), plotRight, plotLeft-8, svg.Coordinate(y+4), text)
	}
	share := 20.0
	for share*2 > p.right && share > 0.1 {
		share /= 2
	}
	for i := 0; float64(i)*share <= p.right; i++ {
		x := plotLeft + (plotRight-plotLeft)*float64(i)*share/p.right
		p.Printf(`  <path class="grid" d="M%s %gv4"/><text class="soft" x="%s" y="%g" text-anchor="middle">%s%%</text>`+"\n",
			svg.Coordinate(x), plotBottom, svg.Coordinate(x), namesAt, strconv.FormatFloat(float64(i)*share, 'g', 4, 64))
	}
}

// line draws the steps of the curve and its plans.
func (p *curvePlot) line() {
	var path, dots strings.Builder
	fmt.Fprintf(&path, "M%s %s", svg.Coordinate(plotLeft), svg.Coordinate(p.y(float64(p.Plain))))
	for _, plan := range p.Curve {
		x, y := svg.Coordinate(p.x(plan.ExtraMACs)), svg.Coordinate(p.y(float64(plan.Peak)))
		fmt.Fprintf(&path, "H%sV%s", x, y)
		fmt.Fprintf(&dots, `  <circle class="plan" cx="%s" cy="%s" r="3"/>`+"\n", x, y)
	}
	p.Printf(`  <path class="curve" d="%sH%g"/>`+"\n%s", path.String(), plotRight, dots.String())
	if p.Chosen != nil {
		p.mark(p.Chosen)
	}
}

// mark marks the chosen plan.
func (p *curvePlot) mark(plan *memory.Plan) {
	x, y := p.x(plan.ExtraMACs), p.y(float64(plan.Peak))
	anchor := "start"
	if x > (plotLeft+plotRight)/2 {
		anchor = "end"
	}
	p.Printf(`  <circle class="chosen" cx="%s" cy="%s" r="5"/>`+"\n", svg.Coordinate(x), svg.Coordinate(y))
	label := svg.Cut(p.Asked+": "+Bytes(plan.Peak, p.units)+", "+p.overhead(plan.ExtraMACs), longestTitle)
	p.Printf(`  <text class="label" x="%s" y="%s" text-anchor="%s">%s</text>`+"\n",
		svg.Coordinate(x), svg.Coordinate(y-10), anchor, svg.Escape(label))
}
