package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cnncalc/internal/figure"
	"cnncalc/internal/fit"
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
	"cnncalc/internal/sweep"
)

const solveLong = `solve finds the largest value of one setting that keeps a network within a budget, and shows what
the next value costs: which limits it breaks, and by how much.

--for names the setting: a variable of the file, input-size (the side of a square), or batch. --budget is a limit of a
figure, or several joined by &&. --device adds the limit that --batch pictures must fit on it.

solve tries the values of --range (from:to or from:to:step) from the largest down, and skips those with problems. So it
finds what trying all of them would find, even where a larger value needs less. Without --range, it tries a variable up
to 8 times its value in the file (at least up to 64), and an input up to 4 times its size. --for batch needs no range.

--sizes 200:700 lists the input sizes that the network accepts and, if there is a budget, those within it.

The figures:

`

type solveFlags struct {
	specFlags
	outputFlags
	searchFlags
	setting  string
	budgets  []string
	span     string
	sizes    string
	batch    int64
	batchSet bool
}

func newSolve(a *app) *cobra.Command {
	var f solveFlags
	cmd := &cobra.Command{
		Use:  "solve [SPEC]",
		Long: solveLong + figureHelp(),
		Example: "  cnncalc solve mynet.yaml --for w --range 8:512:8 --budget 'parameters<=5M && macs<=300M'\n" +
			"  cnncalc solve vgg16 --for batch --budget 'training_peak<=8GiB' --optimizer adam\n" +
			"  cnncalc solve unet --for input-size --device rtx3060 --batch 4\n" +
			"  cnncalc solve unet --sizes 200:700",
		Args: atMostOneSpec,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.batchSet = cmd.Flags().Changed("batch")
			return a.solve(cmd.Context(), args, &f)
		},
	}
	flags := cmd.Flags()
	f.register(flags)
	f.registerFreeze(flags)
	flags.StringVar(&f.setting, "for", "", "what to find: a variable of the file, input-size, or batch")
	flags.StringArrayVar(&f.budgets, "budget", nil, "limits of figures: 'parameters<=5M && peak<=2GiB' (repeatable)")
	flags.StringVar(&f.span, "range", "", "the values to try: 8:512:8")
	flags.StringVar(&f.sizes, "sizes", "", "list the input sizes that the network accepts: 200:700")
	registerBatch(flags, &f.batch, "pictures in a batch")
	f.registerTypes(flags)
	f.registerSearch(flags, "further figures to print (default parameters,macs,peak; macs for --sizes)",
		"how many values to try at a time")
	f.registerTable(flags)
	f.registerPath(flags)
	f.registerUnits(flags)
	return cmd
}

func (a *app) solve(ctx context.Context, args []string, f *solveFlags) error {
	out, err := f.parse("solve")
	if err != nil {
		return err
	}
	query, limits, err := f.query()
	if err != nil {
		return err
	}
	l, err := a.loadUnread(args, query)
	if err != nil {
		return err
	}
	a.noteFolded(l)
	query.Network = l.networkWith
	if f.sizes != "" {
		return a.printSizes(ctx, l, f, query, limits, out)
	}
	search, err := f.search(l, query, limits)
	if err != nil {
		return err
	}
	view, err := a.solution(ctx, l, search, f.span != "")
	if err != nil {
		return err
	}
	if view.Solution.Best == nil && view.Solution.Next == nil {
		first := view.Solution.Problems[0]
		return problemError("%s: no %s from %s to %s has figures: %s: %w", l.title(), f.setting, search.Values.At(0),
			search.Values.At(search.Values.Len()-1), search.Setting(&first), first.Problem)
	}
	if query.Use.Budget != nil {
		view.Reserve = []string{reserveLine(query.Use.Budget, out.units)}
	}
	if err := a.print(out, view); err != nil {
		return err
	}
	if view.Solution.Best == nil {
		return errAnsweredNo
	}
	return nil
}

// reserveLine says what a device leaves for the network.
func reserveLine(b *fit.Budget, units report.Units) string {
	return fmt.Sprintf("The device has %s, less a reserve of %s.", report.Bytes(b.Memory, units), b.Setting)
}

