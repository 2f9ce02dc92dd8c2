package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"cnncalc/internal/baseline"
	"cnncalc/internal/choice"
	"cnncalc/internal/figure"
	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
	"cnncalc/internal/shape"
)

const diffLong = `diff prints what a change to a network costs: the figures that differ, before and after, and the
layers that were added (+), removed (-) or changed (~). The exit code is 1 if a figure has become worse by more than
--tolerance, which is 0% by default. layers and receptive_field may change freely.

OLD is a network or a report. A report is what memory or check wrote with --format json, in a file that ends in .json;
it is compared by the figures that it has. git:REVISION:PATH is a file of a git revision.

With --baseline OLD, diff compares any number of networks, each with its own earlier state: OLD may be a report of
check, which may hold many networks, or git:REVISION, which means the file of the same name in that revision. A
network of a folder or a pattern that the revision does not have is new: diff says so, and compares the others.

--format markdown writes a comment for a pull request, github prints annotations for GitHub Actions, and sarif writes a
log for code scanning.`

type diffFlags struct {
	specFlags
	outputFlags
	useFlags
	batch     int64
	baseline  string
	tolerance string
	allow     []string
	figures   []string
	usesGiven []string // flags that say what the networks are used for
}

func newDiff(a *app) *cobra.Command {
	var f diffFlags
	cmd := &cobra.Command{
		Use:  "diff [OLD] NEW",
		Long: diffLong,
		Example: "  cnncalc diff old.yaml new.yaml --tolerance 2%\n" +
			"  cnncalc diff git:main:mynet.yaml mynet.yaml --allow parameters=+5% --allow training_peak=+100MiB\n" +
			"  cnncalc diff --baseline git:origin/main nets --format markdown",
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, name := range []string{"batch", "dtype", "optimizer", "torch"} {
				if cmd.Flags().Changed(name) {
					f.usesGiven = append(f.usesGiven, "--"+name)
				}
			}
			return a.diff(args, &f)
		},
	}
	flags := cmd.Flags()
	f.register(flags)
	f.registerFreeze(flags)
	f.registerFormat(flags, report.Text, report.Markdown, report.JSON, report.GitHub, report.SARIF)
	f.registerPath(flags)
	flags.StringVar(&f.baseline, "baseline", "",
		"the earlier state: a network, a report such as base.json, git:main:mynet.yaml, or git:main for the file of "+
			"the same name")
	flags.StringVar(&f.tolerance, "tolerance", "0%", "share by which any figure may become worse")
	flags.StringArrayVar(&f.allow, "allow", nil,
		"share or amount by which one figure may become worse: parameters=+2%, training_peak=+10MiB (repeatable)")
	wordsVar(flags, &f.figures, "figures", diffFigures(), "figures to compare, in order (default all): "+
		strings.Join(diffFigures(), ","))
	registerBatch(flags, &f.batch, "pictures in a batch")
	f.registerTypes(flags)
	f.registerTorch(flags)
	return cmd
}

// diffFigures returns the names of the figures of two networks that diff compares. Others depend on a device, or on the
// processor of this machine.
func diffFigures() []string {
	var names []string
	for _, f := range figure.All() {
		if f.Name != "peak" && f.Name != "arena" && f.Needs(&figure.Use{}) == "" {
			names = append(names, f.Name)
		}
	}
	return names
}

// reportFigures returns the names of the figures that a report may have.
func reportFigures() []string { return append(diffFigures(), "arena") }

// parseDiffFigure returns the name of a figure that diff compares. The error for another name lists them.
func parseDiffFigure(name string) (string, error) {
	return choice.Parse[string](strings.TrimSpace(name), "a figure that diff compares", reportFigures())
}

