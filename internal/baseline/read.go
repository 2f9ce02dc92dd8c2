package baseline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"cnncalc/internal/figure"
	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
)

// MaxSize bounds a report, in bytes.
const MaxSize = 64 << 20

// Schema is the form of the reports that are read, as package report writes them.
const Schema = "cnncalc/1"

// howToWrite is the remedy for what is not a report.
const howToWrite = "cnncalc memory SPEC --format json writes one"

// report is what is read of the JSON of memory and check.
type report struct {
	Schema *string `json:"schema"`
	// Of memory.
	Network *string     `json:"network"`
	Batch   int64       `json:"batch"`
	Layers  []layer     `json:"layers"`
	Totals  *totals     `json:"totals"`
	Memory  *accountsOf `json:"memory"`
	// Of check.
	Files []checkedFile `json:"files"`
}

type checkedFile struct {
	File    string  `json:"file"`
	Network string  `json:"network"`
	Layers  *int64  `json:"layers"`
	Totals  *totals `json:"totals"`
}

type totals struct {
	Activations *int64 `json:"activations"`
	Parameters  *int64 `json:"parameters"`
	Frozen      int64  `json:"frozen"`
	MACs        *int64 `json:"macs"`
}

type layer struct {
	Name         string `json:"name"`
	Kind         string `json:"kind"`
	Notation     string `json:"notation"`
	Output       volume `json:"output"`
	Activations  int64  `json:"activations"`
	Parameters   int64  `json:"parameters"`
	MACs         int64  `json:"macs"`
	TrainingOnly bool   `json:"training_only"`
}

type volume struct {
	Width  int64 `json:"width"`
	Height int64 `json:"height"`
	Depth  int64 `json:"depth"`
}

// accountsOf has the account that memory was asked for.
type accountsOf struct {
	Notes   *memory.Notes `json:"notes"`
	PyTorch *struct {
		Torch     string `json:"torch"`
		Mode      string `json:"mode"`
		DType     string `json:"dtype"`
		Optimizer string `json:"optimizer"`
		Peak      struct {
			Bytes *int64 `json:"bytes"`
		} `json:"peak"`
	} `json:"pytorch"`
	Run *struct {
		Threads   int64            `json:"threads"`
		Footprint memory.Footprint `json:"footprint"`
	} `json:"cnncalc"`
}

// Read returns what a report of memory or check says of a network, which is named in one of these ways. from is the
// report's name, for messages. What is not a whole report of the network is an error.
func Read(from string, data []byte, network string, files ...string) (*Record, error) {
	r, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s %w", plain.CutPath(from), err)
	}
	record := &Record{From: from}
	if r.Files != nil {
		err = record.fromCheck(r, network, files)
	} else {
		err = record.fromMemory(r, network)
	}
	if err == nil {
		err = record.checkValues()
	}
	if err != nil {
		return nil, fmt.Errorf("%s %w", plain.CutPath(from), err)
	}
	return record, nil
}

// checkValues refuses values that no network has.
func (r *Record) checkValues() error {
	isWrong := slices.ContainsFunc(r.Figures, func(f Figure) bool { return f.Value < 0 }) ||
		slices.ContainsFunc(r.Layers, func(l Layer) bool { return l.Parameters < 0 || l.MACs < 0 })
	if isWrong {
		return errors.New("has values below zero: write the report again")
	}
	return nil
}

// decode reads one JSON document with the schema.
func decode(data []byte) (*report, error) {
	switch {
	case len(data) > MaxSize:
		return nil, fmt.Errorf("has more than %d bytes, too many for a report", MaxSize)
	case len(bytes.TrimSpace(data)) == 0:
		return nil, fmt.Errorf("is empty: %s", howToWrite)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	var r report
	if err := decoder.Decode(&r); err != nil {
		return nil, fmt.Errorf("is not a report: %s; %s", describe(err, data), howToWrite)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("is not a report: more follows the JSON document at byte %d", decoder.InputOffset())
	}
	switch {
	case r.Schema == nil:
		return nil, fmt.Errorf("is not a report of cnncalc: it has no schema; %s", howToWrite)
	case *r.Schema != Schema:
		return nil, fmt.Errorf("has the schema %s, and this program reads %s: write the report again", plain.Quote(*r.Schema),
			Schema)
	}
	return &r, nil
}

// describe says where JSON is wrong.
func describe(err error, data []byte) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		line := 1 + bytes.Count(data[:min(int64(len(data)), syntax.Offset)], []byte("\n"))
		return fmt.Sprintf("its JSON is wrong in line %d: %s", line, plain.Escape(plain.CutMessage(err.Error())))
	case errors.As(err, &kind):
		return fmt.Sprintf("%s is not what a report has there", plain.Quote(kind.Field))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "its JSON ends too soon"
	}
	return plain.Escape(plain.CutMessage(err.Error()))
}

// fromCheck takes the network that has one of the names.
func (r *Record) fromCheck(of *report, network string, files []string) error {
	var names []string
	for _, f := range of.Files {
		names = append(names, f.File)
		isFile := false
		for _, name := range files {
			isFile = isFile || f.File == name
		}
		if !isFile && f.Network != network {
			continue
		}
		if f.Totals == nil || f.Layers == nil {
			return fmt.Errorf("has no totals of %s, which had a problem then: write the report of a network without problems",
				plain.CutPath(f.File))
		}
		r.Network = f.Network
		r.add("layers", *f.Layers)
		return r.addTotals(f.Totals)
	}
	return fmt.Errorf("is of other networks, not of %s: %s", plain.CutPath(network),
		plain.CutNames(strings.Join(names, ", ")))
}