// query reads the flags. The query has one value for each setting.
func (f *solveFlags) query() (*sweep.Query, []figure.Limit, error) {
	if err := f.check(); err != nil {
		return nil, nil, err
	}
	use, err := f.use()
	if err != nil {
		return nil, nil, err
	}
	q := &sweep.Query{Use: *use, Space: sweep.Space{Options: []memory.Options{use.Options},
		Batches: sweep.Range(f.batch, f.batch, 1)}}
	if q.Base, err = f.options(); err != nil {
		return nil, nil, err
	}
	if _, isSet := q.Base.Vars[f.setting]; isSet {
		return nil, nil, usageError("--set %s is given, and --for %[1]s looks for its value: leave out one of them",
			f.setting)
	}
	limits, err := f.limits(&q.Use)
	if err != nil {
		return nil, nil, err
	}
	return q, limits, f.chooseFigures(q, limits)
}

// check refuses flags that cannot be combined.
func (f *solveFlags) check() error {
	switch {
	case f.setting == "" && f.sizes == "":
		return usageError("solve needs --for, with a variable of the file, input-size or batch; or --sizes 200:700")
	case f.setting != "" && f.sizes != "":
		return usageError("--sizes lists what the network accepts, and cannot be combined with --for")
	case f.sizes != "" && f.span != "":
		return usageError("--sizes has the range itself: leave out --range")
	case f.setting == sweep.ForBatch && f.batchSet:
		return usageError("--for batch looks for the batch: leave out --batch")
	}
	if err := f.checkWorkers(); err != nil {
		return err
	}
	return checkBatch(f.batch)
}

// limits reads --budget, and adds that the batch fits the device.
func (f *solveFlags) limits(use *figure.Use) ([]figure.Limit, error) {
	var limits []figure.Limit
	dependsOnDevice := false
	for _, text := range f.budgets {
		if strings.Contains(text, "||") {
			return nil, usageError("--budget: %s has ||: a budget joins limits by && only", plain.Quote(plain.Cut(text)))
		}
		for word := range strings.SplitSeq(text, "&&") {
			word = strings.TrimSpace(word)
			if device, ok := strings.CutPrefix(word, "fits "); ok {
				return nil, usageError("--budget: that a batch fits a device is a flag: --device %s", plain.Cut(device))
			}
			limit, err := figure.ParseLimit(word)
			if err != nil {
				return nil, usageError("--budget: %w", err)
			}
			if err := checkNeeds("--budget", []figure.Figure{limit.Figure}, use); err != nil {
				return nil, err
			}
			dependsOnDevice = dependsOnDevice || slices.Contains(limit.Figure.Takes, figure.Device)
			limits = append(limits, limit)
		}
	}
	if use.Budget != nil && !dependsOnDevice {
		limit, err := figure.ParseLimit(fmt.Sprintf("peak<=%dB", use.Budget.Available))
		if err != nil {
			return nil, err
		}
		limits = append(limits, limit)
	}
	if limits == nil && f.sizes == "" {
		return nil, usageError("solve needs --budget, such as 'parameters<=5M', or --device")
	}
	return limits, nil
}

// chooseFigures sets the figures of a query: those of the limits, and then those of --figures.
func (f *solveFlags) chooseFigures(q *sweep.Query, limits []figure.Limit) error {
	usual := []string{"parameters", "macs", "peak"}
	if f.sizes != "" {
		usual = []string{"macs"}
	}
	chosen, err := f.chosenFigures(usual...)
	if err != nil {
		return err
	}
	var all []figure.Figure
	for _, l := range limits {
		all = append(all, l.Figure)
	}
	q.Figures = eachOnce(append(all, chosen...))
	return checkNeeds("--figures", q.Figures, &q.Use)
}

// maxValues bounds how many values --range and --sizes try.
const maxValues = 1_000_000

// search returns the search for the setting, in the range that is given or else in a usual one.
func (f *solveFlags) search(l *loaded, q *sweep.Query, limits []figure.Limit) (*sweep.Search, error) {
	s := &sweep.Search{For: f.setting, Limits: limits, Query: q, Workers: f.workers}
	if err := f.checkSetting(l); err != nil {
		return nil, err
	}
	if f.span == "" {
		s.Values = sweep.Range(1, usualEnd(l, f.setting), 1)
		return s, nil
	}
	var err error
	if s.Values, err = f.parseRange("range", f.span); err != nil {
		return nil, err
	}
	if s.Values.Len() > maxValues {
		return nil, usageError("--range has %s values, and at most %s are tried: give a larger step, such as 8:4096:8",
			plain.Count(s.Values.Len()), plain.Count(maxValues))
	}
	if first := s.Values.At(0).Number; first < 1 && (f.setting == sweep.ForBatch || f.setting == sweep.ForInputSize) {
		return nil, usageError("--range: a %s is 1 or more, not %d", f.setting, first)
	}
	return s, nil
}

