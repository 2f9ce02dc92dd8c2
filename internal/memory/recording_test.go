package memory_test

import (
	"testing"

	"cnncalc/internal/memory"
)

// A recording allocates and frees in turn, ends with the segments that are reserved, and at its peak holds what the
// account says, in whole blocks but for what blocks have too much.
func TestRecord(t *testing.T) {
	for _, mode := range []memory.Mode{memory.Inference, memory.Training} {
		o := options(memory.Torch2CUDA, mode)
		o.Optimizer = "adam"
		m, err := memory.NewPyTorch(builtIn(t, "torchvision/resnet18"), o)
		if err != nil {
			t.Fatal(err)
		}
		r, err := m.Record(8)
		if err != nil {
			t.Fatal(err)
		}
		a, err := m.Account(8)
		if err != nil {
			t.Fatal(err)
		}
		reserved, inBlocks := int64(0), int64(0)
		for _, s := range r.Segments {
			reserved += s.Size
			for _, b := range s.Blocks {
				if held, ok := r.AllocationOf(b); ok {
					inBlocks += held.Block
				}
			}
		}
		if reserved != a.Reserved {
			t.Errorf("%s: segments of %d bytes, %d are reserved", mode, reserved, a.Reserved)
		}
		now, alive := int64(0), make([]bool, len(r.Allocations))
		const block = 512
		size := func(i int) int64 { return (r.Allocations[i].Bytes + block - 1) / block * block }
		for i := range r.Before {
			now, alive[i] = now+size(i), true
		}
		most := now
		for _, e := range r.Events {
			if alive[e.Allocation] != e.Free {
				t.Fatalf("%s: %+v of %v", mode, e, r.Allocations[e.Allocation])
			}
			alive[e.Allocation] = !e.Free
			if e.Free {
				now -= size(e.Allocation)
			} else {
				now += size(e.Allocation)
			}
			most = max(most, now)
		}
		if most != a.Peak.Bytes {
			t.Errorf("%s: at most %d bytes are allocated, the peak is %d", mode, most, a.Peak.Bytes)
		}
		left := int64(0)
		for i, is := range alive {
			if is {
				left += r.Allocations[i].Block
			}
		}
		if left != inBlocks {
			t.Errorf("%s: %d bytes are left, %d in the segments", mode, left, inBlocks)
		}
	}
}

func TestRecordIsOfCUDA(t *testing.T) {
	m, err := memory.NewPyTorch(parsed(t, small), options(memory.Torch113CPU, memory.Training))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Record(1); err == nil {
		t.Error("a CPU is recorded")
	}
}

// The tensors at the peak add up to the account's peak, by part.
func TestAliveAtPeak(t *testing.T) {
	for _, torch := range []memory.Torch{memory.Torch113CPU, memory.Torch2CUDA} {
		for _, mode := range []memory.Mode{memory.Inference, memory.Training} {
			o := options(torch, mode)
			o.Optimizer = "adam"
			m, err := memory.NewPyTorch(builtIn(t, "torchvision/resnet18"), o)
			if err != nil {
				t.Fatal(err)
			}
			alive, err := m.AliveAtPeak(2)
			if err != nil {
				t.Fatal(err)
			}
			a, err := m.Account(2)
			if err != nil {
				t.Fatal(err)
			}
			sums := map[memory.Part]int64{}
			for _, tensor := range alive {
				bytes := tensor.Bytes
				if tensor.Part == memory.Scratch && torch == memory.Torch2CUDA { // which the account has in whole blocks
					bytes = (bytes + 511) / 512 * 512
				}
				sums[tensor.Part] += bytes
			}
			for _, part := range a.Parts {
				if part.Part != memory.Rounding && sums[part.Part] != part.AtPeak {
					t.Errorf("%s, %s, %s: %d bytes, want %d", torch, mode, part.Part, sums[part.Part], part.AtPeak)
				}
			}
		}
	}
}
