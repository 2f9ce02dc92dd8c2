package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cnncalc/internal/figure"
	"cnncalc/internal/fit"
	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
	"cnncalc/internal/sweep"
)

// autoInputs is the value of --inputs that stands for the largest size.
const autoInputs = "auto"

func (f *fitFlags) isAuto() bool { return slices.Equal(f.inputs, []string{autoInputs}) }

// fitLargestInputs answers a query with the largest square input with which the batch fits, for each of the options. An
// option with which none fits is noted, and has no row.
func (a *app) fitLargestInputs(ctx context.Context, l *loaded, f *fitFlags, q *fit.Query) (*fit.Answer, error) {
	all := &fit.Answer{Query: q}
	for _, o := range q.Options {
		one := *q
		one.Options = []memory.Options{o}
		n, err := a.largestInput(ctx, l, f, &one)
		if err != nil {
			return nil, err
		}
		if n == nil {
			continue
		}
		one.Networks = func(yield func(*shape.Network, error) bool) { yield(n, nil) }
		answer, err := fit.Ask(&one)
		if err != nil {
			return nil, err
		}
		all.Rows = append(all.Rows, answer.Rows...)
		all.Basis = answer.Basis
	}
	return all, nil
}

// largestInput returns the network with the largest input with which the batch fits, nil if there is none.
func (a *app) largestInput(ctx context.Context, l *loaded, f *fitFlags, q *fit.Query) (*shape.Network, error) {
	base, err := f.options()
	if err != nil {
		return nil, err
	}
	peak, err := figure.ParseLimit(fmt.Sprintf("peak<=%dB", q.Budget.Available))
	if err != nil {
		return nil, err
	}
	options := q.Options[0]
	if q.Budget.Device != nil {
		options.ComputeMajor = q.Budget.Device.ComputeMajor()
	}
	s := &sweep.Search{
		For: sweep.ForInputSize, Limits: []figure.Limit{peak}, Workers: defaultThreads(),
		Values: sweep.Range(1, usualEnd(l, sweep.ForInputSize), 1),
		Query: &sweep.Query{
			Base: base, Network: l.networkWith, Figures: []figure.Figure{peak.Figure},
			Use:   figure.Use{Account: q.Account, Options: options, Threads: 1},
			Space: sweep.Space{Options: []memory.Options{options}, Batches: sweep.Range(q.Batch, q.Batch, 1)},
		},
	}
	found, err := s.All(ctx)
	if err != nil {
		return nil, err
	}
	how := strings.TrimSpace(fmt.Sprint(options.Mode, " ", options.DType, " ", options.Optimizer))
	largest := s.Values.At(s.Values.Len() - 1)
	if found.Best == nil {
		a.note("--inputs auto: no input up to %sx%[1]s lets a batch of %s fit (%s)", largest, plain.Count(q.Batch), how)
		return nil, nil
	}
	if found.Next != nil && found.Next.Problem == nil && peak.Holds(found.Next.Values[0]) {
		a.note("--inputs auto tries inputs up to %sx%[1]s, and larger ones fit too (%s): name sizes", largest, how)
	}
	base.InputWidth, base.InputHeight = found.Best.Input.W, found.Best.Input.H
	return l.networkWith(base)
}
