package main

import (
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"cnncalc/internal/choice"
	"cnncalc/internal/draw"
	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/numeral"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
	"cnncalc/internal/shape"
	"cnncalc/internal/spec"
	"cnncalc/internal/traffic"
)

const drawLong = `draw draws the graph of a network, with the input at the top. A layer and the activations,
normalisations and dropout after it share a box, below which is the shape of its output. Frames hold the layers of
blocks and repeats. A repeat is drawn once, with "x3" at its label; if the sizes differ between its turns, the label
says that those of the first are shown.

--depth 0 draws each block as one box, --depth 1 the blocks with their own layers, and so on. --unfold draws
every turn of every repeat. --heat writes at each box its share of the network's memory (values of volumes),
MACs, parameters, or least time on a machine (cnncalc help traffic), with all turns of a repeat together.

--style volumes draws the volumes that every path of the network passes through, as the notes and papers do: boxes of
their width, height and depth, by the square root or another --scale, and bars for the outputs of FC layers.
The window that the next layer moves over a volume is red.

--style field draws what one value of a layer sees of the picture, and of every map on the way: the rectangle
that it is computed from. --layer and --at choose the value, and --input a picture to draw on.

SVG has colours for light pages and dark ones. dot is for Graphviz. mermaid is for Markdown pages of GitHub
and GitLab, in a block of the language mermaid. tikz is a LaTeX document with the same picture as the SVG, for
papers.`

// The figures of --heat.
const (
	heatMemory     = "memory"
	heatMACs       = "macs"
	heatParameters = "parameters"
	heatTime       = "time"
)

// The styles.
const (
	graphStyle   = "graph"
	volumesStyle = "volumes"
	fieldStyle   = "field"
)

type drawFlags struct {
	specFlags
	outputFlags
	style           string
	scale           string
	depth           int
	unfold          bool
	heat            string
	peak, bandwidth quantity[float64]
	field           fieldFlags
}

func newDraw(a *app) *cobra.Command {
	var f drawFlags
	cmd := &cobra.Command{
		Use:  "draw [SPEC]",
		Long: drawLong,
		Example: "  cnncalc draw torchvision/resnet50 -o resnet50.svg\n" +
			"  cnncalc draw googlenet --heat macs --depth 0 -o googlenet.svg\n" +
			"  cnncalc draw vgg16 --style volumes -o vgg16.svg\n" +
			"  cnncalc draw vgg16 --style field --layer conv5 --input photo.jpg -o field.svg\n" +
			"  cnncalc draw unet --format mermaid",
		Args: atMostOneSpec,
		RunE: func(_ *cobra.Command, args []string) error { return a.draw(args, &f) },
	}
	flags := cmd.Flags()
	f.register(flags)
	f.registerFormat(flags, report.SVG, report.DOT, report.Mermaid, report.TikZ)
	f.registerPath(flags)
	wordVar(flags, &f.style, "style", graphStyle, styles(), choice.List(styles()))
	wordVar(flags, &f.scale, "scale", string(draw.RootScale), draw.Scales(),
		"with --style volumes: "+choice.List(draw.Scales()))
	numberVar(flags, &f.depth, "depth", -1, "how deep frames may be nested; -1 for any depth")
	flags.BoolVar(&f.unfold, "unfold", false, "draw every turn of a repeat")
	wordVar(flags, &f.heat, "heat", "", heats(), "write each box's share of this: "+choice.List(heats()))
	rateVarDefault(flags, &f.peak, "peak", traffic.AssumedPeak, numeral.FLOPS,
		"arithmetic rate of the machine, for --heat time")
	rateVarDefault(flags, &f.bandwidth, "bandwidth", traffic.AssumedBandwidth, numeral.Bandwidth,
		"memory bandwidth of the machine, for --heat time")
	flags.StringVar(&f.field.layer, "layer", "",
		"with --style field: the layer (default: the last that does not see everything)")
	flags.StringVar(&f.field.at, "at", "",
		"with --style field: the value's column and row, such as 7,7 (default: the middle)")
	flags.StringVar(&f.field.input, "input", "", "with --style field: a picture to draw on")
	wordVar(flags, &f.field.fit, "fit", "", fitModes(),
		"with --style field: crop or stretch the picture (default: as in run)")
	return cmd
}

func heats() []string { return []string{heatMemory, heatMACs, heatParameters, heatTime} }

func styles() []string { return []string{graphStyle, volumesStyle, fieldStyle} }

