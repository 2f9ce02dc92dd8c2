package report

import "testing"

func TestRates(t *testing.T) {
	for _, test := range []struct {
		rate            float64
		flops, transfer string
	}{
		{100e9, "100 GFLOP/s", "100 GB/s"},
		{1.5e12, "1.5 TFLOP/s", "1.5 TB/s"},
		{12, "12 FLOP/s", "12 B/s"},
		{1000, "1 kFLOP/s", "1 kB/s"},
		{1234567, "1.235 MFLOP/s", "1.235 MB/s"},
		{1 << 30, "1.074 GFLOP/s", "1.074 GB/s"},
	} {
		if flops, transfer := FLOPS(test.rate), Bandwidth(test.rate); flops != test.flops || transfer != test.transfer {
			t.Errorf("%v: %s and %s, want %s and %s", test.rate, flops, transfer, test.flops, test.transfer)
		}
	}
}
