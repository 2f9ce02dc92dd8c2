package memory_test

import (
	"testing"

	"cnncalc/internal/memory"
)

// What a device holds with FSDP is what the code of PyTorch 1.13 allocated on the CPU (testdata/memory/fsdp.py).
func TestFSDPIsPyTorchs(t *testing.T) {
	var file struct {
		Trainings []struct {
			Network                         string
			Batch, Devices                  int64
			Shards, Iteration, Accumulating int64
		}
	}
	readJSON(t, "fsdp.json", &file)
	if len(file.Trainings) < 5 {
		t.Fatalf("only %d trainings", len(file.Trainings))
	}
	for _, c := range file.Trainings {
		account := func(accumulate int64) *memory.Account {
			o := options(memory.Torch113CPU, memory.Training)
			o.Parallel = memory.Parallel{Devices: c.Devices, Strategy: memory.FSDP, Accumulate: accumulate}
			a, err := modelOf(t, c.Network, o).Account(c.Batch)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		once, again := account(1), account(2)
		if got := part(once, memory.Parameters); got != c.Shards {
			t.Errorf("%s on %d devices: the shards take %d bytes, want %d", c.Network, c.Devices, got, c.Shards)
		}
		if got := once.Peak.Bytes - before(once); got != c.Iteration {
			t.Errorf("%s on %d devices: an iteration takes %d bytes, want %d", c.Network, c.Devices, got, c.Iteration)
		}
		// The shards of the gradients of the pass before are as large as those of the parameters.
		if got := again.Peak.Bytes - before(again) - c.Shards; got != c.Accumulating {
			t.Errorf("%s on %d devices: an iteration that accumulates takes %d bytes, want %d", c.Network, c.Devices, got,
				c.Accumulating)
		}
	}
}
