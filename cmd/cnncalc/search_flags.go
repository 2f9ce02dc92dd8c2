package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"cnncalc/internal/figure"
)

// searchFlags say which figures of many settings are computed, and how. sweep and solve have them.
type searchFlags struct {
	useFlags
	figures []string
	workers int
}

func (f *searchFlags) registerSearch(flags *pflag.FlagSet, figuresUsage, workersUsage string) {
	f.registerUse(flags)
	wordsVar(flags, &f.figures, "figures", figure.Names(), figuresUsage)
	numberVar(flags, &f.workers, "workers", defaultThreads(), workersUsage)
}

// maxWorkers bounds --workers, far above what is useful.
const maxWorkers = 1024

func (f *searchFlags) checkWorkers() error {
	if f.workers < 1 || f.workers > maxWorkers {
		return usageError("--workers must be from 1 to %d, not %d", maxWorkers, f.workers)
	}
	return nil
}

// chosenFigures reads --figures, or returns the usual ones.
func (f *searchFlags) chosenFigures(usual ...string) ([]figure.Figure, error) {
	names := f.figures
	if names == nil {
		names = usual
	}
	return findFigures(names)
}

// figureHelp lists the figures.
func figureHelp() string {
	width := 0
	for _, f := range figure.All() {
		width = max(width, len(f.Name))
	}
	var b strings.Builder
	for _, f := range figure.All() {
		fmt.Fprintf(&b, "  %-*s  %s\n", width, f.Name, f.What)
	}
	return b.String()
}

// findFigures reads --figures.
func findFigures(names []string) ([]figure.Figure, error) {
	var chosen []figure.Figure
	for _, name := range names {
		f, err := figure.Find(strings.TrimSpace(name))
		if err != nil {
			return nil, usageError("--figures: %w", err)
		}
		if hasFigure(chosen, f) {
			return nil, usageError("--figures: %s is given twice", f.Name)
		}
		chosen = append(chosen, f)
	}
	return chosen, nil
}

// eachOnce returns the figures, each once.
func eachOnce(figures []figure.Figure) []figure.Figure {
	var kept []figure.Figure
	for _, f := range figures {
		if !hasFigure(kept, f) {
			kept = append(kept, f)
		}
	}
	return kept
}

func hasFigure(figures []figure.Figure, f figure.Figure) bool {
	return slices.ContainsFunc(figures, func(other figure.Figure) bool { return other.Name == f.Name })
}

// checkNeeds refuses figures that need more than the flags give.
func checkNeeds(flag string, figures []figure.Figure, use *figure.Use) error {
	remedies := map[string]string{
		"a device":               "--device or --device-memory",
		"the rates of a machine": "--peak and --bandwidth",
	}
	for _, f := range figures {
		if needs := f.Needs(use); needs != "" {
			return usageError("%s: %s needs %s: give %s", flag, f.Name, needs, remedies[needs])
		}
	}
	return nil
}
