package main

import (
	"github.com/spf13/cobra"

	"cnncalc/internal/exec"
	"cnncalc/internal/memory"
	"cnncalc/internal/numeral"
	"cnncalc/internal/report"
	"cnncalc/internal/traffic"
)

const trafficLong = `traffic prints the bytes that each layer moves between memory and processor, its arithmetic
intensity in MACs per byte, and whether arithmetic or memory limits its speed on a machine with the given --peak and
--bandwidth (the roofline model). The defaults are assumptions, close to one core of a desktop processor.

The bytes are those of a framework that computes in float32 and fuses no layers: each layer reads its inputs once,
reads its weights once for the whole batch, and writes its output once. Activation functions and BN are layers too;
DROPOUT, STOCHDEPTH and FLATTEN move nothing when a network runs. Times are estimates and lower bounds: arithmetic
other than MACs takes no time. A kernel with fewer multiplications than MACs, such as Winograd's, can be faster.

columns is the size of the matrix that im2col makes of one picture for a CONV. inflation is that size divided by the
size of the CONV's input, which the notes call the drawback of im2col. scratch is the memory that cnncalc run uses
instead, for the whole batch; it is exact for this processor and --threads.

--device, --dtype and --mode ask for a step in PyTorch instead: what each layer moves and computes in the types of the
step (in training, forward and backward), and a lower bound for its time on the device. cnncalc fit --list-devices
prints the rates of devices and their sources; --peak, --bandwidth and --interconnect replace them. float32
convolutions run in TF32 where the device has that, which is PyTorch's default. --gpus adds what several devices
exchange for each update, by --strategy (cnncalc help memory).`

type trafficFlags struct {
	specFlags
	outputFlags
	batch           int64
	peak, bandwidth quantity[float64]
	assumed         []string // which of the two are not given
	threads         int
	calibrate       bool
	step            stepFlags
}

func newTraffic(a *app) *cobra.Command {
	var f trafficFlags
	cmd := &cobra.Command{
		Use:  "traffic [SPEC]",
		Long: trafficLong,
		Example: "  cnncalc traffic vgg16 --batch 16\n  cnncalc traffic resnet50 --peak 13TFLOP/s --bandwidth 360GB/s\n" +
			"  cnncalc traffic torchvision/resnet50 --device a100-80gb --dtype amp --mode training --batch 64 --gpus 8",
		Args: atMostOneSpec,
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, rate := range []string{"peak", "bandwidth"} {
				if !cmd.Flags().Changed(rate) {
					f.assumed = append(f.assumed, rate)
				}
			}
			if f.step.isGiven() {
				return a.trafficOfStep(args, &f)
			}
			return a.traffic(args, &f)
		},
	}
	flags := cmd.Flags()
	f.register(flags)
	f.registerTable(flags)
	f.registerPath(flags)
	f.registerUnits(flags)
	f.registerColumns(flags, "name", "layer", "read", "weights", "written", "macs", "intensity", "bound", "time",
		"columns", "inflation", "scratch", "origin")
	flags.Lookup("columns").Usage += " (a step has others)"
	registerBatch(flags, &f.batch, "pictures in a batch")
	f.step.registerStep(flags)
	rateVarDefault(flags, &f.peak, "peak", traffic.AssumedPeak, numeral.FLOPS, "arithmetic rate of the machine: 13TFLOP/s")
	rateVarDefault(flags, &f.bandwidth, "bandwidth", traffic.AssumedBandwidth, numeral.Bandwidth,
		"memory bandwidth of the machine: 360GB/s")
	flags.BoolVar(&f.calibrate, "calibrate", false, "measure the rates of this machine with --threads, in 0.6 s")
	numberVar(flags, &f.threads, "threads", defaultThreads(),
		"threads of cnncalc run, which scratch and --calibrate depend on")
	return cmd
}

func (a *app) traffic(args []string, f *trafficFlags) error {
	out, err := f.parse("traffic")
	if err != nil {
		return err
	}
	if err := checkBatch(f.batch); err != nil {
		return err
	}
	if f.calibrate && len(f.assumed) < 2 {
		return usageError("--calibrate cannot be combined with --peak or --bandwidth, which it measures")
	}
	if f.threads < 1 || f.threads > exec.MaxThreads {
		return usageError("--threads must be from 1 to %d, not %d", exec.MaxThreads, f.threads)
	}
	l, err := a.loadSound(args, &f.specFlags)
	if err != nil {
		return err
	}
	running, _ := l.network.Inference()
	account, err := traffic.New(running, f.batch)
	if err != nil {
		return problemError("%s: %w", l.title(), err)
	}
	program, err := l.planRun(f.batch, f.threads)
	if err != nil {
		return err
	}
	machine := traffic.Machine{FLOPS: f.peak.value, Bandwidth: f.bandwidth.value}
	if f.calibrate {
		machine, f.assumed = calibrate(f.threads), nil
	}
	return a.print(out, &report.Traffic{
		Title: l.title(), Network: running, Account: account, Assumed: f.assumed, Machine: machine,
		Scratch: runScratch(program), Threads: f.threads, More: f.columns != nil,
	})
}

// runScratch returns the bytes of scratch that each layer has in the plan of cnncalc run.
func runScratch(program *exec.Program) []int64 {
	arena := program.Arena()
	scratch := make([]int64, len(arena.Scratch))
	for i, id := range arena.Scratch {
		if id != memory.None {
			scratch[i] = arena.Buffers[id].Values * memory.BytesPerValue
		}
	}
	return scratch
}
