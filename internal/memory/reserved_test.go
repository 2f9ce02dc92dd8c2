package memory_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cnncalc/internal/memory"
)

var traces = flag.String("traces", "", "folder to which TestReservedIsPythons writes the allocations that it replays")

// replayed is a row of testdata/memory/allocator.json.
type replayed struct {
	Network   string
	Mode      memory.Mode
	Optimizer memory.Optimizer
	Batch     int64
	Reserved  int64
}

// What is reserved is what testdata/memory/allocator.py reserves for the same allocations, which follows PyTorch's
// source in another language.
func TestReservedIsPythons(t *testing.T) {
	var file struct{ Rows []replayed }
	readJSON(t, "allocator.json", &file)
	if len(file.Rows) < 6 {
		t.Errorf("%d rows", len(file.Rows))
	}
	for _, r := range file.Rows {
		o := options(memory.Torch2CUDA, r.Mode)
		o.Optimizer = r.Optimizer
		m, err := memory.NewPyTorch(builtIn(t, r.Network), o)
		if err != nil {
			t.Fatal(err)
		}
		if *traces != "" {
			writeTrace(t, m, r)
		}
		a, err := m.Account(r.Batch)
		if err != nil {
			t.Fatal(err)
		}
		if a.Reserved != r.Reserved {
			t.Errorf("%s, %s: %d bytes are reserved, want %d", r.Network, r.Mode, a.Reserved, r.Reserved)
		}
		if a.Reserved < a.Peak.Bytes {
			t.Errorf("%s, %s: %d bytes are reserved for a peak of %d", r.Network, r.Mode, a.Reserved, a.Peak.Bytes)
		}
	}
}

func writeTrace(t *testing.T, m *memory.PyTorch, r replayed) {
	t.Helper()
	name := fmt.Sprintf("%s-%s-%s-%d.txt", strings.ReplaceAll(r.Network, "/", "-"), r.Mode, r.Optimizer, r.Batch)
	file, err := os.Create(filepath.Join(*traces, name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := m.TraceAllocations(file, r.Batch); err != nil {
		t.Fatal(err)
	}
}

// A CPU has no caching allocator.
func TestReservedIsOfCUDA(t *testing.T) {
	a := account(t, parsed(t, small), options(memory.Torch113CPU, memory.Training), 1)
	if a.Reserved != 0 {
		t.Errorf("%d bytes are reserved on the CPU", a.Reserved)
	}
	a = account(t, parsed(t, small), options(memory.Torch2CUDA, memory.Inference), 1)
	// A segment of 2 MiB for all volumes and weights, and one for cuBLAS's workspace of 8,519,680 bytes.
	if want := int64(22 << 20); a.Reserved != want {
		t.Errorf("%d bytes are reserved, want %d", a.Reserved, want)
	}
}
