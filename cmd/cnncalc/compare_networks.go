package main

import (
	"fmt"
	"slices"
	"strings"

	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/numeral"
	"cnncalc/internal/plain"
)

// loadCompared reads all networks. The problems of those that have some are printed to standard error.
func (a *app) loadCompared(args []string, given *networkChanges) ([]*loaded, error) {
	all := make([]*loaded, len(args))
	failed := error(nil)
	var err error
	for k, name := range args {
		all[k], err = a.loadOneOf(name, k, given)
		switch {
		case isProblem(err) && err != errReported:
			a.printError(err.Error())
			fallthrough
		case err == errReported:
			failed = errReported
		case err != nil:
			return nil, err
		}
	}
	if failed != nil {
		return nil, failed
	}
	return all, given.unused()
}

// loadOneOf reads network k. errReported means that its problems are printed.
func (a *app) loadOneOf(name string, k int, given *networkChanges) (*loaded, error) {
	l, err := a.open(name)
	if err != nil {
		return nil, err
	}
	options, err := given.options(k, l.file)
	if err == nil {
		err = a.infer(l, options)
	}
	if err != nil {
		return nil, usageError("%s, network %d: %w%s", plain.CutPath(sourceName(name)), k+1, err, given.hint(err))
	}
	if len(l.problems) > 0 {
		if err := a.printProblems(l.file.Source, l.problems); err != nil {
			return nil, err
		}
		return nil, errReported
	}
	a.noteFolded(l)
	return l, nil
}

// change is a flag that changes a network: one value of it.
type change struct{ flag, value string }

// String returns the change as it is written on the command line.
func (c change) String() string { return "--" + c.flag + " " + plain.Cut(c.value) }

// target names what the change sets: a variable or an input. A pattern of --freeze is its own target.
func (c change) target() string {
	name, _, isNamed := strings.Cut(c.value, "=")
	switch {
	case c.flag == "freeze":
		return c.String()
	case c.flag == "until" || !isNamed:
		return c.flag
	}
	return c.flag + " " + name
}

// changes returns the flags that were given.
func (f *specFlags) changes() []change {
	var all []change
	for _, size := range f.inputSize {
		all = append(all, change{"input-size", size})
	}
	for _, assignment := range f.set {
		all = append(all, change{"set", assignment})
	}
	for _, pattern := range f.freeze {
		all = append(all, change{"freeze", pattern})
	}
	if f.until != "" {
		all = append(all, change{"until", f.until})
	}
	return all
}

// specFlagsOf returns the flags of which changes are.
func specFlagsOf(changes []change) *specFlags {
	f := &specFlags{}
	for _, c := range changes {
		switch c.flag {
		case "input-size":
			f.inputSize = append(f.inputSize, c.value)
		case "set":
			f.set = append(f.set, c.value)
		case "freeze":
			f.freeze = append(f.freeze, c.value)
		case "until":
			f.until = c.value
		}
	}
	return f
}

// networkChanges are the flags that change several networks.
type networkChanges struct {
	ofAll []change
	own   [][]change // by network: those with its number
	// refused holds, for each change of all networks that none has had so far, the reason of the first; nil once one has.
	refused map[change]error
}

