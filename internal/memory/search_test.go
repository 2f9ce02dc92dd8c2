package memory_test

import (
	"errors"
	"math"
	"testing"

	"cnncalc/internal/checked"
	"cnncalc/internal/memory"
)

// The search finds what trying every batch finds, for limits on, below and above the peaks.
func TestLargestBatchIsThatOfBruteForce(t *testing.T) {
	const batches = 40
	for _, name := range []string{"cifar10", "torchvision/squeezenet1_1", "torchvision/resnet18"} {
		n := builtIn(t, name)
		every(t, func(t *testing.T, o memory.Options) {
			m, err := memory.NewPyTorch(n, o)
			if err != nil {
				t.Fatal(err)
			}
			var peaks []int64 // of batch i+1
			for batch := int64(1); batch <= batches; batch++ {
				peak, err := m.Peak(batch)
				if err != nil {
					t.Fatal(err)
				}
				peaks = append(peaks, peak)
			}
			for _, peak := range peaks[:batches-1] {
				for _, limit := range []int64{peak - 1, peak, peak + 1} {
					want := int64(0)
					for i, p := range peaks {
						if p <= limit {
							want = int64(i + 1)
						}
					}
					batch, bytes, err := m.LargestBatch(limit)
					if err != nil || batch != want || batch > 0 && bytes != peaks[batch-1] {
						t.Errorf("%s in %d bytes: a batch of %d with %d (%v), want %d", name, limit, batch, bytes, err, want)
					}
				}
			}
		})
	}
}

// From 2 and from 16 pictures on PyTorch 1.13 computes some convolutions with another kernel, and may need less.
func TestLargestBatchWherePeakShrinks(t *testing.T) {
	n := parsed(t, "input: 32x32x16\nlayers: INPUT -> CONV3-2\n")
	m, err := memory.NewPyTorch(n, options(memory.Torch113CPU, memory.Inference))
	if err != nil {
		t.Fatal(err)
	}
	shrinks := false
	for batch := int64(1); batch < 20; batch++ {
		here, _ := m.Peak(batch)
		next, err := m.Peak(batch + 1)
		if err != nil {
			t.Fatal(err)
		}
		shrinks = shrinks || next < here
		largest, peak, err := m.LargestBatch(next)
		if err != nil || largest < batch+1 || peak > next {
			t.Errorf("in the %d bytes of %d pictures: %d with %d (%v)", next, batch+1, largest, peak, err)
		}
	}
	if !shrinks {
		t.Error("no batch takes less than the one before: nothing was tried")
	}
}

func TestAtPeakIsTheAccounts(t *testing.T) {
	n := builtIn(t, "torchvision/squeezenet1_1")
	every(t, func(t *testing.T, o memory.Options) {
		m, err := memory.NewPyTorch(n, o)
		if err != nil {
			t.Fatal(err)
		}
		a := account(t, n, o, 7)
		peak, parts, err := m.AtPeak(7)
		if err != nil || peak != a.Peak.Bytes {
			t.Errorf("the peak is %d (%v), want %d", peak, err, a.Peak.Bytes)
		}
		for _, p := range a.Parts {
			if parts[p.Part] != p.AtPeak {
				t.Errorf("%s: %d, want %d", p.Part, parts[p.Part], p.AtPeak)
			}
			delete(parts, p.Part)
		}
		for part, bytes := range parts {
			if bytes != 0 {
				t.Errorf("%s: %d, which the account does not have", part, bytes)
			}
		}
	})
}

func TestLargestBatchBounds(t *testing.T) {
	square := func(batch int64) (int64, error) { return checked.Product(batch, batch) }
	failed := errors.New("failed")
	for _, c := range []struct {
		low, high, limit int64
		bytes            func(int64) (int64, error)
		want             int64
		err              error
	}{
		{1, math.MaxInt64, 99, square, 9, nil},
		{1, math.MaxInt64, 100, square, 10, nil},
		{1, 7, 100, square, 7, nil},
		{1, 8, 64, square, 8, nil},
		{16, 20, 400, square, 20, nil},
		{16, 20, 255, square, 0, nil},
		{1, 1, 100, square, 1, nil},
		{1, math.MaxInt64, 0, square, 0, nil},
		// The square of 3,037,000,500 cannot be counted, so whether it fits is not known.
		{1, math.MaxInt64, math.MaxInt64, square, 0, checked.ErrOverflow},
		{1, 3_037_000_499, math.MaxInt64, square, 3_037_000_499, nil},
		{1, math.MaxInt64, 100, func(b int64) (int64, error) { return b, map[bool]error{true: failed}[b > 5] }, 0, failed},
	} {
		batch, bytes, err := memory.LargestBatch(c.low, c.high, c.limit, c.bytes)
		if batch != c.want || !errors.Is(err, c.err) || batch > 0 && bytes > c.limit {
			t.Errorf("from %d to %d in %d: %d with %d bytes (%v), want %d (%v)", c.low, c.high, c.limit, batch, bytes, err,
				c.want, c.err)
		}
	}
}

func TestLargestBatchOverflows(t *testing.T) {
	m, err := memory.NewPyTorch(builtIn(t, "cifar10"), options(memory.Torch2CUDA, memory.Training))
	if err != nil {
		t.Fatal(err)
	}
	if batch, _, err := m.LargestBatch(math.MaxInt64); !errors.Is(err, checked.ErrOverflow) {
		t.Errorf("a batch of %d in 8 EiB (%v)", batch, err)
	}
}
