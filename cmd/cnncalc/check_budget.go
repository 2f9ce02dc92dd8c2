package main

import (
	"os"
	"path/filepath"

	"cnncalc/architectures"
	"cnncalc/internal/budget"
	"cnncalc/internal/network"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
	"cnncalc/internal/shape"
)

// readBudgets reads the file of budgets that is named, or that of the current folder. What is wrong with it is in the
// report. Networks are checked nevertheless.
func (c *checking) readBudgets() error {
	name := c.flags.budget
	if name == "" {
		if _, err := os.Lstat(budget.FileName); err != nil {
			return nil
		}
		name = budget.FileName
	}
	data, err := readRegular(name, "a file of budgets", network.MaxFileSize)
	if err != nil {
		return c.addUnreadable(name, err)
	}
	budgets, problems := budget.ReadFile(name, data)
	named, more := budgets.Specs(architectures.Names())
	problems = append(problems, more...)
	c.budgets, c.named, c.isSound = budgets, named, len(problems) == 0
	if c.isSound {
		return nil
	}
	return c.add(report.CheckedFile{Name: name, Title: name, Source: budgets.Source, Problems: problems,
		Network: &shape.Network{}})
}

// networksOf returns the networks of a SPEC. The file of budgets has none among others, since a shell's *.yaml names it
// too. As the only SPEC, it is all networks that it names.
func (c *checking) networksOf(spec string, isOnly bool) ([]string, error) {
	_, err := os.Stat(spec)
	switch {
	case filepath.Base(spec) != budget.FileName || err != nil:
		return expand(spec)
	case c.budgets == nil || !report.SameFile(spec, c.budgets.Source.Name):
		return nil, problemError("%s is a file of budgets, and no network: --budget %[1]s uses it", plain.CutPath(spec))
	case isOnly:
		return c.named, nil
	}
	return nil, nil
}

// specs returns the networks that are checked if none is given: those that have budgets, or else the usual one.
func (c *checking) specs() []string {
	switch {
	case len(c.files) > 0 && c.budgets == nil:
		return nil // the budgets cannot be read
	case c.budgets == nil:
		return []string{c.specOf(nil)}
	}
	if len(c.named) > 0 {
		c.note("no SPEC given: checking the networks of %s", plain.CutPath(c.budgets.Source.Name))
	}
	return c.named
}

// limits returns the limits of a network: those of its own file, and those of the file of budgets.
func (c *checking) limits(l *loaded) []budget.Limit {
	if c.budgets == nil {
		return l.limits
	}
	more := c.budgets.Limits(l.name, l.builtIn)
	if more == nil && c.flags.budget != "" && c.isSound {
		c.note("%s gives %s no budget", plain.CutPath(c.flags.budget), plain.CutPath(l.name))
	}
	return append(l.limits[:len(l.limits):len(l.limits)], more...)
}
