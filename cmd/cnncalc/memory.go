package main

import (
	"strings"

	"github.com/spf13/cobra"

	"cnncalc/internal/count"
	"cnncalc/internal/memory"
	"cnncalc/internal/report"
)

const memoryLong = `memory prints the memory that a batch needs, by one of four accounts:

  notes    the notes' table of VGG: the volume, weights and MACs of every layer; then the memory of the volumes
           (twice, for the backward pass), the parameters (with their gradients and the optimizer's cache) and
           the pictures of the batch. A framework needs other amounts.
  pytorch  what PyTorch allocates: the tensors that autograd saves for the backward pass, each storage counted
           once; the parameters, gradients and optimizer state; and the peak of an iteration, step by step. The
           file says which layers work in place: defaults: {relu: {inplace: true}}.
  cnncalc  what cnncalc run allocates on this machine: the place of each volume in memory, and the totals.
  arena    what a small device holds that has one arena for all volumes: the order of execution with the lowest
           peak, and the place of each volume. --dtype int8 is usual there.

In the notes' table, the column memory counts values, as the notes do; the lines below the table are in bytes.
Activation functions have no volume of their own there; --all lists them too. A MAC is one multiply-accumulate of a
convolution or FC, without biases; 1 MAC is 2 FLOPs.

When an iteration starts, gradients are None and the optimizer state exists. fp16 and bf16 convert the whole network;
amp is torch.autocast, which keeps weights in float32; int8 is for inference.

--freeze names layers or parameters that training leaves unchanged. They have no gradient and no optimizer state, and
tensors that only their gradients need are not saved. The last pattern that matches decides: --freeze '*' --freeze
'!fc1' trains fc1 alone.

--gpus shows what each device holds in training. --batch is the batch of one device and one pass. --accumulate shows
what a pass holds if gradients add up over several passes. --strategy is one of these, or several, for a table that
compares them with a single device:

  ddp    DistributedDataParallel: each device has all parameters, gradients and state
  zero1  ddp with ZeroRedundancyOptimizer: each device has only its part of the optimizer's state
  zero2  DeepSpeed's stage 2: also only its part of the gradients
  zero3  DeepSpeed's stage 3: also only its part of the parameters, which are gathered layer by layer
  fsdp   FullyShardedDataParallel: the same as zero3, by units of layers
  all    all of them

zero2 and zero3 are estimates from DeepSpeed's source. All have the defaults of DeepSpeed and PyTorch 2.

--timeline shows the memory in use after each step, forward and backward, and the most in use during the step, as
bars. Text and Markdown fold the steps of a long network into some 60 rows: "conv3 +2" is conv3, during which the most
is in use, and two more steps. --all prints every step; CSV and JSON always do. --format svg, or -o with a name that
ends in .svg, draws the timeline for a document.

-o pass.pickle writes an iteration as PyTorch's allocator would record it, with each allocation named after its layer:
open it at pytorch.org/memory_viz. --against snapshot.pickle reads what torch.cuda.memory._dump_snapshot wrote, and
prints which of the predicted tensors the snapshot has at its peak, and what else it has. cnncalc reads only data, and
refuses a pickle that calls a function.`

type memoryFlags struct {
	specFlags
	outputFlags
	accountFlags
	parallelFlags
	as       string
	batch    int64
	all      bool
	depth    int
	timeline bool
	against  string
}

func newMemory(a *app) *cobra.Command {
	var f memoryFlags
	cmd := &cobra.Command{
		Use:  "memory [SPEC]",
		Long: memoryLong,
		Example: "  cnncalc memory vgg16 --batch 64\n" +
			"  cnncalc memory torchvision/resnet50 --account pytorch --batch 32 --optimizer adam\n" +
			"  cnncalc memory vgg16 --timeline --batch 64 -o vgg16.svg\n" +
			"  cnncalc memory vgg16 --batch 64 --against snapshot.pickle\n" +
			"  cnncalc memory torchvision/resnet50 --account pytorch --batch 32 --gpus 8 --strategy all\n" +
			"  cnncalc memory mynet.yaml --format csv -o table.csv",
		Args: atMostOneSpec,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.timeline {
				f.preferPyTorch()
				return a.timeline(args, &f)
			}
			return a.memory(args, &f)
		},
	}
	flags := cmd.Flags()
	f.register(flags)
	f.registerFreeze(flags)
	f.registerFormat(flags, append(report.TableFormats(), report.SVG, report.Snapshot)...)
	flags.Lookup("format").Usage += " (svg with --timeline; snapshot for PyTorch's memory viewer)"
	f.registerPath(flags)
	f.registerUnits(flags)
	f.registerColumns(flags, report.NetworkColumns()...)
	flags.Lookup("columns").Usage += " (other accounts have others)"
	registerBatch(flags, &f.batch, "pictures in a batch")
	f.registerAccount(flags, memory.NotesAccount, append(memory.AccountNames(), string(memory.ArenaAccount)), "")
	f.registerMode(flags, "inference or training (default: both for notes, training for pytorch)")
	f.registerTypes(flags)
	f.registerTorch(flags)
	f.registerParallel(flags, string(memory.DDP))
	flags.BoolVar(&f.all, "all", false,
		"also list layers without a volume or parameters of their own; with --timeline, print every step")
	numberVar(flags, &f.depth, "depth", 0,
		"fold each block at this level of nesting into one row with its sums, 1 for the outermost blocks")
	wordVar(flags, &f.as, "as", "", count.Names(), "count as another program does: "+strings.Join(count.Names(), ", ")+
		" (cnncalc help counting)")
	flags.BoolVar(&f.timeline, "timeline", false,
		"show the memory after every step, by --account pytorch (the default here) or cnncalc")
	flags.StringVar(&f.against, "against", "", "compare the peak with that of a snapshot that PyTorch recorded")
	return cmd
}

