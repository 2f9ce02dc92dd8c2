// Cnncalc-bench is cnncalc's side of the benchmark in the folder above: it holds a built-in network with its weights
// in memory and runs it on request, so that the driver can take turns between several programs.
//
//	cnncalc-bench -weights FILE -input PICTURE.npy [-batch N] [-threads N] [-algo NAME] NETWORK
//
// It prints a line of JSON when it is ready, then answers each line of standard input with one line:
//
//	run N     runs the network once to warm up, then N times; the N durations in milliseconds
//	logits    the outputs of the last run for the first picture
//
// It ends when standard input does. A batch is the same picture several times.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"cnncalc/architectures"
	"cnncalc/internal/choice"
	"cnncalc/internal/exec"
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/network"
	"cnncalc/internal/shape"
	"cnncalc/internal/weights"
)

// maxPasses bounds the N of "run N".
const maxPasses = 1000

// maxInput bounds the picture file, in bytes. It is above the largest input of the networks here.
const maxInput = 16 << 20

func main() {
	var o options
	flag.StringVar(&o.weights, "weights", "", "safetensors or npz file")
	flag.StringVar(&o.input, "input", "", "npy file of the picture, [1, D, H, W]")
	flag.IntVar(&o.batch, "batch", 1, "pictures at a time")
	flag.IntVar(&o.threads, "threads", 1, "threads")
	flag.StringVar(&o.algo, "algo", string(exec.Auto), choice.List(exec.Algos()))
	flag.Parse()
	o.network = flag.Arg(0)
	if err := run(o, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "cnncalc-bench:", err)
		os.Exit(1)
	}
}

type options struct {
	network, weights, input, algo string
	batch, threads                int
}

func run(o options, in io.Reader, out io.Writer) error {
	network, err := builtIn(o.network)
	if err != nil {
		return err
	}
	algo, err := exec.ParseAlgo(o.algo)
	if err != nil {
		return err
	}
	program, err := exec.Compile(network, exec.Options{Batch: o.batch, Threads: o.threads, Algo: algo, Fuse: true})
	if err != nil {
		return err
	}
	if err := load(program, o.weights); err != nil {
		return err
	}
	defer program.Close()
	picture, err := readInput(o.input)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(ready{runtime.Version(), program.Footprint()}); err != nil {
		return err
	}
	return (&server{program: program, batch: o.batch, input: slices.Repeat(picture, o.batch)}).serve(in, out)
}

// builtIn returns a network that comes with cnncalc.
func builtIn(name string) (*shape.Network, error) {
	data, err := architectures.Open(name)
	if err != nil {
		return nil, fmt.Errorf("there is no built-in network %q: %w", name, err)
	}
	return network.Sound(name, data, graph.Options{})
}

// load reads the weights from the file. Unlike cnncalc run, which runs once, it uses none in place: the large pages of
// the program's own memory are read again and again half as fast again as the small ones of a mapped file.
func load(p *exec.Program, path string) error {
	file, err := weights.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	assignment, err := weights.Match(file.Tensors(), exec.Wants(p.Tensors()))
	if err != nil {
		return err
	}
	name := func(t exec.Tensor) string { return assignment.Names[t.Index] }
	return p.Load(context.Background(), func(dst []float32, t exec.Tensor, _ func(int, func(int))) error {
		return file.Read(name(t), dst)
	})
}

func readInput(path string) ([]float32, error) {
	tensors, err := weights.ReadFile(path, maxInput, nil)
	if err != nil {
		return nil, err
	}
	if len(tensors) != 1 {
		return nil, fmt.Errorf("%s has %d tensors; expected the picture alone", path, len(tensors))
	}
	return tensors[0].Data, nil
}

// ready is the first line of output.
type ready struct {
	Version string           `json:"version"` // Go's
	Planned memory.Footprint `json:"planned"` // bytes
}

// server answers the driver's commands.
type server struct {
	program *exec.Program
	batch   int
	input   []float32 // [batch, D, H, W]
	output  []float32 // nil before the first run
}

func (s *server) serve(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		answer, err := s.answer(lines.Text())
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, answer); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (s *server) answer(line string) (string, error) {
	command, argument, _ := strings.Cut(line, " ")
	switch command {
	case "run":
		n, err := strconv.Atoi(argument)
		if err != nil || n < 1 || n > maxPasses {
			return "", fmt.Errorf("run takes a number from 1 to %d, not %q", maxPasses, argument)
		}
		return s.run(n)
	case "logits":
		if s.output == nil {
			return "", errors.New("logits: nothing has run yet")
		}
		return join(s.output[:len(s.output)/s.batch], 9), nil
	}
	return "", fmt.Errorf("unknown command %q", line)
}

// run makes one pass to warm up, then n timed ones, and returns the times in milliseconds.
func (s *server) run(n int) (string, error) {
	milliseconds := make([]float32, n)
	for i := -1; i < n; i++ {
		start := time.Now()
		output, err := s.program.Run(context.Background(), s.input)
		if err != nil {
			return "", err
		}
		if i >= 0 {
			milliseconds[i] = float32(time.Since(start).Seconds() * 1000)
		}
		s.output = output
	}
	return join(milliseconds, 6), nil
}

// join returns values with that many significant digits; 9 distinguish any two float32.
func join(values []float32, digits int) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = strconv.FormatFloat(float64(v), 'g', digits, 32)
	}
	return strings.Join(texts, " ")
}
