package main

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"cnncalc/internal/align"
	"cnncalc/internal/choice"
	"cnncalc/internal/exec"
	"cnncalc/internal/figure"
	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
)

const compareLong = `compare prints the figures of two or more networks side by side, each with the difference and the
ratio to the first network: layers, parameters, MACs, volumes, receptive field, and memory by the notes' rules, in
PyTorch and in cnncalc run. A device adds the largest batches that fit it; --peak and --bandwidth add the least time
of a batch. If a figure is unknown for a network, a line below the table says why. A SPEC may also be a folder or a
pattern, such as 'torchvision/resnet*'.

--layers adds a table that aligns the layers of each network with those of the first. Layers with the same label are
pairs. The others are aligned so that as few as possible are added (+), removed (-) or changed (~). Settings are
compared by what they mean, whether or not a default is written. --all also lists the layers that are the same.

--set, --input-size, --freeze and --until apply to all networks, but --set and --input-size only to those that have
the variable or the input. A number and a colon before the value choose one network: --input-size 2:384 is for the
second.`

// maxCompared bounds the networks of a comparison.
const maxCompared = 64

type compareFlags struct {
	specFlags
	outputFlags
	useFlags
	batch       int64
	threads     int
	figures     []string
	layers, all bool
}

func newCompare(a *app) *cobra.Command {
	var f compareFlags
	cmd := &cobra.Command{
		Use:  "compare A B [C...]",
		Long: compareLong,
		Example: "  cnncalc compare vgg16 torchvision/resnet50 --batch 32 --device t4\n" +
			"  cnncalc compare old.yaml new.yaml --layers\n" +
			"  cnncalc compare torchvision/resnet18 torchvision/resnet18 --input-size 2:384",
		RunE: func(_ *cobra.Command, args []string) error { return a.compare(args, &f) },
	}
	flags := cmd.Flags()
	f.register(flags)
	f.registerFreeze(flags)
	f.registerTable(flags)
	f.registerPath(flags)
	f.registerUnits(flags)
	registerBatch(flags, &f.batch, "pictures in a batch")
	f.registerTypes(flags)
	f.registerTorch(flags)
	f.registerDevice(flags)
	f.registerRates(flags)
	numberVar(flags, &f.threads, "threads", defaultThreads(), "threads of cnncalc run, which its arena depends on")
	wordsVar(flags, &f.figures, "figures", comparedFigures(),
		"figures to print, in order (default all): "+strings.Join(comparedFigures(), ","))
	flags.BoolVar(&f.layers, "layers", false, "align the layers, and show which were added, removed or changed")
	flags.BoolVar(&f.all, "all", false, "with --layers, list the layers that are the same too")
	return cmd
}

// comparedFigures returns the names of the figures that compare has. The others depend on a mode, and there is one here
// for each mode.
func comparedFigures() []string {
	return slices.DeleteFunc(figure.Names(), func(name string) bool { return name == "peak" || name == "largest_batch" })
}

func (a *app) compare(args []string, f *compareFlags) error {
	out, err := f.parse("compare")
	if err != nil {
		return err
	}
	c := &report.Comparison{Batch: f.batch}
	if c.Use, err = f.use(); err != nil {
		return err
	}
	if c.Figures, err = f.chosenFigures(c.Use); err != nil {
		return err
	}
	if args, err = expandAll(args); err != nil {
		return err
	}
	if err := f.check(args); err != nil {
		return err
	}
	changes, err := newNetworkChanges(&f.specFlags, len(args))
	if err != nil {
		return err
	}
	all, err := a.loadCompared(args, changes)
	if err != nil {
		return err
	}
	c.Figures = withoutRepeats(c.Figures, f.figures, all)
	if f.layers && out.format == report.CSV {
		c.Figures = nil // CSV is one table, that of the layers
	}
	for k, name := range namesOf(all, changes) {
		c.Networks = append(c.Networks, compared(name, all[k], c))
	}
	if f.layers {
		c.Aligned = aligned(c.Networks, all)
	}
	return a.printComparison(out, c, f.all)
}

// check refuses what no networks would suit.
func (f *compareFlags) check(args []string) error {
	if err := checkBatch(f.batch); err != nil {
		return err
	}
	switch {
	case len(args) < 2:
		return usageError("compare takes two SPECs or more, not %d: for example cnncalc compare %s torchvision/resnet50",
			len(args), firstOr(args, defaultSpec))
	case len(args) > maxCompared:
		return usageError("compare takes at most %d SPECs, not %d", maxCompared, len(args))
	case f.threads < 1 || f.threads > exec.MaxThreads:
		return usageError("--threads must be from 1 to %d, not %d", exec.MaxThreads, f.threads)
	case f.all && !f.layers:
		return usageError("--all is for --layers")
	}
	return checkStandardInput(args)
}

