package main

import (
	"context"
	"errors"
	"io"
	"runtime"

	"github.com/spf13/cobra"

	"cnncalc/internal/choice"
	"cnncalc/internal/exec"
	"cnncalc/internal/memory"
	"cnncalc/internal/report"
)

const runLong = `run computes the output of a network for pictures (PNG, JPEG, GIF, WebP, BMP) or arrays (npy), on the
CPU.

A picture is resized by its short side and cropped to its centre; --fit stretch resizes it without keeping the ratio.
Then it is scaled and normalised as preprocess: in the file says, or by ImageNet's mean and deviation if the file says
nothing and the input is 3 deep. If the input is 1 deep, the picture becomes grey.

An array is read as it is, without resizing or normalising: float32, float64 or float16 in C order, [D, H, W] for one
input or [N, D, H, W] for N.

With trained weights, from --weights or built in (lenet5), run prints the most likely classes. With random weights (He
initialisation from --seed) it prints what every layer computed, since a ranking would mean nothing. Weights are read
from safetensors, npz or npy files, whose tensors have the names of cnncalc, torchvision, timm or Hugging Face.

--maps draws what every layer computed: into a new folder, or all layers into one picture whose name ends in .png.`

// defaultThreads is one for each processor.
func defaultThreads() int { return min(runtime.GOMAXPROCS(0), exec.MaxThreads) }

// maxBatch bounds --batch, far above what any machine holds.
const maxBatch = 1 << 20

type runFlags struct {
	specFlags
	outputFlags
	inputs     []string
	batch      int
	fit        string
	seed       uint64
	preprocess string
	threads    int
	algo       string
	top        int
	labels     string
	weights    string
	save       string
	profile    bool
	calibrate  bool
	dump       string
	maps       mapsFlags
	maxMemory  quantity[int64]
}

func newRun(a *app) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:  "run [SPEC] --input PICTURE",
		Long: runLong,
		Example: "  cnncalc run --input photo.jpg\n  cnncalc run lenet5 --input seven.png --maps maps.png\n" +
			"  cnncalc run torchvision/resnet50 --weights resnet50.safetensors --input cat.jpg",
		Args: atMostOneSpec,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("batch") && f.batch < 1 {
				return usageError("--batch must be from 1 to %d, not %d", maxBatch, f.batch)
			}
			return a.run(cmd.Context(), args, &f)
		},
	}
	flags := cmd.Flags()
	f.register(flags)
	f.registerFormat(flags, report.Text, report.JSON)
	flags.StringArrayVar(&f.inputs, "input", nil,
		"a picture, or an array as .npy (repeatable; several make a batch); left=a.png for one of several inputs")
	numberVar(flags, &f.batch, "batch", 0,
		"pictures in the batch; the inputs are repeated to fill it (default: each once)")
	wordVar(flags, &f.fit, "fit", "", fitModes(), "crop or stretch (default: as the file's preprocess: says, or crop)")
	f.seed = defaultSeed
	wordVar(flags, &f.preprocess, "preprocess", "", preprocessings(),
		"what the values of a picture become: imagenet (its mean and deviation), unit (0 to 1), or raw (0 to 255)")
	flags.Var(seedFlag{&f.seed}, "seed", "seed of random weights")
	numberVar(flags, &f.threads, "threads", defaultThreads(), "number of threads, which does not change the result")
	wordVar(flags, &f.algo, "algo", string(exec.Auto), exec.Algos(),
		"how convolutions are computed: "+choice.List(exec.Algos()))
	numberVar(flags, &f.top, "top", 5, "number of classes to print for each picture")
	flags.StringVar(&f.labels, "labels", "", "file of class names: one per line, synset.txt, or JSON")
	flags.StringVar(&f.weights, "weights", "", "file of trained weights (safetensors, npz, npy), or random")
	flags.StringVar(&f.save, "save-weights", "", "write the weights to this safetensors file, under cnncalc's names")
	flags.BoolVar(&f.profile, "profile", false,
		"print time, algorithm and statistics of every layer, and the memory used")
	flags.BoolVar(&f.calibrate, "calibrate", false,
		"measure the machine first (0.6 s), for --profile with each layer's share of the peak and its least time")
	flags.StringVar(&f.dump, "dump", "", "write every layer's output as .npy into this new folder")
	flags.StringVar(&f.maps.path, "maps", "",
		"write every layer's output as pictures into this new folder, or into one picture.png")
	numberVar(flags, &f.maps.most, "max-maps", defaultMaps, "the most maps of each layer that --maps shows")
	sizeVar(flags, &f.maxMemory, "max-memory", "the most memory to use, such as 4GiB (default: what is free), "+
		"besides some 50 MiB for the program and 10 KiB for each layer")
	return cmd
}

