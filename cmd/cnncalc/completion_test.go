package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// callsOf holds a call of each command that is right but for the flag that is added to it.
var callsOf = map[string]string{
	"check": "check --lint lenet5", "compare": "compare lenet5 cifar10", "diff": "diff lenet5 cifar10",
	"solve": "solve lenet5 --for batch --budget peak<=1GiB", "reconcile": "reconcile fvcore thop lenet5",
	"fit": "fit lenet5 --device t4", "run": "run lenet5 --input none.png", "convert": "convert lenet5 -o new.yaml",
	"list": "list",
}

// Whatever words an error says to choose from, the shell completes, and no others.
func TestWordsComplete(t *testing.T) {
	t.Chdir(t.TempDir())
	choices := regexp.MustCompile(`: choose from ([^;\n]+)`)
	found := 0
	eachFlag(func(cmd *cobra.Command, f *pflag.Flag) {
		call, ok := callsOf[cmd.Name()]
		if !ok {
			call = cmd.Name() + " lenet5"
		}
		var out, errs bytes.Buffer
		args := append(strings.Fields(call), "--"+f.Name, "no-such-word")
		code := run(context.Background(), args, strings.NewReader(""), &out, &errs)
		isAnnotated := f.Annotations[wordsAnnotation] != nil
		m := choices.FindStringSubmatch(errs.String())
		if m == nil {
			if isAnnotated {
				t.Errorf("%q says nothing to choose from (exit code %d): %s", args, code, errs.String())
			}
			return
		}
		found++
		want, got := strings.Split(m[1], ", "), completed(t, append(strings.Fields(call), "--"+f.Name, "")...)
		slices.Sort(want)
		slices.Sort(got)
		if cmd.Name() == "diff" && f.Name == "figures" { // others are in reports only
			want = slices.DeleteFunc(want, func(word string) bool { return !slices.Contains(diffFigures(), word) })
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s --%s completes %q, and the error says %q", cmd.Name(), f.Name, got, want)
		}
	})
	if found < 40 {
		t.Errorf("only %d flags take some words", found)
	}
}

// figuresNeed is what all figures need.
const figuresNeed = "--device t4 --peak 13TFLOP/s --bandwidth 360GB/s"

// besides holds what a call needs beside a flag, or beside one of its words, to take it.
var besides = map[string]string{
	"check --silence":          "--lint",
	"compare --figures":        figuresNeed,
	"draw --fit":               "--style field --input PICTURE",
	"draw --layer":             "--style field",
	"draw --scale":             "--style volumes",
	"fit --offload":            "--gpus 2 --mode training --strategy zero2",
	"fit --strategy":           "--gpus 2 --mode training",
	"memory --dtype":           "--account pytorch --mode inference",
	"memory --format snapshot": "-o pass.pickle --account pytorch",
	"memory --format svg":      "--timeline",
	"memory --offload":         "--account pytorch --gpus 2 --strategy zero2",
	"memory --strategy":        "--account pytorch --gpus 2",
	"memory --torch":           "--account pytorch",
	"report --dtype int8":      "--mode inference",
	"solve --account cnncalc":  "--range 1:4",
	"solve --dtype int8":       "--mode inference",
	"solve --figures":          figuresNeed,
	"sweep --dtype int8":       "--mode inference",
	"sweep --figures":          figuresNeed,
	"sweep --pareto":           figuresNeed,
	"traffic --dtype":          "--device a100-80gb",
	"traffic --mode":           "--device t4",
	"traffic --optimizer":      "--device t4 --mode training",
	"traffic --strategy":       "--device t4 --mode training --gpus 2",
}

// typedFirst holds what is typed of a flag that takes no fewer than two words.
var typedFirst = map[string]string{"sweep --pareto": "+layers,"}

// Whatever the shell offers for a flag of words or of names, its command takes.
func TestCompletionsAreTaken(t *testing.T) {
	picture, err := filepath.Abs("../../testdata/digits/seven.png")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	calls := maps.Clone(callsOf)
	maps.Copy(calls, map[string]string{"run": "run lenet5 --input " + picture, "convert": "convert lenet5 -o new.py",
		"diff": "diff lenet5 lenet5", "check": "check lenet5"})
	var errs bytes.Buffer
	convert := strings.Fields("convert lenet5 -o x.onnx")
	if code := run(context.Background(), convert, nil, io.Discard, &errs); code != exitFine {
		t.Fatal(errs.String())
	}
	tried := 0
	eachFlag(func(cmd *cobra.Command, f *pflag.Flag) {
		isOpen := slices.Contains([]string{"set", "allow", "where", "budget"}, f.Name) &&
			f.Annotations[wordsAnnotation] == nil
		call, ok := calls[cmd.Name()]
		if !ok {
			call = cmd.Name() + " lenet5"
		}
		if isOpen || f.Name == "baseline" || cmd.Name() == "edit" { // more is to be typed; all networks; a server
			return
		}
		if f.Name == "until" {
			call = strings.ReplaceAll(call, "lenet5", "x.onnx")
		}
		flag := "--" + f.Name
		key := cmd.Name() + " " + flag
		for _, word := range offered(t, call, flag, typedFirst[key]) {
			more, ok := besides[key+" "+word]
			if !ok {
				more = besides[key]
			}
			args := slices.Concat(strings.Fields(call), []string{flag, word},
				strings.Fields(strings.ReplaceAll(more, "PICTURE", picture)))
			var out, errs bytes.Buffer
			if code := run(context.Background(), args, strings.NewReader(""), &out, &errs); code != exitFine {
				t.Errorf("%q: exit code %d: %s", args, code, errs.String())
			}
			tried++
		}
	})
	if tried < 500 {
		t.Errorf("only %d words are offered", tried)
	}
}