func firstOr(args []string, fallback string) string {
	if len(args) > 0 {
		return plain.Shell(plain.CutPath(args[0]))
	}
	return fallback
}

// use reads the flags that say what the networks are used for. Options that only some figures have are no errors: the
// others say so.
func (f *compareFlags) use() (*figure.Use, error) {
	u := &figure.Use{Account: memory.PyTorchAccount, Threads: f.threads,
		Options: memory.Options{Torch: memory.Torch2CUDA, Mode: memory.Training, DType: memory.FP32,
			Optimizer: memory.DefaultOptimizer}}
	if err := f.parseOptions(&u.Options); err != nil {
		return nil, err
	}
	return u, f.addMachine(u)
}

// chosenFigures returns those of --figures, or else all that can be computed.
func (f *compareFlags) chosenFigures(u *figure.Use) ([]figure.Figure, error) {
	if f.figures == nil {
		return slices.DeleteFunc(figure.All(), func(x figure.Figure) bool {
			return x.Needs(u) != "" || !slices.Contains(comparedFigures(), x.Name)
		}), nil
	}
	var chosen []figure.Figure
	for _, word := range f.figures {
		name, err := choice.Parse[string](strings.TrimSpace(word), "a figure", comparedFigures())
		if err != nil {
			return nil, usageError("--figures: %w", err)
		}
		x, err := figure.Find(name)
		if err != nil {
			return nil, usageError("--figures: %w", err)
		}
		if needs := x.Needs(u); needs != "" {
			return nil, usageError("--figures: %s needs %s: %s", name, needs, flagsFor(x))
		}
		if slices.ContainsFunc(chosen, func(c figure.Figure) bool { return c.Name == name }) {
			return nil, usageError("--figures: %s is chosen twice", name)
		}
		chosen = append(chosen, x)
	}
	return chosen, nil
}

// flagsFor returns the flags that give what a figure needs.
func flagsFor(f figure.Figure) string {
	if slices.Contains(f.Takes, figure.Device) {
		return "--device t4 or --device-memory 12GiB"
	}
	return "--peak 13TFLOP/s --bandwidth 360GB/s"
}

// withoutRepeats leaves out the trainable parameters, if they were not asked for, where these are all parameters.
func withoutRepeats(figures []figure.Figure, asked []string, networks []*loaded) []figure.Figure {
	isFrozen := func(l *loaded) bool { return l.network.Total.FrozenCount > 0 }
	if asked != nil || slices.ContainsFunc(networks, isFrozen) {
		return figures
	}
	return slices.DeleteFunc(figures, func(f figure.Figure) bool { return f.Name == "trainable" })
}

// compared reads the figures of a network.
func compared(name string, l *loaded, c *report.Comparison) report.ComparedNetwork {
	n := report.ComparedNetwork{Name: name, Input: l.network.InputShapes(), Output: l.network.Total.Out.String()}
	sheet := figure.NewSheet(l.network, c.Use)
	for _, f := range c.Figures {
		n.Readings = append(n.Readings, sheet.Read(f, c.Batch))
	}
	return n
}

// aligned aligns the layers of each network after the first with those of the first.
func aligned(networks []report.ComparedNetwork, all []*loaded) []report.Alignment {
	var alignments []report.Alignment
	for k, l := range all[1:] {
		alignments = append(alignments, report.Alignment{
			FromName: networks[0].Name, ToName: networks[k+1].Name, From: all[0].network, To: l.network,
			Layers: align.Networks(all[0].network, l.network),
		})
	}
	return alignments
}

// printComparison writes the table of the figures and those of the layers, if these are there. In CSV, those of the
// layers are one table, and the only one.
func (a *app) printComparison(out output, c *report.Comparison, all bool) error {
	switch {
	case c.Aligned == nil || out.format == report.JSON:
		return a.print(out, c)
	case out.format == report.CSV:
		return a.printTable(out, c.LayerTable())
	}
	tables := []report.Table{c.Table(out.units)}
	for i := range c.Aligned {
		tables = append(tables, c.Aligned[i].Table(all))
	}
	return a.write(out.path, func(w io.Writer) error {
		for i, t := range tables {
			if i > 0 {
				if _, err := io.WriteString(w, "\n"); err != nil {
					return err
				}
			}
			if out.format == report.Text {
				t = t.On(a.screen(out.path))
			}
			if err := t.Write(w, out.format); err != nil {
				return err
			}
		}
		return nil
	})
}