// check refuses flags that no network would suit.
func (f *runFlags) check() error {
	switch {
	case len(f.inputs) == 0:
		return usageError("run needs a picture: --input photo.jpg")
	case f.batch > maxBatch:
		return usageError("--batch must be from 1 to %d, not %d", maxBatch, f.batch)
	case f.threads < 1 || f.threads > exec.MaxThreads:
		return usageError("--threads must be from 1 to %d, not %d", exec.MaxThreads, f.threads)
	case f.top < 1:
		return usageError("--top must be 1 or more, not %d", f.top)
	}
	if err := checkWord("fit", f.fit, "a way to fit a picture", fitModes()); err != nil {
		return err
	}
	if err := checkWord("preprocess", f.preprocess, "a preprocessing", preprocessings()); err != nil {
		return err
	}
	if err := f.maps.check(); err != nil {
		return err
	}
	return checkWeightsEnding(f.save)
}

func (a *app) run(ctx context.Context, args []string, f *runFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	f.profile = f.profile || f.calibrate
	out, err := f.parse("run")
	if err != nil {
		return err
	}
	algo, err := exec.ParseAlgo(f.algo)
	if err != nil {
		return usageError("--algo: %w", err)
	}
	limit, err := f.memoryLimit()
	if err != nil {
		return err
	}
	l, err := a.loadSound(args, &f.specFlags)
	if err != nil {
		return err
	}
	files, err := f.openInputs(l.network)
	if err != nil {
		return err
	}
	defer closeInputs(files)
	a.setPreprocessing(l, f.preprocess, hasPicture(files))
	limit = limit.available() // now that the network's own description is in memory
	names, err := readLabels(f.labels, l.network)
	if err != nil {
		return err
	}
	program, err := l.compile(f, algo, limit)
	if err != nil {
		return err
	}
	defer program.Close()
	trained, err := a.openWeights(f, l, program.Tensors())
	if err != nil {
		return err
	}
	defer trained.close()
	pictures, inputs, err := a.readInputs(f, files, program, limit)
	if err != nil {
		return err
	}
	outcome, err := a.compute(ctx, program, trained, inputs, len(pictures[0]), f)
	if err != nil {
		return err
	}
	outcome.pictures, outcome.names = pictures, names
	view := outcome.view(l, f)
	if f.calibrate {
		if err := outcome.addRates(view, f.threads); err != nil {
			return err
		}
	}
	view.Screen = a.screen("")
	if f.save != "" {
		program.Close() // its memory holds the weights that are saved
		if err := trained.save(a.outputs, f.save, program.Tensors()); err != nil {
			return outputError(err)
		}
	}
	return a.write("", func(w io.Writer) error {
		if out.format == report.JSON {
			return report.WriteJSON(w, view.Document())
		}
		return view.WriteText(w)
	})
}

// compile plans the run, and refuses one that needs more memory than there is before any is taken.
func (l *loaded) compile(f *runFlags, algo exec.Algo, limit memoryLimit) (*exec.Program, error) {
	program, err := exec.Compile(l.network, exec.Options{
		Batch: f.batch, Threads: f.threads, Algo: algo,
		Fuse: f.dump == "" && f.maps.path == "" && algo != exec.Direct, // these have every layer's own output
	})
	if err != nil {
		return nil, problemError("%s: %w", l.title(), err)
	}
	need := program.Footprint().Total + f.maps.memory(len(l.network.Nodes), f.batch)
	if limit.bytes > 0 && need > limit.bytes {
		return nil, problemError("%s needs %s for a batch of %d, but %s", l.title(), bothSizes(need), f.batch, limit)
	}
	return program, nil
}

