package exec

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"unsafe"
)

func TestSlab(t *testing.T) {
	var s slab
	defer s.free()
	random := rand.New(rand.NewPCG(1, 2))
	var taken [][]float32
	var values int64
	for i := range 500 {
		n := random.IntN(2 * largeValue)
		if i%2 == 0 {
			n = random.IntN(100)
		}
		v, err := s.take(n)
		if err != nil {
			t.Fatal(err)
		}
		if len(v) != n || cap(v) != n {
			t.Fatalf("%d values of %d, want %d", len(v), cap(v), n)
		}
		if n > 0 && uintptr(unsafe.Pointer(&v[0]))%64 != 0 {
			t.Fatalf("%d values do not start at a cache line", n)
		}
		for k := range v {
			if v[k] != 0 {
				t.Fatalf("value %d of tensor %d is in use twice, or was not zero", k, i)
			}
			v[k] = float32(i + 1)
		}
		taken, values = append(taken, v), values+int64(n)
	}
	for i, v := range taken {
		for k := range v {
			if v[k] != float32(i+1) {
				t.Fatalf("value %d of tensor %d was written over", k, i)
			}
		}
	}
	if s.bytes() > 4*values*3/2 {
		t.Errorf("%d bytes are mapped for %d", s.bytes(), 4*values)
	}
}

func TestSlabReportsFailure(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only on Linux is this much known to be refused")
	}
	var s slab
	defer s.free()
	if _, err := s.take(1 << 45); !errors.Is(err, ErrNoMemory) || !strings.Contains(err.Error(), "140737488355328 bytes") {
		t.Errorf("2^47 bytes: %v", err)
	}
	if v, err := s.take(3); err != nil || len(v) != 3 {
		t.Errorf("after a failure: %d values, %v", len(v), err)
	}
}
