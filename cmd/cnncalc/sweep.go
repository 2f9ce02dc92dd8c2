package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cnncalc/internal/figure"
	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
	"cnncalc/internal/sweep"
)

const sweepLong = `sweep prints a row of figures for each combination of settings: variables of the file, input sizes,
batches, dtypes and optimizers. It uses all processors, and prints the rows in order: the setting that comes last
changes fastest.

Commas separate values. A range is from:to:step, or from:to for a step of 1, and includes its end. Lists for a variable
are in brackets: --set N=[2,2,3],[3,4,6] tries two lists, --set N=2,3 tries two numbers.

--where keeps the rows that meet a condition: limits of figures, joined by && and ||, with ! and parentheses.
--pareto keeps the rows that no other row beats by being at least as good in all of its figures and better in one. Less
is better, except for largest batches and images per second. A sign decides otherwise: +parameters is for more,
-parameters for less; layers and receptive_field need one. Of equal rows, --pareto keeps the first.

A combination with a problem, such as a window that does not fit, has no row. Standard error says how many there are,
and names the first ones.

--shard 3/16 prints the third of 16 parts of the rows. All parts, one after the other, are all rows.

The figures:

`

// namedProblems is how many combinations with problems are named, each with another reason.
const namedProblems = 3

type sweepFlags struct {
	specFlags
	outputFlags
	searchFlags
	batches            string
	dtypes, optimizers []string
	where              string
	pareto             []string
	shard              string
}