func (a *app) diff(args []string, f *diffFlags) error {
	out, err := f.parse("diff")
	if err != nil {
		return err
	}
	if err := checkBatch(f.batch); err != nil {
		return err
	}
	use, err := f.use()
	if err != nil {
		return err
	}
	allowed, err := f.tolerances()
	if err != nil {
		return err
	}
	old, specs, err := a.diffSpecs(args, f)
	if err != nil {
		return err
	}
	var all []report.Difference
	for _, s := range specs {
		d, err := a.difference(old, s.name, f, use, allowed)
		switch isMissing := errors.As(err, new(missingError)); {
		case err == nil:
			all = append(all, d)
		case isMissing && s.isFound && isRevision(old):
			a.note("%s is new: %s does not have it, and it is not compared", plain.CutPath(s.name), plain.CutPath(old))
		default:
			return err
		}
	}
	if len(all) == 0 {
		return problemError("%s has none of the networks", plain.CutPath(old))
	}
	err = a.write(out.path, func(w io.Writer) error {
		return report.WriteDifferences(w, out.format, all, a.screen(out.path))
	})
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(d report.Difference) bool { return !d.IsFine() }) {
		return nil
	}
	return errAnsweredNo
}

// diffSpec is a network that is compared with its earlier state.
type diffSpec struct {
	name    string
	isFound bool // in a folder or by a pattern, and not named
}

// diffSpecs returns what is compared with what.
func (a *app) diffSpecs(args []string, f *diffFlags) (old string, specs []diffSpec, err error) {
	switch {
	case f.baseline == "" && len(args) != 2:
		return "", nil, usageError("diff takes OLD and NEW, or --baseline OLD and any number of networks; %d given",
			len(args))
	case f.baseline == "":
		return args[0], []diffSpec{{name: args[1]}}, checkStandardInput(args)
	case len(args) == 0:
		if _, err := os.Lstat(localSpec); err != nil {
			return "", nil, usageError("--baseline %s: no SPEC given and no %s here: name the networks to compare",
				plain.CutPath(f.baseline), localSpec)
		}
		args = []string{a.specOf(nil)}
	}
	for _, arg := range args {
		names, err := expand(arg)
		if err != nil {
			return "", nil, err
		}
		for _, name := range names {
			specs = append(specs, diffSpec{name, name != arg})
		}
	}
	return f.baseline, specs, checkStandardInput(append(slices.Clone(args), f.baseline))
}

// use reads what the networks are used for.
func (f *diffFlags) use() (*figure.Use, error) {
	u := &figure.Use{Account: memory.PyTorchAccount, Threads: 1,
		Options: memory.Options{Torch: memory.Torch2CUDA, Mode: memory.Training, DType: memory.FP32,
			Optimizer: memory.DefaultOptimizer}}
	return u, f.parseOptions(&u.Options)
}

// tolerances reads --tolerance and --allow.
func (f *diffFlags) tolerances() (baseline.Tolerances, error) {
	t := baseline.Tolerances{ByName: map[string]baseline.Tolerance{}}
	if !strings.HasSuffix(f.tolerance, "%") {
		return t, usageError("--tolerance takes a share, such as 2%%, not %s: --allow parameters=+1000 takes an amount",
			plain.Quote(f.tolerance))
	}
	var err error
	if t.Others, err = baseline.ParseTolerance(f.tolerance, figure.Count); err != nil {
		return t, usageError("--tolerance: %w", err)
	}
	for _, text := range f.allow {
		name, amount, ok := strings.Cut(text, "=")
		if !ok {
			return t, usageError("--allow takes figure=+2%% or figure=+10MiB, not %s", plain.Quote(text))
		}
		if name, err = parseDiffFigure(name); err != nil {
			return t, usageError("--allow: %w", err)
		}
		of, err := figure.Find(name)
		if err != nil {
			return t, usageError("--allow: %w", err)
		}
		if _, twice := t.ByName[of.Name]; twice {
			return t, usageError("--allow %s is given twice", of.Name)
		}
		if of.Better == figure.Neither {
			return t, usageError("--allow: %s may change freely, and needs no tolerance", of.Name)
		}
		if t.ByName[of.Name], err = baseline.ParseTolerance(amount, of.Unit); err != nil {
			return t, usageError("--allow %s: %w", of.Name, err)
		}
	}
	return t, nil
}

