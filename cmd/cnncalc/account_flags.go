package main

import (
	"strings"

	"github.com/spf13/pflag"

	"cnncalc/internal/choice"
	"cnncalc/internal/memory"
)

// accountFlags choose an account and its options; "" for the default.
type accountFlags struct {
	account, mode, optimizer, dtype, torch string
	accounts                               []string // of --account; nil for a command without that flag
	trains                                 bool     // the command has no inference
}

// registerAccount adds --account, of some of the accounts.
func (f *accountFlags) registerAccount(flags *pflag.FlagSet, value memory.AccountName, accounts []string,
	usage string) {
	f.accounts = accounts
	wordVar(flags, &f.account, "account", string(value), accounts, usage+choice.List(accounts))
}

func (f *accountFlags) registerMode(flags *pflag.FlagSet, usage string) {
	wordVar(flags, &f.mode, "mode", "", memory.Modes(), usage)
}

// registerTypes adds --dtype and --optimizer.
func (f *accountFlags) registerTypes(flags *pflag.FlagSet) {
	wordVar(flags, &f.dtype, "dtype", "", memory.DTypes(), strings.Join(memory.DTypes(), ", ")+" (default fp32)")
	wordVar(flags, &f.optimizer, "optimizer", "", memory.Optimizers(), "for training: "+
		strings.Join(memory.Optimizers(), ", ")+" (default momentum)")
}

// registerTorch adds --torch.
func (f *accountFlags) registerTorch(flags *pflag.FlagSet) {
	wordVar(flags, &f.torch, "torch", "", memory.Torches(), "the PyTorch release that PyTorch's account follows: "+
		choice.List(memory.Torches())+" (default 2-cuda)")
}

// accountOptions reads the flags of the accounts, and returns an error for those that cannot be combined.
func (f *accountFlags) accountOptions() (memory.AccountName, memory.Options, error) {
	o := memory.Options{Torch: memory.Torch2CUDA, Mode: memory.Training, DType: memory.FP32,
		Optimizer: memory.DefaultOptimizer}
	names := f.accounts
	if names == nil {
		names = memory.AccountNames()
	}
	account, err := choice.Parse[memory.AccountName](f.account, "an account", names)
	if err != nil {
		return account, o, usageError("--account: %w", err)
	}
	if err := f.parseOptions(&o); err != nil {
		return account, o, err
	}
	switch {
	case f.torch != "" && account != memory.PyTorchAccount:
		return account, o, usageError("--torch is for --account pytorch, not for %s", f.account)
	case account == memory.RunAccount && o.DType != memory.FP32:
		return account, o, usageError("--account cnncalc describes `cnncalc run`, which computes in fp32; "+
			"--account pytorch has --dtype %s", o.DType)
	case account == memory.RunAccount && (f.mode == string(memory.Training) || f.optimizer != ""):
		return account, o, usageError("--account cnncalc describes `cnncalc run`, which does not train; " +
			"--account pytorch has training")
	case f.optimizer != "" && o.Mode == memory.Inference:
		return account, o, usageError("--optimizer is for training: leave it out, or use --mode training")
	}
	return account, o, checkOptions(account, o)
}

// checkOptions returns an error for a type that an account does not have with the other options.
func checkOptions(account memory.AccountName, o memory.Options) error {
	switch account {
	case memory.NotesAccount:
		if err := o.DType.CheckNotes(); err != nil {
			return usageError("--dtype: %w; --account pytorch has it", err)
		}
	case memory.PyTorchAccount:
		if err := o.Check(); err != nil {
			return usageError("--dtype: %w", err)
		}
	}
	return nil
}

// parseOptions reads those that were given.
func (f *accountFlags) parseOptions(o *memory.Options) error {
	parseDType := memory.ParseDType
	if f.trains {
		parseDType = memory.ParseTrainingDType
	}
	for _, err := range []error{
		parseFlag("mode", f.mode, &o.Mode, memory.ParseMode),
		parseFlag("optimizer", f.optimizer, &o.Optimizer, memory.ParseOptimizer),
		parseFlag("dtype", f.dtype, &o.DType, parseDType),
		parseFlag("torch", f.torch, &o.Torch, memory.ParseTorch),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

// parseFlag reads the value of a flag into to; "" leaves it as it is.
func parseFlag[T any](flag, value string, to *T, parse func(string) (T, error)) error {
	if value == "" {
		return nil
	}
	parsed, err := parse(value)
	if err != nil {
		return usageError("--%s: %w", flag, err)
	}
	*to = parsed
	return nil
}
