package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"cnncalc/internal/memory"
	"cnncalc/internal/svg"
)

// The drawing's places, in its own units, which are pixels unless it is scaled.
const (
	svgWidth, svgHeight    = 960.0, 400.0
	plotLeft, plotRight    = 84.0, 936.0
	plotTop, plotBottom    = 76.0, 340.0
	namesAt, phasesAt      = 358.0, 382.0
	nameWidth              = 6.6 // about, of a letter of a layer's name
	headroom               = 1.15
	longestTitle, longName = 90, 28 // in letters
)

// timelineStyle holds the colours of the areas and marks. The second set is for readers who prefer dark pages.
const timelineStyle = `
    .name { font-size: 11px; fill: #59636e }
    .grid { stroke: #d1d9e0; stroke-width: 1; fill: none }
    .edge { stroke: #818b98; stroke-width: 1; stroke-dasharray: 2 3; fill: none }
    .before { fill: #afb8c1 }
    .live { fill: #2f81e0 }
    .most { fill: #f0883e }
    .mark { fill: #cf222e; stroke: #ffffff; stroke-width: 1.5 }
    .peak { stroke: #cf222e; stroke-width: 1; stroke-dasharray: 5 3; fill: none }
    .label { fill: #cf222e; font-weight: 600; stroke: #ffffff; stroke-width: 4; paint-order: stroke; stroke-linejoin: round }
    @media screen and (prefers-color-scheme: dark) {
      .name { fill: #9198a1 }
      .grid { stroke: #2f353d }
      .edge { stroke: #656c76 }
      .before { fill: #545d68 }
      .live { fill: #388bfd }
      .most { fill: #db6d28 }
      .mark { fill: #ff7b72; stroke: #0d1117 }
      .peak { stroke: #ff7b72 }
      .label { fill: #ff7b72; stroke: #0d1117 }
    }
`

// WriteSVG draws the timeline for a document, on a light page or a dark one: over the steps, what is there before the
// first, what is alive after each, and the most while it runs, with the peak marked.
func (t *Timeline) WriteSVG(w io.Writer, units Units) error {
	title := svg.Cut(t.Title, longestTitle)
	p := svgPlot{Timeline: t, units: units, top: float64(max(t.Steps[t.peak()].Most, 1)) * headroom,
		Document: svg.New(svgWidth, svgHeight, title, svg.Cut(t.peakText(units), longestTitle), timelineStyle)}
	p.Printf(`  <text class="title" x="%g" y="28">%s</text>`+"\n", plotLeft, svg.Escape(title))
	p.legend()
	p.axis()
	p.areas()
	p.names()
	p.phases()
	p.mark()
	return writeAll(w, p.Bytes())
}

// svgPlot is a drawing in the making.
type svgPlot struct {
	*Timeline
	*svg.Document
	units Units
	top   float64 // bytes at the upper edge
}

// x returns the left edge of a step. The right edge of the drawing is that of the step after the last.
func (p *svgPlot) x(step int) float64 {
	return plotLeft + (plotRight-plotLeft)*float64(step)/float64(len(p.Steps))
}

func (p *svgPlot) y(bytes float64) float64 {
	return plotBottom - (plotBottom-plotTop)*bytes/p.top
}

func (p *svgPlot) legend() {
	x := plotLeft
	for _, entry := range []struct{ class, text string }{
		{"before", "there before the first step"},
		{"live", "alive after the step"},
		{"most", "at most while it runs"},
	} {
		if entry.class == "before" && p.Steps[0].Live == 0 {
			continue
		}
		p.Printf(`  <rect class="%s" x="%s" y="42" width="11" height="11" rx="2"/>`+
			`<text class="soft" x="%s" y="52">%s</text>`+"\n",
			entry.class, svg.Coordinate(x), svg.Coordinate(x+17), entry.text)
		x += 17 + 6.2*float64(len(entry.text)) + 22
	}
}

// axis draws lines at round sizes.
func (p *svgPlot) axis() {
	step, unit, name := tickStep(p.top, p.units)
	for i := 0; ; i++ {
		bytes := float64(i) * step * unit
		if bytes > p.top {
			break
		}
		y := svg.Coordinate(p.y(bytes))
		text := "0"
		if i > 0 {
			text = strconv.FormatFloat(float64(i)*step, 'g', 4, 64) + " " + name
		}
		p.Printf(`  <path class="grid" d="M%g %sH%g"/><text class="soft" x="%g" y="%s" text-anchor="end">%s</text>`+"\n",
			plotLeft, y, plotRight, plotLeft-8, svg.Coordinate(p.y(bytes)+4), text)
	}
}

