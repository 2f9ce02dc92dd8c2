package main

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"cnncalc/internal/plain"
	"cnncalc/internal/spec"
)

func newShow(a *app) *cobra.Command {
	var f specFlags
	canonical := false
	cmd := &cobra.Command{
		Use: "show [SPEC]",
		Long: `show prints the file of a built-in network, as a start for your own:

  cnncalc show vgg16 > mynet.yaml

--canonical prints any network as one flat chain, with repeats, blocks and variables expanded. For an ONNX model, show
prints the file that convert would write.`,
		Args: atMostOneSpec,
		RunE: func(_ *cobra.Command, args []string) error { return a.show(args, canonical, &f) },
	}
	f.register(cmd.Flags())
	cmd.Flags().BoolVar(&canonical, "canonical", false, "expand repeats, blocks and variables")
	return cmd
}

func (a *app) show(args []string, canonical bool, f *specFlags) error {
	name := a.specOf(args)
	if !canonical && !isModelFile(name) {
		if f.until != "" {
			return usageError("--until: %s", spec.OnlyModels)
		}
		if f.inputSize != nil || f.set != nil {
			return usageError("--input-size and --set need --canonical: without it the file is printed unchanged")
		}
		data, _, err := a.readSpec(name)
		if err != nil {
			return err
		}
		if len(data) > spec.MaxFileSize {
			return problemError("%s is larger than %d bytes, the most that an architecture file may have",
				plain.CutPath(sourceName(name)), spec.MaxFileSize)
		}
		if err := checkHarmless(sourceName(name), string(data)); err != nil {
			return err
		}
		return a.write("", func(w io.Writer) error {
			_, err := w.Write(data)
			return err
		})
	}
	l, err := a.loadSound([]string{name}, f)
	if err != nil {
		return err
	}
	print := spec.PrintBlocks
	if canonical {
		print = spec.Print
	}
	return a.write("", func(w io.Writer) error {
		_, err := io.WriteString(w, print(l.network.Graph))
		return err
	})
}

// checkHarmless refuses text that would do more to a terminal than show itself.
func checkHarmless(name, text string) error {
	at := plain.FirstControl(text)
	if at < 0 {
		return nil
	}
	before := text[:at]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	_, size := utf8.DecodeRuneInString(text[at:])
	return problemError("%s:%d:%d: %s controls the terminal, and show prints a file unchanged: remove it",
		plain.CutPath(name), line, column, plain.Escape(text[at:at+size]))
}