func (a *app) draw(args []string, f *drawFlags) error {
	out, err := f.parse("draw")
	if err != nil {
		return err
	}
	if err := f.check(out.format); err != nil {
		return err
	}
	l, err := a.loadSound(args, &f.specFlags)
	if err != nil {
		return err
	}
	text, err := f.drawn(l, out.format)
	if err != nil {
		return drawError(l, err)
	}
	if out.format == report.Mermaid {
		a.noteLargeChart(string(text))
	}
	return a.write(out.path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// What Mermaid draws at most, unless the page that it is on says otherwise. GitHub and GitLab keep these limits.
const (
	mostChartEdges = 500    // maxEdges
	mostChartText  = 50_000 // maxTextSize, in characters
)

// noteLargeChart notes that Mermaid refuses a chart, which others may have configured it for.
func (a *app) noteLargeChart(chart string) {
	edges, size := strings.Count(chart, " -->|"), len(chart) // all ASCII
	if edges > mostChartEdges || size > mostChartText {
		a.note("Mermaid draws at most %d edges and %s characters unless it is configured for more; this has %s and %s; "+
			"without --unfold, or with a smaller --depth, there are fewer", mostChartEdges, plain.Count(mostChartText),
			plain.Count(int64(edges)), plain.Count(int64(size)))
	}
}

// drawError returns an error with the network's name, unless it names what is wrong itself.
func drawError(l *loaded, err error) error {
	var coded codedError
	if errors.As(err, &coded) {
		return err
	}
	return problemError("%s: %w", l.title(), err)
}

// check refuses what no network would suit.
func (f *drawFlags) check(format report.Format) error {
	for _, err := range []error{
		checkWord("style", f.style, "a style", styles()),
		checkWord("scale", f.scale, "a scale", draw.Scales()),
		checkWord("heat", f.heat, "a figure that --heat has", heats()),
		checkWord("fit", f.field.fit, "a way to fit a picture", fitModes()),
	} {
		if err != nil {
			return err
		}
	}
	if f.depth < -1 {
		return usageError("--depth must be -1 or more, not %d", f.depth)
	}
	for _, style := range f.styleTable() {
		if style.name != f.style {
			for _, flag := range style.flags {
				if f.flags.Changed(flag) {
					return usageError("--%s is for --style %s", flag, style.name)
				}
			}
			continue
		}
		if !slices.Contains(style.formats, format) {
			return usageError("--style %s is drawn as %s, not %s", style.name, choice.List(style.formats), format)
		}
	}
	return f.field.check()
}

// styleTable lists the styles with the formats that they are drawn in and the flags that they have for themselves.
func (f *drawFlags) styleTable() []style {
	return []style{
		{graphStyle, f.formats, []string{"depth", "unfold", "heat", "peak", "bandwidth"}},
		{volumesStyle, []report.Format{report.SVG, report.TikZ}, []string{"scale"}},
		{fieldStyle, []report.Format{report.SVG}, []string{"layer", "at", "input", "fit"}},
	}
}

type style struct {
	name    string
	formats []report.Format
	flags   []string
}

// asWritten returns the network with the repeats and blocks that it would have if a person had written it. That of a
// model has none of its own.
func (l *loaded) asWritten() *shape.Network {
	if !isModelFile(l.name) {
		return l.network
	}
	n, err := network.Sound(l.name, []byte(spec.PrintFolded(l.network.Graph)), graph.Options{})
	if err != nil {
		return l.network
	}
	return n
}

// heatOf returns the figure of --heat for every node, nil if there is none.
func (f *drawFlags) heatOf(n *shape.Network) ([]int64, error) {
	if f.heat == "" {
		return nil, nil
	}
	if f.heat == heatTime {
		return f.times(n)
	}
	heat := make([]int64, len(n.Nodes))
	for i, layer := range n.Layers {
		switch f.heat {
		case heatMemory:
			heat[i] = layer.Activations
		case heatMACs:
			heat[i] = layer.MACs
		case heatParameters:
			heat[i] = layer.Parameters()
		}
	}
	return heat, nil
}

// times returns the least time of every node in picoseconds; layers that exist in training only take none.
func (f *drawFlags) times(n *shape.Network) ([]int64, error) {
	running, place := n.Inference()
	account, err := traffic.New(running, 1)
	if err != nil {
		return nil, err
	}
	machine := traffic.Machine{FLOPS: f.peak.value, Bandwidth: f.bandwidth.value}
	heat := make([]int64, len(n.Nodes))
	for i, layer := range account.Layers {
		at := i
		if place != nil {
			at = place[i]
		}
		heat[at] = int64(machine.LeastTime(layer) * 1e12)
	}
	return heat, nil
}

// drawn returns the picture in a format.
func (f *drawFlags) drawn(l *loaded, format report.Format) ([]byte, error) {
	n := l.asWritten()
	switch f.style {
	case volumesStyle:
		return f.drawnVolumes(l.title(), draw.Volumes(n), format)
	case fieldStyle:
		return f.drawnField(l)
	}
	heat, err := f.heatOf(n)
	if err != nil {
		return nil, err
	}
	diagram := draw.New(n, draw.Options{Depth: f.depth, Unfolded: f.unfold, Heat: heat})
	diagram.Title = l.title()
	switch format {
	case report.DOT:
		return []byte(diagram.Dot()), nil
	case report.Mermaid:
		return []byte(diagram.Mermaid()), nil
	case report.TikZ:
		return diagram.TikZ()
	}
	return diagram.SVG()
}

func (f *drawFlags) drawnVolumes(title string, volumes []draw.Volume, format report.Format) ([]byte, error) {
	if format == report.TikZ {
		return draw.VolumesTikZ(title, volumes, draw.Scale(f.scale))
	}
	return draw.VolumesSVG(title, volumes, draw.Scale(f.scale)), nil
}
