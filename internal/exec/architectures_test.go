package exec

import (
	"testing"

	"cnncalc/architectures"
)

// TestArenaOfBuiltInNetworks compares the arenas of real networks with the smallest that is possible. Most are that
// small; the greedy layout of mnasnet0_5 is 23 to 25% above, as scratch depends on the processor.
func TestArenaOfBuiltInNetworks(t *testing.T) {
	for _, name := range architectures.Names() {
		t.Run(name, func(t *testing.T) {
			text, err := architectures.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			p := compile(t, string(text), Options{Batch: 1, Threads: 2})
			a := p.Arena()
			var unshared int64
			for _, b := range a.Buffers {
				unshared += b.Values
			}
			t.Logf("%d values; %d live at once, %d without sharing", a.Values, a.MaxLive, unshared)
			if a.Values < a.MaxLive || a.Values > a.MaxLive*5/4 {
				t.Errorf("%d values where %d live at once", a.Values, a.MaxLive)
			}
		})
	}
}