// newNetworkChanges splits flags into those of all networks and those of each: 2:384 is for the second.
func newNetworkChanges(f *specFlags, networks int) (*networkChanges, error) {
	g := &networkChanges{own: make([][]change, networks), refused: map[change]error{}}
	for _, c := range f.changes() {
		k, value, err := cutNetwork(c.value, networks)
		if err != nil {
			return nil, usageError("%s: %w", c, err)
		}
		c.value = value
		if k < 0 {
			g.ofAll = append(g.ofAll, c)
		} else {
			g.own[k] = append(g.own[k], c)
		}
	}
	for _, changes := range append(g.own, g.ofAll) {
		if _, err := specFlagsOf(changes).options(); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// cutNetwork cuts the number of a network, counted from 0, from a value such as 2:384. It is -1 for a value without
// one.
func cutNetwork(text string, networks int) (k int, value string, err error) {
	number, value, ok := strings.Cut(text, ":")
	if !ok || number == "" || strings.Trim(number, "0123456789") != "" {
		return -1, text, nil
	}
	n, err := numeral.Int(number)
	if err != nil || n < 1 || n > int64(networks) {
		return 0, "", fmt.Errorf("the networks are numbered 1 to %d", networks)
	}
	return int(n) - 1, value, nil
}

// options returns those of network k: its own, and those of all networks that suit its file and that its own leave
// open.
func (g *networkChanges) options(k int, file *network.File) (graph.Options, error) {
	var chosen []change
	for _, c := range g.ofAll {
		isOwn := slices.ContainsFunc(g.own[k], func(own change) bool { return own.target() == c.target() })
		err := suits(c, file)
		if !isOwn && err == nil {
			chosen = append(chosen, c)
		}
		if known, seen := g.refused[c]; !seen || known != nil && (isOwn || err == nil) {
			if isOwn {
				err = nil
			}
			g.refused[c] = err
		}
	}
	return specFlagsOf(append(chosen, g.own[k]...)).options()
}

// suits returns an error if a network does not have what a change sets.
func suits(c change, file *network.File) error {
	o, err := specFlagsOf([]change{c}).options()
	switch {
	case err != nil:
		return err
	case c.flag == "input-size":
		return file.UnknownInput(o)
	case c.flag == "freeze":
		return nil
	}
	return file.Unknown(o)
}

// unused returns an error for a change of all networks that none of them has.
func (g *networkChanges) unused() error {
	for _, c := range g.ofAll {
		if err := g.refused[c]; err != nil {
			return usageError("%s applies to none of the networks (the first: %w)", c, err)
		}
	}
	return nil
}

// hint says how to freeze layers of one network, if an error is about a pattern for all of them; "" for other errors.
func (g *networkChanges) hint(err error) string {
	isFreeze := func(c change) bool { return c.flag == "freeze" }
	at := slices.IndexFunc(g.ofAll, isFreeze)
	if at < 0 || !strings.HasPrefix(err.Error(), "--freeze") {
		return ""
	}
	return "; --freeze 1:" + plain.Cut(g.ofAll[at].value) + " is for the first network only"
}

// checkStandardInput refuses SPECs that read standard input twice.
func checkStandardInput(args []string) error {
	if i := slices.Index(args, "-"); i >= 0 && slices.Contains(args[i+1:], "-") {
		return usageError("- is given twice, but standard input can be read only once")
	}
	return nil
}

// namesOf returns names for the networks that are all different: their titles, or else their SPECs, with their own
// settings, and numbers.
func namesOf(all []*loaded, g *networkChanges) []string {
	names := make([]string, len(all))
	for _, name := range []func(k int) string{
		func(k int) string { return all[k].title() },
		func(k int) string { return plain.CutPath(sourceName(all[k].name)) },
		func(k int) string { return names[k] + ownText(g.own[k]) },
		func(k int) string { return fmt.Sprintf("%s #%d", names[k], k+1) },
	} {
		next := make([]string, len(all))
		for k := range all {
			next[k] = names[k]
			if names[k] == "" || isRepeated(names, k) {
				next[k] = name(k)
			}
		}
		names = next
	}
	return names
}

func isRepeated(names []string, k int) bool {
	return slices.Contains(names[:k], names[k]) || slices.Contains(names[k+1:], names[k])
}

// ownText returns the changes of one network: " (384, N=3)".
func ownText(own []change) string {
	if own == nil {
		return ""
	}
	values := make([]string, len(own))
	for i, c := range own {
		values[i] = plain.Cut(c.value)
	}
	return " (" + strings.Join(values, ", ") + ")"
}