// fromMemory takes the network of a report of memory.
func (r *Record) fromMemory(of *report, network string) error {
	switch {
	case of.Network == nil || of.Totals == nil || of.Layers == nil || of.Memory == nil:
		return fmt.Errorf("is not a report of cnncalc memory or check; %s", howToWrite)
	case *of.Network != network:
		return fmt.Errorf("is of another network: %s, not %s", plain.CutPath(*of.Network), plain.CutPath(network))
	}
	r.Network = *of.Network
	layers, largest := int64(0), int64(0)
	for _, l := range of.Layers {
		if l.Kind != "INPUT" {
			layers++
		}
		if !l.TrainingOnly {
			largest = max(largest, l.Activations)
		}
		output := fmt.Sprintf("%dx%dx%d", l.Output.Width, l.Output.Height, l.Output.Depth)
		r.Layers = append(r.Layers, Layer{l.Name, l.Notation, output, l.Parameters, l.MACs})
	}
	r.add("layers", layers)
	if err := r.addTotals(of.Totals); err != nil {
		return err
	}
	r.add("largest", largest)
	return r.addAccount(of)
}

// add adds a figure that depends on the network alone.
func (r *Record) add(name string, value int64) { r.addFor(name, value, &figure.Use{}, 1) }

func (r *Record) addFor(name string, value int64, u *figure.Use, batch int64) {
	f, err := figure.Find(name)
	if err != nil {
		panic(err) // the names are those of package figure
	}
	r.Figures = append(r.Figures, Figure{Figure: f, Use: u, Batch: batch, Value: value})
}

func (r *Record) addTotals(t *totals) error {
	if t.Parameters == nil || t.MACs == nil || t.Activations == nil {
		return errors.New("lacks totals: write the report again")
	}
	if t.Frozen < 0 || *t.Parameters < t.Frozen {
		return errors.New("has more frozen parameters than parameters: write the report again")
	}
	r.add("parameters", *t.Parameters)
	r.add("trainable", *t.Parameters-t.Frozen)
	r.add("macs", *t.MACs)
	r.add("activations", *t.Activations)
	return nil
}

// addAccount adds the figures of the account that the report has.
func (r *Record) addAccount(of *report) error {
	m := of.Memory
	if of.Batch < 1 {
		return fmt.Errorf("has a batch of %d: write the report again", of.Batch)
	}
	u := &figure.Use{Account: memory.PyTorchAccount, Threads: 1,
		Options: memory.Options{Torch: memory.Torch2CUDA, Mode: memory.Training, DType: memory.FP32,
			Optimizer: memory.DefaultOptimizer}}
	switch {
	case m.Notes != nil:
		if err := setNotes(&u.Options, m.Notes); err != nil {
			return err
		}
		r.addFor("notes_inference", m.Notes.Inference, u, of.Batch)
		r.addFor("notes_training", m.Notes.Training, u, of.Batch)
	case m.PyTorch != nil:
		return r.addPyTorch(of, u)
	case m.Run != nil:
		if m.Run.Threads < 1 || m.Run.Threads > 1<<16 {
			return fmt.Errorf("has %d threads: write the report again", m.Run.Threads)
		}
		u.Threads = int(m.Run.Threads)
		r.addFor("arena", m.Run.Footprint.Arena, u, of.Batch)
	default:
		return fmt.Errorf("has no account of memory: %s", howToWrite)
	}
	return nil
}

// setNotes sets the type and the optimizer from what the account has: the notes count by sizes and copies alone.
func setNotes(o *memory.Options, n *memory.Notes) error {
	switch n.BytesPerValue {
	case 4:
		o.DType = memory.FP32
	case 2:
		o.DType = memory.FP16
	default:
		return fmt.Errorf("has values of %d bytes: write the report again", n.BytesPerValue)
	}
	if n.Gradients == 0 {
		return nil
	}
	for _, name := range memory.Optimizers() {
		optimizer := memory.Optimizer(name)
		if optimizer.Copies()*n.Gradients == n.OptimizerCache {
			o.Optimizer = optimizer
			return nil
		}
	}
	return errors.New("has a cache of an unknown optimizer: write the report again")
}

func (r *Record) addPyTorch(of *report, u *figure.Use) error {
	p := of.Memory.PyTorch
	if p.Peak.Bytes == nil {
		return errors.New("has no peak: write the report again")
	}
	var err error
	if u.Options.Torch, err = memory.ParseTorch(p.Torch); err != nil {
		return err
	}
	if u.Options.Mode, err = memory.ParseMode(p.Mode); err != nil {
		return err
	}
	if u.Options.DType, err = memory.ParseDType(p.DType); err != nil {
		return err
	}
	name := "inference_peak"
	if u.Options.Mode == memory.Training {
		name = "training_peak"
		if u.Options.Optimizer, err = memory.ParseOptimizer(p.Optimizer); err != nil {
			return err
		}
	}
	r.addFor(name, *p.Peak.Bytes, u, of.Batch)
	return nil
}

// reportWith returns the command that writes a report with a figure, "" if none does.
func reportWith(name string) string {
	switch name {
	case "layers", "parameters", "trainable", "macs", "activations":
		return "cnncalc check SPEC --format json"
	case "largest", "notes_inference", "notes_training":
		return "cnncalc memory SPEC --format json"
	case "inference_peak", "training_peak":
		return "cnncalc memory SPEC --account pytorch --mode " + strings.TrimSuffix(name, "_peak") + " --format json"
	case "arena":
		return "cnncalc memory SPEC --account cnncalc --format json"
	}
	return ""
}