// parseRange reads the range of a flag.
func (f *solveFlags) parseRange(flag, text string) (sweep.Axis, error) {
	axis, err := sweep.ParseRange(text)
	if err != nil {
		return axis, usageError("--%s: %w", flag, err)
	}
	return axis, nil
}

// checkSetting refuses a variable that the network does not have.
func (f *solveFlags) checkSetting(l *loaded) error {
	settings := append(l.file.Variables(), sweep.ForInputSize, sweep.ForBatch)
	return checkWord("for", f.setting, "a setting that solve can find", settings)
}

// Ends of the ranges that are tried without --range, as multiples of what the file has.
const (
	usualMultiple      = 8
	usualInputMultiple = 4
	usualLeast         = 64
)

// usualEnd returns the largest value that is tried without --range.
func usualEnd(l *loaded, setting string) int64 {
	if setting == sweep.ForInputSize {
		if in := l.network.InputShape(); in.HasPlane() {
			return max(usualLeast, min(usualInputMultiple*max(in.W, in.H), graph.MaxExtent))
		}
		return usualLeast
	}
	end := int64(usualLeast)
	for _, value := range l.file.Variable(setting) {
		if value < 1<<40 {
			end = max(end, usualMultiple*value)
		}
	}
	return end
}

// solution searches.
func (a *app) solution(ctx context.Context, l *loaded, s *sweep.Search, hasRange bool) (*report.Solution, error) {
	view := &report.Solution{Title: l.title(), Search: s}
	var err error
	if s.For == sweep.ForBatch && !hasRange {
		if !s.CanBisect() {
			return nil, usageError("--for batch needs a --range here: whether a larger batch needs more is known only " +
				"for upper limits of figures other than arena and the peak of cnncalc run")
		}
		view.Bisected = true
		view.Solution, err = s.Batches()
		if errors.Is(err, sweep.ErrUnbounded) {
			return nil, usageError("--budget: no limit depends on the batch: limit a figure that does, such as peak")
		}
	} else {
		shown := newProgress(a.err)
		if report.IsTerminal(a.err) {
			defer shown.clear()
			s.Tried = func(tried int64) {
				if time.Since(shown.last) > progressEvery {
					shown.show("%s of %s values", plain.Count(tried), plain.Count(s.Values.Len()))
				}
			}
		}
		view.Solution, err = s.All(ctx)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return nil, l.titled(err)
	}
	return view, err
}

// printSizes lists the input sizes that a network accepts.
func (a *app) printSizes(ctx context.Context, l *loaded, f *solveFlags, q *sweep.Query, limits []figure.Limit,
	out output) error {
	sizes, err := f.parseRange("sizes", f.sizes)
	if err != nil {
		return err
	}
	if sizes.At(0).Number < 1 || sizes.At(sizes.Len()-1).Number > graph.MaxExtent || sizes.Len() > maxValues {
		return usageError("--sizes takes at most %s sizes from 1 to %d, such as 200:700", plain.Count(maxValues),
			int64(graph.MaxExtent))
	}
	q.Space.Inputs = []sweep.Axis{sizes.Squares()}
	if limits != nil {
		q.Where = figure.Conjunction(limits)
	}
	view := &report.Sizes{Title: l.title(), Query: q, Tried: sizes.Len()}
	err = q.Run(ctx, 0, sizes.Len(), f.workers, func(rows []sweep.Row) error {
		for i := range rows {
			switch row := &rows[i]; {
			case row.Problem == nil && row.LeftOut:
				view.LeftOut++
			case row.Problem == nil:
				view.Rows = append(view.Rows, *row)
			case view.Problem == nil:
				view.Problem = row
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := a.print(out, view); err != nil {
		return err
	}
	if len(view.Rows) == 0 {
		return errAnsweredNo
	}
	return nil
}