// offered returns what the shell offers for a flag after what is typed, whole.
func offered(t *testing.T, call, flag, typed string) []string {
	t.Helper()
	var words []string
	for _, word := range completed(t, append(strings.Fields(call), flag, typed)...) {
		if strings.HasSuffix(word, ":") {
			words = append(words, offered(t, call, flag, word)...)
		} else {
			words = append(words, word)
		}
	}
	return words
}

// eachFlag calls a function with all flags of all commands that take a value.
func eachFlag(do func(*cobra.Command, *pflag.Flag)) {
	root := newRoot(&app{}, nil)
	for _, cmd := range root.Commands() {
		if !cmd.Runnable() || cmd.Hidden {
			continue
		}
		visit := func(f *pflag.Flag) {
			if f.Value.Type() != "bool" {
				do(cmd, f)
			}
		}
		cmd.Flags().VisitAll(visit)
		if cmd.Name() == "memory" {
			root.PersistentFlags().VisitAll(visit)
		}
	}
}

// completed returns what the shell offers for the last of some arguments.
func completed(t *testing.T, args ...string) []string {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(context.Background(), append([]string{cobra.ShellCompNoDescRequestCmd}, args...), nil, &out, &errs)
	if code != exitFine {
		t.Fatalf("completing %q: exit code %d: %s", args, code, errs.String())
	}
	words, _, _ := strings.Cut("\n"+out.String(), "\n:") // the directive
	return strings.Fields(words)
}

func TestCompletions(t *testing.T) {
	for _, test := range []struct {
		args string // the last is what is typed, - for nothing
		want string
	}{
		{"explain lenet5 --layer conv", "conv1 conv2"},
		{"explain missing.yaml --layer -", ""},
		{"memory lenet5 --freeze fc", "fc1 fc2 fc3"},
		{"memory lenet5 --columns name,ma", "name,macs"},
		{"memory lenet5 --columns name,na", ""},
		{"memory lenet5 --as thop --columns op", "operations"},
		{"memory lenet5 --account cnncalc --columns of", "offset"},
		{"memory lenet5 --timeline --columns st", "step"},
		{"explain grammar --set -", "K= M= N= filters= pool="},
		{"solve grammar --for -", "K M N filters pool input-size batch"},
		{"solve grammar --budget parameters<=5M&&train", "parameters<=5M&&training_peak parameters<=5M&&training_batch " +
			"parameters<=5M&&training_images_per_second parameters<=5M&&trainable"},
		{"sweep grammar --where !(mac", "!(macs"},
		{"sweep grammar --pareto macs,+para", "macs,+parameters"},
		{"sweep grammar --pareto macs,+mac", ""},
		{"sweep grammar --pareto lay", ""}, // neither more nor less is better
		{"diff lenet5 cifar10 --allow mac", "macs="},
		{"diff lenet5 cifar10 --allow l", "largest="}, // layers may change freely
		{"convert lenet5 --checkpoint conv", "conv1: conv2:"},
		{"convert lenet5 --checkpoint conv2:pool", "conv2:pool2"},
		{"compare lenet5 cifar10 --freeze -", "conv1 fc1"},
		{"reconcile fvcore thop lenet5 --freeze fc", "fc1 fc2 fc3"},
		{"checkpoint lenet5 --dtype -", "fp32 fp16 bf16 amp"},
		{"convert lenet5 --checkpoint conv1:pool1,conv2:poo", "conv1:pool1,conv2:pool2"},
		{"fit lenet5 --device t4 --columns str", ""},
		{"fit lenet5 --device t4 --gpus 2 --columns str", "strategy"},
		{"fit lenet5 --device t4 --batch 2 --columns name,batch", "name,batch_memory name,batch_fits"},
		{"fit lenet5 --device t4 --batches 2,4 --columns batch", "batch"},
		{"fit lenet5 --device t4 --inputs 28,32 --columns in", "input"},
		{"fit lenet5 --device rtx30", "rtx3050 rtx3060 rtx3060ti rtx3070 rtx3080 rtx3090"},
		{"memory lenet", "lenet5"},
		{"memory lenet5 -", ""},
		{"compare lenet5 cifar", "cifar10"},
		{"reconcile fvcore tho", "thop"},
		{"reconcile fvcore thop lenet", "lenet5"},
		{"reconcile fvcore thop lenet5 -", ""},
		{"diff --baseline lenet", "lenet5"},
		{"help fi", "fit"},
		{"help dwc", "dwconv"},
		{"help _", ""},
		{"schema budg", "budgets"},
	} {
		args := strings.Fields(test.args)
		if last := len(args) - 1; args[last] == "-" {
			args[last] = ""
		}
		got := completed(t, args...)
		want := strings.Fields(test.want)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: completed with %q, want %q", test.args, got, want)
		}
	}
}

// What a flag reads from a file, the shell completes with files too.
func TestFilesComplete(t *testing.T) {
	for _, args := range []string{"memory lenet5 --against", "diff --baseline", "check --budget", "run lenet5 --input",
		"run lenet5 --weights", "run lenet5 --labels", "memory lenet5 --output"} {
		var out, errs bytes.Buffer
		fields := append([]string{cobra.ShellCompNoDescRequestCmd}, strings.Fields(args)...)
		run(context.Background(), append(fields, ""), nil, &out, &errs)
		if want := fmt.Sprintf(":%d\n", cobra.ShellCompDirectiveDefault); !strings.HasSuffix(out.String(), want) {
			t.Errorf("%s: %q, want the end %q", args, out.String(), want)
		}
	}
}