func (a *app) memory(args []string, f *memoryFlags) error {
	out, err := f.parse("memory")
	if err != nil {
		return err
	}
	if out.format == report.SVG {
		return usageError("svg draws a timeline: add --timeline, or choose another --format or ending of --output")
	}
	if err := checkBatch(f.batch); err != nil {
		return err
	}
	if err := f.checkDepth(out.format); err != nil {
		return err
	}
	if err := f.checkSnapshot(out.format); err != nil {
		return err
	}
	switch {
	case out.format == report.Snapshot:
		return a.snapshot(args, f, out)
	case f.against != "":
		return a.compareWithSnapshot(args, f, out)
	}
	if f.as != "" {
		return a.memoryAs(args, f, out)
	}
	if f.account == string(memory.ArenaAccount) {
		return a.arenaMemory(args, f, out)
	}
	account, options, err := f.accountOptions()
	if err != nil {
		return err
	}
	parallel, err := f.parallels(account, options)
	if err != nil {
		return err
	}
	l, err := a.loadSound(args, &f.specFlags)
	if err != nil {
		return err
	}
	a.noteFolded(l)
	if len(parallel) > 1 {
		return a.strategies(l, f, options, parallel, out)
	}
	options.Parallel = parallel[0]
	view, err := l.memoryView(account, f, options)
	if err != nil {
		return err
	}
	return a.print(out, view)
}

// preferPyTorch sets the account of what only PyTorch has, unless another was asked for.
func (f *memoryFlags) preferPyTorch() {
	if !f.flags.Changed("account") {
		f.account = string(memory.PyTorchAccount)
	}
}

// checkSnapshot refuses what does not go with snapshots.
func (f *memoryFlags) checkSnapshot(format report.Format) error {
	isSnapshot := format == report.Snapshot
	if !isSnapshot && f.against == "" {
		return nil
	}
	f.preferPyTorch()
	switch {
	case isSnapshot && f.against != "":
		return usageError("--against compares two peaks, and --format snapshot writes one: use one of the two")
	case f.as != "" || f.account != string(memory.PyTorchAccount):
		return usageError("a snapshot is of --account pytorch: leave out --as and other accounts")
	case f.depth > 0 || f.all:
		return usageError("--depth and --all are for tables of layers: leave them out")
	case isSnapshot && f.path == "":
		return usageError("a snapshot is not text: give its file, -o pass.pickle")
	}
	return nil
}

// parallels reads how a training is spread: zero for a single device.
func (f *memoryFlags) parallels(account memory.AccountName, o memory.Options) ([]memory.Parallel, error) {
	all, err := f.parallel(o.Torch, []string{string(memory.DDP)})
	switch {
	case err != nil:
		return nil, err
	case !f.isGiven():
		return []memory.Parallel{{}}, nil
	case account != memory.PyTorchAccount || o.Mode != memory.Training:
		return nil, usageError("--gpus and --accumulate are for training by --account pytorch")
	case len(all) > 1 && (f.depth > 0 || f.all):
		return nil, usageError("several strategies are rows of a table, which has no layers: leave out --depth and --all")
	}
	return all, nil
}

// oneParallel is parallels for what has only one strategy.
func (f *memoryFlags) oneParallel(account memory.AccountName, o memory.Options) (memory.Parallel, error) {
	all, err := f.parallels(account, o)
	switch {
	case err != nil:
		return memory.Parallel{}, err
	case len(all) > 1:
		return memory.Parallel{}, usageError("--timeline is of one --strategy: choose from %s",
			strings.Join(memory.Strategies(), ", "))
	}
	return all[0], nil
}

// rows returns the rows that a table of layers has.
func (f *memoryFlags) rows() report.LayerRows { return report.LayerRows{All: f.all, Depth: f.depth} }

// checkDepth refuses --depth where there is no table of layers.
func (f *memoryFlags) checkDepth(format report.Format) error {
	switch {
	case f.depth < 0:
		return usageError("--depth must be 1 or more, or 0 to fold nothing, not %d", f.depth)
	case f.depth == 0:
		return nil
	case f.timeline || f.as != "" || f.account == string(memory.RunAccount):
		return usageError("--depth folds the blocks of --account notes and pytorch: leave out --timeline, --as and " +
			"--account cnncalc")
	case f.all:
		return usageError("--depth folds layers into one row, and --all prints each of them: use one of the two")
	case format == report.JSON:
		return usageError("--depth is for tables; JSON has all layers")
	}
	return nil
}

func (l *loaded) memoryView(account memory.AccountName, f *memoryFlags, o memory.Options) (report.View, error) {
	switch account {
	case memory.PyTorchAccount:
		return l.pytorchMemory(f, o)
	case memory.RunAccount:
		return l.runMemory(f)
	}
	return l.notesMemory(f, o)
}
