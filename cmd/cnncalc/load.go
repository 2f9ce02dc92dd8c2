package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/spf13/pflag"

	"cnncalc/architectures"
	"cnncalc/internal/budget"
	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/lint"
	"cnncalc/internal/network"
	"cnncalc/internal/onnx"
	"cnncalc/internal/plain"
	"cnncalc/internal/regular"
	"cnncalc/internal/shape"
)

// The SPEC of commands that are given none.
const (
	localSpec   = "cnncalc.yaml"
	defaultSpec = "vgg16"
)

// specFlags change a network without editing its file. Every command that takes a SPEC has them.
type specFlags struct {
	inputSize []string
	set       []string
	freeze    []string
	until     string
}

func (f *specFlags) register(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.inputSize, "input-size", nil,
		"input size: 384, 640x480 (width x height) or 32x32x3 (and depth); left=384 for one of several inputs (repeatable)")
	flags.StringVar(&f.until, "until", "", "read an ONNX model up to this node or value")
	flags.StringArrayVar(&f.set, "set", nil, "value of a variable of the file: N=3, or N=2,2,3 for a list (repeatable)")
}

// registerFreeze adds --freeze, for commands that count what training takes.
func (f *specFlags) registerFreeze(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.freeze, "freeze", nil,
		"layers or parameters that training leaves unchanged: 'conv*', conv1.bias, or '!fc1' for an exception (repeatable)")
}

// checkFreeze returns an error for patterns that no network can have.
func (f *specFlags) checkFreeze() error {
	if len(f.freeze) > graph.MaxFrozen {
		return usageError("--freeze takes at most %d patterns", graph.MaxFrozen)
	}
	for _, text := range f.freeze {
		if err := (graph.FrozenPattern{Text: text}).Check(); err != nil {
			return usageError("--freeze %s: %w", plain.Quote(plain.Cut(text)), err)
		}
	}
	return nil
}

// readSize reads a size of --input-size, with a depth of 0 where it has none.
func readSize(text string) (graph.Shape, error) {
	size, err := network.ParseSize(text)
	if err != nil {
		return size, usageError("--input-size %w", err)
	}
	return size, nil
}

// options reads the flags.
func (f *specFlags) options() (graph.Options, error) {
	o := graph.Options{Vars: map[string][]int64{}, Inputs: map[string]graph.Shape{}, Freeze: f.freeze, Until: f.until}
	if err := f.checkFreeze(); err != nil {
		return o, err
	}
	for _, size := range f.inputSize {
		if err := network.AddInputSize(&o, size); err != nil {
			return o, usageError("--input-size %w", err)
		}
	}
	for _, assignment := range f.set {
		name, list, ok := strings.Cut(assignment, "=")
		if !ok || name == "" {
			return o, usageError("--set takes name=number or name=2,2,3, not %s", plain.Cut(assignment))
		}
		if _, twice := o.Vars[name]; twice {
			return o, usageError("--set %s is given twice", plain.Cut(name))
		}
		for _, text := range strings.Split(list, ",") {
			n, err := wholeNumber(text)
			if err != nil {
				return o, usageError("--set %s: %w", plain.Cut(assignment), err)
			}
			o.Vars[name] = append(o.Vars[name], n)
		}
	}
	return o, nil
}

// loaded is a SPEC as far as it could be read.
type loaded struct {
	name     string // as the user would say it
	builtIn  bool   // no file, but a network of package architectures
	file     *network.File
	network  *shape.Network
	options  graph.Options  // of the network
	limits   []budget.Limit // of the file's own budget
	problems diag.List
}

// load reads a SPEC through to its shapes. Problems of the file are in the result; the error is for a SPEC
// that cannot be read at all, or flags that do not suit it.
func (a *app) load(name string, flags *specFlags) (*loaded, error) {
	options, err := flags.options()
	if err != nil {
		return nil, err
	}
	l, err := a.open(name)
	if err != nil {
		return nil, err
	}
	if err := a.infer(l, options); err != nil {
		return nil, err
	}
	return l, nil
}