// difference compares a network with its earlier state.
func (a *app) difference(old, name string, f *diffFlags, u *figure.Use,
	allowed baseline.Tolerances) (report.Difference, error) {
	l, err := a.loadSound([]string{name}, &f.specFlags)
	if err != nil {
		return report.Difference{}, err
	}
	record, err := a.record(old, l, f, u)
	if err != nil {
		return report.Difference{}, err
	}
	if err := f.choose(record, l.network); err != nil {
		return report.Difference{}, err
	}
	return report.Difference{
		File: l.file.Source.Name, Title: l.title(), From: record.From, Network: l.network,
		Figures: record.Growth(l.network, allowed), Layers: record.LayerChanges(l.network),
	}, nil
}

// record reads the earlier state of a network.
func (a *app) record(old string, l *loaded, f *diffFlags, u *figure.Use) (*baseline.Record, error) {
	old, err := earlierPath(old, l)
	if err != nil {
		return nil, err
	}
	if strings.EqualFold(filepath.Ext(old), report.JSON.Ending()) {
		return a.readReport(old, l, f)
	}
	before, err := a.loadSound([]string{old}, &f.specFlags)
	if err != nil {
		return nil, err
	}
	var figures []figure.Figure
	for _, name := range diffFigures() {
		one, _ := figure.Find(name)
		figures = append(figures, one)
	}
	return baseline.Of(before.file.Source.Name, before.title(), before.network, u, f.batch, figures), nil
}

// readReport reads an earlier report about a network.
func (a *app) readReport(name string, l *loaded, f *diffFlags) (*baseline.Record, error) {
	if f.usesGiven != nil {
		return nil, usageError("%s says what its figures are for: leave out %s", plain.CutPath(name),
			strings.Join(f.usesGiven, ", "))
	}
	var data []byte
	var err error
	if isGitSpec(name) {
		data, err = a.readGit(name, baseline.MaxSize)
	} else {
		data, err = readRegular(name, "a report in JSON", baseline.MaxSize)
	}
	if err != nil {
		return nil, err
	}
	record, err := baseline.Read(name, data, l.title(), l.file.Source.Name)
	if err != nil {
		return nil, problemError("%w", err)
	}
	return record, nil
}

// isRevision reports whether a baseline is a git revision without a path.
func isRevision(old string) bool {
	_, path := gitPath(old)
	return isGitSpec(old) && path == ""
}

// earlierPath adds the path of a network to a git revision that has none.
func earlierPath(old string, l *loaded) (string, error) {
	if !isGitSpec(old) {
		return old, nil
	}
	revision, path := gitPath(old)
	if revision == "" {
		return "", usageError("--baseline %s names no revision: write git:main, or git:main:mynet.yaml", plain.CutPath(old))
	}
	if path != "" || strings.HasSuffix(old, ":") && revision != "" {
		return old, nil
	}
	if l.builtIn || l.name == "-" || isArrowText(l.name) || isGitSpec(l.name) {
		return "", usageError("%s is not a file, so git:%s has no earlier state of it: write git:%[2]s:PATH",
			plain.CutPath(l.name), plain.Cut(revision))
	}
	name := l.name
	if filepath.IsAbs(name) {
		folder, err := filepath.Abs(".")
		if err != nil {
			return "", problemError("%w", err)
		}
		if name, err = filepath.Rel(folder, name); err != nil {
			return "", problemError("%w", err)
		}
	}
	return gitPrefix + revision + ":./" + filepath.ToSlash(filepath.Clean(name)), nil
}

// choose keeps the figures that were asked for. Each must be known, and so must those that --allow names.
func (f *diffFlags) choose(r *baseline.Record, n *shape.Network) error {
	names := make([]string, len(f.figures))
	for i, name := range f.figures {
		name, err := parseDiffFigure(name)
		if err != nil {
			return usageError("--figures: %w", err)
		}
		names[i] = name
	}
	for _, text := range f.allow {
		name, _, _ := strings.Cut(text, "=")
		if err := r.Check(strings.TrimSpace(name)); err != nil {
			return problemError("%w", err)
		}
	}
	if f.figures == nil {
		r.LeaveOutTrainable(n)
		return nil
	}
	if err := r.Select(names); err != nil {
		return problemError("%w", err)
	}
	return nil
}
