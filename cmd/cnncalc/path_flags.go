package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cnncalc/internal/plain"
	"cnncalc/internal/report"
)

// Flags of any command that name files and folders.
var (
	readFlags    = []string{"input", "labels", "weights", "budget", "against", "baseline"}
	writtenFlags = []string{"save-weights", "dump", "maps", "output"}
)

// namedFile is a file and what names it on the command line.
type namedFile struct{ by, path string }

// checkPaths refuses text flags that are given without a text, and outputs that would overwrite an input or each other,
// before anything is read.
func checkPaths(cmd *cobra.Command, args []string) error {
	var inputs, outputs []namedFile
	for _, spec := range specsOf(cmd, args) {
		names, _ := expand(spec)
		for _, name := range names {
			inputs = append(inputs, namedFile{"SPEC", name})
		}
	}
	var failed error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		texts, isText := textsOf(f)
		if isText && (len(texts) == 0 || slices.Contains(texts, "")) && failed == nil {
			failed = usageError("--%s is empty: give it a value, or leave it out", f.Name)
		}
		for _, path := range texts {
			switch {
			case slices.Contains(readFlags, f.Name) && path != randomWeights:
				inputs = append(inputs, namedFile{"--" + f.Name, path})
				if _, named, ok := strings.Cut(path, "="); ok && f.Name == "input" {
					inputs = append(inputs, namedFile{"--" + f.Name, named})
				}
			case f.Name == "output" && path == "-":
			case slices.Contains(writtenFlags, f.Name):
				outputs = append(outputs, namedFile{"--" + f.Name, path})
			}
		}
	})
	if failed != nil {
		return failed
	}
	return checkOutputs(inputs, outputs)
}

// specsOf returns the files that a command may read as its SPEC.
func specsOf(cmd *cobra.Command, args []string) []string {
	if takesSpec := cmd.Flags().Lookup("input-size") != nil; len(args) == 0 && takesSpec {
		return []string{localSpec}
	}
	return args
}

// textsOf returns the values of a flag for text: one, or those of a list.
func textsOf(f *pflag.Flag) (texts []string, isText bool) {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return list.GetSlice(), true
	}
	return []string{f.Value.String()}, f.Value.Type() == "string"
}

func checkOutputs(inputs, outputs []namedFile) error {
	for i, o := range outputs {
		if o.path == "-" {
			return usageError("%s does not write to standard output: give a name; ./- is a file called -", o.by)
		}
		for _, in := range inputs {
			if report.SameFile(in.path, o.path) {
				return usageError("%s %s would overwrite the file that is read as %s: give another name",
					o.by, plain.CutPath(o.path), in.by)
			}
		}
		for _, other := range outputs[:i] {
			if report.SameFile(other.path, o.path) {
				return usageError("%s and %s name the same file, %s", other.by, o.by, plain.CutPath(o.path))
			}
		}
	}
	return nil
}