// infer makes the network of a SPEC that was opened. The error is for options that do not suit it.
func (a *app) infer(l *loaded, options graph.Options) error {
	if err := l.lower(options); err != nil {
		return err
	}
	for _, w := range lint.Warnings(l.network) {
		a.note("%s:%s: note: %s; %s", l.file.Source.Name, w.Pos, w.Msg, w.Hint)
	}
	return nil
}

// lower is infer without notes.
func (l *loaded) lower(options graph.Options) error {
	for _, unknown := range []struct {
		flag string
		err  error
	}{{"--set", l.file.Unknown(options)}, {"--input-size", l.file.UnknownInput(options)}} {
		if unknown.err != nil {
			problem := diag.At(diag.Pos{}, unknown.err)
			if problem.Flag == "" {
				problem.Flag = unknown.flag
			}
			return codedError{exitUsage, &problem}
		}
	}
	l.options = options
	l.network, l.problems = l.file.Network(options)
	limits, wrong := budget.Read(l.network.Budget)
	l.limits, l.problems = limits, append(l.problems, wrong...)
	for i := range l.problems {
		if l.problems[i].Flag != "" {
			return usageError("%s; %s", l.problems[i].Error(), l.problems[i].Hint)
		}
	}
	return nil
}

// open reads a SPEC, which is an ONNX model by its first bytes, or else text. A file whose name says that it is a model
// must be one.
func (a *app) open(name string) (*loaded, error) {
	if isModelFile(name) {
		model, err := onnx.Open(name)
		if err != nil {
			return nil, problemError("%w", err)
		}
		a.models = append(a.models, model)
		return &loaded{name: name, file: network.ReadModel(name, model)}, nil
	}
	if err := checkModelName(name); err != nil {
		return nil, err
	}
	data, isBuiltIn, err := a.readSpec(name)
	if err != nil {
		return nil, err
	}
	if onnx.IsModel(data) {
		problem := diag.Errorf("onnx/invalid", "not text: an ONNX model is read from a file only").
			WithHint("give the path of the model")
		return &loaded{name: name, file: network.Refuse(sourceName(name), problem)}, nil
	}
	return &loaded{name: name, builtIn: isBuiltIn, file: network.Read(sourceName(name), data)}, nil
}

// isModelFile reports whether a file begins as an ONNX model does. readSpec reports whatever else is wrong with it.
func isModelFile(name string) bool {
	if name == "" || name == "-" {
		return false
	}
	file, _, err := regular.Open(name, "")
	if err != nil {
		return false
	}
	defer file.Close()
	head := make([]byte, 1)
	n, _ := file.Read(head)
	return onnx.IsModel(head[:n])
}

// checkModelName returns an error for a file that ends in .onnx and is not a model.
func checkModelName(name string) error {
	if !strings.EqualFold(path.Ext(name), ".onnx") {
		return nil
	}
	if err := onnx.CheckFile(name); err != nil {
		return problemError("%s: %w", plain.Escape(plain.CutPath(name)), err)
	}
	return nil
}

// loadSound is load for commands that need a network without problems: they are printed to standard error.
func (a *app) loadSound(args []string, flags *specFlags) (*loaded, error) {
	l, err := a.load(a.specOf(args), flags)
	if err != nil {
		return nil, err
	}
	if len(l.problems) == 0 {
		return l, nil
	}
	if err := a.printProblems(l.file.Source, l.problems); err != nil {
		return nil, err
	}
	return nil, errReported
}

// noteFolded notes that the network of a model is not the one that was trained.
func (a *app) noteFolded(l *loaded) {
	if l.file.LacksNorms() {
		a.note("%s was exported with its batch normalisations folded into the convolutions: training needs more than "+
			"these figures; torch.onnx.export(..., training=TrainingMode.PRESERVE, do_constant_folding=False) keeps them",
			l.name)
	}
}

// title returns the name of the network for reports.
func (l *loaded) title() string {
	if l.network.Name != "" {
		return l.network.Name
	}
	return sourceName(l.name)
}

// command returns the SPEC and the flags that change it, as words of a command line that a shell reads back.
func (l *loaded) command(flags *specFlags) string {
	if len(l.name) > plain.MaxPath {
		return "SPEC"
	}
	words := []string{plain.Shell(l.name)}
	for _, size := range flags.inputSize {
		words = append(words, "--input-size", plain.Shell(size))
	}
	for _, assignment := range flags.set {
		words = append(words, "--set", plain.Shell(assignment))
	}
	if flags.until != "" {
		words = append(words, "--until", plain.Shell(flags.until))
	}
	return strings.Join(words, " ")
}