// tickStep returns a round distance of at most six lines up to a size: a number of units, the bytes of one, and its
// name.
func tickStep(top float64, units Units) (step, unit float64, name string) {
	base, names := 1024.0, []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	if units == SI {
		base, names = 1000, []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	}
	unit = 1
	for len(names) > 1 && top >= 1.2*unit*base {
		unit, names = unit*base, names[1:]
	}
	const lines = 6
	for tenth := 0.1; ; tenth *= 10 {
		for _, step := range []float64{tenth, 2 * tenth, 5 * tenth} {
			if step*unit >= 1 && step*unit*lines >= top {
				return step, unit, names[0]
			}
		}
	}
}

func (p *svgPlot) areas() {
	before := float64(p.Steps[0].Live)
	p.area("most", before, func(s memory.Moment) int64 { return s.Most })
	p.area("live", before, func(s memory.Moment) int64 { return s.Live })
	p.Printf(`  <path class="before" d="M%g %sV%sH%gV%sz"/>`+"\n",
		plotLeft, svg.Coordinate(plotBottom), svg.Coordinate(p.y(before)), plotRight, svg.Coordinate(plotBottom))
}

// area fills from a level up to a figure of every step.
func (p *svgPlot) area(class string, from float64, figure func(memory.Moment) int64) {
	var path strings.Builder
	fmt.Fprintf(&path, "M%g %s", plotLeft, svg.Coordinate(p.y(from)))
	last := ""
	for i, s := range p.Steps {
		if y := svg.Coordinate(p.y(max(from, float64(figure(s))))); y != last {
			if last != "" {
				fmt.Fprintf(&path, "H%s", svg.Coordinate(p.x(i)))
			}
			fmt.Fprintf(&path, "V%s", y)
			last = y
		}
	}
	fmt.Fprintf(&path, "H%gV%sz", plotRight, svg.Coordinate(p.y(from)))
	p.Printf(`  <path class="%s" d="%s"/>`+"\n", class, path.String())
}

// names writes as many layers' names under the steps as there is room for.
func (p *svgPlot) names() {
	end := plotLeft - 30 // of the name before
	for i, s := range p.Steps {
		if s.Node < 0 {
			continue
		}
		text := svg.Escape(svg.Cut(s.Name, longName))
		half := nameWidth * float64(min(len([]rune(s.Name)), longName)) / 2
		middle := (p.x(i) + p.x(i+1)) / 2
		if middle-half < end+14 || middle+half > plotRight+20 {
			continue
		}
		end = middle + half
		p.Printf(`  <path class="grid" d="M%s %gv4"/><text class="name" x="%s" y="%g" text-anchor="middle">%s</text>`+"\n",
			svg.Coordinate(middle), plotBottom, svg.Coordinate(middle), namesAt, text)
	}
}

// phases writes the phases under their steps, with lines between them.
func (p *svgPlot) phases() {
	for from := 0; from < len(p.Steps); {
		to := from
		for to < len(p.Steps) && p.Steps[to].Phase == p.Steps[from].Phase {
			to++
		}
		x, anchor := (p.x(from)+p.x(to))/2, "middle"
		if to == len(p.Steps) && to-from == 1 {
			x, anchor = plotRight, "end"
		}
		p.Printf(`  <text x="%s" y="%g" text-anchor="%s">%s</text>`+"\n",
			svg.Coordinate(x), phasesAt, anchor, p.Steps[from].Phase)
		if from > 0 {
			p.Printf(`  <path class="edge" d="M%s %gV%g"/>`+"\n", svg.Coordinate(p.x(from)), plotTop, plotBottom)
		}
		from = to
	}
}

// mark marks the peak, with its label above all that is drawn.
func (p *svgPlot) mark() {
	at := p.peak()
	x, y := (p.x(at)+p.x(at+1))/2, p.y(float64(p.Steps[at].Most))
	anchor, text := "middle", svg.Escape(svg.Cut(p.peakText(p.units), longestTitle))
	switch half := nameWidth * float64(len(text)) / 2; {
	case x-half < plotLeft:
		anchor = "start"
	case x+half > plotRight:
		anchor = "end"
	}
	p.Printf(`  <path class="peak" d="M%g %sH%g"/>`+"\n", plotLeft, svg.Coordinate(y), plotRight)
	p.Printf(`  <circle class="mark" cx="%s" cy="%s" r="4.5"/>`+"\n", svg.Coordinate(x), svg.Coordinate(y))
	p.Printf(`  <text class="label" x="%s" y="%s" text-anchor="%s">%s</text>`+"\n",
		svg.Coordinate(x), svg.Coordinate(y-10), anchor, text)
}