func newSweep(a *app) *cobra.Command {
	var f sweepFlags
	cmd := &cobra.Command{
		Use:  "sweep [SPEC]",
		Long: sweepLong + figureHelp(),
		Example: "  cnncalc sweep mynet.yaml --set w=16:128:16 --set N=1,2,3 --input-size 160:320:32\n" +
			"  cnncalc sweep mynet.yaml --set w=16:128:16 --where 'parameters<5M && peak<2GiB' -o rows.csv\n" +
			"  cnncalc sweep mynet.yaml --set w=16:128:16 --set N=1:8 --pareto macs,+parameters",
		Args: atMostOneSpec,
		RunE: func(cmd *cobra.Command, args []string) error { return a.sweep(cmd.Context(), args, &f) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.set, "set", nil,
		"values of a variable: w=16:128:16, N=1,2,3, or N=[2,2,3],[3,4,6] for lists (repeatable)")
	flags.StringArrayVar(&f.inputSize, "input-size", nil,
		"input sizes: 160:320:32, or 224,640x480; left=64,96 for one of several inputs (repeatable)")
	flags.StringVar(&f.until, "until", "", "read an ONNX model up to this node or value")
	f.registerFreeze(flags)
	flags.StringVar(&f.batches, "batch", "1", "batches: 1,8 or 1:64")
	wordsVar(flags, &f.dtypes, "dtype", memory.DTypes(), "separated by commas: "+strings.Join(memory.DTypes(), ", ")+
		" (default fp32)")
	wordsVar(flags, &f.optimizers, "optimizer", memory.Optimizers(), "for training, separated by commas: "+
		strings.Join(memory.Optimizers(), ", ")+" (default momentum)")
	f.registerSearch(flags, "figures to print, in order (default parameters,macs,peak)",
		"how many combinations to compute at a time")
	flags.StringVar(&f.where, "where", "", "keep the rows that meet this condition: 'parameters<5M && peak<2GiB'")
	flags.StringSliceVar(&f.pareto, "pareto", nil, "keep the Pareto front of these figures: macs,+parameters")
	flags.StringVar(&f.shard, "shard", "1/1", "part of the rows to print: 3/16 is the third of 16")
	f.registerFormat(flags, report.StreamFormats()...)
	f.registerPath(flags)
	f.registerUnits(flags)
	return cmd
}

func (a *app) sweep(ctx context.Context, args []string, f *sweepFlags) error {
	out, err := f.parse("sweep")
	if err != nil {
		return err
	}
	job, err := f.job()
	if err != nil {
		return err
	}
	l, err := a.loadUnread(args, &job.query)
	if err != nil {
		return err
	}
	a.noteFolded(l)
	job.query.Network = l.networkWith
	view := &report.Sweep{Query: &job.query, Units: out.units, Batches: f.batches != "1", DTypes: f.dtypes != nil,
		Optimizers: f.optimizers != nil}
	var tally tally
	err = a.write(out.path, func(w io.Writer) error {
		return a.stream(ctx, job, view, view.NewStream(w, out.format), &tally)
	})
	if err != nil {
		return err
	}
	tally.note(a, "combinations")
	if tally.leftOut > 0 && tally.leftOut+tally.problems == tally.rows {
		a.note("no combination meets the condition of --where")
	}
	if tally.problems == job.total {
		return errReported
	}
	return nil
}

// sweepJob is what a sweep is to compute.
type sweepJob struct {
	query      sweep.Query
	goals      []sweep.Goal // of the Pareto front; nil for all rows
	total      int64        // combinations of all shards
	first, end int64        // those of this one
	workers    int
}

// job reads the flags.
func (f *sweepFlags) job() (*sweepJob, error) {
	if err := f.checkWorkers(); err != nil {
		return nil, err
	}
	j := &sweepJob{workers: f.workers}
	shard, err := sweep.ParseShard(f.shard)
	if err != nil {
		return nil, usageError("--shard: %w", err)
	}
	if err := f.readQuery(&j.query); err != nil {
		return nil, err
	}
	if f.pareto != nil {
		if j.goals, err = sweep.ParseGoals(f.pareto); err != nil {
			return nil, usageError("--pareto: %w", err)
		}
	}
	if err := f.chooseFigures(j); err != nil {
		return nil, err
	}
	if j.total, err = j.query.Space.Len(); err != nil {
		return nil, usageError("%w", err)
	}
	j.first, j.end = shard.Range(j.total)
	return j, nil
}

// readQuery reads all of the query but its figures.
func (f *sweepFlags) readQuery(q *sweep.Query) error {
	base := specFlags{freeze: f.freeze, until: f.until}
	var err error
	if q.Base, err = base.options(); err != nil {
		return err
	}
	if q.Space.Options, err = f.everyOption(); err != nil {
		return err
	}
	use, err := f.use()
	if err != nil {
		return err
	}
	q.Use = *use
	if q.Space.Variables, err = f.variables(); err != nil {
		return err
	}
	if q.Space.Inputs, err = f.inputs(); err != nil {
		return err
	}
	if q.Space.Batches, err = parseBatches(f.batches); err != nil {
		return err
	}
	if f.where == "" {
		return nil
	}
	if q.Where, err = figure.ParseCondition(f.where); err != nil {
		return usageError("--where: %w", err)
	}
	return checkNeeds("--where", q.Where.Figures(), &q.Use)
}

// everyOption returns every dtype with every optimizer.
func (f *sweepFlags) everyOption() ([]memory.Options, error) {
	dtypes, optimizers := f.dtypes, f.optimizers
	if dtypes == nil {
		dtypes = []string{""}
	}
	if optimizers == nil {
		optimizers = []string{""}
	}
	var all []memory.Options
	for _, dtype := range dtypes {
		for _, optimizer := range optimizers {
			f.dtype, f.optimizer = strings.TrimSpace(dtype), strings.TrimSpace(optimizer)
			use, err := f.use()
			if err != nil {
				return nil, err
			}
			all = append(all, use.Options)
		}
	}
	return all, nil
}

// variables reads --set.
func (f *specFlags) variables() ([]sweep.Axis, error) {
	var axes []sweep.Axis
	for _, assignment := range f.set {
		name, values, ok := strings.Cut(assignment, "=")
		if !ok || name == "" {
			return nil, usageError("--set takes name=values, such as w=16:128:16 or N=1,2,3, not %s", plain.Cut(assignment))
		}
		if hasAxis(axes, name) {
			return nil, usageError("--set %s is given twice: list all values after one =", plain.Cut(name))
		}
		axis, err := sweep.ParseVariable(name, values)
		if err != nil {
			return nil, usageError("--set %s: %w", plain.Cut(name), err)
		}
		axes = append(axes, axis)
	}
	return axes, nil
}

// inputs reads --input-size.
func (f *specFlags) inputs() ([]sweep.Axis, error) {
	var axes []sweep.Axis
	for _, text := range f.inputSize {
		name, sizes, isNamed := strings.Cut(text, "=")
		if !isNamed {
			name, sizes = "", text
		} else if name == "" {
			return nil, usageError("--input-size %s has no name before =", plain.Cut(text))
		}
		if hasAxis(axes, name) {
			return nil, usageError("--input-size %s is given twice: list all sizes after one", plain.Cut(text))
		}
		axis, err := sweep.ParseSizes(name, sizes, readSize)
		if coded := (codedError{}); err != nil && !errors.As(err, &coded) {
			err = usageError("--input-size: %w", err)
		}
		if err != nil {
			return nil, err
		}
		axes = append(axes, axis)
	}
	return axes, nil
}

func hasAxis(axes []sweep.Axis, name string) bool {
	return slices.ContainsFunc(axes, func(a sweep.Axis) bool { return a.Name == name })
}

// parseBatches reads batches.
func parseBatches(text string) (sweep.Axis, error) {
	axis, err := sweep.ParseNumbers(text)
	if err != nil {
		return axis, usageError("--batch: %w", err)
	}
	for v := range axis.Ends {
		if v.Number < 1 {
			return axis, usageError("--batch takes numbers that are 1 or more, such as 1,8 or 1:64, not %s", v)
		}
	}
	return axis, nil
}

// chooseFigures sets the figures that are printed: those of --figures, of --where and of --pareto, each once.
func (f *sweepFlags) chooseFigures(j *sweepJob) error {
	chosen, err := f.chosenFigures("parameters", "macs", "peak")
	if err != nil {
		return err
	}
	if j.query.Where != nil {
		chosen = append(chosen, j.query.Where.Figures()...)
	}
	for _, g := range j.goals {
		chosen = append(chosen, g.Figure)
	}
	j.query.Figures = eachOnce(chosen)
	return checkNeeds("--figures", j.query.Figures, &j.query.Use)
}

// stream writes the rows of a job, or their Pareto front, and counts them.
func (a *app) stream(ctx context.Context, j *sweepJob, view *report.Sweep, to *report.Stream, t *tally) error {
	shown := newProgress(a.err)
	if report.IsTerminal(a.err) {
		defer shown.clear()
	}
	front := sweep.NewFront(j.goals, j.query.Figures)
	err := j.query.Run(ctx, j.first, j.end, j.workers, func(rows []sweep.Row) error {
		for i := range rows {
			switch row := &rows[i]; {
			case row.Problem != nil:
				t.add(&j.query.Space, row)
			case row.LeftOut:
				t.leftOut++
			case j.goals != nil:
				front.Add(*row)
			default:
				if err := view.Add(to, row); err != nil {
					return err
				}
			}
		}
		t.rows += int64(len(rows))
		if report.IsTerminal(a.err) && time.Since(shown.last) > progressEvery {
			shown.show("%s of %s combinations", plain.Count(t.rows), plain.Count(j.end-j.first))
		}
		return to.Flush()
	})
	for _, row := range front.Rows() {
		if err == nil {
			err = view.Add(to, &row)
		}
	}
	if err != nil {
		return err
	}
	return to.Flush()
}

// progressEvery is the least time between two lines of progress.
const progressEvery = 200 * time.Millisecond

// tally counts the rows of a sweep.
type tally struct {
	rows, leftOut, problems int64
	named                   []namedProblem // the first ones of different reasons
}

// namedProblem is a combination and why it has no figures.
type namedProblem struct{ point, reason string }

// add counts a combination with a problem.
func (t *tally) add(space *sweep.Space, row *sweep.Row) {
	t.problems++
	reason := row.Problem.Error()
	isNamed := func(p namedProblem) bool { return p.reason == reason }
	if len(t.named) < namedProblems && !slices.ContainsFunc(t.named, isNamed) {
		t.named = append(t.named, namedProblem{space.Describe(&row.Point), reason})
	}
}

// note says on standard error how many combinations have problems.
func (t *tally) note(a *app, what string) {
	switch t.problems {
	case 0:
		return
	case 1:
		a.note("1 of %s %s has a problem:", plain.Count(t.rows), what)
	default:
		a.note("%s of %s %s have problems, such as:", plain.Count(t.problems), plain.Count(t.rows), what)
	}
	for _, p := range t.named {
		a.note("  %s: %s", p.point, p.reason)
	}
}