// frozenCommand is command with the patterns of --freeze too.
func (l *loaded) frozenCommand(flags *specFlags) string {
	words := []string{l.command(flags)}
	for _, pattern := range flags.freeze {
		words = append(words, "--freeze", plain.Shell(pattern))
	}
	return strings.Join(words, " ")
}

// isArrowText reports whether a SPEC that is not a file is a network itself.
func isArrowText(name string) bool {
	return strings.Contains(name, "->") || strings.Contains(name, "→")
}

// isMeantAsText reports whether a SPEC that is not a file is meant as a network itself: it has an arrow, or starts with
// INPUT and what few names of files have in place of one.
func isMeantAsText(name string) bool {
	const first = "INPUT"
	end := strings.IndexAny(name, " \t\n,=>")
	return isArrowText(name) || end == len(first) && strings.EqualFold(name[:end], first)
}

func sourceName(name string) string {
	if name == "-" {
		return "<stdin>"
	}
	if _, err := os.Stat(name); err != nil && isMeantAsText(name) {
		return "<argument>"
	}
	return name
}

// specOf returns the SPEC, and names the default on standard error where none was given.
func (a *app) specOf(args []string) string {
	if len(args) > 0 {
		return args[0]
	}
	if _, err := os.Lstat(localSpec); err == nil {
		a.note("no SPEC given: reading %s", localSpec)
		return localSpec
	}
	a.note("no SPEC given and no %s here: using the built-in %s", localSpec, defaultSpec)
	return defaultSpec
}

// readSpec reads a file, standard input or a built-in network, and reports whether it is built in. An existing file
// wins over a built-in name, a folder does not.
func (a *app) readSpec(name string) (data []byte, isBuiltIn bool, err error) {
	switch name {
	case "":
		return nil, false, usageError("SPEC is empty: give a file, - for standard input, or the name of a built-in network")
	case "-":
		data, err := io.ReadAll(io.LimitReader(a.in, network.MaxFileSize+1))
		if err != nil {
			return nil, false, problemError("%w", regular.Unreadable("standard input", err))
		}
		return data, false, nil
	}
	switch {
	case isGitSpec(name):
		data, err := a.readGit(name, network.MaxFileSize)
		return data, false, err
	case isPattern(name):
		return nil, false, notOne(name)
	}
	info, err := os.Stat(name)
	if err != nil && isMeantAsText(name) {
		return []byte(name), false, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(name); err == nil {
			return nil, false, problemError("can't read %s: it is a symbolic link to a file that does not exist",
				plain.CutPath(name))
		}
		data, err = builtIn(name)
		return data, true, err
	}
	if err == nil && info.IsDir() {
		if data, err := architectures.Open(name); err == nil {
			return data, true, nil
		}
		return nil, false, notOne(name)
	}
	data, err = readRegular(name, "an architecture file", network.MaxFileSize)
	return data, false, err
}

// readRegular reads a file, or a byte more than the limit, so that a longer one is recognised. expected is what the
// file ought to be, with its article.
func readRegular(name, expected string, limit int64) ([]byte, error) {
	data, err := regular.Read(name, expected, limit)
	if err != nil {
		return nil, problemError("%w", err)
	}
	return data, nil
}

// builtIn returns the file of a built-in network, named with or without .yaml.
func builtIn(name string) ([]byte, error) {
	data, err := architectures.Open(name)
	if err == nil {
		return data, nil
	}
	message := fmt.Sprintf("there is no file and no built-in network called %s", plain.CutPath(name))
	if base, size, ok := strings.Cut(name, "@"); ok {
		if _, err := readSize(size); err == nil {
			return nil, problemError("%s; another input size is a flag: %s --input-size %s", message, plain.CutPath(base), size)
		}
	}
	if hint := diag.DidYouMean(strings.TrimSuffix(name, ".yaml"), architectures.Names()); hint != "" {
		return nil, problemError("%s; %s", message, hint)
	}
	return nil, problemError("%s; cnncalc list shows the built-in ones", message)
}
