package main

import (
	"strings"

	"github.com/spf13/cobra"

	"cnncalc/internal/count"
	"cnncalc/internal/report"
)

const reconcileLong = `reconcile counts a network as two programs do, and lists the differences item by item: the
figure of the first plus all items is exactly that of the second. It leaves out quantities that only one of them
counts. "cnncalc help counting" lists the programs.`

type reconcileFlags struct {
	specFlags
	outputFlags
	batch int64
}

func newReconcile(a *app) *cobra.Command {
	var f reconcileFlags
	cmd := &cobra.Command{
		Use:  "reconcile A B [SPEC]",
		Long: reconcileLong,
		Example: "  cnncalc reconcile fvcore thop torchvision/resnet50\n  cnncalc reconcile torchinfo torchsummary " +
			"mynet.yaml --format csv",
		RunE: func(_ *cobra.Command, args []string) error { return a.reconcile(args, &f) },
	}
	flags := cmd.Flags()
	f.register(flags)
	f.registerFreeze(flags)
	f.registerTable(flags)
	f.registerPath(flags)
	f.registerColumns(flags, "quantity", "of", "what", "places", "amount")
	registerBatch(flags, &f.batch, "pictures in a batch")
	return cmd
}

// reconciled is the number of programs that are compared, which come before the SPEC.
const reconciled = 2

func (a *app) reconcile(args []string, f *reconcileFlags) error {
	out, err := f.parse("reconcile")
	if err != nil {
		return err
	}
	if err := checkBatch(f.batch); err != nil {
		return err
	}
	if len(args) < reconciled || len(args) > reconciled+1 {
		return usageError("reconcile takes two programs and at most one SPEC: choose from %s",
			strings.Join(count.Names(), ", "))
	}
	from, err := count.Find(args[0])
	if err != nil {
		return usageError("%w", err)
	}
	to, err := count.Find(args[1])
	if err != nil {
		return usageError("%w", err)
	}
	l, err := a.loadSound(args[reconciled:], &f.specFlags)
	if err != nil {
		return err
	}
	r, err := count.Reconcile(from, to, l.network, f.batch)
	if err != nil {
		return problemError("%s: %w", l.title(), err)
	}
	return a.print(out, &report.Reconciliation{Title: l.title(), Reconciliation: r, Asked: f.batch})
}