// memoryLimit is the most that a run may use, and where that comes from.
type memoryLimit struct {
	bytes int64 // 0 where nothing is known, 1 where nothing is left
	given bool
}

// memoryLimit returns that of --max-memory.
func (f *runFlags) memoryLimit() (memoryLimit, error) {
	switch {
	case f.maxMemory.text == "":
		return memoryLimit{}, nil
	case f.maxMemory.value < 1:
		return memoryLimit{}, usageError("--max-memory: it must be 1 byte or more")
	}
	return memoryLimit{f.maxMemory.value, true}, nil
}

// available returns the limit, or what the process can still allocate where that is less.
func (m memoryLimit) available() memoryLimit {
	free, known := memory.Available()
	if known && (!m.given || free < m.bytes) {
		return memoryLimit{bytes: max(free, 1)}
	}
	return m
}

func (m memoryLimit) String() string {
	if m.given {
		return m.allows()
	}
	return m.allows() + "; " + needsLess
}

// needsLess is the remedy where memory is short.
const needsLess = "a smaller --batch or --input-size needs less"

// allows says how much memory there is.
func (m memoryLimit) allows() string {
	if m.given {
		return "--max-memory allows " + bothSizes(m.bytes)
	}
	if m.bytes == 1 {
		return "no more can be allocated here"
	}
	return "only " + bothSizes(m.bytes) + " can be allocated here"
}

func bothSizes(bytes int64) string {
	return report.BothSizes(bytes, report.IEC)
}

// outcome is what a run gave.
type outcome struct {
	program *exec.Program
	profile *exec.Profile
	outputs [][]float32 // of the network, each [batch, D, H, W]
	weights *trained
	// Of the program while it ran, in bytes.
	allocated, borrowed int64
	pictures            [][]inputPicture // by input of the network
	names               []string         // of the classes, nil where there are none
}

// compute loads the weights and runs. The batch begins with so many different pictures.
func (a *app) compute(ctx context.Context, program *exec.Program, t *trained, inputs [][]float32, pictures int,
	f *runFlags) (*outcome, error) {
	program.Borrow(t.view)
	if err := program.Load(ctx, t.source); err != nil {
		return nil, runError(ctx, f, err)
	}
	profile := exec.NewProfile(program)
	observers := []exec.Observer{profile}
	if report.IsTerminal(a.err) {
		p := layerProgress{newProgress(a.err), program}
		defer p.clear()
		observers = append(observers, p)
	}
	if f.dump != "" {
		folder, err := a.outputs.MakeFolder(f.dump)
		if err != nil {
			return nil, outputError(err)
		}
		observers = append(observers, &dumper{program, folder})
	}
	finish := func() error { return nil }
	if f.maps.path != "" {
		m, err := a.newMapper(&f.maps, program, t, pictures)
		if err != nil {
			return nil, runError(ctx, f, err)
		}
		observers, finish = append(observers, m), m.finish
	}
	outputs, err := program.RunAll(ctx, inputs, observers...)
	if err != nil {
		return nil, runError(ctx, f, err)
	}
	if err := finish(); err != nil {
		return nil, runError(ctx, f, err)
	}
	return &outcome{
		program: program, profile: profile, outputs: outputs, weights: t,
		allocated: program.Allocated(), borrowed: program.Borrowed(),
	}, nil
}

// runError distinguishes an interrupt, a problem of the file of weights, and a failure.
func runError(ctx context.Context, f *runFlags, err error) error {
	var problem codedError // of the file of weights, which names the tensor there
	switch {
	case ctx.Err() != nil:
		return context.Canceled
	case errors.As(err, &problem):
		return problem
	case errors.Is(err, exec.ErrNoMemory):
		return memoryError(err)
	case errors.Is(err, exec.ErrLostWeights):
		return problemError("%s: %w", f.weights, err)
	}
	return outputError(err)
}

// memoryError is an exec.ErrNoMemory for the user.
func memoryError(err error) error { return problemError("%w; %s", err, needsLess) }
